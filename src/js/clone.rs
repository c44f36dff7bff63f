//! `Replica.cloneFrom` for JavaScript.

use js_sys::{Function, Promise};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::AbortSignal;

use super::replica::{Callbacks, JsReplica, now, to_js};
use crate::client::Base;
use crate::host::clock::PlatformClock;
use crate::pull::{Cloning, clone_from};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CloneResult {
    requests: u64,
    bytes: u64,
    total_bytes: u64,
    held_bytes: u64,
    milliseconds: i64,
    generation: u64,
}

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// Takes over what the server at `url` hands out of its replica. `token` is for that server;
    /// without one the host gives those of the replica's own server, and no other server gets any.
    #[wasm_bindgen(js_name = cloneFrom)]
    pub fn clone_from(
        &self,
        url: String,
        token: Option<String>,
        replace: bool,
        on_progress: Option<Function>,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            open.replica.tell_time(now());
            let base = Base::parse(&url)?;
            let client = match token.is_none() && base.as_str() == open.base.as_str() {
                true => open.host.client(&base, signal.clone()),
                false => open.host.client_elsewhere(&base, token, signal.clone()),
            };
            let _held = open.hold_pulls(signal).await?;
            let mut callbacks = Callbacks {
                on_progress,
                on_commit,
            };
            let clock = PlatformClock::default();
            let cloned = clone_from(&open.replica, &client, &clock, replace, &mut callbacks).await;
            let (cloning, generation) = cloned?;
            open.begin_to_tidy();
            let Cloning {
                requests,
                bytes,
                total_bytes,
                held_bytes,
                milliseconds,
            } = cloning;
            to_js(&CloneResult {
                requests,
                bytes,
                total_bytes,
                held_bytes,
                milliseconds,
                generation,
            })
        })
    }
}
