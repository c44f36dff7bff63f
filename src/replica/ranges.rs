//! A range column: the ranges of time, or the numbers, that each document has, for comparing and sorting.
//!
//! ```text
//! column = chunk*                        some documents each, ascending, a frame each
//! chunk  = ranges units unit* run*       one range of one document each; a column of time has no unit
//! run    = document-gap low length [unit-number]   gap 0: the same document again
//! low    = of time: the difference to the one before; of numbers: the float, its lowest byte last
//! ```
//!
//! Observations of one visit share their time, and lengths are few (a second, a day): mostly three
//! bytes a range before compression. Numbers with few digits after the point are short with their
//! bytes reversed. The head of the segment says with which document each chunk begins, so that
//! sorting few documents reads few chunks.

use super::codec::{Decoder, damaged, put_bytes, put_number, put_signed};
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
    /// Those of the chunk at hand.
    units: Vec<Vec<u8>>,
    first: u32,
    runs: Vec<u8>,
    count: u64,
    document: u32,
    low: i64,
}

impl RangesWriter {
    /// `document`, not before the last one, covers `range`: of time, or of numbers in this unit.
    pub(super) fn add(
        &mut self,
        document: u32,
        range: DateRange,
        unit: Option<&[u8]>,
        packer: &mut Packer,
    ) {
        if self.runs.len() >= CHUNK_BYTES && document != self.document {
            self.close(packer);
        }
        if self.count == 0 {
            self.first = document;
        }
        put_number(&mut self.runs, u64::from(document - self.document));
        match unit {
            None => put_signed(&mut self.runs, range.low.wrapping_sub(self.low)),
            Some(_) => put_number(&mut self.runs, (range.low as u64).swap_bytes()),
        }
        put_number(&mut self.runs, range.high.wrapping_sub(range.low) as u64);
        if let Some(unit) = unit {
            let known = self.units.iter().position(|known| known == unit);
            let number = known.unwrap_or_else(|| {
                self.units.push(unit.to_vec());
                self.units.len() - 1
            });
            put_number(&mut self.runs, number as u64);
        }
        self.count += 1;
        self.document = document;
        self.low = range.low;
    }

    fn close(&mut self, packer: &mut Packer) {
        let mut out = Vec::with_capacity(self.runs.len() + 10);
        put_number(&mut out, self.count);
        put_number(&mut out, self.units.len() as u64);
        for unit in self.units.drain(..) {
            put_bytes(&mut out, &unit);
        }
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
    /// The unit of each range, by its number; none in a column of time.
    units: Vec<u16>,
    names: Vec<Vec<u8>>,
    ends: Option<DateRange>,
}

/// The ranges of one document, with their units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Covered<'a> {
    pub(super) ranges: &'a [DateRange],
    units: &'a [u16],
    names: &'a [Vec<u8>],
}

impl<'a> Covered<'a> {
    /// Without a unit.
    pub(super) fn of(ranges: &'a [DateRange]) -> Self {
        Covered {
            ranges,
            ..Covered::default()
        }
    }

    /// Each range and its unit.
    pub(super) fn iter(self) -> impl Iterator<Item = (DateRange, &'a [u8])> {
        let unit = move |at: usize| {
            let number = *self.units.get(at)?;
            self.names.get(number as usize).map(Vec::as_slice)
        };
        let ranges = self.ranges.iter().enumerate();
        ranges.map(move |(at, range)| (*range, unit(at).unwrap_or_default()))
    }
}

impl Ranges {
    pub(super) fn open(bytes: &[u8]) -> Result<Ranges> {
        Ranges::decode(bytes).ok_or_else(|| damaged("index"))
    }

    fn decode(bytes: &[u8]) -> Option<Ranges> {
        let mut decoder = Decoder::new(bytes);
        let count = decoder.count()?;
        let mut names = Vec::new();
        for _ in 0..decoder.count()? {
            names.push(decoder.bytes()?.to_vec());
        }
        let mut read = Ranges {
            documents: Vec::with_capacity(count),
            ranges: Vec::with_capacity(count),
            units: Vec::new(),
            names,
            ends: None,
        };
        let (mut document, mut before) = (0u32, 0i64);
        for _ in 0..count {
            document = document.checked_add(decoder.small()?)?;
            let low = match read.names.is_empty() {
                true => before.wrapping_add(decoder.signed()?),
                false => decoder.number()?.swap_bytes() as i64,
            };
            let high = low.wrapping_add(decoder.number()? as i64);
            if !read.names.is_empty() {
                read.units.push(u16::try_from(decoder.number()?).ok()?);
            }
            read.documents.push(document);
            read.ranges.push(DateRange { low, high });
            before = low;
        }
        let comparable = read.ranges.iter().filter(|range| range.is_some());
        read.ends = comparable.copied().reduce(DateRange::to_hold);
        Some(read)
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.ranges.len() * 22
    }

    /// Between which ends all ranges lie that can be compared.
    pub(super) fn ends(&self) -> Option<DateRange> {
        self.ends
    }

    /// Calls `see` with each of `documents`, which are ascending, and its ranges.
    #[inline]
    pub(super) fn each<'a>(&'a self, documents: &[u32], mut see: impl FnMut(u32, Covered<'a>)) {
        let mut start = 0;
        for document in documents {
            let is_at = |at: usize| self.documents.get(at) == Some(document);
            if !is_at(start) {
                start = self.from(start, *document);
            }
            let mut end = start;
            while is_at(end) {
                end += 1;
            }
            see(*document, self.covered(start, end));
            start = end;
        }
    }

