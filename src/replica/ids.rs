//! The ids of some consecutive documents of a part.
//!
//! ```text
//! ids = packed-id*       length, bytes (`search::term::pack_id`); length 0: a hole
//! ```
//!
//! A hole is a document that is gone and whose place could not be given up, since the block that it
//! is in is kept.

use super::codec::{Decoder, damaged, put_bytes};
use crate::Result;
use crate::search::term::pack_id;

/// So many documents stand in one frame: what an answer must inflate to know one id.
pub(super) const GROUP: u32 = 1024;

/// Ids in the order of their documents, growing or read.
#[derive(Debug, Default)]
pub(super) struct Ids(Column);

impl Ids {
    pub(super) fn push(&mut self, packed_id: &[u8]) {
        self.0.push(packed_id);
    }

    pub(super) fn len(&self) -> u32 {
        self.0.len()
    }

    /// The packed id of the document of that number in the group; empty for a hole.
    pub(super) fn get(&self, at: u32) -> &[u8] {
        self.0.get(at)
    }

    /// The bytes of the documents from `start` to before `end`.
    pub(super) fn encode(&self, start: u32, end: u32) -> Vec<u8> {
        self.0.encode(start, end)
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Ids> {
        let mut decoder = Decoder::new(bytes);
        let ids = Column::decode_rest(&mut decoder).map(Ids);
        ids.ok_or_else(|| damaged("directory"))
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.0.size()
    }
}

/// Byte strings one after the other.
#[derive(Debug, Default)]
pub(super) struct Column {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Column {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    pub(super) fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    /// Empty also where there is none of that number.
    #[inline]
    pub(super) fn get(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let start = if at == 0 {
            Some(&0)
        } else {
            self.ends.get(at - 1)
        };
        let range = start.zip(self.ends.get(at));
        range.map_or(&[], |(start, end)| {
            &self.bytes[*start as usize..*end as usize]
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|at| self.get(at))
    }

    pub(super) fn encode(&self, start: u32, end: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity((end - start) as usize * 18);
        for at in start..end {
            put_bytes(&mut out, self.get(at));
        }
        out
    }

    /// All that is left.
    fn decode_rest(decoder: &mut Decoder<'_>) -> Option<Column> {
        let mut column = Column::default();
        column.bytes.reserve(decoder.rest.len());
        while !decoder.rest.is_empty() {
            column.push(decoder.bytes()?);
        }
        Some(column)
    }

    pub(super) fn decode(decoder: &mut Decoder<'_>, count: usize) -> Option<Column> {
        let mut column = Column::default();
        for _ in 0..count {
            column.push(decoder.bytes()?);
        }
        Some(column)
    }

    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.ends.len() * 4
    }
}

/// The packed form of an id.
pub(super) fn packed(id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(17);
    pack_id(&mut out, id);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_written_holes_too_and_any_bytes_are_ids_or_an_error() {
        let mut ids = Ids::default();
        for id in ["a", "", "00000000-0000-4000-8000-000000000000", "z"] {
            ids.push(&if id.is_empty() {
                Vec::new()
            } else {
                packed(id)
            });
        }
        let bytes = ids.encode(1, 4);
        let read = Ids::open(&bytes).unwrap();
        assert_eq!(
            (read.len(), read.get(0), read.get(2)),
            (3, &[][..], &packed("z")[..])
        );
        assert!(read.get(3).is_empty());
        for at in 0..bytes.len() {
            let _ = Ids::open(&bytes[..at]);
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Ids::open(&broken).map(|ids| ids.get(1).len());
        }
    }
}
