//! Pulls feeds from a server into a replica.
//!
//! ```text
//! feed ─► way ─► link ─► page ─► entries ─► offers to the writer ─► commit with the feeds' checkpoints
//!                  ▲      │
//!                  └ next ┘   requested before the page is worked on, so that both go on at once
//! ```
//!
//! | file | thought |
//! | --- | --- |
//! | `feed` | what to pull |
//! | `strategy`, `plan` | the ways to pull it, and which one it takes |
//! | `follow` | one feed, by its way |
//! | `chain`, `notes`, `long` | one chain of pages, and what was seen of it; a page that is long |
//! | `searches`, `reads` | histories and searches; what is pulled by name |
//! | `bulk` | exports |
//! | `reading` | resources read by name |
//! | `windows` | a search that the server cuts short |
//! | `compare`, `verify` | ids and versions held against the server's |
//! | `ask` | one resource or page that is wanted now |
//! | `forget` | what one feed alone has brought, given up |
//! | `cursor` | where the next pull begins |
//! | `clone` | all of another replica, without looking at it |
//! | `session`, `context` | what the feeds of a pull share |
//!
//! Feeds are pulled several at once. What was reached is noted with what it brought, so that a pull
//! that was stopped goes on in the middle of a chain.
//!
//! An import gives the writer what somebody else pulled, in the same way; it has no checkpoint.
//! An [`export`] is what it can be made of.

mod apply;
mod ask;
mod bulk;
mod chain;
mod clone;
mod compare;
mod context;
mod covered;
mod cursor;
mod explain;
pub mod export;
mod feed;
mod files;
mod follow;
mod forget;
mod import;
mod lines;
mod long;
mod notes;
mod plan;
mod progress;
mod reading;
mod reads;
mod searches;
mod session;
mod several;
mod strategy;
mod turn;
mod verify;
mod windows;

pub use ask::{Asked, ask};
pub use clone::clone_from;
pub use covered::covered;
pub use explain::{Explained, begun, explain};
pub use feed::Feed;
pub use forget::{Forgotten, forget};
pub use import::{Source, import};
pub use progress::{Cloning, Committed, Imported, Observer, Progress, State};
pub use verify::Verified;

use std::rc::Rc;

use crate::Result;
use crate::client::{Client, Credentials};
use crate::host::{Clock, Store, Transport};
use crate::replica::Replica;
use context::{Of, Pull};
use follow::Follower;
use session::Session;
use several::several;

/// So many feeds are pulled at once.
const AT_ONCE: usize = 4;

/// What is done with each feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Pull,
    Verify { repair: bool },
}

/// Pulls `feeds`, several at once; the last progress of each, and the generation that holds all.
///
/// # Errors
/// The first that a feed met: of the client, the store, or a page that cannot be taken. The other feeds
/// are pulled all the same, unless it would meet them too. What came is committed, and the next pull
/// goes on from there.
pub async fn pull<S: Store + 'static, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    feeds: &[Feed],
    observer: &mut impl Observer,
) -> Result<(Vec<Progress>, u64)> {
    let (done, generation) = each(replica, client, clock, feeds, observer, Task::Pull).await?;
    let progress = done.into_iter().map(|(progress, _)| progress);
    Ok((progress.collect(), generation))
}

/// Holds `feeds` against the server, and repairs what differs where `repair` says so; what was found of
/// each, and the generation that holds it.
///
/// # Errors
/// As [`pull`].
pub async fn verify<S: Store + 'static, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    feeds: &[Feed],
    repair: bool,
    observer: &mut impl Observer,
) -> Result<(Vec<Verified>, u64)> {
    let task = Task::Verify { repair };
    let (done, generation) = each(replica, client, clock, feeds, observer, task).await?;
    let verified = done.into_iter().map(|(_, verified)| verified);
    Ok((verified.collect(), generation))
}

async fn each<S: Store + 'static, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    feeds: &[Feed],
    observer: &mut impl Observer,
    task: Task,
) -> Result<(Vec<(Progress, Verified)>, u64)> {
    let session = Session::begin(replica, clock, observer).await?;
    let pull = Pull::<Of<_, _, _, _, _, _>>::new(replica, client, clock, session);
    // What is given twice is pulled once.
    let first = |at: &usize| !feeds[..*at].contains(&feeds[*at]);
    let once: Vec<usize> = (0..feeds.len()).filter(first).collect();
    let works = once.iter().map(|at| async {
        let follower = Follower::new(&pull, feeds[*at].clone()).await;
        follower.run(task).await
    });
    let done = several(works, AT_ONCE).await;
    let mut session = pull.session.into_inner();
    let pulled = async {
        let done: Vec<_> = done.into_iter().collect::<Result<_>>()?;
        session.commit().await?;
        Ok::<_, crate::Error>((done, session.settle().await?))
    };
    let pulled = pulled.await;
    if pulled.is_err() {
        session.waited_in_vain();
    }
    let (done, generation) = pulled?;
    let of = |feed: &Feed| once.iter().position(|at| feeds[*at] == *feed);
    let all = feeds.iter().filter_map(|feed| done.get(of(feed)?).cloned());
    Ok((all.collect(), generation))
}
