//! A range column: the ranges of time that each document covers, for date parameters and sorting.
//!
//! ```text
//! column = ranges run*                one range of one document each, documents ascending
//! run    = document-gap low-difference length      gap 0: the same document again
//! ```
//!
//! Observations of one visit share their time, and lengths are few (a second, a day): mostly three
//! bytes a range before compression.

use super::codec::{Decoder, damaged, put_number, put_signed};
use crate::Result;
use crate::fhir::DateRange;

/// Gathers ranges, documents ascending.
#[derive(Debug, Default)]
pub(super) struct RangesBuilder {
    runs: Vec<u8>,
    count: u64,
    document: u32,
    low: i64,
}

impl RangesBuilder {
    /// `document` covers `range`.
    pub(super) fn add(&mut self, document: u32, range: DateRange) {
        put_number(&mut self.runs, u64::from(document - self.document));
        put_signed(&mut self.runs, range.low.wrapping_sub(self.low));
        put_number(&mut self.runs, range.high.wrapping_sub(range.low) as u64);
        self.count += 1;
        self.document = document;
        self.low = range.low;
    }

    /// The column's bytes.
    pub(super) fn finish(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.runs.len() + 10);
        put_number(&mut out, self.count);
        out.extend_from_slice(&self.runs);
        out
    }
}

/// A range column as it is read.
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
        // Most columns have one range for each document: then it stands at its own number.
        let at = document as usize;
        let guessed = self.documents.get(at) == Some(&document)
            && self.documents.get(at + 1) != Some(&document)
            && (at == 0 || self.documents[at - 1] != document);
        if guessed {
            return &self.ranges[at..=at];
        }
        let start = self.documents.partition_point(|found| *found < document);
        let count = self.documents[start..].partition_point(|found| *found == document);
        &self.ranges[start..start + count]
    }

    /// Every document with a range for which `holds`, ascending, each once.
    pub(super) fn matching(&self, holds: impl Fn(DateRange) -> bool) -> Vec<u32> {
        let pairs = self.documents.iter().zip(&self.ranges);
        let mut found: Vec<u32> = pairs
            .filter(|(_, range)| holds(**range))
            .map(|(document, _)| *document)
            .collect();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: i64, high: i64) -> DateRange {
        DateRange { low, high }
    }

    #[test]
    fn ranges_are_read_as_written_also_open_ones_and_several_of_a_document() {
        let added = [
            (0, range(5, 10)),
            (1, range(DateRange::EARLIEST, 7)),
            (1, range(-8, DateRange::LATEST)),
            (4, range(DateRange::EARLIEST, DateRange::LATEST)),
        ];
        let mut builder = RangesBuilder::default();
        for (document, range) in added {
            builder.add(document, range);
        }
        let ranges = Ranges::open(&builder.finish()).unwrap();
        assert_eq!(ranges.of(0), [added[0].1]);
        assert_eq!(ranges.of(1), [added[1].1, added[2].1]);
        assert_eq!(ranges.of(2), []);
        assert_eq!(ranges.of(4), [added[3].1]);
        assert_eq!(ranges.matching(|range| range.low <= 5), [0, 1, 4]);
    }

    #[test]
    fn l9_any_bytes_are_a_column_or_an_error() {
        let mut builder = RangesBuilder::default();
        for document in 0..50 {
            builder.add(
                document,
                range(i64::from(document) << 20, i64::from(document) << 21),
            );
        }
        let bytes = builder.finish();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = Ranges::open(&broken).map(|ranges| ranges.of(7).len());
            assert!(Ranges::open(&bytes[..at]).is_err());
        }
    }
}
