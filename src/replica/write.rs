//! Takes what a server offers, keeps what is new, and commits it with the checkpoints it belongs to.
//!
//! ```text
//! offers ─► held? ─► decide: new? ─► builder   enough? ─► commit: values + manifest, n → n+1
//!                                                         while the next batch is being built
//! ```
//!
//! One commit is under way at most. If another writer was first, the batch is decided anew against
//! what that one committed, and committed after it: nothing is pulled twice, nothing lost.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::batch::{Batch, Before, Flying};
use super::checkpoint::Checkpoint;
use super::closed::Closed;
use super::held::{Known, Names};
use super::ids::packed;
use super::offer::{Applied, Offer};
use super::{Replica, Snapshot};
use crate::host::Store;
use crate::search::Extractor;
use crate::{Code, Error, Result};

/// A batch is committed when it holds so many bytes of JSON: large enough for packed values, small
/// enough to lose little in a crash and to hold in memory twice.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Or so many documents: deletions have no bytes.
const BATCH_DOCUMENTS: u32 = 64 * 1024;

type Committing = Pin<Box<dyn Future<Output = Result<Rc<Snapshot>>>>>;

/// The writing side of a replica. Dropping it drops what was not committed.
pub struct Writer<S> {
    replica: Rc<Replica<S>>,
    /// What will be true when the commit under way is made.
    ahead: Rc<Snapshot>,
    /// What of it can be read already.
    stored: Rc<Snapshot>,
    extractor: Extractor,
    batch: Batch,
    /// Whether the batch was begun on a manifest that then did not come true.
    misjudged: bool,
    flying: Option<Flying>,
    committing: Option<Committing>,
    /// What became of the commit, when that is known and nobody has asked yet.
    committed: Option<Result<Rc<Snapshot>>>,
}

impl<S: Store + 'static> Writer<S> {
    /// Begins to write on top of what is committed now. What was found to be damaged is given up
    /// first, so that the feeds that brought it bring it again.
    ///
    /// # Errors
    /// Those of [`Replica::refresh`], and of the store.
    pub async fn begin(replica: Rc<Replica<S>>) -> Result<Writer<S>> {
        replica.refresh().await?;
        replica.repair().await?;
        let ahead = replica.snapshot();
        Ok(Writer {
            extractor: Extractor::new(replica.server()),
            replica,
            stored: ahead.clone(),
            ahead,
            batch: Batch::default(),
            misjudged: false,
            flying: None,
            committing: None,
            committed: None,
        })
    }

    /// Takes versions of resources into the batch as far as they are news, in their order; what
    /// became of each. A deletion of what was never held is kept too, so that an older version that
    /// comes later does not revive it.
    ///
    /// # Errors
    /// [`Code::Malformed`](crate::Code::Malformed) when the bytes are no JSON, and those of reading
    /// what is held.
    pub async fn offer(&mut self, offers: &[Offer<'_>]) -> Result<Vec<Applied>> {
        let ids: Vec<Vec<u8>> = offers.iter().map(|it| packed(it.identity.id)).collect();
        let mut names = Names::new();
        for (offer, id) in offers.iter().zip(&ids) {
            names.entry(offer.identity.kind).or_default().push(id);
        }
        self.nudge().await;
        let known = self.held(&names).await?;
        let replica = self.replica.clone();
        let before = Before {
            known: &known,
            flying: self.flying.as_ref(),
            keep: replica.versions(&self.ahead),
        };
        let mut applied = Vec::with_capacity(offers.len());
        for (offer, id) in offers.iter().zip(&ids) {
            applied.push(self.batch.offer(
                &replica.definitions,
                &mut self.extractor,
                offer,
                id,
                &before,
            )?);
        }
        Ok(applied)
    }

    /// What is stored of these resources. Where another tab has merged values away meanwhile, they
    /// are found again through what is committed now.
    async fn held(&mut self, names: &Names<'_>) -> Result<Known> {
        loop {
            match self.replica.held(&self.stored, names).await {
                Err(error) if error.is_damaged() => {
                    // A commit under way follows whatever was committed before it.
                    let asked = self.stored.generation;
                    self.settle().await?;
                    if self.replica.refresh().await? != self.ahead.generation {
                        let snapshot = self.replica.snapshot();
                        if snapshot.manifest.repairs != self.ahead.manifest.repairs {
                            return Err(repaired());
                        }
                        self.stands_on(snapshot);
                    } else if self.stored.generation == asked {
                        return Err(error);
                    }
                }
                known => return known,
            }
        }
    }

    /// Whether anything of this type was stored before this writer began, or since.
    pub fn held_any(&self, kind: &str) -> bool {
        let mut segments = self.ahead.manifest.segments.iter();
        segments.any(|segment| segment.part(kind).is_some())
    }

    /// Whether nothing was taken since the last commit.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether the batch is large enough to be committed.
    pub fn is_full(&self) -> bool {
        let builder = &self.batch.builder;
        builder.json_bytes() >= BATCH_BYTES || builder.documents() >= BATCH_DOCUMENTS
    }

    /// Notes how far a feed has been followed: true with the next commit.
    pub fn note(&mut self, checkpoint: Checkpoint) {
        self.batch.note(checkpoint);
    }

    /// How far a feed has been followed, by what was noted last.
    pub fn checkpoint(&self, feed: &str) -> Option<&Checkpoint> {
        let committed = &self.ahead.manifest.checkpoints;
        let mut known = self.batch.checkpoints.iter().chain(committed);
        known.find(|checkpoint| checkpoint.feed == feed)
    }

    /// Starts to commit the batch with what was noted, once the commit before is made. It is made
    /// when [`settle`](Self::settle) says so; the next batch can be built meanwhile.
    ///
    /// # Errors
    /// Those of the commit before; what was offered since is then not committed either.
    pub async fn commit(&mut self) -> Result<()> {
        self.settle().await?;
        if self.batch.changes_nothing(&self.ahead) {
            self.batch = Batch::default();
            return Ok(());
        }
        if std::mem::take(&mut self.misjudged) {
            let mut batch = std::mem::take(&mut self.batch);
            let known = self.held(&batch.names()).await?;
            batch.judge_again(&known);
            self.batch = batch;
        }
        let mut batch = std::mem::take(&mut self.batch);
        let versions = batch.take_versions();
        let closed = Closed::new(batch);
        let known = self.replica.known_until(&self.ahead.manifest);
        let next = Rc::new(closed.on_top_of(&self.ahead, &self.replica.opening, known));
        let flying = closed.built().map(|built| Flying {
            built: built.clone(),
            entry: next.manifest.segments.len() - 1,
            versions,
            past: closed.past(),
        });
        let base = std::mem::replace(&mut self.ahead, next.clone());
        self.stored = match &flying {
            None => next.clone(),
            Some(flying) => Rc::new(next.without(flying.entry)),
        };
        self.flying = flying;
        let commit = make(self.replica.clone(), base, next, closed);
        self.committing = Some(Box::pin(commit));
        self.nudge().await;
        Ok(())
    }

    /// Lets the commit under way go as far as it can without waiting: a commit that is encrypted
    /// first takes more than one step.
    async fn nudge(&mut self) {
        if let Some(mut committing) = self.committing.take() {
            let step = poll_fn(|context| Poll::Ready(committing.as_mut().poll(context))).await;
            match step {
                Poll::Ready(made) => self.committed = Some(made),
                Poll::Pending => self.committing = Some(committing),
            }
        }
    }

    /// Waits for the commit under way; the generation that is then durable.
    ///
    /// # Errors
    /// Those of the store. Nothing of the commit is stored then.
    pub async fn settle(&mut self) -> Result<u64> {
        let made = match (self.committed.take(), self.committing.take()) {
            (Some(made), _) => Some(made),
            (None, Some(committing)) => Some(committing.await),
            (None, None) => None,
        };
        if let Some(made) = made {
            self.made(made?);
        }
        Ok(self.ahead.generation)
    }

    /// A commit that had to follow another writer's made a manifest other than foreseen.
    fn made(&mut self, snapshot: Rc<Snapshot>) {
        match Rc::ptr_eq(&snapshot, &self.ahead) {
            true => {
                self.stored = snapshot;
                self.flying = None;
            }
            false => self.stands_on(snapshot),
        }
    }

    /// Goes on from what others have made true.
    fn stands_on(&mut self, snapshot: Rc<Snapshot>) {
        self.stored = snapshot.clone();
        self.ahead = snapshot;
        self.flying = None;
        self.misjudged = true;
    }
}

