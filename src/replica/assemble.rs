//! Puts finished parts together into a segment: its values, and the head that says where all is.

use super::block::BlockBuilder;
use super::frame::Packer;
use super::ids::{GROUP, Ids};
use super::lookup::LookupBuilder;
use super::segment::{BlockPlace, Chunks, Part, Segment};
use super::states::States;
use crate::host::Key;

/// A part whose frames are packed: index frames into the segment's packer, blocks into its own.
pub(super) struct Packed {
    pub(super) part: Part,
    pub(super) blocks: Vec<Vec<u8>>,
}

/// Packs the ids and states of a part in groups, and the lookup.
pub(super) fn pack_directory(
    part: &mut Part,
    ids: &Ids,
    states: &States,
    lookup: LookupBuilder,
    index: &mut Packer,
) {
    let ends = |start: u32| (start, ids.len().min(start + GROUP));
    let groups = (0..ids.len()).step_by(GROUP as usize).map(ends);
    for (start, end) in groups {
        part.ids.push(index.pack(&ids.encode(start, end)));
        part.states.push(index.pack(&states.encode(start, end)));
    }
    part.lookup = lookup.finish(|bytes| index.pack(bytes));
}

/// Closes the block that is being filled, if anything is in it.
pub(super) fn close_block(
    block: &mut BlockBuilder,
    first: u32,
    blocks: &mut Vec<BlockPlace>,
    packer: &mut Packer,
) {
    if block.count() > 0 {
        let place = block.close(|bytes| packer.pack(bytes));
        blocks.push(BlockPlace {
            first,
            shared: false,
            place,
        });
    }
}

/// The segment of these parts, and its values: the head first, then directories and columns of all
/// parts together and apart from the blocks, so that a search reads few values before it knows what
/// it has found.
pub(super) fn assemble(
    index: Packer,
    packed: Vec<Packed>,
    shared: Vec<Key>,
) -> (Segment, Vec<Vec<u8>>) {
    let mut values = vec![Vec::new()];
    values.extend(index.values);
    let mut segment = Segment {
        shared,
        ..Segment::default()
    };
    for Packed { mut part, blocks } in packed {
        let index_places = part.ids.iter_mut().chain(&mut part.states);
        for place in index_places.chain(&mut part.lookup) {
            place.value += 1;
        }
        for column in &mut part.columns {
            match &mut column.chunks {
                Chunks::Terms(chunks) => chunks.iter_mut().for_each(|it| it.place.value += 1),
                Chunks::Ranges(chunks) => chunks.iter_mut().for_each(|it| it.place.value += 1),
            }
        }
        let first_value = values.len() as u32;
        for block in part.blocks.iter_mut().filter(|block| !block.shared) {
            block.place.value += first_value;
        }
        values.extend(blocks);
        segment.parts.push(part);
    }
    segment.own = values.len() as u32;
    values[0] = segment.encode();
    (segment, values)
}
