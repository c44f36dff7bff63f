//! The manifest: the one small value that says what is true now.
//!
//! ```text
//! manifest   = "FPMF" format born server versions repairs next-segment segment* checkpoint* arrival*
//!              staged? checksum
//! segment    = number generation stored-bytes part*
//! part       = type documents past deleted json-bytes lost dead-documents
//! checkpoint = feed complete types cursor as-of chain strategy reason clocks-agree lateness unaccounted cost
//! arrival    = difference of its generation and of its time to the one before
//! staged     = see `staged`; nothing where no clone is on its way, which a reader of before takes for the end
//! ```

use super::arrivals::Arrivals;
use super::checkpoint::Checkpoint;
use super::codec::{Decoder, damaged, put_bytes, put_number};
use super::documents::Documents;
use super::segment::{seal, unseal};
use super::source::Address;
use super::staged::Staged;
use crate::Result;
use crate::host::sealed;

const MAGIC: &[u8; 4] = b"FPMF";
/// Which formats can be read is told in `segment`.
const FORMAT: u8 = 7;

/// What a generation of the replica consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Drawn at the first commit: tells a replica from one that was wiped and pulled again.
    pub(super) born: u64,
    /// The base of the server that this is a copy of.
    pub(super) server: String,
    /// Whether versions are kept that are not current any more.
    pub(super) all_versions: bool,
    /// How often something damaged was given up and checkpoints were taken back.
    pub(super) repairs: u32,
    /// The number of the next segment; numbers are not used twice.
    pub(super) next_segment: u32,
    /// In the order of their commits.
    pub(super) segments: Vec<SegmentEntry>,
    /// One for each feed that was ever begun.
    pub(super) checkpoints: Vec<Checkpoint>,
    /// When commits came.
    pub(super) arrivals: Arrivals,
    /// What is here of a clone that is not whole.
    pub(super) staged: Option<Staged>,
}

/// A segment as the manifest knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SegmentEntry {
    pub(super) number: u32,
    /// Of the commit that brought it; merged segments know of each document.
    pub(super) generation: u64,
    /// Of its values, shared ones included.
    pub(super) stored_bytes: u64,
    /// In the order of its head.
    pub(super) parts: Vec<PartEntry>,
}

/// A part as the manifest knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartEntry {
    pub(super) kind: String,
    pub(super) documents: u32,
    /// How many of them were superseded or gone already when the segment was made.
    pub(super) past: u32,
    /// Documents that say "deleted" and are current.
    pub(super) deleted: u32,
    pub(super) json_bytes: u64,
    /// Whether its values were found to be damaged: nothing of it is read any more.
    pub(super) lost: bool,
    /// Documents superseded since the segment was made: a newer version is elsewhere.
    pub(super) dead: Documents,
}

impl PartEntry {
    /// How many of its documents are current, deletions included.
    pub(super) fn current(&self) -> u32 {
        match self.lost {
            true => 0,
            false => {
                (self.documents - self.past.min(self.documents)).saturating_sub(self.dead.count())
            }
        }
    }
}

impl SegmentEntry {
    pub(super) fn documents(&self) -> u64 {
        self.parts
            .iter()
            .map(|part| u64::from(part.documents))
            .sum()
    }

    /// The entry of a type, if a reader has anything to find there.
    pub(super) fn part(&self, kind: &str) -> Option<usize> {
        let readable = |part: &PartEntry| part.kind == kind && !part.lost;
        self.parts.iter().position(readable)
    }
}

