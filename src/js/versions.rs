//! `Replica.read` and `Replica.history` for JavaScript: a resource now, then, and through time.

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::replica::JsReplica;
use crate::fhir::{Identity, Instant};
use crate::{Code, Error, Result};

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// Reads a resource: its current version, the one that the reference names
    /// (`Patient/123/_history/2`), or the one that was current at a time.
    pub fn read(&self, reference: String, at: Option<String>) -> Promise {
        self.with(async move |open| {
            let replica = &open.replica;
            let (name, version) = match reference.split_once("/_history/") {
                Some((name, version)) => (name, Some(version)),
                None => (reference.as_str(), None),
            };
            let identity = identity(name)?;
            let resource = match (version, at) {
                (None, None) => replica.read(identity).await?,
                (Some(version), None) => replica.vread(identity, version).await?,
                (None, Some(at)) => replica.read_at(identity, instant(&at)?).await?,
                (Some(_), Some(_)) => {
                    return Err(Error::new(
                        Code::BadInput,
                        "A read is of a version or as of a time, not both: leave out one of them.",
                    ));
                }
            };
            Ok(resource.map_or(JsValue::UNDEFINED, |bytes| {
                Uint8Array::from(bytes.as_slice()).into()
            }))
        })
    }

    /// Every version that is held of a resource.
    pub fn history(&self, reference: String) -> Promise {
        self.with(async move |open| {
            let bundle = open.replica.history(identity(&reference)?).await?;
            Ok(Uint8Array::from(bundle.as_slice()).into())
        })
    }
}

fn identity(name: &str) -> Result<Identity<'_>> {
    Identity::parse(name).ok_or_else(|| {
        Error::new(
            Code::BadInput,
            "A read needs a reference such as Patient/123: a type and an id.",
        )
    })
}

fn instant(at: &str) -> Result<Instant> {
    Instant::parse(at).ok_or_else(|| {
        Error::new(
            Code::BadInput,
            "A time needs a date, seconds and a zone, such as 2026-01-31T12:00:00Z.",
        )
    })
}
