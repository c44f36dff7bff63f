//! A store that JavaScript gives: an object with `head`, `read`, `commit`, `wipe` and `usage`, as `Store` in
//! the package's types says.
//!
//! The object is the application's or a platform's, and what it gives or throws is looked at like what comes
//! over a network (L9): whatever does not fit is `store-failed`. Of what it throws the code, the name and
//! whether it is retryable are read; its message may quote what was stored.

use js_sys::{Array, Function, Number, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Commit, Head, Key, Store, Usage};
use crate::{Code, Error, Result};

#[wasm_bindgen]
extern "C" {
    // js-sys's constructor does not catch, and `to_vec` believes a length that a subclass may have made up.
    #[wasm_bindgen(js_name = Uint8Array)]
    type Bytes;
    #[wasm_bindgen(constructor, catch, js_class = "Uint8Array")]
    fn copied(value: &JsValue) -> std::result::Result<Bytes, JsValue>;
}

/// The store behind a JavaScript object.
#[derive(Clone, Debug)]
pub struct JsStore(JsValue);

impl JsStore {
    /// A handle on what `object` keeps.
    pub fn new(object: JsValue) -> JsStore {
        JsStore(object)
    }

    /// What a method answers, once its promise is settled, if it gave one.
    async fn call(&self, method: &'static str, argument: &JsValue) -> Result<JsValue> {
        let refused = |thrown: JsValue| refused(method, &thrown);
        let found = Reflect::get(&self.0, &method.into()).map_err(refused)?;
        let function = found.dyn_into::<Function>();
        let function = function.map_err(|_| unfit(method, "is no function"))?;
        let answer = function.call1(&self.0, argument).map_err(refused)?;
        JsFuture::from(Promise::resolve(&answer))
            .await
            .map_err(refused)
    }
}

impl Store for JsStore {
    async fn head(&self) -> Result<Option<Head>> {
        let head = self.call("head", &JsValue::UNDEFINED).await?;
        if is_nothing(&head) {
            return Ok(None);
        }
        let fits = || {
            let generation = whole(&head, "generation").filter(|it| *it > 0)?;
            let manifest = bytes(&Reflect::get(&head, &"manifest".into()).ok()?)?;
            Some(Head {
                generation,
                manifest,
            })
        };
        let wrong = "answered neither undefined nor a generation and a manifest";
        fits().map(Some).ok_or_else(|| unfit("head", wrong))
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Array = keys.iter().map(number).collect();
        let values = self.call("read", &asked).await?;
        let fits = || {
            if !Array::is_array(&values) || whole(&values, "length")? != keys.len() as u64 {
                return None;
            }
            let value = |index| {
                let value = Reflect::get_u32(&values, index).ok()?;
                match is_nothing(&value) {
                    true => Some(None),
                    false => bytes(&value).map(Some),
                }
            };
            (0..keys.len() as u32).map(value).collect()
        };
        let wrong = "did not answer, for each key, a Uint8Array or undefined";
        fits().ok_or_else(|| unfit("read", wrong))
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let given = Object::new();
        let set = |name: &str, value: JsValue| {
            // A fresh object takes any property.
            let _ = Reflect::set(&given, &name.into(), &value);
        };
        let put = |(key, value): (Key, Vec<u8>)| {
            JsValue::from(Array::of2(&number(&key), &array(&value).into()))
        };
        set("expected", (commit.expected as f64).into());
        set("manifest", array(&commit.manifest).into());
        set(
            "puts",
            commit.puts.into_iter().map(put).collect::<Array>().into(),
        );
        set(
            "deletes",
            commit.deletes.iter().map(number).collect::<Array>().into(),
        );
        self.call("commit", &given).await.map(|_| ())
    }

    async fn wipe(&self) -> Result<()> {
        self.call("wipe", &JsValue::UNDEFINED).await.map(|_| ())
    }

    async fn usage(&self) -> Result<Usage> {
        let usage = self.call("usage", &JsValue::UNDEFINED).await?;
        let fits = || {
            let (values, bytes) = (whole(&usage, "values")?, whole(&usage, "bytes")?);
            Some(Usage { values, bytes })
        };
        let wrong = "did not answer how many values and bytes there are";
        fits().ok_or_else(|| unfit("usage", wrong))
    }
}

fn number(key: &Key) -> JsValue {
    (key.0 as f64).into()
}

fn array(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

fn is_nothing(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// A property that is a whole number, from 0 on.
fn whole(object: &JsValue, name: &str) -> Option<u64> {
    let number = Reflect::get(object, &name.into()).ok()?.as_f64()?;
    let fits = number.fract() == 0.0 && (0.0..=Number::MAX_SAFE_INTEGER).contains(&number);
    fits.then_some(number as u64)
}

/// The bytes of a Uint8Array, unless there are more than memory has room for.
fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    if !value.is_instance_of::<Uint8Array>() {
        return None;
    }
    // By the platform, from what it really holds: nothing of the object's own has a say in it.
    let genuine: Uint8Array = Bytes::copied(value).ok()?.unchecked_into();
    let mut bytes = Vec::new();
    let length = genuine.length() as usize;
    bytes.try_reserve_exact(length).ok()?;
    bytes.resize(length, 0);
    genuine.copy_to(&mut bytes);
    Some(bytes)
}

/// The error of a call that threw, or whose promise was rejected.
fn refused(method: &str, thrown: &JsValue) -> Error {
    let property = |name: &str| Reflect::get(thrown, &name.into()).unwrap_or_default();
    let code = property("code").as_string().unwrap_or_default();
    let (code, sentence) = match code.as_str() {
        "conflict" => (
            Code::Conflict,
            "Another writer committed first. Nothing was changed; read the manifest again and retry.",
        ),
        "quota" => (
            Code::Quota,
            "The store has no room for this commit: nothing of it was stored, and what was there before is \
             whole. Make room, or pull less.",
        ),
        _ if property("retryable").is_truthy() => (
            Code::Busy,
            "The store can't answer just now; try again later.",
        ),
        _ => {
            let name = property("name").as_string();
            let name = name.as_deref().filter(|name| is_plain(name));
            let name = name.unwrap_or("an exception without a name");
            let sentence = format!(
                "The store that was given to openReplica refused {method} with {name}; what was stored before \
                 is whole."
            );
            return Error::new(Code::StoreFailed, sentence);
        }
    };
    Error::new(code, sentence)
}

/// Whether a name is one of a kind of error, and no text with something in it.
fn is_plain(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn unfit(method: &str, wrong: &str) -> Error {
    let sentence = format!(
        "The store that was given to openReplica is not what its types say: its {method} {wrong}. See Store in \
         the types of fhir-pull."
    );
    Error::new(Code::StoreFailed, sentence)
}
