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

/// Decoded frames by name, the least recently used dropped first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    frames: HashMap<Name, (Loaded, u64)>,
    bytes: usize,
    clock: u64,
}

impl Cache {
    pub(super) fn get(&mut self, name: Name) -> Option<Loaded> {
        self.clock += 1;
        let (loaded, used) = self.frames.get_mut(&name)?;
        *used = self.clock;
        Some(loaded.clone())
    }

    pub(super) fn put(&mut self, name: Name, loaded: Loaded) {
        self.clock += 1;
        self.bytes += loaded.size();
        if let Some((before, _)) = self.frames.insert(name, (loaded, self.clock)) {
            self.bytes -= before.size();
        }
        if self.bytes > BOUND {
            self.drop_older_half();
        }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
        self.bytes = 0;
    }

    /// Drops what was used before the average of the last uses.
    fn drop_older_half(&mut self) {
        let uses: u64 = self.frames.values().map(|(_, used)| *used).sum();
        let average = uses / self.frames.len().max(1) as u64;
        self.frames.retain(|_, (_, used)| *used >= average);
        self.bytes = self.frames.values().map(|(loaded, _)| loaded.size()).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_and_the_latest_stays() {
        let mut cache = Cache::default();
        let mut builder = crate::replica::block::BlockBuilder::default();
        builder.push(&vec![0; BOUND / 10], "");
        let bytes = builder.close(<[u8]>::to_vec);
        for number in 0..100 {
            let name = (Key(number), 0);
            let block = Rc::new(Block::open(bytes.clone()).unwrap());
            cache.put(name, Loaded::Block(block));
            assert!(cache.bytes <= BOUND);
            assert!(cache.get(name).is_some());
        }
        assert!(cache.get((Key(0), 0)).is_none());
        cache.clear();
        assert_eq!(cache.bytes, 0);
    }
}
