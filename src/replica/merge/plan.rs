//! What becomes of the documents and blocks of the parts that are merged.

use std::collections::HashMap;

use super::super::Snapshot;
use super::super::block::BLOCK_BYTES;
use super::super::frame::VALUE_BYTES;
use super::super::source::Source;
use crate::host::Key;

/// What becomes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing in it is kept.
    Dropped,
    /// It stays where it is.
    Shared,
    /// It is taken over as it is stored.
    Copied,
    /// What is kept of it is written anew.
    Moved,
}

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It has this number now.
    At(u32),
    /// It is gone, and its number is taken up by the hole that it leaves in its block.
    Hole,
    /// It is gone.
    Gone,
}

/// One of the parts that are merged.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) source: Source,
    /// Of each block.
    pub(super) fates: Vec<Fate>,
    /// Of each document.
    pub(super) places: Vec<Place>,
    /// Of each document: whether the index finds it.
    pub(super) indexed: Vec<bool>,
    pub(super) kept: u32,
}

impl Input {
    /// The new number of a document that the index finds.
    pub(super) fn indexed(&self, document: u32) -> Option<u32> {
        let at = document as usize;
        match (self.indexed.get(at), self.places.get(at)) {
            (Some(true), Some(Place::At(number))) => Some(*number),
            _ => None,
        }
    }
}

/// What is alive of a value.
#[derive(Clone, Copy, Debug, Default)]
struct Alive {
    bytes: u64,
    /// Of the value, as far as the blocks in it tell.
    length: u64,
}

impl Alive {
    /// At least half of a full value, and at least half of this one: large resources make values
    /// that are larger.
    fn is_kept(self) -> bool {
        self.bytes >= (VALUE_BYTES as u64 / 2).max(self.length / 2)
    }
}

/// Plans the merge of parts of one type, in their order; with the number of documents of the result.
/// `all`: whether versions are kept that are not current.
pub(super) fn plan<'a>(
    snapshot: &Snapshot,
    sources: impl Iterator<Item = &'a Source>,
    all: bool,
) -> (Vec<Input>, u32) {
    let mut inputs: Vec<Input> = Vec::new();
    let mut alive: HashMap<Key, Alive> = HashMap::new();
    for source in sources {
        let part = source.part();
        let is_current: Vec<bool> = (0..part.documents)
            .map(|document| source.is_current(snapshot, document))
            .collect();
        let keep =
            |document: u32| is_current[document as usize] || all && !part.holes.contains(document);
        let places = (0..part.documents).map(|document| match keep(document) {
            true => Place::At(0),
            false => Place::Gone,
        });
        let places: Vec<Place> = places.collect();
        for (at, block) in part.blocks.iter().enumerate() {
            let range = part.block_range(at);
            let total = u64::from(range.end - range.start);
            let kept = range.filter(|document| keep(*document)).count() as u64;
            if let Some(key) = source.segment.block_key(source.number, block) {
                let bytes = u64::from(block.place.stored) * kept / total.max(1);
                let alive = alive.entry(key).or_default();
                alive.bytes += bytes;
                let end = u64::from(block.place.offset) + u64::from(block.place.stored);
                alive.length = alive.length.max(end);
            }
        }
        let indexed = is_current.iter().zip(0..);
        inputs.push(Input {
            source: source.clone(),
            fates: Vec::new(),
            indexed: indexed
                .map(|(current, document)| *current && !part.deleted.contains(document))
                .collect(),
            kept: places.iter().filter(|it| **it != Place::Gone).count() as u32,
            places,
        });
    }
    let mut next = 0;
    for input in &mut inputs {
        input.settle(&alive, &mut next);
    }
    (inputs, next)
}

impl Input {
    /// Decides about the blocks and numbers the documents, from `next` on.
    fn settle(&mut self, alive: &HashMap<Key, Alive>, next: &mut u32) {
        let part = self.source.part();
        for (at, block) in part.blocks.iter().enumerate() {
            let range = part.block_range(at);
            let range = range.start as usize..range.end as usize;
            let places = &mut self.places[range];
            let gone = places.iter().filter(|it| **it == Place::Gone).count();
            let key = self.source.segment.block_key(self.source.number, block);
            let alive = key
                .and_then(|key| alive.get(&key))
                .copied()
                .unwrap_or_default();
            let fate = match () {
                () if gone == places.len() => Fate::Dropped,
                () if alive.is_kept() => Fate::Shared,
                () if gone == 0 && block.place.raw as usize >= BLOCK_BYTES / 2 => Fate::Copied,
                () => Fate::Moved,
            };
            for place in places {
                match (*place, fate) {
                    (Place::Gone, Fate::Shared | Fate::Copied) => *place = Place::Hole,
                    (Place::Gone, _) => continue,
                    _ => *place = Place::At(*next),
                }
                *next += 1;
            }
            self.fates.push(fate);
        }
    }
}
