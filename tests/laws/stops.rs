//! Stopping the world at a call: a crash is a future that is dropped where it stands.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fhir_pull::Result;
use fhir_pull::host::{
    Clock, Commit, Head, Key, NextPiece, Pieces, Request, Response, Store, Transport, Usage,
};

use crate::chance::Chance;

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

    /// Each piece is a call.
    async fn open(&self, request: &Request) -> Result<(Response, Box<dyn Pieces>)> {
        let mut response = self.send(request).await?;
        let body = std::mem::take(&mut response.body);
        let pieces = body.chunks(PIECE).map(<[u8]>::to_vec).collect();
        Ok((response, Box::new(Cut(pieces, self.1.clone()))))
    }
}

/// A body in pieces of so many bytes.
const PIECE: usize = 700;

struct Cut(VecDeque<Vec<u8>>, Fuse);

impl Pieces for Cut {
    fn next(&mut self) -> NextPiece<'_> {
        Box::pin(async {
            self.1.burn().await;
            Ok(self.0.pop_front())
        })
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

/// A port that makes whoever calls it wait for some turns, so that others come in between.
#[derive(Clone, Debug)]
pub(crate) struct Waiting<P> {
    pub(crate) port: P,
    pub(crate) turns: Rc<RefCell<Chance>>,
    /// The generation that the last commit made which was no merge.
    pub(crate) written: Rc<Cell<u64>>,
}

impl<P> Waiting<P> {
    async fn wait(&self) {
        let turns = self.turns.borrow_mut().below(3);
        for _ in 0..turns {
            let mut waited = false;
            poll_fn(|_| match std::mem::replace(&mut waited, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            })
            .await;
        }
    }
}

impl<S: Store> Store for Waiting<S> {
    async fn head(&self) -> Result<Option<Head>> {
        self.wait().await;
        self.port.head().await
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.wait().await;
        let values = self.port.read(keys).await;
        self.wait().await;
        values
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        self.wait().await;
        let (is_merge, generation) = (!commit.deletes.is_empty(), commit.expected + 1);
        let made = self.port.commit(commit).await;
        if made.is_ok() && !is_merge {
            self.written.set(generation);
        }
        self.wait().await;
        made
    }

    async fn wipe(&self) -> Result<()> {
        self.port.wipe().await
    }

    async fn usage(&self) -> Result<Usage> {
        self.port.usage().await
    }
}

/// Runs futures to their end, any of them a step at a time.
pub(crate) fn run_all(mut futures: Vec<Pin<Box<dyn Future<Output = ()>>>>, chance: &mut Chance) {
    while !futures.is_empty() {
        let at = chance.below(futures.len() as u64) as usize;
        let mut context = Context::from_waker(Waker::noop());
        if futures[at].as_mut().poll(&mut context).is_ready() {
            drop(futures.swap_remove(at));
        }
    }
}
