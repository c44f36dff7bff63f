//! What the feeds of one pull share, and an import has too: the writer, when it commits, and who is
//! told of it.
//!
//! Commits are grouped by bytes and time over feeds, so that many small feeds make one segment and
//! not many. What a commit holds is told when it is durable, not before.

use std::rc::Rc;

use super::{Committed, Observer, Progress, State};
use crate::host::{Clock, Store};
use crate::replica::{Replica, Writer};
use crate::{Code, Error, Result};

/// At the end of a feed, a commit at most so many milliseconds after the last.
const BETWEEN_FEEDS: i64 = 1_000;
/// In the middle of a feed: what a crash may cost to pull again.
const WITHIN_FEED: i64 = 10_000;

/// One pull.
pub(super) struct Session<'a, S, W, O> {
    pub(super) replica: &'a Rc<Replica<S>>,
    pub(super) clock: &'a W,
    pub(super) writer: Writer<S>,
    pub(super) observer: &'a mut O,
    /// Since the last commit was started.
    gathered: Gathered,
    /// In the commit that is under way.
    committing: Gathered,
    announced: u64,
    committed_at: i64,
}

/// What a commit makes true.
#[derive(Default)]
struct Gathered {
    /// What feeds brought that were pulled to their end, now or before.
    settled: Vec<String>,
    /// What feeds brought in their first pull.
    unsettled: Vec<String>,
    finished: Vec<Progress>,
}

impl<'a, S: Store + 'static, W: Clock, O: Observer> Session<'a, S, W, O> {
    pub(super) async fn begin(
        replica: &'a Rc<Replica<S>>,
        clock: &'a W,
        observer: &'a mut O,
    ) -> Result<Self> {
        Ok(Session {
            writer: Writer::begin(replica.clone()).await?,
            announced: replica.generation(),
            committed_at: clock.now(),
            replica,
            clock,
            observer,
            gathered: Gathered::default(),
            committing: Gathered::default(),
        })
    }

    /// Tells how far a feed is.
    pub(super) fn report(&mut self, progress: &Progress) {
        self.observer.progress(progress);
    }

    /// These types may have changed by a feed, which may be in its first pull.
    pub(super) fn touched(&mut self, types: &[String], first: bool) {
        match first {
            true => join(&mut self.gathered.unsettled, types),
            false => join(&mut self.gathered.settled, types),
        }
    }

    /// A page was taken: commits when the batch is large or old.
    pub(super) async fn page_taken(&mut self) -> Result<()> {
        let old = !self.writer.is_empty() && self.since_commit() >= WITHIN_FEED;
        if self.writer.is_full() || old {
            self.commit().await?;
        }
        Ok(())
    }

    /// A feed was noted to be complete: told when that is committed. What its first pull brought in
    /// commits before is told again, now that it is whole.
    pub(super) async fn feed_finished(
        &mut self,
        progress: Progress,
        types: &[String],
        first: bool,
    ) -> Result<()> {
        if first {
            join(&mut self.gathered.settled, types);
            let whole = |kind: &String| types.contains(kind);
            self.gathered.unsettled.retain(|kind| !whole(kind));
        }
        self.gathered.finished.push(progress);
        if self.writer.is_full() || self.since_commit() >= BETWEEN_FEEDS {
            self.commit().await?;
        }
        Ok(())
    }

    /// Starts a commit once the one before is made.
    pub(super) async fn commit(&mut self) -> Result<()> {
        self.settle().await?;
        self.writer.commit().await?;
        self.committed_at = self.clock.now();
        self.committing = std::mem::take(&mut self.gathered);
        Ok(())
    }

    /// Waits until nothing is under way, and tells what has become durable; the generation now.
    pub(super) async fn settle(&mut self) -> Result<u64> {
        let generation = self.writer.settle().await?;
        let gathered = std::mem::take(&mut self.committing);
        if generation > self.announced {
            self.announced = generation;
            for (types, settled) in [(gathered.unsettled, false), (gathered.settled, true)] {
                if !types.is_empty() {
                    self.observer.committed(&Committed {
                        generation,
                        types,
                        settled,
                    });
                }
            }
        }
        for progress in gathered.finished {
            self.observer.progress(&progress);
        }
        Ok(generation)
    }

    /// Commits what came before an error, so that the next pull goes on from there. An error of the
    /// store is not answered with another commit.
    pub(super) async fn keep_what_came(&mut self, error: &Error) {
        if !is_of_the_store(error) && self.commit().await.is_ok() {
            // The error that ended the pull is the one to tell of.
            let _ = self.settle().await;
        }
    }

    /// Tells that a feed ended with an error.
    pub(super) fn failed(&mut self, progress: &Progress) {
        let state = State::Failed;
        self.observer.progress(&Progress {
            state,
            ..progress.clone()
        });
    }

    /// Tells of the feeds that were pulled to their end and waited for a commit that is not made.
    pub(super) fn waited_in_vain(&mut self) {
        let committing = std::mem::take(&mut self.committing.finished);
        let gathered = std::mem::take(&mut self.gathered.finished);
        for progress in committing.iter().chain(&gathered) {
            self.failed(progress);
        }
    }

    fn since_commit(&self) -> i64 {
        self.clock.now() - self.committed_at
    }
}

/// Whether the store failed, and not the server or what it sent.
pub(super) fn is_of_the_store(error: &Error) -> bool {
    let stores = [
        Code::Conflict,
        Code::Quota,
        Code::StoreLost,
        Code::StoreFailed,
        Code::Damaged,
    ];
    stores.contains(&error.code())
}

/// Adds the types that are not there yet.
pub(super) fn join(types: &mut Vec<String>, new: &[String]) {
    for kind in new {
        if !types.contains(kind) {
            types.push(kind.clone());
        }
    }
}
