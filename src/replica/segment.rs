//! A segment: what one commit brought, or some segments merged; immutable.
//!
//! ```text
//! values  = head index-value* block-value*      keys: segment number, value number; the head is 0
//! head    = "FPSG" format own-values shared-key* part* checksum                     uncompressed
//! part    = all documents of one resource type: how many; which are deleted, superseded, holes;
//!           which commits they came with; places of ids, states, lookup, columns, blocks
//! column  = name, and of each chunk its place and what it begins with
//! block   = see `block`
//! ```
//!
//! Documents are numbered within their part in the order in which they came, so that neighbours on
//! the server are neighbours here: they compress well together, and are often asked for together.
//!
//! A merged segment has ids, states, lookup and columns of its own. Blocks it shares with the
//! segments that it was made of: their values stay where they are, under the keys that the head
//! lists as shared. Every value belongs to one live segment at a time.
//!
//! Which formats can be read: a reader takes its own format and no other. A newer one is left alone
//! and said so; an older one is pulled again, which is what a copy can always do.

use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_bytes, put_number};
use super::documents::Documents;
use super::frame::Place;
use super::ids::GROUP;
use super::ranges::RangeChunk;
use super::terms::TermChunk;
use crate::host::Key;
use crate::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"FPSG";
/// Of heads, and of all that they point to.
const FORMAT: u8 = 4;

/// More documents than any part has: bounds what a damaged head can make a reader allocate.
const MOST_DOCUMENTS: u32 = 1 << 24;

/// The key of a segment's value.
pub(super) fn key(segment: u32, value: u32) -> Key {
    Key(u64::from(segment) << 20 | u64::from(value))
}

/// The head of a segment, as it is read.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// Values under keys of this segment, the head included.
    pub(super) own: u32,
    /// Values of segments that were merged into this one.
    pub(super) shared: Vec<Key>,
    pub(super) parts: Vec<Part>,
}

/// All documents of one type.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) kind: String,
    pub(super) documents: u32,
    /// Versions that say "deleted".
    pub(super) deleted: Documents,
    /// Versions that are kept and were not current any more when the segment was made.
    pub(super) superseded: Documents,
    /// Numbers of documents that are gone, whose block is kept.
    pub(super) holes: Documents,
    /// Which commits the documents came with, ascending; none: all with the segment's own.
    pub(super) runs: Vec<Run>,
    /// Of `ids::GROUP` documents each.
    pub(super) ids: Vec<Place>,
    pub(super) states: Vec<Place>,
    pub(super) lookup: Vec<Place>,
    /// Which columns there may be: a fingerprint of their names.
    pub(super) indexed: u64,
    /// Those that hold anything.
    pub(super) columns: Vec<Column>,
    pub(super) blocks: Vec<BlockPlace>,
}

/// Consecutive documents that came with one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) generation: u64,
}

/// Where the values of one search parameter are.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) code: String,
    pub(super) chunks: Chunks,
}

/// The chunks of a column.
#[derive(Debug)]
pub(super) enum Chunks {
    Terms(Vec<TermChunk>),
    Ranges(Vec<RangeChunk>),
}

/// Where some consecutive documents are.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockPlace {
    pub(super) first: u32,
    /// Whether the place's value is a number among the shared values.
    pub(super) shared: bool,
    pub(super) place: Place,
}

impl Segment {
    /// The key of the value that holds a block; `number` is that of the segment.
    pub(super) fn block_key(&self, number: u32, block: &BlockPlace) -> Option<Key> {
        match block.shared {
            true => self.shared.get(block.place.value as usize).copied(),
            false => Some(key(number, block.place.value)),
        }
    }

    /// The keys of all values that belong to the segment of this number.
    pub(super) fn keys(&self, number: u32) -> impl Iterator<Item = Key> + '_ {
        let own = (0..self.own).map(move |value| key(number, value));
        own.chain(self.shared.iter().copied())
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        put_number(&mut out, u64::from(self.own));
        put_number(&mut out, self.shared.len() as u64);
        let mut before = 0;
        for Key(shared) in &self.shared {
            put_number(&mut out, shared.wrapping_sub(before));
            before = *shared;
        }
        put_number(&mut out, self.parts.len() as u64);
        for part in &self.parts {
            part.put(&mut out);
        }
        seal(out)
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Segment> {
        let body = unseal(bytes, MAGIC, FORMAT, "segment")?;
        Segment::decode(&mut Decoder::new(body)).ok_or_else(|| damaged("segment"))
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Segment> {
        let mut segment = Segment {
            own: decoder.small().filter(|own| *own < 1 << 20)?,
            ..Segment::default()
        };
        let mut before = 0u64;
        for _ in 0..decoder.count()? {
            before = before.wrapping_add(decoder.number()?);
            segment.shared.push(Key(before));
        }
        for _ in 0..decoder.count()? {
            segment.parts.push(Part::get(decoder)?);
        }
        Some(segment)
    }
}

impl Part {
    /// The block that holds `document`, and the document's number in it.
    pub(super) fn block_of(&self, document: u32) -> Option<(&BlockPlace, usize)> {
        let after = self.blocks.partition_point(|block| block.first <= document);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        Some((block, (document - block.first) as usize))
    }

