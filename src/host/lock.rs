//! Mutual exclusion by Web Locks. Where there are none (plain HTTP, old Node, workerd) nobody is
//! excluded: a store's generation check keeps two writers apart, a lock only saves them the work.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, AbortSignal};

use super::Lock;
use super::abort::{aborted, unless_aborted};

#[wasm_bindgen]
extern "C" {
    // web-sys has Web Locks only behind a compiler flag.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &Object,
        granted: &Function,
    ) -> Result<Promise, JsValue>;
}

/// The locks of this origin.
#[derive(Clone, Debug, Default)]
pub struct WebLocks {
    signal: Option<AbortSignal>,
}

impl WebLocks {
    /// Locks whose [`acquire`](Lock::acquire) ends when `signal` fires.
    pub fn new(signal: Option<AbortSignal>) -> Self {
        WebLocks { signal }
    }

    fn is_aborted(&self) -> bool {
        self.signal.as_ref().is_some_and(AbortSignal::aborted)
    }
}

impl Lock for WebLocks {
    type Guard = Guard;

    async fn acquire(&self, name: &str) -> crate::Result<Guard> {
        if self.is_aborted() {
            return Err(aborted());
        }
        let Ok(Some(waiting)) = Waiting::begin(name) else {
            return Ok(Guard(None));
        };
        let outcome = unless_aborted(&waiting.granted, self.signal.as_ref()).await;
        match outcome {
            Ok(_) => Ok(waiting.guard()),
            Err(_) if self.is_aborted() => Err(aborted()),
            // The platform denies locks to this page (an opaque origin, a document going away).
            Err(_) => Ok(Guard(None)),
        }
    }
}

/// Holds a lock, where there are locks, until dropped.
#[derive(Debug)]
pub struct Guard(Option<Function>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(release) = self.0.take() {
            // A promise's resolve function does not throw.
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

/// A request for a lock, withdrawn when dropped before it is granted.
struct Waiting {
    granted: Promise,
    release: Option<Function>,
    controller: AbortController,
    _on_grant: Closure<dyn FnMut() -> Promise>,
}

impl Waiting {
    /// Asks for the lock; `None` where there are no locks.
    fn begin(name: &str) -> Result<Option<Waiting>, JsValue> {
        let navigator = Reflect::get(&js_sys::global(), &"navigator".into())?;
        if navigator.is_undefined() {
            return Ok(None);
        }
        let locks = Reflect::get(&navigator, &"locks".into())?;
        if locks.is_undefined() {
            return Ok(None);
        }
        let controller = AbortController::new()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &controller.signal())?;

        // The lock is held until the promise that the callback returns is resolved.
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let mut grant = None;
        let granted = Promise::new(&mut |resolve, _| grant = Some(resolve));
        let on_grant = Closure::<dyn FnMut() -> Promise>::new(move || {
            if let Some(grant) = &grant {
                let _ = grant.call0(&JsValue::UNDEFINED);
            }
            held.clone()
        });
        let request = locks.unchecked_ref::<LockManager>().request(
            &format!("fhir-pull/{name}"),
            &options,
            on_grant.as_ref().unchecked_ref(),
        )?;
        Ok(Some(Waiting {
            // The request's own promise settles first only if it is refused.
            granted: Promise::race(&Array::of2(&granted, &request)),
            release,
            controller,
            _on_grant: on_grant,
        }))
    }

    fn guard(mut self) -> Guard {
        Guard(self.release.take())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Without effect on a lock that was granted; one granted a moment ago is let go.
        self.controller.abort();
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
