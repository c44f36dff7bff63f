//! What is done about stored bytes that are missing or broken.
//!
//! A part that cannot be read is noted by whoever met it; what does not need it is still answered.
//! The next pull gives the part up and forgets how far the feeds that brought its type were
//! followed, so that they bring it again. Until they have, nothing is said of that type: an answer
//! without what was lost would look whole. A manifest that cannot be read can say nothing about
//! anything: the replica begins anew.

use std::rc::Rc;

use super::load::Owner;
use super::{Replica, Snapshot};
use crate::host::{Commit, Store};
use crate::{Code, Error, Result};

/// Why a replica began anew when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedOver {
    /// Its manifest was broken.
    Damaged,
    /// An older version of this package had written it.
    OlderFormat,
}

impl StartedOver {
    /// As JavaScript sees it.
    pub fn as_str(self) -> &'static str {
        match self {
            StartedOver::Damaged => Code::Damaged.as_str(),
            StartedOver::OlderFormat => Code::OlderFormat.as_str(),
        }
    }
}

impl<S: Store> Replica<S> {
    /// Wipes what cannot be read; any other error is passed on.
    pub(super) async fn start_over(&self, error: Error) -> Result<()> {
        let reason = match error.code() {
            Code::Damaged => StartedOver::Damaged,
            Code::OlderFormat => StartedOver::OlderFormat,
            _ => return Err(error),
        };
        self.store.wipe().await?;
        self.started_over.set(Some(reason));
        Ok(())
    }

    /// Remembers what could not be read.
    pub(super) fn note_damage(&self, owner: Owner) {
        let mut damage = self.damage.borrow_mut();
        if !damage.contains(&owner) {
            damage.push(owner);
        }
    }

    /// The types of which something could not be read, or was lost and is not pulled again yet.
    pub(super) fn damaged(&self, snapshot: &Snapshot) -> Vec<String> {
        let manifest = &snapshot.manifest;
        let kind = |(entry, part): (usize, usize)| &manifest.segments[entry].parts[part].kind;
        let unread = self.damaged_parts(snapshot).into_iter().map(kind);
        let mut types: Vec<String> = Vec::new();
        for kind in unread.chain(manifest.lacking()) {
            if let Err(at) = types.binary_search(kind) {
                types.insert(at, kind.clone());
            }
        }
        types
    }

    /// Entries and parts of the snapshot that could not be read. What was noted of segments that
    /// are gone is not among them: they were merged away under a reader.
    fn damaged_parts(&self, snapshot: &Snapshot) -> Vec<(usize, usize)> {
        let damage = self.damage.borrow();
        let is_damaged = |segment, part| {
            damage.contains(&Owner::head(segment))
                || damage.contains(&Owner {
                    segment,
                    part: Some(part),
                })
        };
        let mut parts = Vec::new();
        for (at, entry) in snapshot.manifest.segments.iter().enumerate() {
            for (part, known) in entry.parts.iter().enumerate() {
                if !known.lost && is_damaged(entry.number, part) {
                    parts.push((at, part));
                }
            }
        }
        parts
    }

    /// Gives up what could not be read, so that a pull brings it again.
    pub(super) async fn repair(&self) -> Result<()> {
        loop {
            let snapshot = self.snapshot();
            let damaged = self.damaged_parts(&snapshot);
            if damaged.is_empty() {
                self.damage.borrow_mut().clear();
                return Ok(());
            }
            let types = self.damaged(&snapshot);
            let mut next = Snapshot {
                generation: snapshot.generation + 1,
                manifest: snapshot.manifest.clone(),
            };
            next.manifest.repairs += 1;
            for (entry, part) in damaged {
                next.manifest.segments[entry].parts[part].lost = true;
            }
            for checkpoint in &mut next.manifest.checkpoints {
                if checkpoint.types.iter().any(|kind| types.contains(kind)) {
                    (checkpoint.complete, checkpoint.cursor) = (false, None);
                    checkpoint.as_of = None;
                    checkpoint.chain = None;
                }
            }
            let commit = Commit {
                expected: snapshot.generation,
                manifest: next.manifest.encode(),
                ..Commit::default()
            };
            match self.store.commit(commit).await {
                Ok(()) => self.replace_snapshot(Rc::new(next)),
                Err(error) if error.is_conflict() => {
                    self.refresh().await?;
                }
                Err(error) => return Err(error),
            }
        }
    }
}