    /// The documents of the block of that number.
    pub(super) fn block_range(&self, block: usize) -> std::ops::Range<u32> {
        let start = |at: usize| self.blocks.get(at).map_or(self.documents, |it| it.first);
        start(block)..start(block + 1).max(start(block))
    }

    /// The chunks of a column; none where it holds nothing, or was not made.
    pub(super) fn chunks(&self, code: &str) -> Option<&Chunks> {
        let column = self.columns.iter().find(|column| column.code == code);
        column.map(|column| &column.chunks)
    }

    /// Whether a version was not the current one when the segment was made.
    #[inline]
    pub(super) fn is_past(&self, document: u32) -> bool {
        self.superseded.contains(document) || self.holes.contains(document)
    }

    /// Which commit a document came with; `own` is that of the segment.
    pub(super) fn generation_of(&self, document: u32, own: u64) -> u64 {
        let after = self.runs.partition_point(|run| run.first <= document);
        let run = after.checked_sub(1).and_then(|at| self.runs.get(at));
        run.map_or(own, |run| run.generation)
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.kind.as_bytes());
        put_number(out, u64::from(self.documents));
        for set in [&self.deleted, &self.superseded, &self.holes] {
            set.put(out);
        }
        put_number(out, self.runs.len() as u64);
        let mut before = Run {
            first: 0,
            generation: 0,
        };
        for run in &self.runs {
            put_number(out, u64::from(run.first - before.first));
            put_number(out, run.generation - before.generation);
            before = *run;
        }
        for places in [&self.ids, &self.states, &self.lookup] {
            put_number(out, places.len() as u64);
            places.iter().for_each(|place| place.put(out));
        }
        out.extend_from_slice(&self.indexed.to_le_bytes());
        put_number(out, self.columns.len() as u64);
        for column in &self.columns {
            column.put(out);
        }
        put_number(out, self.blocks.len() as u64);
        let mut first = 0;
        for block in &self.blocks {
            let gap = u64::from(block.first - first);
            put_number(out, gap << 1 | u64::from(block.shared));
            block.place.put(out);
            first = block.first;
        }
    }

    fn get(decoder: &mut Decoder<'_>) -> Option<Part> {
        let kind = decoder.text()?;
        let documents = decoder.small().filter(|it| *it <= MOST_DOCUMENTS)?;
        let mut part = Part {
            kind,
            documents,
            deleted: Documents::get(decoder, documents)?,
            superseded: Documents::get(decoder, documents)?,
            holes: Documents::get(decoder, documents)?,
            ..Part::default()
        };
        let (mut first, mut generation) = (0u32, 0u64);
        for _ in 0..decoder.count()? {
            first = first.checked_add(decoder.small()?)?;
            generation = generation.checked_add(decoder.number()?)?;
            part.runs.push(Run { first, generation });
        }
        for places in [&mut part.ids, &mut part.states, &mut part.lookup] {
            for _ in 0..decoder.count()? {
                places.push(Place::get(decoder)?);
            }
        }
        // So that a number of documents that is not true is refused before anything is made of it.
        let groups = documents.div_ceil(GROUP) as usize;
        if part.ids.len() != groups || part.states.len() != groups {
            return None;
        }
        part.indexed = u64::from_le_bytes(decoder.take(8)?.try_into().ok()?);
        for _ in 0..decoder.count()? {
            part.columns.push(Column::get(decoder)?);
        }
        let mut first = 0u32;
        for _ in 0..decoder.count()? {
            let gap = decoder.number()?;
            first = first.checked_add(u32::try_from(gap >> 1).ok()?)?;
            part.blocks.push(BlockPlace {
                first,
                shared: gap & 1 == 1,
                place: Place::get(decoder)?,
            });
        }
        (first <= documents).then_some(part)
    }
}

impl Chunks {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Chunks::Terms(chunks) => chunks.is_empty(),
            Chunks::Ranges(chunks) => chunks.is_empty(),
        }
    }
}

impl Column {
    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.code.as_bytes());
        match &self.chunks {
            Chunks::Terms(chunks) => {
                out.push(0);
                put_number(out, chunks.len() as u64);
                for chunk in chunks {
                    put_bytes(out, &chunk.first);
                    chunk.place.put(out);
                }
            }
            Chunks::Ranges(chunks) => {
                out.push(1);
                put_number(out, chunks.len() as u64);
                for chunk in chunks {
                    put_number(out, u64::from(chunk.first));
                    chunk.place.put(out);
                }
            }
        }
    }

    fn get(decoder: &mut Decoder<'_>) -> Option<Column> {
        let code = decoder.text()?;
        let form = decoder.byte()?;
        let count = decoder.count()?;
        let chunks = match form {
            0 => Chunks::Terms(
                (0..count)
                    .map(|_| {
                        let first = decoder.bytes()?.to_vec();
                        let place = Place::get(decoder)?;
                        Some(TermChunk { first, place })
                    })
                    .collect::<Option<_>>()?,
            ),
            1 => Chunks::Ranges(
                (0..count)
                    .map(|_| {
                        let first = decoder.small()?;
                        let place = Place::get(decoder)?;
                        Some(RangeChunk { first, place })
                    })
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        };
        Some(Column { code, chunks })
    }
}

