//! Merges blocks: most stay where they are; the rest moves together.

use std::collections::HashMap;

use super::super::Replica;
use super::super::assemble::close_block;
use super::super::block::{Block, BlockBuilder};
use super::super::codec::damaged;
use super::super::frame::Packer;
use super::super::load::{Owner, each_once};
use super::super::segment::{BlockPlace, Part};
use super::plan::{Fate, Input, Place};
use crate::Result;
use crate::host::{Key, Store};

/// So many values are read at a time.
const VALUES: usize = 16;

/// The values of the merged segments that the new one keeps.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) keys: Vec<Key>,
    numbers: HashMap<Key, u32>,
    /// As far as blocks in them are kept.
    pub(super) bytes: u64,
}

impl Shared {
    fn number(&mut self, key: Key) -> u32 {
        let keys = &mut self.keys;
        *self.numbers.entry(key).or_insert_with(|| {
            keys.push(key);
            keys.len() as u32 - 1
        })
    }
}

/// Blocks on their way.
#[derive(Default)]
struct Output {
    blocks: Vec<BlockPlace>,
    packer: Packer,
    open: BlockBuilder,
    first: u32,
}

impl Output {
    fn close(&mut self) {
        close_block(
            &mut self.open,
            self.first,
            &mut self.blocks,
            &mut self.packer,
        );
    }
}

impl<S: Store> Replica<S> {
    /// Fills in the blocks of `part`; the values of those that are written.
    pub(super) async fn merge_blocks(
        &self,
        inputs: &[Input],
        part: &mut Part,
        shared: &mut Shared,
    ) -> Result<Vec<Vec<u8>>> {
        let mut out = Output::default();
        for input in inputs {
            let blocks: Vec<usize> = (0..input.fates.len()).collect();
            // Whatever is read lies in few values that follow each other.
            for some in blocks.chunk_by(|a, b| a / (VALUES * 8) == b / (VALUES * 8)) {
                let values = self.values_of(input, some).await?;
                for block in some {
                    self.merge_block(input, *block, &values, shared, &mut out)
                        .inspect_err(|_| self.note_damage(owner(input)))?;
                }
            }
        }
        out.close();
        part.blocks = out.blocks;
        Ok(out.packer.values)
    }

    async fn values_of(&self, input: &Input, blocks: &[usize]) -> Result<HashMap<Key, Vec<u8>>> {
        let is_read = |block: &&usize| matches!(input.fates[**block], Fate::Copied | Fate::Moved);
        let key = |block: &usize| {
            let source = &input.source;
            let place = &source.part().blocks[*block];
            source.segment.block_key(source.number, place)
        };
        let keys = blocks.iter().filter(is_read).filter_map(key);
        let keys = each_once(keys);
        match keys.is_empty() {
            true => Ok(HashMap::new()),
            false => self.values(&keys).await,
        }
    }

    fn merge_block(
        &self,
        input: &Input,
        block: usize,
        values: &HashMap<Key, Vec<u8>>,
        shared: &mut Shared,
        out: &mut Output,
    ) -> Result<()> {
        let (source, part) = (&input.source, input.source.part());
        let place = &part.blocks[block];
        let range = part.block_range(block);
        let key = source.segment.block_key(source.number, place);
        let key = key.ok_or_else(|| damaged("segment"))?;
        let value = || values.get(&key).ok_or_else(|| damaged("segment"));
        let at = |document: u32| input.places[document as usize];
        match input.fates[block] {
            Fate::Dropped => {}
            Fate::Shared => {
                out.close();
                let mut at_place = place.place;
                at_place.value = shared.number(key);
                shared.bytes += u64::from(at_place.stored);
                out.blocks.push(BlockPlace {
                    first: first_number(range, input),
                    shared: true,
                    place: at_place,
                });
            }
            Fate::Copied => {
                out.close();
                let stored = place.place.stored(value()?)?;
                out.blocks.push(BlockPlace {
                    first: first_number(range, input),
                    shared: false,
                    place: out.packer.copy(stored, place.place.raw),
                });
            }
            Fate::Moved => {
                let block = Block::open(place.place.open(value()?)?)?;
                for document in range.clone() {
                    let Place::At(number) = at(document) else {
                        continue;
                    };
                    if out.open.count() == 0 {
                        out.first = number;
                    }
                    let copied = block.copy((document - range.start) as usize, &mut out.open);
                    copied.ok_or_else(|| damaged("segment"))?;
                    if out.open.is_full() {
                        out.close();
                    }
                }
            }
        }
        Ok(())
    }
}

/// The new number of the first document of a block that is kept as it is: holes before the first
/// kept document count.
fn first_number(range: std::ops::Range<u32>, input: &Input) -> u32 {
    let places = range.map(|document| input.places[document as usize]);
    for (holes, place) in places.enumerate() {
        if let Place::At(number) = place {
            return number - holes as u32;
        }
    }
    0
}

fn owner(input: &Input) -> Owner {
    Owner {
        segment: input.source.number,
        part: Some(input.source.at),
    }
}
