//! A batch: what is gathered for one commit, and how it becomes the next manifest.

use std::collections::HashSet;
use std::rc::Rc;

use super::Snapshot;
use super::builder::{Address, Built, SegmentBuilder};
use super::checkpoint::Checkpoint;
use super::current::{Directories, Stored, Ties, is_news};
use super::directory::{Directory, Record};
use super::documents::Documents;
use super::load::key;
use super::manifest::{PartEntry, SegmentEntry};
use super::offer::{Applied, Offer};
use super::segment::Segment;
use crate::Result;
use crate::host::Commit;
use crate::search::term::pack_id;
use crate::search::{Definitions, Extractor};

/// What is gathered for one commit.
#[derive(Default)]
pub(super) struct Batch {
    builder: SegmentBuilder,
    superseded: Superseded,
    checkpoints: Vec<Checkpoint>,
    /// Type and packed id of stored resources that the server has named again unchanged: what it
    /// tells of them later in the same batch is older.
    confirmed: HashSet<Vec<u8>>,
    id: Vec<u8>,
}

/// Documents that the commit makes dead.
#[derive(Default)]
struct Superseded {
    stored: Vec<Stored>,
    /// By part.
    own: Vec<Documents>,
}

impl Batch {
    pub(super) fn json_bytes(&self) -> usize {
        self.builder.json_bytes()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.builder.is_empty()
    }

    pub(super) fn note(&mut self, checkpoint: Checkpoint) {
        put(&mut self.checkpoints, checkpoint);
    }

    pub(super) fn checkpoints(&self) -> &[Checkpoint] {
        &self.checkpoints
    }

    /// Whether a commit on top of `base` would say nothing new.
    pub(super) fn changes_nothing(&self, base: &Snapshot) -> bool {
        let known = |noted| base.manifest.checkpoints.contains(noted);
        self.builder.is_empty() && self.checkpoints.iter().all(known)
    }

    /// Takes the offer in if it is news against what was taken and what `held` says is stored.
    pub(super) fn offer<'d>(
        &mut self,
        definitions: &Definitions,
        extractor: &mut Extractor,
        offer: &Offer<'_>,
        held: impl Fn(&str, &[u8]) -> Option<(Stored, Record<'d>)>,
    ) -> Result<Applied> {
        let record = Record {
            version: offer.version,
            last_updated: offer.last_updated,
            deleted: offer.bytes.is_none(),
            partial: offer.partial,
        };
        let kind = offer.identity.kind;
        self.id.clear();
        pack_id(&mut self.id, offer.identity.id);
        if let Some((address, latest)) = self.builder.latest(kind, &self.id) {
            if !is_news(latest, record, Ties::FirstWins) {
                return Ok(Applied::Unchanged);
            }
            self.superseded.own_is_dead(address);
        } else if let Some((stored, held)) = held(kind, &self.id) {
            let name = [kind.as_bytes(), b"/", &self.id].concat();
            let again = self.confirmed.contains(&name);
            let ties = if again {
                Ties::FirstWins
            } else {
                Ties::LastWins
            };
            if !is_news(held, record, ties) {
                self.confirmed.insert(name);
                return Ok(Applied::Unchanged);
            }
            self.superseded.stored.push(stored);
        }
        let bytes = offer.bytes.unwrap_or_default();
        self.builder.add(
            definitions,
            extractor,
            offer.identity,
            &self.id,
            record,
            bytes,
        )?;
        Ok(if record.deleted {
            Applied::Deleted
        } else {
            Applied::Stored
        })
    }

    /// Decides anew what supersedes what, after another writer's commit.
    pub(super) fn judge_again(&mut self, directories: &Directories, base: &Snapshot) {
        self.superseded
            .judge_again(self.builder.directories(), directories, base);
    }
}

