//! The Store suite over IndexedDB in a real browser, and what only IndexedDB can do to a store:
//! close under it, be deleted, be full, be of another version; and both over the same encrypted by
//! WebCrypto. In a page and in a worker;
//! `scripts/browser-tests.mjs` runs both in every engine.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "suite/store.rs"]
mod store;

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use fhir_pull::Code;
use fhir_pull::host::clock::PlatformClock;
use fhir_pull::host::indexed_db::IndexedDb;
use fhir_pull::host::sealed::Sealed;
use fhir_pull::host::web_crypto::WebCrypto;
use fhir_pull::host::{Clock, Commit, Head, Key, Store};
use store::Opener;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(inline_js = r#"
const settled = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export async function databaseExists(name) {
  return (await indexedDB.databases()).some(found => found.name === name);
}
export const deleteDatabase = name => settled(indexedDB.deleteDatabase(name));

// A connection of somebody who does not close when asked to.
export const openStubbornly = (name, version) => settled(indexedDB.open(name, version));
export const close = connection => connection.close();

export function writeHead(connection, record) {
  const transaction = connection.transaction("head", "readwrite");
  return settled(transaction.objectStore("head").put(record, 0));
}

// Replaces a method for its next calls. Answers what puts it back.
function breaks(prototype, method, times, broken) {
  const original = prototype[method];
  prototype[method] = function (...given) {
    return times-- > 0 ? broken.call(this, original, given) : original.apply(this, given);
  };
  return () => { prototype[method] = original; };
}
export const closeBeforeTransaction = times =>
  breaks(IDBDatabase.prototype, "transaction", times, function (original, given) {
    this.close();
    return original.apply(this, given);
  });
export const sayClosed = times =>
  breaks(IDBDatabase.prototype, "transaction", times, function (original, given) {
    const transaction = original.apply(this, given);
    this.dispatchEvent(new Event("close"));
    return transaction;
  });
export const abortAfterPut = times =>
  breaks(IDBObjectStore.prototype, "put", times, function (original, given) {
    const request = original.apply(this, given);
    queueMicrotask(() => this.transaction.abort());
    return request;
  });
export const refusePut = (times, name) =>
  breaks(IDBObjectStore.prototype, "put", times, function () {
    throw new DOMException("no", name);
  });
export function abortForQuota(times) {
  const unbreak = abortAfterPut(times);
  const original = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "error");
  Object.defineProperty(IDBTransaction.prototype, "error", {
    configurable: true,
    get: () => new DOMException("full", "QuotaExceededError"),
  });
  return () => {
    unbreak();
    Object.defineProperty(IDBTransaction.prototype, "error", original);
  };
}
// What a method was called with, as text. Answers what ends the counting and tells.
function listens(prototype, method, told) {
  const seen = [];
  const stop = breaks(prototype, method, Infinity, function (original, given) {
    seen.push(told(...given));
    return original.apply(this, given);
  });
  return () => {
    stop();
    return seen.join(", ");
  };
}
export const transactions = () =>
  listens(IDBDatabase.prototype, "transaction", (_, mode, options) => `${mode} ${options.durability}`);
export const generateKey = () =>
  crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
export const opened = () => listens(IDBFactory.prototype, "open", name => name);
"#)]
extern "C" {
    #[wasm_bindgen(catch, js_name = databaseExists)]
    async fn database_exists(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = deleteDatabase)]
    async fn delete_database(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = openStubbornly)]
    async fn open_stubbornly(name: &str, version: u32) -> Result<JsValue, JsValue>;
    fn close(connection: &JsValue);
    #[wasm_bindgen(catch, js_name = writeHead)]
    async fn write_head(connection: &JsValue, record: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = closeBeforeTransaction)]
    fn close_before_transaction(times: u32) -> js_sys::Function;
    #[wasm_bindgen(js_name = sayClosed)]
    fn say_closed(times: u32) -> js_sys::Function;
    #[wasm_bindgen(js_name = abortAfterPut)]
    fn abort_after_put(times: u32) -> js_sys::Function;
    #[wasm_bindgen(js_name = refusePut)]
    fn refuse_put(times: u32, name: &str) -> js_sys::Function;
    #[wasm_bindgen(js_name = abortForQuota)]
    fn abort_for_quota(times: u32) -> js_sys::Function;
    #[wasm_bindgen(catch, js_name = generateKey)]
    async fn generate_key() -> Result<JsValue, JsValue>;
    fn transactions() -> js_sys::Function;
    fn opened() -> js_sys::Function;
}

