//! Takes what a server offers, keeps what is new, and commits it with the checkpoints it belongs to.
//!
//! ```text
//! offer ─► decide: new? ─► builder          enough? ─► commit: values + manifest, generation n → n+1
//!                                                      while the next batch is being built
//! ```
//!
//! One commit is under way at most. If another writer was first, the batch is decided anew against
//! what that one committed, and committed after it: nothing is pulled twice, nothing lost.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use super::batch::{Batch, Sealed};
use super::checkpoint::Checkpoint;
use super::current::Directories;
use super::offer::{Applied, Offer};
use super::{Replica, Snapshot};
use crate::host::Store;
use crate::search::Extractor;
use crate::{Code, Error, Result};

/// A batch is committed when it holds so many bytes of JSON: large enough for packed values, small
/// enough to lose little in a crash and to hold in memory twice.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

type Committing = Pin<Box<dyn Future<Output = Result<Rc<Snapshot>>>>>;

/// The writing side of a replica. Dropping it drops what was not committed.
pub struct Writer<S> {
    replica: Rc<Replica<S>>,
    /// What will be true when the commit under way is made.
    ahead: Rc<Snapshot>,
    directories: Directories,
    extractor: Extractor,
    batch: Batch,
    /// Whether the batch was begun on a manifest that then did not come true.
    misjudged: bool,
    committing: Option<Committing>,
}

impl<S: Store + 'static> Writer<S> {
    /// Begins to write on top of what is committed now.
    ///
    /// # Errors
    /// Those of [`Replica::refresh`].
    pub async fn begin(replica: Rc<Replica<S>>) -> Result<Writer<S>> {
        replica.refresh().await?;
        let ahead = replica.snapshot();
        let directories = Directories::load(&replica, &ahead).await?;
        Ok(Writer {
            extractor: Extractor::new(&replica.server),
            replica,
            ahead,
            directories,
            batch: Batch::default(),
            misjudged: false,
            committing: None,
        })
    }

    /// Takes a version of a resource into the batch if it is news. A deletion of what was never held
    /// is kept too, so that an older version that comes later does not revive it.
    ///
    /// # Errors
    /// [`Code::Malformed`](crate::Code::Malformed) when the bytes are no JSON.
    pub fn offer(&mut self, offer: &Offer<'_>) -> Result<Applied> {
        let held = |kind: &str, id: &[u8]| self.directories.current(&self.ahead, kind, id);
        self.batch
            .offer(&self.replica.definitions, &mut self.extractor, offer, held)
    }

    /// Whether anything of this type was stored before this writer began, or since.
    pub fn held(&self, kind: &str) -> bool {
        let mut segments = self.ahead.manifest.segments.iter();
        segments.any(|segment| segment.parts.iter().any(|part| part.kind == kind))
    }

    /// Whether nothing was taken since the last commit.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// Whether the batch is large enough to be committed.
    pub fn is_full(&self) -> bool {
        self.batch.json_bytes() >= BATCH_BYTES
    }

    /// Notes how far a feed has been followed: true with the next commit.
    pub fn note(&mut self, checkpoint: Checkpoint) {
        self.batch.note(checkpoint);
    }

    /// How far a feed has been followed, by what was noted last.
    pub fn checkpoint(&self, feed: &str) -> Option<&Checkpoint> {
        let committed = &self.ahead.manifest.checkpoints;
        let mut known = self.batch.checkpoints().iter().chain(committed);
        known.find(|checkpoint| checkpoint.feed == feed)
    }

    /// Starts to commit the batch with what was noted, once the commit before is made. It is made
    /// when [`settle`](Self::settle) says so; the next batch can be built meanwhile.
    ///
    /// # Errors
    /// Those of the commit before; what was offered since is then not committed either.
    pub async fn commit(&mut self) -> Result<()> {
        self.settle().await?;
        let mut batch = std::mem::take(&mut self.batch);
        if batch.changes_nothing(&self.ahead) {
            return Ok(());
        }
        if std::mem::take(&mut self.misjudged) {
            batch.judge_again(&self.directories, &self.ahead);
        }
        let sealed = Sealed::new(batch);
        let next = Rc::new(sealed.on_top_of(&self.ahead, self.replica.born, &self.replica.server));
        sealed.add_to(&mut self.directories, &next);
        let base = std::mem::replace(&mut self.ahead, next.clone());
        let commit = make(self.replica.clone(), base, next, sealed);
        let mut committing: Committing = Box::pin(commit);
        // Polled once so that it is under way; whoever polls it again finishes it.
        let first = poll_fn(|context| Poll::Ready(committing.as_mut().poll(context))).await;
        match first {
            Poll::Ready(made) => self.made(made?).await,
            Poll::Pending => {
                self.committing = Some(committing);
                Ok(())
            }
        }
    }

    /// Waits for the commit under way; the generation that is then durable.
    ///
    /// # Errors
    /// Those of the store. Nothing of the commit is stored then.
    pub async fn settle(&mut self) -> Result<u64> {
        if let Some(committing) = self.committing.take() {
            let made = committing.await?;
            self.made(made).await?;
        }
        Ok(self.ahead.generation)
    }

    /// A commit that had to follow another writer's made a manifest other than foreseen.
    async fn made(&mut self, snapshot: Rc<Snapshot>) -> Result<()> {
        if !Rc::ptr_eq(&snapshot, &self.ahead) {
            self.directories = Directories::load(&self.replica, &snapshot).await?;
            self.ahead = snapshot;
            self.misjudged = true;
        }
        Ok(())
    }
}

/// Commits `sealed` on top of `base`, which makes `next`; or, where another writer was first, on top
/// of what that one made.
async fn make<S: Store>(
    replica: Rc<Replica<S>>,
    mut base: Rc<Snapshot>,
    mut next: Rc<Snapshot>,
    mut sealed: Sealed,
) -> Result<Rc<Snapshot>> {
    loop {
        let made = replica.store.commit(sealed.commit(&base, &next)).await;
        match made {
            Ok(()) => break,
            Err(error) if error.is_conflict() => {
                let born = base.manifest.born;
                replica.refresh().await?;
                base = replica.snapshot();
                if born != 0 && base.manifest.born != born {
                    return Err(wiped());
                }
                let directories = Directories::load(&replica, &base).await?;
                sealed.judge_again(&directories, &base);
                next = Rc::new(sealed.on_top_of(&base, replica.born, &replica.server));
            }
            Err(error) => return Err(error),
        }
    }
    replica.replace_snapshot(next.clone());
    if let Some((number, segment)) = sealed.segment(&next) {
        replica.segments.borrow_mut().push((number, segment));
    }
    Ok(next)
}

/// To go on would commit a checkpoint without the data before it (L2).
fn wiped() -> Error {
    Error::new(
        Code::StoreLost,
        "The replica was wiped or evicted while this pull went on; pull again to fill it anew.",
    )
}
