//! `Replica.serve` for JavaScript: a request in its parts, and the parts of its response.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;

use super::replica::{JsReplica, now};
use crate::serve::{Request, Settings, Sharing, serve};

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// Answers a FHIR REST request. `line` is the method and, behind a space, path and query; `headers`
    /// alternates between names in lower case and values. The answer is a list: the body, the status,
    /// headers likewise. `segments`: by whom what is handed out of the replica may be kept, `private` or
    /// `shared`; nothing: it is not handed out.
    pub fn serve(
        &self,
        line: String,
        headers: Vec<String>,
        body: Vec<u8>,
        base: String,
        within: Option<String>,
        segments: Option<String>,
    ) -> Promise {
        let pairs = headers.chunks_exact(2);
        let headers = pairs.map(|pair| (pair[0].clone(), pair[1].clone()));
        let (method, target) = line.split_once(' ').unwrap_or((&line, ""));
        let request = Request {
            method: method.to_string(),
            target: target.to_string(),
            headers: headers.collect(),
            body,
        };
        self.with(async move |open| {
            let settings = Settings {
                base: &base,
                within: within.as_deref(),
                segments: segments.map(|by| match by.as_str() {
                    "shared" => Sharing::Shared,
                    _ => Sharing::Private,
                }),
                now: now(),
            };
            let response = serve(&open.replica, &settings, &request).await;
            let headers = Array::new();
            for (name, value) in &response.headers {
                headers.push(&name.into());
                headers.push(&value.into());
            }
            let body = Uint8Array::from(response.body.as_slice());
            Ok(Array::of3(&body, &response.status.into(), &headers).into())
        })
    }
}
