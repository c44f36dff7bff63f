//! Waiting for a promise that a caller's AbortSignal may cut short.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use crate::{Code, Error};

/// What `promise` settles to, or an `Err` with whatever was thrown as soon as `signal` fires: a
/// promise of the caller's own (a custom `fetch`) may not know the signal.
pub(crate) async fn unless_aborted(
    promise: &Promise,
    signal: Option<&AbortSignal>,
) -> Result<JsValue, JsValue> {
    let Some(signal) = signal else {
        return JsFuture::from(promise.clone()).await;
    };
    let listener = Listener::new(signal)?;
    JsFuture::from(Promise::race(&Array::of2(promise, &listener.aborted))).await
}

/// The error of a call whose signal fired.
pub(crate) fn aborted() -> Error {
    Error::new(Code::Aborted, "The call was aborted by its signal.")
}

/// Removed from the signal when dropped: a signal outlives thousands of requests.
struct Listener<'a> {
    signal: &'a AbortSignal,
    reject: Function,
    aborted: Promise,
}

impl<'a> Listener<'a> {
    fn new(signal: &'a AbortSignal) -> Result<Self, JsValue> {
        let mut rejection = None;
        let aborted = Promise::new(&mut |_, reject| rejection = Some(reject));
        let reject = rejection.ok_or(JsValue::UNDEFINED)?;
        signal.add_event_listener_with_callback("abort", &reject)?;
        if signal.aborted() {
            reject.call0(&JsValue::UNDEFINED)?;
        }
        Ok(Listener {
            signal,
            reject,
            aborted,
        })
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        // It throws for no listener that `new` could have added.
        let _ = self
            .signal
            .remove_event_listener_with_callback("abort", &self.reject);
    }
}
