//! What was read and decoded, kept within a bound in bytes.

use std::collections::HashMap;
use std::rc::Rc;

use super::block::Block;
use super::ids::Ids;
use super::lookup::Lookup;
use super::ranges::Ranges;
use super::states::States;
use super::terms::Terms;
use crate::host::Key;

/// A frame, decoded.
#[derive(Clone, Debug)]
pub(super) enum Loaded {
    Block(Rc<Block>),
    Ids(Rc<Ids>),
    States(Rc<States>),
    Lookup(Rc<Lookup>),
    Terms(Rc<Terms>),
    Ranges(Rc<Ranges>),
}

impl Loaded {
    fn size(&self) -> usize {
        match self {
            Loaded::Block(block) => block.size(),
            Loaded::Ids(ids) => ids.size(),
            Loaded::States(states) => states.size(),
            Loaded::Lookup(lookup) => lookup.size(),
            Loaded::Terms(terms) => terms.size(),
            Loaded::Ranges(ranges) => ranges.size(),
        }
    }
}

/// The most bytes kept; enough for the index of some hundred thousand resources.
const BOUND: usize = 32 * 1024 * 1024;

/// Which frame: of which value, at which offset in it. Blocks keep theirs when segments merge.
pub(super) type Name = (Key, u32);

/// A frame as the cache has it.
#[derive(Clone, Debug)]
pub(super) enum Cached {
    Decoded(Loaded),
    /// As it is stored, its checksum found right before.
    Stored(Rc<[u8]>),
}

#[derive(Debug)]
struct Entry {
    decoded: Option<Loaded>,
    /// What can be inflated again; none where the decoded frame is dropped with the entry.
    stored: Option<Rc<[u8]>>,
    used: u64,
}

impl Entry {
    fn size(&self) -> usize {
        let decoded = self.decoded.as_ref().map_or(0, Loaded::size);
        decoded + self.stored.as_ref().map_or(0, |stored| stored.len())
    }

    fn is_twice(&self) -> bool {
        self.decoded.is_some() && self.stored.is_some()
    }
}

/// Frames by name, the least recently used dropped first.
///
/// A block is kept as it is stored, too: an answer with resources all over a type needs more blocks
/// than the bound allows inflated, but not more than it allows compressed, and to inflate one again
/// costs a small part of reading it again.
#[derive(Debug, Default)]
pub(super) struct Cache {
    frames: HashMap<Name, Entry>,
    bytes: usize,
    clock: u64,
}

impl Cache {
    pub(super) fn get(&mut self, name: Name) -> Option<Cached> {
        self.clock += 1;
        let entry = self.frames.get_mut(&name)?;
        entry.used = self.clock;
        let decoded = entry.decoded.clone().map(Cached::Decoded);
        decoded.or_else(|| entry.stored.clone().map(Cached::Stored))
    }

    /// Keeps a frame, and how it is `stored` where that is worth its bytes.
    pub(super) fn put(&mut self, name: Name, loaded: Loaded, stored: Option<Rc<[u8]>>) {
        self.clock += 1;
        let entry = Entry {
            decoded: Some(loaded),
            stored,
            used: self.clock,
        };
        self.bytes += entry.size();
        if let Some(before) = self.frames.insert(name, entry) {
            self.bytes -= before.size();
        }
        if self.bytes > BOUND {
            self.shrink();
        }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }

    /// Keeps the older half of what is there twice only as it is stored. Where that does not make
    /// room for a while, the older half of all goes.
    fn shrink(&mut self) {
        let average = self.average_use(Entry::is_twice);
        let twice = self.frames.values_mut().filter(|entry| entry.is_twice());
        for entry in twice.filter(|entry| entry.used < average) {
            entry.decoded = None;
        }
        self.count_bytes();
        if self.bytes > BOUND / 4 * 3 {
            let average = self.average_use(|_| true);
            self.frames.retain(|_, entry| entry.used >= average);
            self.count_bytes();
        }
    }

    fn average_use(&self, of: impl Fn(&Entry) -> bool) -> u64 {
        let used = self.frames.values().filter(|entry| of(entry));
        let (sum, count) = used.fold((0, 0), |(sum, count), it| (sum + it.used, count + 1));
        sum / count.max(1)
    }

    fn count_bytes(&mut self) {
        self.bytes = self.frames.values().map(Entry::size).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(length: usize) -> Loaded {
        let mut builder = crate::replica::block::BlockBuilder::default();
        builder.push(&vec![0; length], "");
        let bytes = builder.close(<[u8]>::to_vec);
        Loaded::Block(Rc::new(Block::open(bytes).unwrap()))
    }

    #[test]
    fn the_bound_holds_and_the_latest_stays() {
        let mut cache = Cache::default();
        let block = block(BOUND / 10);
        for number in 0..100 {
            let name = (Key(number), 0);
            cache.put(name, block.clone(), None);
            assert!(cache.bytes <= BOUND);
            assert!(matches!(cache.get(name), Some(Cached::Decoded(_))));
        }
        assert!(cache.get((Key(0), 0)).is_none());
        cache.clear();
        assert_eq!(cache.bytes, 0);
    }

    #[test]
    fn what_is_there_twice_stays_as_it_is_stored_for_as_long_as_the_bound_allows() {
        let mut cache = Cache::default();
        let block = block(BOUND / 100);
        let stored = vec![7u8; BOUND / 1000];
        let names = |count: u64| (0..count).map(|number| (Key(number), 0));
        cache.put((Key(5000), 1), block.clone(), None);
        for name in names(400) {
            cache.put(name, block.clone(), Some(stored.as_slice().into()));
            assert!(cache.bytes <= BOUND);
            assert!(matches!(cache.get(name), Some(Cached::Decoded(_))));
        }
        assert!(cache.get((Key(5000), 1)).is_some());
        for name in names(300) {
            match cache.get(name) {
                Some(Cached::Stored(found)) => assert_eq!(*found, *stored),
                other => panic!("{name:?}: {other:?}"),
            }
        }
        for number in 400..4000 {
            let stored = stored.as_slice().into();
            cache.put((Key(number), 0), block.clone(), Some(stored));
            assert!(cache.bytes <= BOUND);
        }
        assert!(cache.get((Key(0), 0)).is_none());
    }
}
