//! `Client` and its `Pages` for JavaScript.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::error::thrown;
use super::host::{Host, PlatformClient, Token};
use super::options::text;
use super::replica::promise;
use crate::client::{Base, Pages};
use crate::host::clock::PlatformClock;
use crate::host::fetch::Fetch;
use crate::{Code, Error, Result};

/// A client; see `docs/engine-contract.md`.
#[wasm_bindgen(js_name = Client)]
pub struct JsClient {
    base: Base,
    host: Host,
}

type PlatformPages = Pages<Fetch, PlatformClock, Token>;

/// The pages of a search or history.
#[wasm_bindgen(js_name = Pages)]
pub struct JsPages {
    pages: Rc<RefCell<Option<PlatformPages>>>,
}

#[wasm_bindgen(js_class = Client)]
impl JsClient {
    /// A client of one server.
    #[wasm_bindgen(constructor)]
    pub fn new(options: JsValue, host: JsValue) -> std::result::Result<JsClient, JsValue> {
        let client = || {
            Ok(JsClient {
                base: Base::parse(&text(&options, "server")?)?,
                host: Host::of(&host)?,
            })
        };
        client().map_err(|error: Error| thrown(&error))
    }

    /// The CapabilityStatement.
    pub fn capabilities(&self, signal: Option<AbortSignal>) -> Promise {
        let client = self.client(signal);
        promise(async move { Ok(bytes(&client.capabilities().await?)) })
    }

    /// One resource.
    pub fn read(&self, reference: String, signal: Option<AbortSignal>) -> Promise {
        let client = self.client(signal);
        promise(async move { Ok(bytes(&client.read(&reference).await?)) })
    }

    /// The pages of a search.
    pub fn search(
        &self,
        query: String,
        signal: Option<AbortSignal>,
    ) -> std::result::Result<JsPages, JsValue> {
        pages(Rc::new(self.client(signal)).search(&query))
    }

    /// The pages of a history.
    pub fn history(
        &self,
        of: String,
        since: Option<String>,
        signal: Option<AbortSignal>,
    ) -> std::result::Result<JsPages, JsValue> {
        pages(Rc::new(self.client(signal)).history(&of, since.as_deref(), None))
    }

    fn client(&self, signal: Option<AbortSignal>) -> PlatformClient {
        self.host.client(&self.base, signal)
    }
}

#[wasm_bindgen(js_class = Pages)]
impl JsPages {
    /// The next page, or nothing after the last. One call at a time.
    pub fn next(&self) -> Promise {
        let slot = self.pages.clone();
        promise(async move {
            // Taken out while the page is awaited: a second call meanwhile finds it gone.
            let Some(mut pages) = slot.take() else {
                return Err(Error::new(
                    Code::BadInput,
                    "The next page is already being fetched; await it first.",
                ));
            };
            let page = pages.next().await;
            slot.replace(Some(pages));
            Ok(page?.map_or(JsValue::UNDEFINED, |page| bytes(&page)))
        })
    }
}

fn pages(pages: Result<PlatformPages>) -> std::result::Result<JsPages, JsValue> {
    let pages = pages.map_err(|error| thrown(&error))?;
    Ok(JsPages {
        pages: Rc::new(RefCell::new(Some(pages))),
    })
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}
