//! Time and chance from JavaScript: `Date`, `setTimeout`, `Math.random`. The same in a window, a
//! worker, Node and workerd.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::Clock;
use super::abort::unless_aborted;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: i32) -> JsValue;

    // Node's timers are objects, a browser's are numbers.
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// The platform's clock.
#[derive(Clone, Debug, Default)]
pub struct PlatformClock {
    signal: Option<AbortSignal>,
}

impl PlatformClock {
    /// A clock whose [`sleep`](Clock::sleep) ends early when `signal` fires, so that an aborted
    /// call does not sit out a server's `Retry-After`. The transport's next call says `aborted`.
    pub fn new(signal: Option<AbortSignal>) -> Self {
        PlatformClock { signal }
    }
}

impl Clock for PlatformClock {
    fn now(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    async fn sleep(&self, milliseconds: u32) {
        let timer = Timer::start(milliseconds);
        // Over or aborted: either way the sleep has ended.
        let _ = unless_aborted(timer.promise(), self.signal.as_ref()).await;
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }
}

/// What `work` comes to, or `None` where that takes longer.
pub(super) async fn within<R>(milliseconds: u32, work: impl Future<Output = R>) -> Option<R> {
    let timer = Timer::start(milliseconds);
    let mut over = JsFuture::from(timer.promise().clone());
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Some(done));
        }
        Pin::new(&mut over).poll(context).map(|_| None)
    })
    .await
}

/// A running timer, cleared when dropped so that it keeps no process alive.
pub(super) struct Timer {
    id: JsValue,
    promise: Promise,
}

impl Timer {
    /// Starts it. The longest that `setTimeout` can do is 2^31 - 1 ms; more would fire at once.
    pub(super) fn start(milliseconds: u32) -> Timer {
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        let mut id = JsValue::UNDEFINED;
        let promise = Promise::new(&mut |resolve, _| id = set_timeout(&resolve, milliseconds));
        Timer { id, promise }
    }

    /// Resolves with `undefined` when the time is over.
    pub(super) fn promise(&self) -> &Promise {
        &self.promise
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