/// Appends the checksum of everything before it.
pub(super) fn seal(mut bytes: Vec<u8>) -> Vec<u8> {
    let check = xxh3_64(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes
}

/// What stands between the format and the checksum, when both are right.
pub(super) fn unseal<'a>(
    bytes: &'a [u8],
    magic: &[u8; 4],
    format: u8,
    what: &str,
) -> Result<&'a [u8]> {
    let sealed = bytes.split_last_chunk::<8>();
    // Whoever fuzzes is after what reads the bytes.
    let is_right =
        |body: &[u8], check: &[u8; 8]| cfg!(fuzzing) || xxh3_64(body) == u64::from_le_bytes(*check);
    let sealed = sealed.filter(|(body, check)| is_right(body, check));
    let body = sealed.and_then(|(body, _)| body.strip_prefix(magic));
    let (found, rest) = body
        .and_then(<[u8]>::split_first)
        .ok_or_else(|| damaged(what))?;
    match (*found).cmp(&format) {
        std::cmp::Ordering::Equal => Ok(rest),
        std::cmp::Ordering::Greater => Err(Error::new(
            Code::NewerFormat,
            "The replica was written by a newer version of fhir-pull; update this one, or wipe the replica and pull again.",
        )),
        std::cmp::Ordering::Less => Err(Error::new(
            Code::OlderFormat,
            "The replica was written by an older version of fhir-pull and is pulled again.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Segment {
        let mut deleted = Documents::default();
        deleted.insert(2);
        let block = |first, shared| BlockPlace {
            first,
            shared,
            place: Place::default(),
        };
        Segment {
            own: 3,
            shared: vec![key(4, 2), key(1, 7)],
            parts: vec![Part {
                kind: "Patient".into(),
                documents: 7,
                deleted,
                runs: vec![
                    Run {
                        first: 0,
                        generation: 3,
                    },
                    Run {
                        first: 5,
                        generation: 9,
                    },
                ],
                ids: vec![Place::default()],
                states: vec![Place::default()],
                indexed: 7,
                columns: vec![
                    Column {
                        code: "name".into(),
                        chunks: Chunks::Terms(vec![TermChunk {
                            first: b"ann".to_vec(),
                            place: Place::default(),
                        }]),
                    },
                    Column {
                        code: "birthdate".into(),
                        chunks: Chunks::Ranges(vec![RangeChunk {
                            first: 3,
                            place: Place::default(),
                        }]),
                    },
                ],
                blocks: vec![block(0, true), block(5, false)],
                ..Part::default()
            }],
        }
    }

    #[test]
    fn a_head_is_read_as_written() {
        let read = Segment::open(&segment().encode()).unwrap();
        let part = &read.parts[0];
        assert_eq!((part.documents, read.own), (7, 3));
        assert_eq!(read.shared, segment().shared);
        assert!(part.deleted.contains(2));
        let at = |document| part.block_of(document).map(|(block, at)| (block.first, at));
        assert_eq!((at(4), at(6)), (Some((0, 4)), Some((5, 1))));
        assert_eq!((part.block_range(0), part.block_range(1)), (0..5, 5..7));
        assert_eq!(read.block_key(8, &part.blocks[0]), Some(key(4, 2)));
        assert_eq!(read.block_key(8, &part.blocks[1]), Some(key(8, 0)));
        assert_eq!((part.generation_of(4, 1), part.generation_of(5, 1)), (3, 9));
        assert!(matches!(part.chunks("name"), Some(Chunks::Terms(chunks)) if chunks.len() == 1));
        assert!(
            matches!(part.chunks("birthdate"), Some(Chunks::Ranges(chunks)) if chunks.len() == 1)
        );
        assert!(part.chunks("date").is_none());
        assert_eq!(part.indexed, 7);
    }

    #[test]
    fn l9_a_flipped_bit_anywhere_is_an_error_and_another_format_says_so() {
        let bytes = segment().encode();
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Segment::open(&broken).unwrap_err().code(), Code::Damaged);
        }
        for (format, code) in [
            (FORMAT + 1, Code::NewerFormat),
            (FORMAT - 1, Code::OlderFormat),
        ] {
            let mut other = MAGIC.to_vec();
            other.push(format);
            assert_eq!(Segment::open(&seal(other)).unwrap_err().code(), code);
        }
    }

    #[test]
    fn l9_what_a_checksum_does_not_catch_is_a_head_or_an_error() {
        let sealed = segment().encode();
        let bytes = &sealed[..sealed.len() - 8];
        for at in 5..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut broken = bytes.to_vec();
                broken[at] ^= flip;
                let _ = Segment::open(&seal(broken)).map(|head| head.parts.len());
            }
        }
    }
}