/// Puts a checkpoint in the place of its feed's.
fn put(checkpoints: &mut Vec<Checkpoint>, checkpoint: Checkpoint) {
    let mut known = checkpoints.iter_mut();
    match known.find(|known| known.feed == checkpoint.feed) {
        Some(known) => *known = checkpoint,
        None => checkpoints.push(checkpoint),
    }
}

impl Superseded {
    fn own_is_dead(&mut self, address: Address) {
        if self.own.len() <= address.part {
            self.own.resize_with(address.part + 1, Documents::default);
        }
        self.own[address.part].insert(address.document);
    }

    fn judge_again<'b>(
        &mut self,
        ours: impl Iterator<Item = (&'b str, &'b Directory)>,
        directories: &Directories,
        base: &Snapshot,
    ) {
        self.stored.clear();
        for (part, (kind, directory)) in ours.enumerate() {
            for document in 0..directory.len() {
                if self
                    .own
                    .get(part)
                    .is_some_and(|dead| dead.contains(document))
                {
                    continue;
                }
                let record = directory.record(document);
                match directories.current(base, kind, directory.packed_id(document)) {
                    Some((stored, held)) if is_news(held, record, Ties::LastWins) => {
                        self.stored.push(stored)
                    }
                    // The other writer has this version or a newer one: ours is dead on arrival.
                    Some(_) => self.own_is_dead(Address { part, document }),
                    None => {}
                }
            }
        }
    }
}

/// A batch that is closed: all that a commit needs, also when it has to be made again.
pub(super) struct Sealed {
    built: Option<Built>,
    superseded: Superseded,
    checkpoints: Vec<Checkpoint>,
}

impl Sealed {
    pub(super) fn new(batch: Batch) -> Sealed {
        Sealed {
            built: (!batch.builder.is_empty()).then(|| batch.builder.finish()),
            superseded: batch.superseded,
            checkpoints: batch.checkpoints,
        }
    }

    pub(super) fn judge_again(&mut self, directories: &Directories, base: &Snapshot) {
        let Some(built) = &self.built else { return };
        let kinds = built.segment.parts.iter().map(|part| part.kind.as_str());
        let ours = kinds.zip(built.directories.iter().map(Rc::as_ref));
        self.superseded.judge_again(ours, directories, base);
    }

    /// The snapshot that this commit makes of `base`.
    pub(super) fn on_top_of(&self, base: &Snapshot, born: u64, server: &str) -> Snapshot {
        let mut manifest = base.manifest.clone();
        if base.generation == 0 {
            manifest.born = born;
            manifest.server = server.to_string();
        }
        for stored in &self.superseded.stored {
            let part = &mut manifest.segments[stored.entry].parts[stored.part];
            if part.dead.insert(stored.document) && stored.deleted {
                part.deleted -= 1;
            }
        }
        if let Some(built) = &self.built {
            manifest
                .segments
                .push(self.entry(built, manifest.next_segment));
            manifest.next_segment += 1;
        }
        for checkpoint in &self.checkpoints {
            put(&mut manifest.checkpoints, checkpoint.clone());
        }
        Snapshot {
            generation: base.generation + 1,
            manifest,
        }
    }

    fn entry(&self, built: &Built, number: u32) -> SegmentEntry {
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
        for (number, dead) in self.superseded.own.iter().enumerate() {
            let deleted = &built.segment.parts[number].deleted;
            let both = dead.iter().filter(|document| deleted.contains(*document));
            parts[number].deleted -= both.count() as u32;
            parts[number].dead = dead.clone();
        }
        SegmentEntry {
            number,
            stored_bytes: built.values.iter().map(|value| value.len() as u64).sum(),
            parts,
        }
    }

    /// Makes the new segment's directories known to the writer, who builds the next batch on them.
    pub(super) fn add_to(&self, directories: &mut Directories, next: &Snapshot) {
        let Some(built) = &self.built else { return };
        let entry = next.manifest.segments.len() - 1;
        for (number, part) in built.segment.parts.iter().enumerate() {
            directories.add(&part.kind, entry, number, built.directories[number].clone());
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
