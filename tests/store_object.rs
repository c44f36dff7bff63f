//! A store that JavaScript gives: the Store suite over one that works, in the clear and encrypted, and what
//! becomes of what others give or throw (L9). In Node and in browsers.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "suite/store.rs"]
mod store;

use fhir_pull::Code;
use fhir_pull::host::clock::PlatformClock;
use fhir_pull::host::js_store::JsStore;
use fhir_pull::host::sealed::Sealed;
use fhir_pull::host::web_crypto::WebCrypto;
use fhir_pull::host::{Clock, Commit, Key, Store};
use js_sys::Function;
use store::Opener;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(inline_js = r#"
// What a platform keeps, and the handles on it: each call waits for its turn, as in a database.
export function platform() {
  return { head: undefined, values: new Map(), turn: Promise.resolve() };
}
export function handle(kept) {
  const inTurn = (work) => (kept.turn = kept.turn.then(() => {}, () => {}).then(work));
  return {
    head: () => inTurn(() => kept.head),
    read: (keys) => inTurn(() => keys.map((key) => kept.values.get(key))),
    commit: ({ expected, manifest, puts, deletes }) =>
      inTurn(() => {
        if ((kept.head?.generation ?? 0) !== expected) throw Object.assign(new Error("late"), { code: "conflict" });
        for (const key of deletes) kept.values.delete(key);
        for (const [key, value] of puts) kept.values.set(key, value);
        kept.head = { generation: expected + 1, manifest };
      }),
    wipe: () =>
      inTurn(() => {
        kept.head = undefined;
        kept.values.clear();
      }),
    usage: () =>
      inTurn(() => {
        const all = [...kept.values.values(), ...(kept.head ? [kept.head.manifest] : [])];
        return { values: kept.values.size, bytes: all.reduce((sum, { length }) => sum + length, 0) };
      }),
  };
}
export const generateKey = () =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
"#)]
extern "C" {
    fn platform() -> JsValue;
    fn handle(kept: &JsValue) -> JsValue;
    #[wasm_bindgen(catch, js_name = generateKey)]
    async fn generate_key() -> Result<JsValue, JsValue>;
}

struct ByObject(JsValue);

impl Opener for ByObject {
    type Store = JsStore;

    async fn open(&self) -> JsStore {
        JsStore::new(handle(&self.0))
    }

    async fn pause(&self) {
        PlatformClock::default().sleep(0).await;
    }
}

macro_rules! over_an_object {
    ($($name:ident,)*) => {
        $(#[wasm_bindgen_test]
        async fn $name() {
            store::$name(&ByObject(platform())).await;
        })*
    };
}
store::each_store_test!(over_an_object);

struct SealedByObject(JsValue, JsValue);

impl Opener for SealedByObject {
    type Store = Sealed<JsStore, WebCrypto>;
    /// Vector and tag; for the manifest these, the check's, and the head before them.
    const ADDED: (u64, u64) = (28, 62);

    async fn open(&self) -> Self::Store {
        let cipher = WebCrypto::new(self.1.clone());
        Sealed::new(JsStore::new(handle(&self.0)), cipher, "ward-7")
    }

    async fn pause(&self) {
        PlatformClock::default().sleep(0).await;
    }
}

mod sealed {
    use super::*;

    macro_rules! over_a_sealed_object {
        ($($name:ident,)*) => {
            $(#[wasm_bindgen_test]
            async fn $name() {
                let key = generate_key().await.unwrap();
                store::$name(&SealedByObject(platform(), key)).await;
            })*
        };
    }
    store::each_store_test!(over_a_sealed_object);
}

/// A store of whose methods one has this body, in JavaScript, with `given` for its argument.
fn with(method: &str, body: &str) -> JsStore {
    let object = js_sys::Object::new();
    let function = Function::new_with_args("given", body);
    js_sys::Reflect::set(&object, &method.into(), &function).unwrap();
    JsStore::new(object.into())
}

/// What comes of a call of `method`, which must be an error.
async fn error_of(store: &JsStore, method: &str) -> fhir_pull::Error {
    let commit = Commit {
        puts: vec![(Key(1), vec![1])],
        deletes: vec![Key(0)],
        ..Commit::default()
    };
    match method {
        "head" => store.head().await.map(|_| ()),
        "read" => store.read(&[Key(1), Key(2)]).await.map(|_| ()),
        "commit" => store.commit(commit).await,
        "wipe" => store.wipe().await,
        _ => store.usage().await.map(|_| ()),
    }
    .unwrap_err()
}

const METHODS: [&str; 5] = ["head", "read", "commit", "wipe", "usage"];

#[wasm_bindgen_test]
async fn what_does_not_fit_is_store_failed_l9() {
    let wrong = [
        ("head", "return 1"),
        ("head", "return {}"),
        (
            "head",
            "return { generation: 0, manifest: new Uint8Array(1) }",
        ),
        (
            "head",
            "return { generation: 1.5, manifest: new Uint8Array(1) }",
        ),
        (
            "head",
            "return { generation: -1, manifest: new Uint8Array(1) }",
        ),
        (
            "head",
            "return { generation: 2 ** 53, manifest: new Uint8Array(1) }",
        ),
        (
            "head",
            "return { generation: '1', manifest: new Uint8Array(1) }",
        ),
        ("head", "return { generation: 1 }"),
        ("head", "return { generation: 1, manifest: [1, 2] }"),
        (
            "head",
            "return { generation: 1, manifest: new ArrayBuffer(1) }",
        ),
        (
            "head",
            "return { generation: 1, get manifest() { throw 1 } }",
        ),
        (
            "head",
            "return new Proxy({}, { get(_, name) { if (name !== 'then') throw 1 } })",
        ),
        ("read", "return undefined"),
        ("read", "return []"),
        ("read", "return [undefined]"),
        ("read", "return [undefined, undefined, undefined]"),
        ("read", "return [undefined, 'text']"),
        (
            "read",
            "return { length: 2, 0: new Uint8Array(1), 1: new Uint8Array(1) }",
        ),
        (
            "read",
            "return [, new Proxy(new Uint8Array(1), {})].map(x => x).fill(new Proxy(new Uint8Array(1), { get() { throw 1 } }))",
        ),
        (
            "read",
            "return new Proxy([1, 2], { get(_, name) { if (name !== 'then') throw 1 } })",
        ),
        ("usage", "return undefined"),
        ("usage", "return { values: 1 }"),
        ("usage", "return { values: -1, bytes: 1 }"),
        ("usage", "return { values: NaN, bytes: Infinity }"),
    ];
    for (method, body) in wrong {
        let error = error_of(&with(method, body), method).await;
        assert_eq!(error.code(), Code::StoreFailed, "{method}: {body}");
        assert!(error.message().contains("Store in the types"), "{error}");
    }
}

#[wasm_bindgen_test]
async fn an_object_without_methods_is_store_failed_l9() {
    let thrown = "throw 1";
    for method in METHODS {
        let error = error_of(&with("other", thrown), method).await;
        assert_eq!(error.code(), Code::StoreFailed);
        assert!(error.message().contains("is no function"), "{error}");
    }
    let error = error_of(&JsStore::new(JsValue::NULL), "head").await;
    assert_eq!(error.code(), Code::StoreFailed);
}

#[wasm_bindgen_test]
async fn what_a_store_throws_is_told_by_its_code_and_never_by_its_message_l9() {
    let thrown = [
        (
            "Object.assign(new Error('Zylberstein'), { code: 'conflict' })",
            Code::Conflict,
            "first",
        ),
        (
            "Object.assign(new Error('Zylberstein'), { code: 'quota' })",
            Code::Quota,
            "no room",
        ),
        (
            "Object.assign(new Error('Zylberstein'), { retryable: true })",
            Code::Busy,
            "later",
        ),
        (
            "new TypeError('Zylberstein')",
            Code::StoreFailed,
            "TypeError",
        ),
        (
            "Object.assign(new Error(), { name: 'Zylberstein, Mr.' })",
            Code::StoreFailed,
            "without a name",
        ),
        (
            "Object.assign(new Error(), { code: 'damaged' })",
            Code::StoreFailed,
            "with Error",
        ),
        ("'Zylberstein'", Code::StoreFailed, "without a name"),
        ("undefined", Code::StoreFailed, "without a name"),
        (
            "new Proxy({}, { get() { throw 1 } })",
            Code::StoreFailed,
            "without a name",
        ),
    ];
    for method in METHODS {
        for (what, code, word) in thrown {
            for body in [
                format!("throw {what}"),
                format!("return Promise.reject({what})"),
            ] {
                let error = error_of(&with(method, &body), method).await;
                assert_eq!(error.code(), code, "{method}: {body}");
                assert!(error.message().contains(word), "{error}");
                assert!(!error.message().contains("Zylberstein"), "{error}");
                assert_eq!(error.is_retryable(), code == Code::Busy);
            }
        }
    }
}

#[wasm_bindgen_test]
async fn values_are_what_they_hold_and_not_what_they_say_of_themselves_l9() {
    let liar = with(
        "read",
        "class Liar extends Uint8Array { get length() { return 5 } get byteLength() { return 5 } }
         return [new Liar([1, 2]), new Uint8Array([9, 8, 7, 6]).subarray(1, 3)]",
    );
    let values = liar.read(&[Key(1), Key(2)]).await.unwrap();
    assert_eq!(values, [Some(vec![1, 2]), Some(vec![8, 7])]);
}

#[wasm_bindgen_test]
async fn a_store_may_answer_at_once_and_with_null() {
    assert_eq!(with("head", "return null").head().await.unwrap(), None);
    let values = with("read", "return [null, undefined]");
    let values = values.read(&[Key(1), Key(2)]).await.unwrap();
    assert_eq!(values, [None, None]);
}

#[wasm_bindgen_test]
async fn a_method_is_called_on_its_object_with_what_the_types_say() {
    let store = with(
        "commit",
        "const { expected, manifest, puts: [[key, value]], deletes } = given;
         if (typeof this.commit !== 'function') throw new RangeError();
         const told = JSON.stringify([expected, [...manifest], key, [...value], deletes]);
         if (told !== '[4,[109],9007199254740991,[1,2],[7,8]]') throw Object.assign(new Error(), { name: told.replace(/\\W/g, 'x') })",
    );
    let commit = Commit {
        expected: 4,
        manifest: b"m".to_vec(),
        puts: vec![(Key((1 << 53) - 1), vec![1, 2])],
        deletes: vec![Key(7), Key(8)],
    };
    store.commit(commit).await.unwrap();
}
