//! A range column: the ranges of time that each document covers, for date parameters and sorting.
//!
//! ```text
//! column = chunk*                        some documents each, ascending, a frame each
//! chunk  = ranges run*                   one range of one document each
//! run    = document-gap low-difference length      gap 0: the same document again
//! ```
//!
//! Observations of one visit share their time, and lengths are few (a second, a day): mostly three
//! bytes a range before compression. The head of the segment says with which document each chunk
//! begins, so that sorting few documents reads few chunks.

use super::codec::{Decoder, damaged, put_number, put_signed};
use super::frame::{Packer, Place};
use crate::Result;
use crate::fhir::DateRange;

/// A chunk is closed when it has grown to this: some thousand ranges.
const CHUNK_BYTES: usize = 16 * 1024;

/// Where a chunk is, and the document that it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RangeChunk {
    pub(super) first: u32,
    pub(super) place: Place,
}

/// Writes ranges in the order of their documents into chunks.
#[derive(Debug, Default)]
pub(super) struct RangesWriter {
    chunks: Vec<RangeChunk>,
    first: u32,
    runs: Vec<u8>,
    count: u64,
    document: u32,
    low: i64,
}

impl RangesWriter {
    /// `document`, not before the last one, covers `range`.
    pub(super) fn add(&mut self, document: u32, range: DateRange, packer: &mut Packer) {
        if self.runs.len() >= CHUNK_BYTES && document != self.document {
            self.close(packer);
        }
        if self.count == 0 {
            self.first = document;
        }
        put_number(&mut self.runs, u64::from(document - self.document));
        put_signed(&mut self.runs, range.low.wrapping_sub(self.low));
        put_number(&mut self.runs, range.high.wrapping_sub(range.low) as u64);
        self.count += 1;
        self.document = document;
        self.low = range.low;
    }

    fn close(&mut self, packer: &mut Packer) {
        let mut out = Vec::with_capacity(self.runs.len() + 10);
        put_number(&mut out, self.count);
        out.append(&mut self.runs);
        self.chunks.push(RangeChunk {
            first: self.first,
            place: packer.pack(&out),
        });
        (self.count, self.document, self.low) = (0, 0, 0);
    }

    /// The chunks of all that was added.
    pub(super) fn finish(mut self, packer: &mut Packer) -> Vec<RangeChunk> {
        if self.count > 0 {
            self.close(packer);
        }
        self.chunks
    }
}

/// A chunk as it is read.
#[derive(Debug)]
pub(super) struct Ranges {
    documents: Vec<u32>,
    ranges: Vec<DateRange>,
}

impl Ranges {
    pub(super) fn open(bytes: &[u8]) -> Result<Ranges> {
        Ranges::decode(bytes).ok_or_else(|| damaged("index"))
    }

    fn decode(bytes: &[u8]) -> Option<Ranges> {
        let mut decoder = Decoder::new(bytes);
        let count = decoder.count()?;
        let (mut documents, mut ranges) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut document, mut low) = (0u32, 0i64);
        for _ in 0..count {
            document = document.checked_add(decoder.small()?)?;
            low = low.wrapping_add(decoder.signed()?);
            let high = low.wrapping_add(decoder.number()? as i64);
            documents.push(document);
            ranges.push(DateRange { low, high });
        }
        Some(Ranges { documents, ranges })
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.ranges.len() * 20
    }

    /// The ranges of one document.
    pub(super) fn of(&self, document: u32) -> &[DateRange] {
        let start = self.documents.partition_point(|found| *found < document);
        let count = self.documents[start..].partition_point(|found| *found == document);
        &self.ranges[start..start + count]
    }

    /// Every range with its document, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, DateRange)> + '_ {
        let documents = self.documents.iter().copied();
        documents.zip(self.ranges.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: i64, high: i64) -> DateRange {
        DateRange { low, high }
    }

    fn written(added: &[(u32, DateRange)]) -> (Vec<RangeChunk>, Vec<Vec<u8>>) {
        let (mut writer, mut packer) = (RangesWriter::default(), Packer::default());
        for (document, range) in added {
            writer.add(*document, *range, &mut packer);
        }
        let chunks = writer.finish(&mut packer);
        let bytes = chunks.iter().map(|chunk| {
            let value = &packer.values[chunk.place.value as usize];
            chunk.place.open(value).unwrap()
        });
        let bytes = bytes.collect();
        (chunks, bytes)
    }

    #[test]
    fn ranges_are_read_as_written_also_open_ones_and_several_of_a_document() {
        let added = [
            (0, range(5, 10)),
            (1, range(DateRange::EARLIEST, 7)),
            (1, range(-8, DateRange::LATEST)),
            (4, range(DateRange::EARLIEST, DateRange::LATEST)),
        ];
        let ranges = Ranges::open(&written(&added).1[0]).unwrap();
        assert_eq!(ranges.of(0), [added[0].1]);
        assert_eq!(ranges.of(1), [added[1].1, added[2].1]);
        assert_eq!(ranges.of(2), []);
        assert_eq!(ranges.of(4), [added[3].1]);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), added);
    }

    #[test]
    fn many_ranges_take_many_chunks_and_no_document_is_cut_in_two() {
        let at = |n: u32| {
            (
                n / 3,
                range(i64::from(n) * 1_000_003, i64::from(n) * 1_000_007),
            )
        };
        let added: Vec<_> = (0..30_000).map(at).collect();
        let (chunks, bytes) = written(&added);
        assert!(chunks.len() > 3);
        let mut read = Vec::new();
        for (chunk, bytes) in chunks.iter().zip(&bytes) {
            let ranges = Ranges::open(bytes).unwrap();
            assert_eq!(ranges.of(chunk.first).len(), 3);
            read.extend(ranges.iter());
        }
        assert_eq!(read, added);
    }

    #[test]
    fn l9_any_bytes_are_a_chunk_or_an_error() {
        let at = |n: u32| (n, range(i64::from(n) << 20, i64::from(n) << 21));
        let added: Vec<_> = (0..50).map(at).collect();
        let bytes = written(&added).1.remove(0);
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Ranges::open(&broken).map(|ranges| ranges.of(7).len());
            assert!(Ranges::open(&bytes[..at]).is_err());
        }
    }
}
