//! What a pull tells when its commits are refused.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};
use fhir_pull::pull::{Committed, Feed, Observer, Progress, State, pull};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Error, Result};

use crate::chance::Chance;
use crate::server::{BASE, Server, TYPES};
use crate::stops::Still;

/// A store that has room for so many commits, and may take its time over each.
#[derive(Clone, Debug)]
struct Small {
    store: Memory,
    room: Rc<Cell<u32>>,
    slow: bool,
}

impl Store for Small {
    async fn head(&self) -> Result<Option<Head>> {
        self.store.head().await
    }
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.store.read(keys).await
    }
    async fn commit(&self, commit: Commit) -> Result<()> {
        let mut waits = u32::from(self.slow);
        poll_fn(|_| match std::mem::take(&mut waits) {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
        match self.room.get() {
            0 => Err(Error::new(Code::Quota, "There is no room.")),
            room => {
                self.room.set(room - 1);
                self.store.commit(commit).await
            }
        }
    }
    async fn wipe(&self) -> Result<()> {
        self.store.wipe().await
    }
    async fn usage(&self) -> Result<Usage> {
        self.store.usage().await
    }
}

/// The last state that was told of each feed, in the order in which they were first told of.
#[derive(Default)]
struct Told(Vec<(String, State)>);

impl Observer for Told {
    fn progress(&mut self, progress: &Progress) {
        let told = self.0.iter_mut().find(|(feed, _)| *feed == progress.feed);
        match told {
            Some(told) => {
                assert_eq!(told.1, State::Pulling, "{} ended before", told.0);
                told.1 = progress.state;
            }
            None => self.0.push((progress.feed.clone(), progress.state)),
        }
    }
    fn committed(&mut self, _commit: &Committed) {}
}

/// Pulls into a store with room for so many commits; how it ended, and what was told.
fn pulled(server: &Server, feeds: &[Feed], room: u32, slow: bool) -> (Option<Code>, Vec<State>) {
    let mut told = Told::default();
    let error = finished(async {
        let store = Small {
            store: Memory::new(),
            room: Rc::new(Cell::new(room)),
            slow,
        };
        let replica = Rc::new(Replica::open(store, BASE, 7, None).await.unwrap());
        let client = Client::new(Base::parse(BASE).unwrap(), server.clone(), Still, NoToken);
        let pulled = pull(&replica, &client, &Still, feeds, &mut told).await;
        pulled.err().map(|error| error.code())
    });
    let states = told.0.into_iter().map(|(_, state)| state).collect();
    (error, states)
}

fn finished<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..10_000 {
        let polled = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(output) = polled {
            return output;
        }
    }
    panic!("it never ends");
}

fn histories() -> Vec<Feed> {
    let of = |kind: &&str| Feed::History(kind.to_string());
    TYPES.iter().map(of).collect()
}

fn alive() -> Server {
    let server = Server::new(4);
    server.live(&mut Chance(11), 40);
    server
}

#[test]
fn feeds_that_wait_for_a_commit_that_is_refused_are_told_as_failed() {
    use State::{Complete, Failed};
    let server = alive();
    for slow in [false, true] {
        assert_eq!(
            pulled(&server, &histories(), 1, slow),
            (None, vec![Complete, Complete])
        );
        assert_eq!(
            pulled(&server, &histories(), 0, slow),
            (Some(Code::Quota), vec![Failed, Failed])
        );
    }
}

#[test]
fn a_feed_that_waits_when_another_one_breaks_is_told_as_what_became_of_its_commit() {
    use State::{Complete, Failed};
    let server = alive();
    let mut feeds = histories();
    feeds.push(Feed::History("Unknown/of/the/server".into()));
    for slow in [false, true] {
        for (room, state) in [(1, Complete), (0, Failed)] {
            let (error, states) = pulled(&server, &feeds, room, slow);
            assert!(error.is_some_and(|code| code != Code::Quota), "{error:?}");
            assert_eq!(states, [state, state, Failed]);
        }
    }
}
