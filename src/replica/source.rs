//! A part of a segment in a snapshot: where its frames are, and which of its documents count.

use std::rc::Rc;

use super::codec::damaged;
use super::frame::Place;
use super::ids::GROUP;
use super::load::{Form, Owner, Want};
use super::lookup::chunk_of;
use super::manifest::PartEntry;
use super::segment::{Part, Segment, key};
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;

/// A part with documents that can be read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The number of the segment's entry in the manifest.
    pub(super) entry: usize,
    pub(super) number: u32,
    pub(super) at: usize,
    pub(super) segment: Rc<Segment>,
}

/// A document: entry of the manifest, part, number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Address {
    pub(super) entry: usize,
    pub(super) part: usize,
    pub(super) document: u32,
}

impl Address {
    /// Tells it from all others of its snapshot.
    pub(super) fn number(self) -> u64 {
        (self.entry as u64) << 48 | (self.part as u64) << 32 | u64::from(self.document)
    }
}

impl Source {
    #[inline]
    pub(super) fn part(&self) -> &Part {
        &self.segment.parts[self.at]
    }

    /// The part as the manifest of the source's snapshot knows it.
    #[inline]
    pub(super) fn of<'s>(&self, snapshot: &'s Snapshot) -> &'s PartEntry {
        &snapshot.manifest.segments[self.entry].parts[self.at]
    }

    pub(super) fn address(&self, document: u32) -> Address {
        Address {
            entry: self.entry,
            part: self.at,
            document,
        }
    }

    /// Whether the document is the current version of its resource, be it a deletion.
    #[inline]
    pub(super) fn is_current(&self, snapshot: &Snapshot, document: u32) -> bool {
        !self.part().is_past(document) && !self.of(snapshot).dead.contains(document)
    }

    /// Whether every document is the current version of its resource, and none a deletion.
    pub(super) fn is_all_live(&self, snapshot: &Snapshot) -> bool {
        let part = self.part();
        let none = [&part.deleted, &part.superseded, &part.holes];
        none.iter().all(|set| set.count() == 0) && self.of(snapshot).dead.count() == 0
    }

    pub(super) fn generation_of(&self, snapshot: &Snapshot, document: u32) -> u64 {
        let own = snapshot.manifest.segments[self.entry].generation;
        self.part().generation_of(document, own)
    }

    pub(super) fn owner(&self) -> Owner {
        Owner {
            segment: self.number,
            part: Some(self.at),
        }
    }

    pub(super) fn want(&self, place: Place, form: Form) -> Want {
        Want {
            owner: self.owner(),
            key: key(self.number, place.value),
            place,
            form,
        }
    }

    /// The group of ids with the document's.
    pub(super) fn ids(&self, document: u32) -> Result<Want> {
        let place = self.part().ids.get((document / GROUP) as usize);
        let place = place.ok_or_else(|| damaged("directory"))?;
        Ok(self.want(*place, Form::Ids))
    }

    /// The group of states with the document's.
    pub(super) fn states(&self, document: u32) -> Result<Want> {
        let place = self.part().states.get((document / GROUP) as usize);
        let place = place.ok_or_else(|| damaged("directory"))?;
        Ok(self.want(*place, Form::States))
    }

    /// The chunk of the lookup in which a hash would be; none where the lookup is empty.
    pub(super) fn lookup(&self, hash: u64) -> Option<Want> {
        let chunks = &self.part().lookup;
        let place = chunks.get(chunk_of(hash, chunks.len()))?;
        Some(self.want(*place, Form::Lookup))
    }

    /// The block that holds the document, and the document's number in it.
    pub(super) fn block(&self, document: u32) -> Result<(Want, usize)> {
        let found = self.part().block_of(document);
        let (block, at) = found.ok_or_else(|| damaged("segment"))?;
        let key = self.segment.block_key(self.number, block);
        let mut want = self.want(block.place, Form::Block);
        want.key = key.ok_or_else(|| damaged("segment"))?;
        Ok((want, at))
    }
}

impl<S: Store> Replica<S> {
    /// The parts of type `kind`, or all parts, that can be read, in the order of the manifest.
    pub(super) async fn sources(
        &self,
        snapshot: &Snapshot,
        kind: Option<&str>,
    ) -> Result<Vec<Source>> {
        self.sources_of(snapshot, |_, part| {
            kind.is_none_or(|kind| kind == part.kind)
        })
        .await
    }

    /// Those parts that can be read and are wanted, given their entry's number in the manifest: only
    /// of these is the head needed.
    pub(super) async fn sources_of(
        &self,
        snapshot: &Snapshot,
        is_wanted: impl Fn(usize, &PartEntry) -> bool,
    ) -> Result<Vec<Source>> {
        let wanted = |entry: usize, part: &PartEntry| !part.lost && is_wanted(entry, part);
        let entries = snapshot.manifest.segments.iter().enumerate();
        let entries: Vec<_> = entries
            .filter(|(at, entry)| entry.parts.iter().any(|part| wanted(*at, part)))
            .collect();
        let numbers: Vec<u32> = entries.iter().map(|(_, entry)| entry.number).collect();
        let heads = self.heads(&numbers).await?;
        let mut sources = Vec::new();
        for ((at, entry), head) in entries.into_iter().zip(heads) {
            // The head is whole, but is it the one that the manifest speaks of?
            let counts = head.parts.iter().map(|part| part.documents);
            if !counts.eq(entry.parts.iter().map(|part| part.documents)) {
                self.note_damage(Owner::head(entry.number));
                return Err(damaged("segment"));
            }
            let parts = entry.parts.iter().enumerate();
            for (part, _) in parts.filter(|(_, it)| wanted(at, it)) {
                sources.push(Source {
                    entry: at,
                    number: entry.number,
                    at: part,
                    segment: head.clone(),
                });
            }
        }
        Ok(sources)
    }
}
