//! The directory of one part of a segment: who its documents are.
//!
//! ```text
//! directory = id* version* updated* flags* lookup*
//! id        = length packed-id          (`search::term::pack_id`)
//! version   = length text               empty: unknown
//! updated   = difference to the one before, in milliseconds since 1970, plus one; 0: unknown
//! flags     = one byte: 1 deleted, 2 partial
//! lookup    = documents in the order of their ids' hashes, 1 to 4 bytes each
//! ```
//!
//! A hash spreads ids evenly, so a document is found by interpolation in a few steps, and the
//! lookup costs two or three bytes a document instead of a hash table.

use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_bytes, put_signed};
use crate::Result;
use crate::fhir::Instant;
use crate::search::term::pack_id;

/// What the directory says of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) version: &'a str,
    pub(super) last_updated: Option<Instant>,
    pub(super) deleted: bool,
    pub(super) partial: bool,
}

/// The directory, growing or read; both are used alike.
#[derive(Debug, Default)]
pub(super) struct Directory {
    ids: Column,
    versions: Column,
    updated: Vec<Option<Instant>>,
    flags: Vec<u8>,
    lookup: Vec<u32>,
}

const DELETED: u8 = 1;
const PARTIAL: u8 = 2;

impl Directory {
    /// Adds a document; the lookup is made when the directory is finished.
    pub(super) fn push(&mut self, packed_id: &[u8], record: Record<'_>) -> u32 {
        self.ids.push(packed_id);
        self.versions.push(record.version.as_bytes());
        self.updated.push(record.last_updated);
        let flag = |set, flag| if set { flag } else { 0 };
        self.flags
            .push(flag(record.deleted, DELETED) | flag(record.partial, PARTIAL));
        self.len() - 1
    }

    pub(super) fn len(&self) -> u32 {
        self.flags.len() as u32
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.ids.bytes.len() + self.versions.bytes.len() + self.flags.len() * 29
    }

    pub(super) fn packed_id(&self, document: u32) -> &[u8] {
        self.ids.get(document)
    }

    pub(super) fn record(&self, document: u32) -> Record<'_> {
        let flags = self.flags[document as usize];
        Record {
            version: std::str::from_utf8(self.versions.get(document)).unwrap_or_default(),
            last_updated: self.updated[document as usize],
            deleted: flags & DELETED != 0,
            partial: flags & PARTIAL != 0,
        }
    }

    pub(super) fn last_updated(&self, document: u32) -> Option<Instant> {
        self.updated[document as usize]
    }

    /// Makes the lookup; nothing is added after.
    pub(super) fn finish(&mut self) {
        let mut hashed: Vec<(u64, u32)> = (0..self.len())
            .map(|document| (self.hash(document), document))
            .collect();
        hashed.sort_unstable();
        self.lookup = hashed.into_iter().map(|(_, document)| document).collect();
    }

    fn hash(&self, document: u32) -> u64 {
        xxh3_64(self.packed_id(document))
    }

    /// Every document with this id: more than one where a segment holds several versions.
    pub(super) fn find<'a>(&'a self, packed_id: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        let hash = xxh3_64(packed_id);
        let same_hash = self.lookup[self.first_at_least(hash)..].iter();
        let same_hash = same_hash.take_while(move |document| self.hash(**document) == hash);
        same_hash
            .copied()
            .filter(move |document| self.packed_id(*document) == packed_id)
    }

    /// Where in the lookup the first hash stands that is not below `hash`.
    fn first_at_least(&self, hash: u64) -> usize {
        let (mut low, mut high) = (0, self.lookup.len());
        let (mut below, mut above) = (0u64, u64::MAX);
        while low < high {
            // Interpolate; a step of at least an eighth keeps odd distributions logarithmic.
            let width = high - low;
            let share = u128::from(hash.saturating_sub(below)) * width as u128
                / (u128::from(above - below) + 1);
            let guess = (share as usize).clamp(width / 8, width - 1 - width / 8);
            let middle = low + guess;
            let found = self.hash(self.lookup[middle]);
            if found < hash {
                (low, below) = (middle + 1, found);
            } else {
                (high, above) = (middle, found);
            }
        }
        low
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.size());
        for document in 0..self.len() {
            put_bytes(&mut out, self.ids.get(document));
        }
        for document in 0..self.len() {
            put_bytes(&mut out, self.versions.get(document));
        }
        let mut before = 0;
        for updated in &self.updated {
            match updated {
                None => out.push(0),
                Some(Instant(at)) => {
                    let difference = at - before;
                    // Zero says unknown: what is not below zero moves up by one.
                    put_signed(&mut out, difference + i64::from(difference >= 0));
                    before = *at;
                }
            }
        }
        out.extend_from_slice(&self.flags);
        let width = lookup_width(self.len());
        for document in &self.lookup {
            out.extend_from_slice(&document.to_le_bytes()[..width]);
        }
        out
    }

    pub(super) fn open(bytes: &[u8], documents: u32) -> Result<Directory> {
        Directory::decode(bytes, documents).ok_or_else(|| damaged("directory"))
    }

    fn decode(bytes: &[u8], documents: u32) -> Option<Directory> {
        let mut decoder = Decoder::new(bytes);
        let ids = Column::decode(&mut decoder, documents)?;
        let versions = Column::decode(&mut decoder, documents)?;
        let mut updated = Vec::with_capacity(documents as usize);
        let mut before = 0i64;
        for _ in 0..documents {
            updated.push(match decoder.signed()? {
                0 => None,
                written => {
                    before = before.wrapping_add(written - i64::from(written > 0));
                    Some(Instant(before))
                }
            });
        }
        let flags = decoder.take(documents as usize)?.to_vec();
        let width = lookup_width(documents);
        let lookup = decoder
            .take(documents as usize * width)?
            .chunks_exact(width);
        let lookup: Vec<u32> = lookup
            .map(|bytes| {
                bytes
                    .iter()
                    .rev()
                    .fold(0, |number, byte| number << 8 | u32::from(*byte))
            })
            .collect();
        let valid = decoder.rest.is_empty() && lookup.iter().all(|document| *document < documents);
        valid.then_some(Directory {
            ids,
            versions,
            updated,
            flags,
            lookup,
        })
    }
}

