//! Errors as JavaScript sees them.

use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::JsValue;

use crate::{Code, Error};

/// An `Error` with the sentence as its message and `code`, `retryable`, `status`, `outcome` and `retryAfter`.
pub(super) fn thrown(error: &Error) -> JsValue {
    let thrown = js_sys::Error::new(error.message());
    let set = |name: &str, value: JsValue| {
        // A fresh Error takes any property.
        let _ = Reflect::set(&thrown, &name.into(), &value);
    };
    set("code", error.code().as_str().into());
    set("retryable", error.is_retryable().into());
    if let Some(status) = error.status() {
        set("status", status.into());
    }
    if let Some(outcome) = error.outcome() {
        set("outcome", Uint8Array::from(outcome).into());
    }
    if let Some(seconds) = error.retry_after() {
        set("retryAfter", (seconds as f64).into());
    }
    thrown.into()
}

/// The error for options or results that do not fit.
pub(super) fn unfit(what: &str) -> Error {
    Error::new(
        Code::BadInput,
        format!("The {what} given to fhir-pull are not what its types say."),
    )
}

/// The error for an object that was closed.
pub(super) fn closed() -> Error {
    Error::new(Code::BadInput, "This was closed before. Open it again.")
}