    /// The place of the first range, from `start` on, of this document or a later one; mostly that is near.
    fn from(&self, start: usize, document: u32) -> usize {
        let is_before = |at: usize| self.documents.get(at).is_some_and(|it| *it < document);
        let (mut low, mut step) = (start, 1);
        while is_before(low + step - 1) {
            low += step;
            step *= 2;
        }
        let window = self.documents.get(low..low + step - 1).unwrap_or_else(|| {
            // The leap went past the end.
            self.documents.get(low..).unwrap_or_default()
        });
        low + window.partition_point(|found| *found < document)
    }

    #[inline]
    fn covered(&self, start: usize, end: usize) -> Covered<'_> {
        Covered {
            ranges: &self.ranges[start..end],
            units: self.units.get(start..end).unwrap_or_default(),
            names: &self.names,
        }
    }

    /// Every range with its document and, of numbers, its unit, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, DateRange, Option<&[u8]>)> + '_ {
        let unit = |at: usize| {
            let number = *self.units.get(at)?;
            self.names.get(number as usize).map(Vec::as_slice)
        };
        let documents = self.documents.iter().copied().zip(&self.ranges).enumerate();
        documents.map(move |(at, (document, range))| (document, *range, unit(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: i64, high: i64) -> DateRange {
        DateRange { low, high }
    }

    fn of(ranges: &Ranges, document: u32) -> Covered<'_> {
        let mut found = Covered::default();
        ranges.each(&[document], |_, covered| found = covered);
        found
    }

    fn pairs(ranges: &Ranges) -> Vec<(u32, DateRange)> {
        ranges
            .iter()
            .map(|(document, range, _)| (document, range))
            .collect()
    }

    #[test]
    fn numbers_are_read_as_written_with_their_units() {
        let (mut writer, mut packer) = (RangesWriter::default(), Packer::default());
        let number = |text: &str| {
            crate::fhir::Decimal::parse(text.as_bytes())
                .unwrap()
                .exactly()
        };
        let added = [
            (0, "70.5", "kg"),
            (0, "-1e9", ""),
            (3, "0.1", "kg"),
            (3, "7", "m"),
        ];
        for (document, text, unit) in added {
            let range = range(number(text), number(text));
            writer.add(document, range, Some(unit.as_bytes()), &mut packer);
        }
        let chunk = writer.finish(&mut packer).remove(0);
        let ranges = Ranges::open(&chunk.place.open(&packer.values[0]).unwrap()).unwrap();
        let of = |document| {
            of(&ranges, document)
                .iter()
                .map(|(range, unit)| (range.low, unit.to_vec()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of(0),
            [
                (number("70.5"), b"kg".to_vec()),
                (number("-1e9"), Vec::new())
            ]
        );
        assert_eq!(
            of(3),
            [
                (number("0.1"), b"kg".to_vec()),
                (number("7"), b"m".to_vec())
            ]
        );
        let units: Vec<_> = ranges
            .iter()
            .map(|(_, _, unit)| unit.map(<[u8]>::to_vec))
            .collect();
        assert_eq!(
            units,
            added.map(|(_, _, unit)| Some(unit.as_bytes().to_vec()))
        );
    }

    fn written(added: &[(u32, DateRange)]) -> (Vec<RangeChunk>, Vec<Vec<u8>>) {
        let (mut writer, mut packer) = (RangesWriter::default(), Packer::default());
        for (document, range) in added {
            writer.add(*document, *range, None, &mut packer);
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
        assert_eq!(of(&ranges, 0).ranges, [added[0].1]);
        assert_eq!(of(&ranges, 1).ranges, [added[1].1, added[2].1]);
        assert_eq!(of(&ranges, 2).ranges, []);
        assert_eq!(of(&ranges, 4).ranges, [added[3].1]);
        assert_eq!(pairs(&ranges), added);
    }

    #[test]
    fn documents_are_seen_in_one_walk_whichever_are_asked_for() {
        let added: Vec<_> = (0..500u32)
            .filter(|n| n % 5 != 0)
            .map(|n| (n / 2, range(i64::from(n), i64::from(n) + 3)))
            .collect();
        let ranges = Ranges::open(&written(&added).1[0]).unwrap();
        assert_eq!(ranges.ends(), Some(range(1, 502)));
        for step in [1, 2, 3, 7, 100, 249] {
            let asked: Vec<u32> = (0..260).step_by(step).collect();
            let mut seen = Vec::new();
            ranges.each(&asked, |document, covered| {
                seen.push((document, covered.ranges.to_vec()));
            });
            let expected: Vec<_> = asked
                .iter()
                .map(|document| {
                    let own = added.iter().filter(|(of, _)| of == document);
                    (*document, own.map(|(_, range)| *range).collect::<Vec<_>>())
                })
                .collect();
            assert_eq!(seen, expected, "{step}");
        }
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
            assert_eq!(of(&ranges, chunk.first).ranges.len(), 3);
            read.extend(pairs(&ranges));
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
            let _ = Ranges::open(&broken).map(|ranges| of(&ranges, 7).ranges.len());
            assert!(Ranges::open(&bytes[..at]).is_err());
        }
    }
}