fn lookup_width(documents: u32) -> usize {
    (4 - documents.leading_zeros() as usize / 8).max(1)
}

/// Byte strings one after the other.
#[derive(Debug, Default)]
struct Column {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Column {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
    }

    #[inline]
    fn get(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start as usize..self.ends[at] as usize]
    }

    fn decode(decoder: &mut Decoder<'_>, count: u32) -> Option<Column> {
        if count as usize > decoder.rest.len() {
            return None;
        }
        let mut column = Column::default();
        column.ends.reserve(count as usize);
        for _ in 0..count {
            column.push(decoder.bytes()?);
        }
        Some(column)
    }
}

/// The packed form of an id, as the directory keeps it.
pub(super) fn packed(id: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(17);
    pack_id(&mut out, id);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(version: &str, at: Option<i64>, deleted: bool) -> Record<'_> {
        Record {
            version,
            last_updated: at.map(Instant),
            deleted,
            partial: false,
        }
    }

    #[test]
    fn every_document_is_found_by_its_id_before_and_after_storing() {
        for count in [0u32, 1, 2, 255, 256, 5000] {
            let mut directory = Directory::default();
            for n in 0..count {
                let updated = (n % 3 != 0).then_some(i64::from(n) * 1000 - 40_000);
                directory.push(
                    &packed(&format!("id-{}", n / 2)),
                    record("1", updated, n % 7 == 0),
                );
            }
            directory.finish();
            let read = Directory::open(&directory.encode(), count).unwrap();
            for n in 0..count {
                let id = packed(&format!("id-{}", n / 2));
                assert!(read.find(&id).any(|found| found == n), "{n} of {count}");
                assert_eq!(read.record(n), directory.record(n));
            }
            assert_eq!(read.find(&packed("none")).count(), 0);
        }
    }

    #[test]
    fn l9_any_bytes_are_a_directory_or_an_error() {
        let mut directory = Directory::default();
        for n in 0..20 {
            directory.push(&packed(&n.to_string()), record("v", Some(n), false));
        }
        directory.finish();
        let bytes = directory.encode();
        for at in 0..bytes.len() {
            assert!(Directory::open(&bytes[..at], 20).is_err());
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Directory::open(&broken, 20).map(|read| read.find(&packed("7")).count());
        }
    }
}