/// Commits `closed` on top of `base`, which makes `next`; or, where another writer was first, on top
/// of what that one made. Where there is no room, garbage makes some, once.
async fn make<S: Store>(
    replica: Rc<Replica<S>>,
    mut base: Rc<Snapshot>,
    mut next: Rc<Snapshot>,
    mut closed: Closed,
) -> Result<Rc<Snapshot>> {
    let mut may_reclaim = true;
    loop {
        let error = match replica.store.commit(closed.commit(&base, &next)).await {
            Ok(()) => break,
            Err(error) => error,
        };
        let is_full = error.is_quota() && std::mem::take(&mut may_reclaim);
        let again = error.is_conflict() || is_full && replica.reclaim().await;
        if !again {
            return Err(error);
        }
        let (born, repairs) = (base.manifest.born, base.manifest.repairs);
        let known = loop {
            replica.refresh().await?;
            base = replica.snapshot();
            if born != 0 && base.manifest.born != born {
                return Err(wiped());
            }
            // The checkpoints of this batch count on what was given up.
            if base.manifest.repairs != repairs {
                return Err(repaired());
            }
            match replica.held(&base, &closed.names()).await {
                // Merged away once more.
                Err(error) if error.is_damaged() => {
                    if replica.refresh().await? == base.generation {
                        return Err(error);
                    }
                }
                known => break known?,
            }
        };
        closed.judge_again(&known);
        let known = replica.known_until(&base.manifest);
        next = Rc::new(closed.on_top_of(&base, &replica.opening, known));
    }
    if let Some((number, segment)) = closed.segment(&next) {
        replica.segments.borrow_mut().insert(number, segment);
    }
    replica.replace_snapshot(next.clone());
    Ok(next)
}

/// To go on would commit a checkpoint without the data before it (L2).
fn wiped() -> Error {
    Error::new(
        Code::StoreLost,
        "The replica was wiped or evicted while this pull went on; pull again to fill it anew.",
    )
}

fn repaired() -> Error {
    Error::new(
        Code::Conflict,
        "Another tab has given up what this one counted on: it was damaged, or a clone took its place. Pull again.",
    )
}
