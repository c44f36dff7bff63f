//! What was read and decoded, kept within a bound in bytes.

use std::collections::HashMap;
use std::rc::Rc;

use super::block::Block;
use super::directory::Directory;
use super::frame::Place;
use super::ranges::Ranges;
use super::terms::Terms;

/// A frame, decoded.
#[derive(Clone, Debug)]
pub(super) enum Loaded {
    Block(Rc<Block>),
    Directory(Rc<Directory>),
    Terms(Rc<Terms>),
    Ranges(Rc<Ranges>),
}

impl Loaded {
    fn size(&self) -> usize {
        match self {
            Loaded::Block(block) => block.size(),
            Loaded::Directory(directory) => directory.size(),
            Loaded::Terms(terms) => terms.size(),
            Loaded::Ranges(ranges) => ranges.size(),
        }
    }
}

/// The most bytes kept; enough for the index of some hundred thousand resources.
const BOUND: usize = 32 * 1024 * 1024;

/// Decoded frames by segment and place, the least recently used dropped first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    frames: HashMap<(u32, Place), (Loaded, u64)>,
    bytes: usize,
    clock: u64,
}

impl Cache {
    pub(super) fn get(&mut self, segment: u32, place: Place) -> Option<Loaded> {
        self.clock += 1;
        let (loaded, used) = self.frames.get_mut(&(segment, place))?;
        *used = self.clock;
        Some(loaded.clone())
    }

    pub(super) fn put(&mut self, segment: u32, place: Place, loaded: Loaded) {
        self.clock += 1;
        self.bytes += loaded.size();
        if let Some((before, _)) = self.frames.insert((segment, place), (loaded, self.clock)) {
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
        for segment in 0..100 {
            let block = Rc::new(Block::open(bytes.clone()).unwrap());
            cache.put(segment, Place::default(), Loaded::Block(block));
            assert!(cache.bytes <= BOUND);
            assert!(cache.get(segment, Place::default()).is_some());
        }
        assert!(cache.get(0, Place::default()).is_none());
        cache.clear();
        assert_eq!(cache.bytes, 0);
    }
}
