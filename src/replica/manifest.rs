//! The manifest: the one small value that says what is true now.
//!
//! ```text
//! manifest   = "FPMF" format born server next-segment segment* checkpoint* checksum
//! segment    = number stored-bytes part*
//! part       = type documents deleted json-bytes dead-documents
//! checkpoint = feed complete types cursor chain
//! ```

use super::checkpoint::Checkpoint;
use super::codec::{Decoder, damaged, put_bytes, put_number};
use super::documents::Documents;
use super::segment::{seal, unseal};
use crate::Result;
use crate::host::sealed;

const MAGIC: &[u8; 4] = b"FPMF";
/// Raised when a reader of the format before could not read this one.
const FORMAT: u8 = 1;

/// What a generation of the replica consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Drawn at the first commit: tells a replica from one that was wiped and pulled again.
    pub(super) born: u64,
    /// The base of the server that this is a copy of.
    pub(super) server: String,
    /// The number of the next segment; numbers are not used twice.
    pub(super) next_segment: u32,
    /// In the order of their commits.
    pub(super) segments: Vec<SegmentEntry>,
    /// One for each feed that was ever begun.
    pub(super) checkpoints: Vec<Checkpoint>,
}

/// A segment as the manifest knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SegmentEntry {
    pub(super) number: u32,
    pub(super) stored_bytes: u64,
    pub(super) parts: Vec<PartEntry>,
}

/// A part as the manifest knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartEntry {
    pub(super) kind: String,
    pub(super) documents: u32,
    /// Documents that say "deleted" and were not superseded.
    pub(super) deleted: u32,
    pub(super) json_bytes: u64,
    /// Superseded documents: a newer version is elsewhere.
    pub(super) dead: Documents,
}

impl Manifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        put_number(&mut out, self.born);
        put_bytes(&mut out, self.server.as_bytes());
        put_number(&mut out, u64::from(self.next_segment));
        put_number(&mut out, self.segments.len() as u64);
        for segment in &self.segments {
            put_number(&mut out, u64::from(segment.number));
            put_number(&mut out, segment.stored_bytes);
            put_number(&mut out, segment.parts.len() as u64);
            for part in &segment.parts {
                put_bytes(&mut out, part.kind.as_bytes());
                put_number(&mut out, u64::from(part.documents));
                put_number(&mut out, u64::from(part.deleted));
                put_number(&mut out, part.json_bytes);
                part.dead.put(&mut out);
            }
        }
        put_number(&mut out, self.checkpoints.len() as u64);
        for checkpoint in &self.checkpoints {
            checkpoint.put(&mut out);
        }
        seal(out)
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Manifest> {
        let body = unseal(sealed::unsealed(bytes)?, MAGIC, FORMAT, "manifest")?;
        Manifest::decode(&mut Decoder::new(body)).ok_or_else(|| damaged("manifest"))
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Manifest> {
        let mut manifest = Manifest {
            born: decoder.number()?,
            server: decoder.text()?,
            next_segment: decoder.small()?,
            ..Manifest::default()
        };
        for _ in 0..decoder.count()? {
            let mut segment = SegmentEntry {
                number: decoder.small()?,
                stored_bytes: decoder.number()?,
                parts: Vec::new(),
            };
            for _ in 0..decoder.count()? {
                let kind = decoder.text()?;
                let documents = decoder.small()?;
                segment.parts.push(PartEntry {
                    kind,
                    documents,
                    deleted: decoder.small()?,
                    json_bytes: decoder.number()?,
                    dead: Documents::get(decoder, documents)?,
                });
            }
            manifest.segments.push(segment);
        }
        for _ in 0..decoder.count()? {
            manifest.checkpoints.push(Checkpoint::get(decoder)?);
        }
        Some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Instant;
    use crate::replica::checkpoint::Chain;

    #[test]
    fn a_manifest_is_read_as_written_and_a_flipped_bit_is_an_error() {
        let mut dead = Documents::default();
        dead.insert(3);
        let manifest = Manifest {
            born: u64::MAX,
            server: "https://x.org/fhir".into(),
            next_segment: 9,
            segments: vec![SegmentEntry {
                number: 8,
                stored_bytes: 1 << 40,
                parts: vec![PartEntry {
                    kind: "Patient".into(),
                    documents: 5,
                    deleted: 1,
                    json_bytes: 77,
                    dead,
                }],
            }],
            checkpoints: vec![Checkpoint {
                feed: "Patient/_history".into(),
                complete: true,
                types: vec!["Patient".into()],
                cursor: Some(Instant(-5)),
                chain: Some(Chain {
                    next: "x?y".into(),
                    started: None,
                    newest: Some(Instant(7)),
                }),
            }],
        };
        let bytes = manifest.encode();
        assert_eq!(Manifest::open(&bytes).unwrap(), manifest);
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::open(&broken).is_err());
        }
    }
}
