//! `Client` and its `Pages` for JavaScript.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::error::thrown;
use super::host::{Host, PlatformClient, Token};
use super::options::base;
use super::replica::promise;
use crate::client::{Base, BatchAnswer, First, Held, Pages, Wanted};
use crate::fhir::Instant;
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
                base: base(&options)?,
                host: Host::of(&host, &options)?,
            })
        };
        client().map_err(|error: Error| thrown(&error))
    }

    /// The CapabilityStatement.
    pub fn capabilities(&self, signal: Option<AbortSignal>) -> Promise {
        let client = self.client(signal);
        promise(async move { Ok(bytes(&client.capabilities().await?)) })
    }

    /// One resource; nothing where the one held is current (R1).
    pub fn read(
        &self,
        reference: String,
        held_version: Option<String>,
        held_since: Option<String>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let client = self.client(signal);
        promise(async move {
            let link = client.base().read(&reference)?;
            let held = Held {
                version: held_version.as_deref(),
                last_modified: held_since.as_deref().and_then(Instant::parse),
            };
            let answer = client.get_unless(&link, &held).await?;
            Ok(answer.map_or(JsValue::UNDEFINED, |answer| bytes(&answer.body)))
        })
    }

    /// One version of a resource.
    pub fn vread(&self, reference: String, signal: Option<AbortSignal>) -> Promise {
        let client = self.client(signal);
        promise(async move { Ok(bytes(&client.vread(&reference).await?)) })
    }

    /// The pages of a search.
    pub fn search(
        &self,
        query: String,
        by_post: bool,
        handling: Option<String>,
        signal: Option<AbortSignal>,
    ) -> std::result::Result<JsPages, JsValue> {
        let client = Rc::new(self.client(signal));
        let (link, form) = match by_post {
            true => client
                .base()
                .search_by_post(&query)
                .map(|(link, form)| (link, Some(form))),
            false => client.base().search(&query).map(|link| (link, None)),
        }
        .map_err(|error| thrown(&error))?;
        let first = First { form, handling };
        pages(Ok(Pages::new(client, link).beginning(first)))
    }

    /// What an operation answers: by POST with an input, else by GET. Nothing where it answers so.
    pub fn operation(
        &self,
        operation: String,
        input: Option<String>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let client = self.client(signal);
        promise(async move {
            let input = input.map(String::into_bytes);
            let body = client.operation(&operation, input).await?.body;
            Ok(match body.is_empty() {
                true => JsValue::UNDEFINED,
                false => bytes(&body),
            })
        })
    }

    /// Reads in one request: references, and beside each the version that is held or nothing. The
    /// answers alternate between a status and a resource or nothing.
    pub fn batch(
        &self,
        references: Vec<String>,
        held: Array,
        signal: Option<AbortSignal>,
    ) -> Promise {
        let client = self.client(signal);
        promise(async move {
            let held: Vec<Option<String>> = held.iter().map(|one| one.as_string()).collect();
            let wanted = references.iter().enumerate().map(|(at, reference)| Wanted {
                reference,
                held: held.get(at).and_then(Option::as_deref),
            });
            let wanted: Vec<Wanted<'_>> = wanted.collect();
            let answers = Array::new();
            for answer in client.batch(&wanted).await? {
                answers.push(&answer.status().into());
                answers.push(&match &answer {
                    BatchAnswer::Resource(resource) => bytes(resource),
                    _ => JsValue::UNDEFINED,
                });
            }
            Ok(answers.into())
        })
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
