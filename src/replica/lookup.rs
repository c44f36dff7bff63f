//! From the hash of an id to the documents that may have it.
//!
//! ```text
//! lookup = chunk*                               2^n of them, by the first n bits of the hash
//! chunk  = count fingerprint{3 bytes}* document{4 bytes}*
//! ```
//!
//! A fingerprint is the 24 bits of the hash after those that chose the chunk; they are sorted. Of
//! ids that are not there about one in a thousand looks as if it were, so that a pull of new
//! resources reads no ids at all, and the lookup of a million ids takes 7 MB, a chunk at a time.

use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_number};
use crate::Result;

/// About so many ids to a chunk.
const CHUNK: usize = 8 * 1024;

const FINGERPRINT_BITS: u32 = 24;
/// So far from where it is guessed to be, a fingerprint is looked for first.
const NEAR: usize = 16;

/// The hash that the lookup goes by.
pub(super) fn hash(packed_id: &[u8]) -> u64 {
    xxh3_64(packed_id)
}

/// Which of `chunks` chunks a hash belongs to; `chunks` is a power of two.
pub(super) fn chunk_of(hash: u64, chunks: usize) -> usize {
    match bits_of(chunks) {
        0 => 0,
        bits => (hash >> (64 - bits)) as usize,
    }
}

fn bits_of(chunks: usize) -> u32 {
    chunks.max(1).ilog2()
}

fn fingerprint(hash: u64, bits: u32) -> u32 {
    (hash << bits >> (64 - FINGERPRINT_BITS)) as u32
}

/// Gathers the hashes of a part's documents.
#[derive(Debug, Default)]
pub(super) struct LookupBuilder {
    hashes: Vec<(u64, u32)>,
}

impl LookupBuilder {
    pub(super) fn add(&mut self, hash: u64, document: u32) {
        self.hashes.push((hash, document));
    }

    /// Calls `take` with each chunk's bytes.
    pub(super) fn finish<T>(self, mut take: impl FnMut(&[u8]) -> T) -> Vec<T> {
        let chunks = self.hashes.len().div_ceil(CHUNK).next_power_of_two();
        let bits = bits_of(chunks);
        // A fingerprint, and its document below it.
        let mut of_chunks: Vec<Vec<u64>> = vec![Vec::new(); chunks];
        for (hash, document) in self.hashes {
            let entry = u64::from(fingerprint(hash, bits)) << 32 | u64::from(document);
            of_chunks[chunk_of(hash, chunks)].push(entry);
        }
        let mut taken = Vec::with_capacity(chunks);
        for mut own in of_chunks {
            own.sort_unstable();
            let mut out = Vec::with_capacity(own.len() * 7 + 4);
            put_number(&mut out, own.len() as u64);
            for entry in &own {
                out.extend_from_slice(&entry.to_le_bytes()[4..7]);
            }
            for entry in &own {
                out.extend_from_slice(&entry.to_le_bytes()[..4]);
            }
            taken.push(take(&out));
        }
        taken
    }
}

/// A chunk as it is read.
#[derive(Debug)]
pub(super) struct Lookup {
    bytes: Vec<u8>,
    fingerprints: usize,
    count: usize,
}

impl Lookup {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Lookup> {
        let mut decoder = Decoder::new(&bytes);
        let count = decoder
            .count()
            .filter(|count| decoder.rest.len() == count * 7);
        let count = count.ok_or_else(|| damaged("directory"))?;
        Ok(Lookup {
            fingerprints: bytes.len() - count * 7,
            count,
            bytes,
        })
    }

    /// The documents whose id may have this hash, in a part whose lookup has so many chunks.
    pub(super) fn find(&self, hash: u64, chunks: usize) -> impl Iterator<Item = u32> + '_ {
        let wanted = fingerprint(hash, bits_of(chunks));
        let is_before = |at: usize| self.fingerprint(at) < wanted;
        // Hashes lie evenly, so it is near where it would be if they did so exactly.
        let guess = ((u64::from(wanted) * self.count as u64) >> FINGERPRINT_BITS) as usize;
        let (mut low, mut high, mut step) = (guess.min(self.count), self.count, NEAR);
        while low > 0 && !is_before(low - 1) {
            high = low;
            low = low.saturating_sub(step);
            step *= 2;
        }
        while high - low > step && is_before(low + step) {
            low += step + 1;
            step *= 2;
        }
        high = high.min(low + step);
        while low < high {
            let middle = (low + high) / 2;
            match is_before(middle) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let same = (low..self.count).take_while(move |at| self.fingerprint(*at) == wanted);
        same.map(|at| self.document(at))
    }

    fn fingerprint(&self, at: usize) -> u32 {
        let at = self.fingerprints + at * 3;
        u32::from_le_bytes([self.bytes[at], self.bytes[at + 1], self.bytes[at + 2], 0])
    }

    fn document(&self, at: usize) -> u32 {
        let at = self.fingerprints + self.count * 3 + at * 4;
        self.bytes[at..]
            .first_chunk()
            .map_or(0, |it| u32::from_le_bytes(*it))
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_found_by_its_hash_in_one_chunk_or_many() {
        for count in [0u32, 1, 2, 8191, 8192, 8193, 50_000] {
            let name = |n: u32| hash(&(n / 2).to_le_bytes());
            let mut builder = LookupBuilder::default();
            (0..count).for_each(|n| builder.add(name(n), n));
            let chunks = builder.finish(|bytes| Lookup::open(bytes.to_vec()).unwrap());
            assert!(chunks.len().is_power_of_two());
            let find = |hash| chunks[chunk_of(hash, chunks.len())].find(hash, chunks.len());
            assert!((0..count).all(|n| find(name(n)).any(|found| found == n)));
            let strange = (count..count + 1000).map(|n| hash(&n.to_be_bytes()));
            let mistaken = strange.filter(|hash| find(*hash).next().is_some()).count();
            assert!(mistaken < 20, "{mistaken} of 1000 in {count}");
        }
    }

    #[test]
    fn l9_any_bytes_are_a_lookup_or_an_error() {
        let mut builder = LookupBuilder::default();
        (0..20).for_each(|n| builder.add(hash(&[n]), u32::from(n)));
        let bytes = builder.finish(<[u8]>::to_vec).remove(0);
        for at in 0..bytes.len() {
            assert!(Lookup::open(bytes[..at].to_vec()).is_err());
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Lookup::open(broken).map(|lookup| lookup.find(hash(&[3]), 1).count());
        }
    }
}
