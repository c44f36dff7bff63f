//! `Replica.import` for JavaScript.

use js_sys::{Function, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::replica::{Callbacks, JsReplica, to_js};
use crate::host::clock::PlatformClock;
use crate::pull::{Imported, Source, import};
use crate::{Code, Error, Result};

#[derive(Serialize)]
struct ImportResult {
    resources: u64,
    stored: u64,
    deleted: u64,
    unchanged: u64,
    bytes: u64,
    generation: u64,
}

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// Takes what `next` gives, call by call: bytes, and nothing at the end.
    pub fn import(
        &self,
        next: Function,
        on_progress: Option<Function>,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            let _held = open.hold_pulls(signal.clone()).await?;
            let mut source = Pieces { next, signal };
            let mut callbacks = Callbacks {
                on_progress,
                on_commit,
            };
            let clock = PlatformClock::default();
            let done = import(&open.replica, &clock, &mut source, &mut callbacks).await;
            open.begin_to_tidy();
            let (imported, generation) = done?;
            let Imported {
                resources,
                stored,
                deleted,
                unchanged,
                bytes,
            } = imported;
            to_js(&ImportResult {
                resources,
                stored,
                deleted,
                unchanged,
                bytes,
                generation,
            })
        })
    }
}

/// What the function gives that JavaScript reads its stream with.
struct Pieces {
    next: Function,
    signal: Option<AbortSignal>,
}

impl Source for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        let given = match self.next.call0(&JsValue::UNDEFINED) {
            Ok(given) => JsFuture::from(Promise::resolve(&given)).await,
            Err(thrown) => Err(thrown),
        };
        if self.signal.as_ref().is_some_and(AbortSignal::aborted) {
            return Err(Error::new(
                Code::Aborted,
                "The import was aborted by its signal.",
            ));
        }
        // What it threw is the application's, and may quote anything.
        let failed = |_| {
            Error::new(
                Code::Network,
                "The source of the import failed before its end; what came whole is stored. Import it again.",
            )
        };
        let given = given.map_err(failed)?;
        if given.is_undefined() {
            return Ok(None);
        }
        let bytes = given.dyn_into::<Uint8Array>().map_err(|_| {
            Error::new(
                Code::BadInput,
                "A stream to import must give bytes (Uint8Array): pipe text through a TextEncoderStream.",
            )
        })?;
        Ok(Some(bytes.to_vec()))
    }
}
