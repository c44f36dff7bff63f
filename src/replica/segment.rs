//! A segment: what one commit brought, immutable.
//!
//! ```text
//! values   = head index-value* block-value*          keys: segment number, value number
//! head     = "FPSG" format part* checksum            value 0, uncompressed
//! part     = all documents of one resource type: how many, which are deleted, and the places of
//!            its directory, its columns, and its blocks with the first document of each
//! block    = see `block`
//! ```
//!
//! Documents are numbered within their part in the order in which they came, so that neighbours on
//! the server are neighbours here: they compress well together, and are often asked for together.

use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_bytes, put_number};
use super::documents::Documents;
use super::frame::Place;
use crate::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"FPSG";
/// Raised when a reader of the format before could not read this one.
const FORMAT: u8 = 1;

/// The head of a segment, as it is read.
#[derive(Debug, Default)]
pub(super) struct Segment {
    pub(super) parts: Vec<Part>,
}

/// All documents of one type.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) kind: String,
    pub(super) documents: u32,
    pub(super) deleted: Documents,
    pub(super) directory: Place,
    pub(super) columns: Vec<Column>,
    pub(super) blocks: Vec<BlockPlace>,
}

/// Where the values of one search parameter are.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) code: String,
    pub(super) place: Place,
}

/// Where some consecutive documents are.
#[derive(Debug)]
pub(super) struct BlockPlace {
    pub(super) first: u32,
    pub(super) place: Place,
}

impl Segment {
    pub(super) fn part(&self, kind: &str) -> Option<(usize, &Part)> {
        self.parts
            .iter()
            .enumerate()
            .find(|(_, part)| part.kind == kind)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        put_number(&mut out, self.parts.len() as u64);
        for part in &self.parts {
            put_bytes(&mut out, part.kind.as_bytes());
            put_number(&mut out, u64::from(part.documents));
            part.deleted.put(&mut out);
            part.directory.put(&mut out);
            put_number(&mut out, part.columns.len() as u64);
            for column in &part.columns {
                put_bytes(&mut out, column.code.as_bytes());
                column.place.put(&mut out);
            }
            put_number(&mut out, part.blocks.len() as u64);
            for block in &part.blocks {
                put_number(&mut out, u64::from(block.first));
                block.place.put(&mut out);
            }
        }
        seal(out)
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Segment> {
        let body = unseal(bytes, MAGIC, FORMAT, "segment")?;
        Segment::decode(&mut Decoder::new(body)).ok_or_else(|| damaged("segment"))
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Segment> {
        let mut segment = Segment::default();
        for _ in 0..decoder.count()? {
            let kind = decoder.text()?;
            let documents = decoder.small()?;
            let mut part = Part {
                kind,
                documents,
                deleted: Documents::get(decoder, documents)?,
                directory: Place::get(decoder)?,
                ..Part::default()
            };
            for _ in 0..decoder.count()? {
                let code = decoder.text()?;
                let place = Place::get(decoder)?;
                part.columns.push(Column { code, place });
            }
            for _ in 0..decoder.count()? {
                let first = decoder.small()?;
                let place = Place::get(decoder)?;
                part.blocks.push(BlockPlace { first, place });
            }
            segment.parts.push(part);
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

    pub(super) fn column(&self, code: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.code == code)
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
    if *found > format {
        return Err(Error::new(
            Code::NewerFormat,
            "The replica was written by a newer version of fhir-pull; update this one, or wipe the replica and pull again.",
        ));
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> Segment {
        let mut deleted = Documents::default();
        deleted.insert(2);
        Segment {
            parts: vec![Part {
                kind: "Patient".into(),
                documents: 7,
                deleted,
                columns: vec![Column {
                    code: "name".into(),
                    place: Place::default(),
                }],
                blocks: vec![
                    BlockPlace {
                        first: 0,
                        place: Place::default(),
                    },
                    BlockPlace {
                        first: 5,
                        place: Place::default(),
                    },
                ],
                ..Part::default()
            }],
        }
    }

    #[test]
    fn a_head_is_read_as_written() {
        let read = Segment::open(&segment().encode()).unwrap();
        let (_, part) = read.part("Patient").unwrap();
        assert_eq!(part.documents, 7);
        assert!(part.deleted.contains(2));
        assert_eq!(
            part.block_of(4).map(|(block, at)| (block.first, at)),
            Some((0, 4))
        );
        assert_eq!(
            part.block_of(6).map(|(block, at)| (block.first, at)),
            Some((5, 1))
        );
        assert!(part.column("name").is_some() && part.column("date").is_none());
    }

    #[test]
    fn l9_a_flipped_bit_anywhere_is_an_error_and_a_newer_format_says_so() {
        let bytes = segment().encode();
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Segment::open(&broken).unwrap_err().code(), Code::Damaged);
        }
        let mut newer = MAGIC.to_vec();
        newer.push(FORMAT + 1);
        assert_eq!(
            Segment::open(&seal(newer)).unwrap_err().code(),
            Code::NewerFormat
        );
    }
}
