//! Pulls feeds from a server into a replica.
//!
//! ```text
//! feed ─► link ─► page ─► entries ─► offers to the writer ─► commit with the feeds' checkpoints
//!          ▲        │
//!          └─ next ─┘   requested before the page is worked on, so that both go on at once
//! ```
//!
//! A history is followed from its cursor, a search from its beginning; either goes on in the middle
//! of a chain of pages that an earlier pull had to leave.
//!
//! An import gives the writer what somebody else pulled, in the same way; it has no checkpoint.
//! An [`export`] is what it can be made of.

mod apply;
mod cursor;
pub mod export;
mod feed;
mod follow;
mod import;
mod lines;
mod progress;
mod reconcile;
mod session;

pub use feed::Feed;
pub use import::{Source, import};
pub use progress::{Committed, Imported, Observer, Progress, State};

use std::rc::Rc;

use crate::Result;
use crate::client::{Client, Credentials};
use crate::host::{Clock, Store, Transport};
use crate::replica::Replica;
use follow::Follower;
use session::Session;

/// Pulls `feeds` one after the other; the last progress of each, and the generation that holds all.
///
/// # Errors
/// The first that occurs: of the client, the store, or a page that cannot be taken. What came
/// before it is committed, and the next pull of that feed goes on from there.
pub async fn pull<S: Store + 'static, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    feeds: &[Feed],
    observer: &mut impl Observer,
) -> Result<(Vec<Progress>, u64)> {
    let mut session = Session::begin(replica, clock, observer).await?;
    let pulled = async {
        let mut pulled = Vec::new();
        for feed in feeds {
            pulled.push(Follower::new(&mut session, client, feed).run().await?);
        }
        session.commit().await?;
        let generation = session.settle().await?;
        Ok((pulled, generation))
    };
    let pulled = pulled.await;
    if pulled.is_err() {
        session.waited_in_vain();
    }
    pulled
}