impl Manifest {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        put_number(&mut out, self.born);
        put_bytes(&mut out, self.server.as_bytes());
        out.push(u8::from(self.all_versions));
        put_number(&mut out, u64::from(self.repairs));
        put_number(&mut out, u64::from(self.next_segment));
        put_number(&mut out, self.segments.len() as u64);
        for segment in &self.segments {
            put_number(&mut out, u64::from(segment.number));
            put_number(&mut out, segment.generation);
            put_number(&mut out, segment.stored_bytes);
            put_number(&mut out, segment.parts.len() as u64);
            for part in &segment.parts {
                put_bytes(&mut out, part.kind.as_bytes());
                put_number(&mut out, u64::from(part.documents));
                put_number(&mut out, u64::from(part.past));
                put_number(&mut out, u64::from(part.deleted));
                put_number(&mut out, part.json_bytes);
                out.push(u8::from(part.lost));
                part.dead.put(&mut out);
            }
        }
        put_number(&mut out, self.checkpoints.len() as u64);
        for checkpoint in &self.checkpoints {
            checkpoint.put(&mut out);
        }
        self.arrivals.put(&mut out);
        if let Some(staged) = &self.staged {
            staged.put(&mut out);
        }
        seal(out)
    }

    pub(super) fn open(bytes: &[u8]) -> Result<Manifest> {
        let body = unseal(sealed::unsealed(bytes)?, MAGIC, FORMAT, "manifest")?;
        Manifest::decode(&mut Decoder::new(body)).ok_or_else(|| damaged("manifest"))
    }

    /// Whether something of this type was lost and is not pulled again yet: a feed that brought it is
    /// not complete, or nobody knows of one.
    pub(super) fn lacks(&self, kind: &str) -> bool {
        let mut parts = self.segments.iter().flat_map(|segment| &segment.parts);
        if !parts.any(|part| part.lost && part.kind == kind) {
            return false;
        }
        let mut brought = self
            .checkpoints
            .iter()
            .filter(|checkpoint| checkpoint.types.iter().any(|it| it == kind))
            .peekable();
        brought.peek().is_none() || !brought.all(|checkpoint| checkpoint.complete)
    }

    /// Notes that a document is not current any more; whether it says "deleted".
    pub(super) fn give_up(&mut self, address: Address, deleted: bool) {
        let part = &mut self.segments[address.entry].parts[address.part];
        if part.dead.insert(address.document) && deleted {
            part.deleted = part.deleted.saturating_sub(1);
        }
    }

    /// The types of which something was lost and is not pulled again yet.
    pub(super) fn lacking(&self) -> impl Iterator<Item = &String> {
        let parts = self.segments.iter().flat_map(|segment| &segment.parts);
        let lost = parts.filter(|part| part.lost).map(|part| &part.kind);
        lost.filter(|kind| self.lacks(kind))
    }

    /// The mark of birth in a manifest's bytes, unchecked.
    pub(super) fn born(bytes: &[u8]) -> Option<u64> {
        let rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&[FORMAT])?;
        Decoder::new(rest).number()
    }

    fn decode(decoder: &mut Decoder<'_>) -> Option<Manifest> {
        let mut manifest = Manifest {
            born: decoder.number()?,
            server: decoder.text()?,
            all_versions: decoder.byte()? != 0,
            repairs: decoder.small()?,
            next_segment: decoder.small()?,
            ..Manifest::default()
        };
        for _ in 0..decoder.count()? {
            let mut segment = SegmentEntry {
                number: decoder.small()?,
                generation: decoder.number()?,
                stored_bytes: decoder.size()?,
                parts: Vec::new(),
            };
            for _ in 0..decoder.count()? {
                let kind = decoder.text()?;
                let documents = decoder.small()?;
                segment.parts.push(PartEntry {
                    kind,
                    documents,
                    past: decoder.small()?,
                    deleted: decoder.small()?,
                    json_bytes: decoder.size()?,
                    lost: decoder.byte()? != 0,
                    dead: Documents::get(decoder, documents)?,
                });
            }
            manifest.segments.push(segment);
        }
        for _ in 0..decoder.count()? {
            manifest.checkpoints.push(Checkpoint::get(decoder)?);
        }
        manifest.arrivals = Arrivals::get(decoder)?;
        if !decoder.rest.is_empty() {
            manifest.staged = Some(Staged::get(decoder)?);
        }
        Some(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Instant;
    use crate::host::Key;
    use crate::replica::checkpoint::{Chain, Cost};

    #[test]
    fn a_manifest_is_read_as_written_and_a_flipped_bit_is_an_error() {
        let mut arrivals = Arrivals::default();
        arrivals.note(11, Instant(-9));
        arrivals.note(12, Instant(1 << 40));
        let mut dead = Documents::default();
        dead.insert(3);
        let manifest = Manifest {
            born: u64::MAX,
            server: "https://x.org/fhir".into(),
            all_versions: true,
            repairs: 2,
            next_segment: 9,
            segments: vec![SegmentEntry {
                number: 8,
                generation: 12,
                stored_bytes: 1 << 40,
                parts: vec![PartEntry {
                    kind: "Patient".into(),
                    documents: 5,
                    past: 1,
                    deleted: 1,
                    json_bytes: 77,
                    lost: false,
                    dead,
                }],
            }],
            checkpoints: vec![Checkpoint {
                feed: "Patient/_history".into(),
                complete: true,
                types: vec!["Patient".into()],
                cursor: Some(Instant(-5)),
                as_of: Some(Instant(6)),
                chain: Some(Chain {
                    next: "x?y".into(),
                    started: None,
                    newest: Some(Instant(7)),
                    ascending: true,
                    entries: 300,
                }),
                strategy: 3,
                reason: 1,
                lateness: 1 << 40,
                clocks_agree: true,
                unaccounted: 4,
                cost: Cost {
                    requests: 1,
                    bytes: 1 << 33,
                    resources: 3,
                    milliseconds: 4,
                },
            }],
            arrivals,
            staged: Some(Staged::begun(
                u64::MAX,
                9,
                4,
                [Key(9 << 20), Key(9 << 20 | 1)],
            )),
        };
        let bytes = manifest.encode();
        assert_eq!(Manifest::open(&bytes).unwrap(), manifest);
        assert_eq!(Manifest::born(&bytes), Some(u64::MAX));
        for bit in 0..bytes.len() * 8 {
            let mut broken = bytes.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(Manifest::open(&broken).is_err());
        }
    }
}