/// A platform's method that is broken until dropped.
struct Broken(js_sys::Function);

impl Drop for Broken {
    fn drop(&mut self) {
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

/// A database of its own for each test, as nothing else may have touched it.
struct InIndexedDb(String);

impl InIndexedDb {
    async fn new(test: &str) -> Self {
        thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
        let nth = COUNT.replace(COUNT.get() + 1);
        let opener = InIndexedDb(format!("{test}-{nth}"));
        delete_database(&opener.database()).await.unwrap();
        opener
    }

    fn database(&self) -> String {
        format!("fhir-pull/{}", self.0)
    }

    async fn exists(&self) -> bool {
        database_exists(&self.database()).await.unwrap().is_truthy()
    }
}

impl Opener for InIndexedDb {
    type Store = IndexedDb;

    async fn open(&self) -> IndexedDb {
        IndexedDb::open(&self.0).await.unwrap()
    }

    async fn pause(&self) {
        PlatformClock::default().sleep(0).await;
    }
}

macro_rules! over_indexed_db {
    ($($name:ident,)*) => {
        $(#[wasm_bindgen_test]
        async fn $name() {
            store::$name(&InIndexedDb::new(stringify!($name)).await).await;
        })*
    };
}
store::each_store_test!(over_indexed_db);

/// The same, encrypted.
struct SealedInIndexedDb(InIndexedDb, JsValue);

impl SealedInIndexedDb {
    async fn new(test: &str) -> Self {
        let key = generate_key().await.unwrap();
        SealedInIndexedDb(InIndexedDb::new(&format!("sealed-{test}")).await, key)
    }
}

impl Opener for SealedInIndexedDb {
    type Store = Sealed<IndexedDb, WebCrypto>;
    /// Vector and tag; for the manifest these, the check's, and the head before them.
    const ADDED: (u64, u64) = (28, 62);

    async fn open(&self) -> Self::Store {
        let cipher = WebCrypto::new(self.1.clone());
        Sealed::new(self.0.open().await, cipher, &self.0.0)
    }

    async fn pause(&self) {
        self.0.pause().await;
    }
}

mod sealed {
    use super::*;

    macro_rules! over_sealed_indexed_db {
        ($($name:ident,)*) => {
            $(#[wasm_bindgen_test]
            async fn $name() {
                store::$name(&SealedInIndexedDb::new(stringify!($name)).await).await;
            })*
        };
    }
    store::each_store_test!(over_sealed_indexed_db);

    #[wasm_bindgen_test]
    async fn another_key_is_wrong_key_and_the_right_one_finds_all_as_it_was() {
        let opener = SealedInIndexedDb::new("wrong").await;
        opener.open().await.commit(first()).await.unwrap();
        let thief = WebCrypto::new(generate_key().await.unwrap());
        let stolen = Sealed::new(opener.0.open().await, thief, &opener.0.0);
        assert_eq!(stolen.head().await.unwrap_err().code(), Code::WrongKey);
        let error = stolen.read(&[Key(1)]).await.unwrap_err();
        assert_eq!(error.code(), Code::WrongKey);
        let store = opener.open().await;
        assert_eq!(store.head().await.unwrap().unwrap().manifest, b"first");
        assert_eq!(
            store.read(&[Key(1)]).await.unwrap(),
            [Some(b"one".to_vec())]
        );
    }

    #[wasm_bindgen_test]
    async fn equal_values_are_stored_differently_and_a_flipped_bit_is_damage() {
        let opener = SealedInIndexedDb::new("flipped").await;
        let raw = opener.0.open().await;
        let store = opener.open().await;
        let twice = vec![(Key(1), b"same".to_vec()), (Key(2), b"same".to_vec())];
        let commit = Commit {
            puts: twice,
            ..first()
        };
        store.commit(commit).await.unwrap();
        let [Some(one), Some(two)] = &mut raw.read(&[Key(1), Key(2)]).await.unwrap()[..] else {
            panic!("both are there");
        };
        assert_ne!(one[..12], two[..12], "another vector");
        assert_ne!(one[12..16], two[12..16], "another ciphertext");
        one[14] ^= 1;
        let manifest = raw.head().await.unwrap().unwrap().manifest;
        let broken = Commit {
            expected: 1,
            manifest,
            puts: vec![(Key(3), one.clone())],
            deletes: vec![],
        };
        raw.commit(broken).await.unwrap();
        let error = store.read(&[Key(3)]).await.unwrap_err();
        assert_eq!(error.code(), Code::Damaged);
    }
}

fn first() -> Commit {
    Commit {
        expected: 0,
        manifest: b"first".to_vec(),
        puts: vec![(Key(1), b"one".to_vec())],
        deletes: vec![],
    }
}

fn second() -> Commit {
    Commit {
        expected: 1,
        manifest: b"second".to_vec(),
        puts: vec![(Key(2), b"two".to_vec())],
        deletes: vec![Key(1)],
    }
}

async fn holds(store: &IndexedDb, commit: Commit) {
    let generation = commit.expected + 1;
    let manifest = commit.manifest;
    assert_eq!(
        store.head().await.unwrap(),
        Some(Head {
            generation,
            manifest
        })
    );
    let values = store.read(&[Key(1), Key(2)]).await.unwrap();
    let there: Vec<bool> = values.iter().map(Option::is_some).collect();
    assert_eq!(there, [generation == 1, generation == 2]);
}

#[wasm_bindgen_test]
async fn wipe_removes_the_database_itself_l10() {
    let opener = InIndexedDb::new("removed").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    assert!(opener.exists().await);
    store.wipe().await.unwrap();
    assert!(!opener.exists().await);
}

#[wasm_bindgen_test]
async fn a_commit_is_one_strictly_durable_transaction() {
    let store = InIndexedDb::new("strict").await.open().await;
    let told = transactions();
    store.commit(first()).await.unwrap();
    assert_eq!(told.call0(&JsValue::UNDEFINED).unwrap(), "readwrite strict");
}

#[wasm_bindgen_test]
async fn a_connection_makes_way_for_a_deletion_and_is_opened_again() {
    let opener = InIndexedDb::new("makes-way").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    delete_database(&opener.database()).await.unwrap();
    assert_eq!(store.head().await.unwrap(), None);
    store.commit(first()).await.unwrap();
    holds(&store, first()).await;
}

#[wasm_bindgen_test]
async fn a_connection_makes_way_for_an_upgrade_and_says_newer_format() {
    let opener = InIndexedDb::new("upgraded").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    let newer = open_stubbornly(&opener.database(), 2).await.unwrap();
    assert_eq!(store.head().await.unwrap_err().code(), Code::NewerFormat);
    close(&newer);
}

#[wasm_bindgen_test]
async fn a_connection_lost_once_is_opened_again() {
    let store = InIndexedDb::new("lost-once").await.open().await;
    store.commit(first()).await.unwrap();
    {
        let _broken = Broken(close_before_transaction(1));
        holds(&store, first()).await;
    }
    {
        let _broken = Broken(close_before_transaction(1));
        store.commit(second()).await.unwrap();
    }
    holds(&store, second()).await;
}

#[wasm_bindgen_test]
async fn a_connection_that_the_browser_closed_is_opened_again() {
    let opener = InIndexedDb::new("close-event").await;
    let store = opener.open().await;
    {
        let _broken = Broken(say_closed(1));
        store.commit(first()).await.unwrap();
    }
    let told = opened();
    holds(&store, first()).await;
    assert_eq!(told.call0(&JsValue::UNDEFINED).unwrap(), opener.database());
}

#[wasm_bindgen_test]
async fn a_connection_lost_twice_is_store_lost_and_works_when_it_is_back() {
    let store = InIndexedDb::new("lost-twice").await.open().await;
    store.commit(first()).await.unwrap();
    {
        let _broken = Broken(close_before_transaction(u32::MAX));
        assert_eq!(store.head().await.unwrap_err().code(), Code::StoreLost);
        assert_eq!(
            store.commit(second()).await.unwrap_err().code(),
            Code::StoreLost
        );
    }
    holds(&store, first()).await;
    store.commit(second()).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_commit_aborted_by_the_browser_is_made_once_by_the_second_try() {
    let store = InIndexedDb::new("aborted").await.open().await;
    store.commit(first()).await.unwrap();
    {
        let _broken = Broken(abort_after_put(1));
        store.commit(second()).await.unwrap();
    }
    holds(&store, second()).await;
}

#[wasm_bindgen_test]
async fn a_full_disk_is_quota_and_nothing_of_the_commit_is_stored() {
    let store = InIndexedDb::new("full").await.open().await;
    store.commit(first()).await.unwrap();
    for refuse in [
        || refuse_put(1, "QuotaExceededError"),
        || abort_for_quota(1),
    ] {
        let broken = Broken(refuse());
        let error = store.commit(second()).await.unwrap_err();
        assert!(error.is_quota(), "{error}");
        drop(broken);
        holds(&store, first()).await;
    }
    store.commit(second()).await.unwrap();
    holds(&store, second()).await;
}

#[wasm_bindgen_test]
async fn any_other_refusal_is_store_failed_and_names_the_exception() {
    let store = InIndexedDb::new("refused").await.open().await;
    store.commit(first()).await.unwrap();
    {
        let _broken = Broken(refuse_put(1, "DataCloneError"));
        let error = store.commit(second()).await.unwrap_err();
        assert_eq!(error.code(), Code::StoreFailed);
        assert!(error.message().contains("DataCloneError"), "{error}");
    }
    holds(&store, first()).await;
}

#[wasm_bindgen_test]
async fn a_record_of_another_shape_is_damaged_and_stays_l9() {
    let opener = InIndexedDb::new("damaged").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    let raw = open_stubbornly(&opener.database(), 1).await.unwrap();
    for text in [
        "null",
        "1",
        "[]",
        "{}",
        r#"{"generation":"1"}"#,
        r#"{"generation":0.5}"#,
    ] {
        write_head(&raw, &js_sys::JSON::parse(text).unwrap())
            .await
            .unwrap();
        assert_eq!(
            store.head().await.unwrap_err().code(),
            Code::Damaged,
            "{text}"
        );
        assert_eq!(
            store.commit(second()).await.unwrap_err().code(),
            Code::Damaged,
            "{text}"
        );
        assert_eq!(store.read(&[Key(2)]).await.unwrap(), [None], "{text}");
    }
    write_head(&raw, &js_sys::JSON::parse(r#"{"generation":1}"#).unwrap())
        .await
        .unwrap();
    assert_eq!(store.head().await.unwrap_err().code(), Code::Damaged);
    close(&raw);
}

#[wasm_bindgen_test]
async fn an_open_dropped_halfway_leaves_a_usable_database() {
    let opener = InIndexedDb::new("dropped-open").await;
    for turns in 1..6 {
        let mut opening = Box::pin(IndexedDb::open(&opener.0));
        for _ in 0..turns {
            let _ = opening
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            opener.pause().await;
        }
        drop(opening);
        let store = opener.open().await;
        store.commit(first()).await.unwrap();
        store.wipe().await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn wipe_waits_for_a_connection_that_closes_late() {
    let opener = InIndexedDb::new("late").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    let stubborn = open_stubbornly(&opener.database(), 1).await.unwrap();
    let mut wiping = pin!(store.wipe());
    let polled = wiping
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    PlatformClock::default().sleep(100).await;
    close(&stubborn);
    wiping.await.unwrap();
    assert!(!opener.exists().await);
}

#[wasm_bindgen_test]
async fn wipe_that_others_hold_up_says_so() {
    let opener = InIndexedDb::new("held-up").await;
    let store = opener.open().await;
    store.commit(first()).await.unwrap();
    let stubborn = open_stubbornly(&opener.database(), 1).await.unwrap();
    let error = store.wipe().await.unwrap_err();
    assert_eq!(error.code(), Code::StoreFailed);
    assert!(error.message().contains("another tab"), "{error}");
    close(&stubborn);
    assert_eq!(
        store.head().await.unwrap(),
        None,
        "removed as soon as the other has closed"
    );
}
