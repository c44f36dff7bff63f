//! Web Locks, in a page and in a worker.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use fhir_pull::Code;
use fhir_pull::host::clock::PlatformClock;
use fhir_pull::host::lock::WebLocks;
use fhir_pull::host::{Clock, Lock};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::AbortController;

/// Whether `future` is still waiting after the platform had ample time.
async fn waits<T>(mut future: std::pin::Pin<&mut impl Future<Output = T>>) -> bool {
    for _ in 0..10 {
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if polled.is_ready() {
            return false;
        }
        PlatformClock::default().sleep(5).await;
    }
    true
}

#[wasm_bindgen_test]
async fn one_holds_a_lock_and_the_next_gets_it_when_it_is_dropped() {
    let locks = WebLocks::default();
    let held = locks.acquire("one").await.unwrap();
    let mut next = pin!(locks.acquire("one"));
    assert!(waits(next.as_mut()).await);
    let _other_name = locks.acquire("other").await.unwrap();
    drop(held);
    next.await.unwrap();
}

#[wasm_bindgen_test]
async fn a_signal_ends_the_wait() {
    let held = WebLocks::default().acquire("signal").await.unwrap();
    let controller = AbortController::new().unwrap();
    let locks = WebLocks::new(Some(controller.signal()));
    let mut next = pin!(locks.acquire("signal"));
    assert!(waits(next.as_mut()).await);
    controller.abort();
    assert_eq!(next.await.unwrap_err().code(), Code::Aborted);
    assert_eq!(
        locks.acquire("signal").await.unwrap_err().code(),
        Code::Aborted
    );
    drop(held);
    WebLocks::default().acquire("signal").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_wait_that_is_dropped_is_out_of_the_queue() {
    let locks = WebLocks::default();
    let held = locks.acquire("dropped").await.unwrap();
    {
        let mut next = pin!(locks.acquire("dropped"));
        assert!(waits(next.as_mut()).await);
    }
    {
        let mut next = pin!(locks.acquire("dropped"));
        let _ = next.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        drop(held);
    }
    locks.acquire("dropped").await.unwrap();
}
