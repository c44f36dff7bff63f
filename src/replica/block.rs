//! A block: some consecutive resources of a part, one frame.
//!
//! ```text
//! block  = body* shape* footer-length{4 bytes}     about 64 KiB before compression
//! body   = the resource without the characters of its id
//! shape  = body-length, and where its id stood plus one; 0: nothing was taken out
//! ```
//!
//! The id stands in the directory already. Most ids are random, so that leaving them out saves a
//! seventh of what a block compresses to; they are put back at the byte they were taken from (L4).

use super::codec::{Decoder, damaged, put_number};
use crate::Result;

/// A block is closed when its bodies have grown to this. LZ4 looks back 64 KiB; one resource costs
/// the decompression of one block.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;

/// Gathers resources.
#[derive(Debug, Default)]
pub(super) struct BlockBuilder {
    bytes: Vec<u8>,
    shapes: Vec<u8>,
    count: u32,
}

impl BlockBuilder {
    /// Adds a resource; `id` is borrowed from its bytes, or empty.
    pub(super) fn push(&mut self, resource: &[u8], id: &str) {
        match position(resource, id) {
            Some(at) => self.add(&resource[..at], &resource[at + id.len()..], Some(at)),
            None => self.add(resource, &[], None),
        }
    }

    /// Adds a body in two pieces, between which, at `at`, an id was taken out.
    fn add(&mut self, before: &[u8], after: &[u8], at: Option<usize>) {
        self.bytes.extend_from_slice(before);
        self.bytes.extend_from_slice(after);
        put_number(&mut self.shapes, (before.len() + after.len()) as u64);
        put_number(&mut self.shapes, at.map_or(0, |at| at as u64 + 1));
        self.count += 1;
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= BLOCK_BYTES
    }

    /// Calls `take` with the block's bytes and begins anew.
    pub(super) fn close<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> T {
        self.bytes.extend_from_slice(&self.shapes);
        self.bytes
            .extend_from_slice(&(self.shapes.len() as u32).to_le_bytes());
        let taken = take(&self.bytes);
        self.bytes.clear();
        self.shapes.clear();
        self.count = 0;
        taken
    }
}

/// Where in `resource` its `id` stands, when it is a slice of it.
fn position(resource: &[u8], id: &str) -> Option<usize> {
    let at = (id.as_ptr() as usize).checked_sub(resource.as_ptr() as usize)?;
    let end = at.checked_add(id.len())?;
    (!id.is_empty() && resource.get(at..end)? == id.as_bytes()).then_some(at)
}

/// A block as it is read.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Where each body ends, and where its id belongs.
    shapes: Vec<(u32, Option<u32>)>,
}

impl Block {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Block> {
        Block::decode(bytes).ok_or_else(|| damaged("segment"))
    }

    fn decode(bytes: Vec<u8>) -> Option<Block> {
        let (rest, length) = bytes.split_last_chunk::<4>()?;
        let start = rest
            .len()
            .checked_sub(u32::from_le_bytes(*length) as usize)?;
        let mut decoder = Decoder::new(&rest[start..]);
        let mut shapes = Vec::new();
        let mut end = 0u32;
        while !decoder.rest.is_empty() {
            let length = decoder.small()?;
            let at = decoder.small()?.checked_sub(1);
            end = end.checked_add(length)?;
            if at.is_some_and(|at| at > length) {
                return None;
            }
            shapes.push((end, at));
        }
        (end as usize == start).then_some(Block { bytes, shapes })
    }

    /// Copies a body into another block.
    pub(super) fn copy(&self, number: usize, to: &mut BlockBuilder) -> Option<()> {
        let (body, at) = self.body(number)?;
        to.add(body, &[], at);
        Some(())
    }

    fn body(&self, number: usize) -> Option<(&[u8], Option<usize>)> {
        let (end, at) = *self.shapes.get(number)?;
        let start = match number {
            0 => 0,
            _ => self.shapes[number - 1].0,
        };
        let body = self.bytes.get(start as usize..end as usize)?;
        Some((body, at.map(|at| at as usize)))
    }

    /// Appends the resource of that number, which has this id.
    pub(super) fn put(&self, number: usize, id: &str, out: &mut Vec<u8>) -> Option<()> {
        let (body, at) = self.body(number)?;
        let (before, after) = body.split_at_checked(at.unwrap_or(0))?;
        out.extend_from_slice(before);
        if at.is_some() {
            out.extend_from_slice(id.as_bytes());
        }
        out.extend_from_slice(after);
        Some(())
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.shapes.len() * 12
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(block: &Block, number: usize, id: &str) -> Option<String> {
        let mut out = Vec::new();
        block.put(number, id, &mut out)?;
        String::from_utf8(out).ok()
    }

    #[test]
    fn l4_a_block_gives_back_each_resource_as_it_came() {
        let resources = [
            r#"{"id":"one","x":"one"}"#,
            "",
            r#"{"a":1}"#,
            r#"{"id":"four"}"#,
        ];
        let mut builder = BlockBuilder::default();
        builder.push(resources[0].as_bytes(), &resources[0][7..10]);
        builder.push(resources[1].as_bytes(), "two");
        builder.push(resources[2].as_bytes(), "three");
        builder.push(resources[3].as_bytes(), &resources[3][7..11]);
        assert_eq!(builder.count(), 4);
        let bytes = builder.close(<[u8]>::to_vec);
        assert_eq!(
            bytes.windows(3).filter(|window| window == b"one").count(),
            1
        );
        let block = Block::open(bytes).unwrap();
        for (number, id) in ["one", "two", "three", "four"].into_iter().enumerate() {
            assert_eq!(read(&block, number, id).as_deref(), Some(resources[number]));
        }
        assert_eq!(read(&block, 4, "five"), None);
        assert_eq!(builder.count(), 0);
    }

    #[test]
    fn l9_any_bytes_are_a_block_or_an_error() {
        let mut builder = BlockBuilder::default();
        let resource = r#"{"id":"one","x":"one"}"#;
        builder.push(resource.as_bytes(), &resource[7..10]);
        builder.push(resource.as_bytes(), "");
        let bytes = builder.close(<[u8]>::to_vec);
        for at in 0..bytes.len() {
            assert!(Block::open(bytes[..at].to_vec()).is_err());
            for flip in [1, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                let _ = Block::open(broken).map(|block| read(&block, 1, "x"));
            }
        }
    }
}
