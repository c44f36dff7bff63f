//! A batch that is closed: all that a commit needs, also when it has to be made again on top of what
//! another writer committed.

use std::rc::Rc;

use super::batch::{Batch, Superseded, names, put};
use super::builder::Built;
use super::checkpoint::Checkpoint;
use super::documents::Documents;
use super::held::{Known, Names};
use super::manifest::{PartEntry, SegmentEntry};
use super::segment::{Segment, key};
use super::{Opening, Snapshot};
use crate::fhir::Instant;
use crate::host::Commit;

/// A closed batch.
pub(super) struct Closed {
    built: Option<Rc<Built>>,
    superseded: Superseded,
    checkpoints: Vec<Checkpoint>,
}

impl Closed {
    pub(super) fn new(batch: Batch) -> Closed {
        let empty = batch.is_empty();
        Closed {
            built: (!empty).then(|| Rc::new(batch.builder.finish())),
            superseded: batch.superseded,
            checkpoints: batch.checkpoints,
        }
    }

    /// The segment, if there is anything in it.
    pub(super) fn built(&self) -> Option<&Rc<Built>> {
        self.built.as_ref()
    }

    /// Who is in it, to be asked for.
    pub(super) fn names(&self) -> Names<'_> {
        let directories = self.built.iter().flat_map(|built| &built.directories);
        names(directories)
    }

    /// What of it another writer had superseded before it came, and what it superseded itself.
    pub(super) fn past(&self) -> Vec<Documents> {
        self.superseded.own.clone()
    }

    pub(super) fn judge_again(&mut self, known: &Known) {
        if let Some(built) = &self.built {
            self.superseded.judge_again(built.directories.iter(), known);
        }
    }

    /// When it came, by the source's clock: when its feeds asked for what they brought. Where that is not
    /// known, with what came before it; of the very first, as late as its newest resource.
    fn arrived(&self, known: Option<Instant>) -> Option<Instant> {
        let asked = |checkpoint: &Checkpoint| {
            let chain = checkpoint.chain.as_ref();
            checkpoint.as_of.max(chain.and_then(|chain| chain.started))
        };
        let asked = self.checkpoints.iter().filter_map(asked).max();
        let built = self.built.iter().flat_map(|built| &built.directories);
        let newest = || built.filter_map(|it| it.states.newest()).max();
        known.max(asked).or_else(newest)
    }

    /// The snapshot that this commit makes of `base`, of which all was `known` until then.
    pub(super) fn on_top_of(
        &self,
        base: &Snapshot,
        opening: &Opening,
        known: Option<Instant>,
    ) -> Snapshot {
        let mut manifest = base.manifest.clone();
        let generation = base.generation + 1;
        if base.generation == 0 {
            manifest.born = opening.born.get();
            manifest.server = opening.server.clone();
        }
        manifest.all_versions = opening.keeps_all(&base.manifest);
        for stored in &self.superseded.stored {
            manifest.give_up(stored.address, stored.deleted);
        }
        if let Some(built) = &self.built {
            let number = manifest.next_segment;
            let entry = self.entry(built, number, generation);
            manifest.segments.push(entry);
            manifest.next_segment += 1;
        }
        for checkpoint in &self.checkpoints {
            put(&mut manifest.checkpoints, checkpoint.clone());
        }
        if let Some(at) = self.arrived(known) {
            manifest.arrivals.note(generation, at);
        }
        Snapshot {
            generation,
            manifest,
        }
    }

    fn entry(&self, built: &Built, number: u32, generation: u64) -> SegmentEntry {
        let parts = built.segment.parts.iter().zip(&built.json_bytes);
        let mut parts: Vec<PartEntry> = parts
            .map(|(part, json_bytes)| PartEntry {
                kind: part.kind.clone(),
                documents: part.documents,
                deleted: part.deleted.count(),
                json_bytes: *json_bytes,
                ..PartEntry::default()
            })
            .collect();
        for (number, past) in self.superseded.own.iter().enumerate() {
            let deleted = &built.segment.parts[number].deleted;
            let both = past.iter().filter(|document| deleted.contains(*document));
            parts[number].deleted -= both.count() as u32;
            parts[number].dead = past.clone();
        }
        SegmentEntry {
            number,
            generation,
            stored_bytes: built.values.iter().map(|value| value.len() as u64).sum(),
            parts,
        }
    }

    /// What the store is asked to make true.
    pub(super) fn commit(&self, base: &Snapshot, next: &Snapshot) -> Commit {
        let mut puts = Vec::new();
        if let Some(built) = &self.built {
            let number = next.manifest.next_segment - 1;
            let values = built.values.iter().enumerate();
            puts = values
                .map(|(at, value)| (key(number, at as u32), value.clone()))
                .collect();
        }
        Commit {
            expected: base.generation,
            manifest: next.manifest.encode(),
            puts,
            deletes: Vec::new(),
        }
    }

    /// The number and head of the segment that `next` has through this commit.
    pub(super) fn segment(&self, next: &Snapshot) -> Option<(u32, Rc<Segment>)> {
        let built = self.built.as_ref()?;
        Some((next.manifest.next_segment - 1, built.segment.clone()))
    }
}
