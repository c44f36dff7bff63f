//! Merges neighbouring segments into one, so that searches look into few and garbage goes.
//!
//! ```text
//! segments ─► plan: which documents stay, which blocks are shared, copied, written anew
//!          ─► directory ─► columns ─► blocks ─► one segment in their place, one commit
//! ```
//!
//! What a merge reads and writes is the index. Blocks stay where they are while at least half of a
//! value's worth of them is alive; else what is alive of them moves, together with its neighbours,
//! so that small commits grow into whole values and garbage does not outlive its half.
//!
//! A merge changes no answer. It can be stopped anywhere: until its one commit nothing is changed,
//! and if another writer commits first, it was in vain.

mod blocks;
mod columns;
mod directory;
mod plan;

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use super::assemble::{Packed, assemble};
use super::frame::Packer;
use super::manifest::{PartEntry, SegmentEntry};
use super::segment::{Part, Segment, key};
use super::source::Source;
use super::{Replica, Snapshot, Versions};
use crate::Result;
use crate::host::{Commit, Key, Store};
use blocks::Shared;
use plan::{Input, plan};

impl<S: Store> Replica<S> {
    /// Puts one segment in the place of those of `entries`, and commits that.
    pub(super) async fn merge(&self, snapshot: &Snapshot, entries: Range<usize>) -> Result<()> {
        let all = self.versions(snapshot) == Versions::All;
        let sources = self
            .sources_of(snapshot, |entry, _| entries.contains(&entry))
            .await?;
        let (mut index, mut shared) = (Packer::default(), Shared::default());
        let (mut packed, mut parts) = (Vec::new(), Vec::new());
        for kind in kinds(&sources) {
            let of_kind = sources.iter().filter(|source| source.part().kind == kind);
            let (inputs, documents) = plan(snapshot, of_kind, all);
            if documents == 0 {
                continue;
            }
            let mut part = Part {
                kind: kind.clone(),
                documents,
                ..Part::default()
            };
            let deleted = self
                .merge_directory(snapshot, &inputs, &mut part, &mut index)
                .await?;
            self.merge_columns(snapshot, &inputs, &mut part, &mut index)
                .await?;
            let blocks = self.merge_blocks(&inputs, &mut part, &mut shared).await?;
            parts.push(PartEntry {
                kind,
                documents,
                past: part.superseded.count() + part.holes.count(),
                deleted,
                json_bytes: inputs.iter().map(|it| it.json_bytes(snapshot)).sum(),
                ..PartEntry::default()
            });
            packed.push(Packed { part, blocks });
        }
        let (segment, values) = assemble(index, packed, shared.keys);
        let own: usize = values.iter().map(Vec::len).sum();
        let entry = SegmentEntry {
            number: snapshot.manifest.next_segment,
            generation: snapshot.manifest.segments[entries.end - 1].generation,
            stored_bytes: own as u64 + shared.bytes,
            parts,
        };
        self.replace(snapshot, entries, entry, Rc::new(segment), values)
            .await
    }

    async fn replace(
        &self,
        snapshot: &Snapshot,
        entries: Range<usize>,
        entry: SegmentEntry,
        segment: Rc<Segment>,
        values: Vec<Vec<u8>>,
    ) -> Result<()> {
        let number = entry.number;
        let kept: HashSet<Key> = segment.shared.iter().copied().collect();
        let mut deletes = Vec::new();
        for merged in &snapshot.manifest.segments[entries.clone()] {
            // Of a head that is lost nobody knows what it had.
            if let Ok(heads) = self.heads(&[merged.number]).await {
                let keys = heads.iter().flat_map(|head| head.keys(merged.number));
                deletes.extend(keys.filter(|key| !kept.contains(key)));
            }
        }
        let mut next = snapshot.clone();
        next.generation += 1;
        let empty = entry.parts.is_empty();
        next.manifest
            .segments
            .splice(entries, (!empty).then_some(entry));
        let mut puts = Vec::new();
        if !empty {
            next.manifest.next_segment += 1;
            let numbered = values.into_iter().enumerate();
            puts.extend(numbered.map(|(at, value)| (key(number, at as u32), value)));
        }
        let commit = Commit {
            expected: snapshot.generation,
            manifest: next.manifest.encode(),
            puts,
            deletes,
        };
        self.store.commit(commit).await?;
        self.segments.borrow_mut().insert(number, segment);
        self.replace_snapshot(Rc::new(next));
        Ok(())
    }
}

/// The types of the sources, in the order in which they come.
fn kinds(sources: &[Source]) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for source in sources {
        let kind = &source.part().kind;
        if !kinds.contains(kind) {
            kinds.push(kind.clone());
        }
    }
    kinds
}

impl Input {
    /// About how many bytes of JSON are kept of it.
    fn json_bytes(&self, snapshot: &Snapshot) -> u64 {
        let entry = self.source.of(snapshot);
        let kept = u128::from(entry.json_bytes) * u128::from(self.kept);
        u64::try_from(kept / u128::from(entry.documents.max(1))).unwrap_or(entry.json_bytes)
    }
}
