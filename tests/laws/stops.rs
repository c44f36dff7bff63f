//! Stopping the world at a call: a crash is a future that is dropped where it stands.

use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fhir_pull::Result;
use fhir_pull::host::{Clock, Commit, Head, Key, Request, Response, Store, Transport, Usage};

/// How many calls of ports are left before the world stops; shared by all ports of a pull.
#[derive(Clone, Debug)]
pub(crate) struct Fuse(Rc<Cell<u64>>);

impl Fuse {
    pub(crate) fn after(calls: u64) -> Fuse {
        Fuse(Rc::new(Cell::new(calls)))
    }

    pub(crate) fn never() -> Fuse {
        Fuse::after(u64::MAX)
    }

    async fn burn(&self) {
        if self.0.get() == 0 {
            pending::<()>().await;
        }
        self.0.set(self.0.get() - 1);
    }
}

/// A port that stops when its fuse has burnt. A commit stops before it is made, or after it is made
/// and before anybody hears of it.
#[derive(Clone, Debug)]
pub(crate) struct Stopping<P>(pub(crate) P, pub(crate) Fuse);

impl<S: Store> Store for Stopping<S> {
    async fn head(&self) -> Result<Option<Head>> {
        self.1.burn().await;
        self.0.head().await
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.1.burn().await;
        self.0.read(keys).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        self.1.burn().await;
        let made = self.0.commit(commit).await;
        self.1.burn().await;
        made
    }

    async fn wipe(&self) -> Result<()> {
        self.0.wipe().await
    }

    async fn usage(&self) -> Result<Usage> {
        self.0.usage().await
    }
}

impl<T: Transport> Transport for Stopping<T> {
    async fn send(&self, request: &Request) -> Result<Response> {
        self.1.burn().await;
        self.0.send(request).await
    }
}

/// A clock that stands still and never makes anybody wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        0
    }
    async fn sleep(&self, _milliseconds: u32) {}
    fn random(&self) -> f64 {
        0.5
    }
}

/// Runs until it is done, or until it waits for what never comes; then it is dropped.
pub(crate) fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
