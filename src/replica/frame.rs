//! Frames: the compressed and checked pieces that the values of a segment consist of.
//!
//! ```text
//! value = frame frame ...                 about 32 KiB, one IndexedDB value
//! frame = LZ4 block, or the bytes as they are where LZ4 does not make them fewer
//! ```
//!
//! Where a frame is, how long it is before and after, and its checksum stand in its [`Place`], kept
//! by whoever refers to it, so that a frame needs no header and one place says all.

use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_number};
use crate::Result;

/// A value is closed when it has grown to this. A query reads whole values for the frames it wants.
/// And with its last frame a value mostly stays below 64 KiB: larger ones Chromium keeps in files of
/// their own, which takes longer to read.
pub(super) const VALUE_BYTES: usize = 32 * 1024;

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(super) struct Place {
    /// Which value of the segment.
    pub(super) value: u32,
    pub(super) offset: u32,
    /// Its length as it is stored, and as it was before.
    pub(super) stored: u32,
    pub(super) raw: u32,
    check: u32,
}

impl Place {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for number in [self.value, self.offset, self.stored, self.raw] {
            put_number(out, u64::from(number));
        }
        out.extend_from_slice(&self.check.to_le_bytes());
    }

    pub(super) fn get(decoder: &mut Decoder<'_>) -> Option<Place> {
        let place = Place {
            value: decoder.small()?,
            offset: decoder.small()?,
            stored: decoder.small()?,
            raw: decoder.small()?,
            check: decoder.fixed32()?,
        };
        // No byte of LZ4 stands for more: what is allocated for a frame is bound by what is stored.
        (u64::from(place.raw) <= u64::from(place.stored) * 255).then_some(place)
    }

    /// Where the value has nothing of it any more.
    pub(super) fn end(&self) -> u64 {
        u64::from(self.offset) + u64::from(self.stored)
    }

    /// The frame as it is stored, out of the value that holds it.
    pub(super) fn stored<'a>(&self, value: &'a [u8]) -> Result<&'a [u8]> {
        let start = self.offset as usize;
        let stored = value.get(start..start.saturating_add(self.stored as usize));
        // Whoever fuzzes is after what reads the bytes.
        let stored = stored.filter(|stored| cfg!(fuzzing) || check(stored) == self.check);
        stored.ok_or_else(|| damaged("segment"))
    }

    /// The frame's bytes as they were before, out of the value that holds it.
    pub(super) fn open(&self, value: &[u8]) -> Result<Vec<u8>> {
        self.inflate(self.stored(value)?)
    }

    /// The frame's bytes as they were before, out of what [`Place::stored`] gave.
    pub(super) fn inflate(&self, stored: &[u8]) -> Result<Vec<u8>> {
        if self.stored == self.raw {
            return Ok(stored.to_vec());
        }
        let raw = lz4_flex::block::decompress(stored, self.raw as usize);
        let raw = raw.ok().filter(|raw| raw.len() == self.raw as usize);
        raw.ok_or_else(|| damaged("segment"))
    }
}

fn check(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

/// Packs frames into values.
#[derive(Debug, Default)]
pub(super) struct Packer {
    pub(super) values: Vec<Vec<u8>>,
    scratch: Vec<u8>,
}

impl Packer {
    /// Compresses `raw` and says where it went.
    pub(super) fn pack(&mut self, raw: &[u8]) -> Place {
        let most = lz4_flex::block::get_maximum_output_size(raw.len());
        if self.scratch.len() < most {
            self.scratch.resize(most, 0);
        }
        let length = lz4_flex::block::compress_into(raw, &mut self.scratch);
        let stored = match length {
            Ok(length) if length < raw.len() => &self.scratch[..length],
            _ => raw,
        };
        append(&mut self.values, stored, raw.len() as u32)
    }

    /// Takes over a frame as it is stored elsewhere, whose length before was `raw`.
    pub(super) fn copy(&mut self, stored: &[u8], raw: u32) -> Place {
        append(&mut self.values, stored, raw)
    }
}

fn append(values: &mut Vec<Vec<u8>>, stored: &[u8], raw: u32) -> Place {
    if values.last().is_none_or(|value| value.len() >= VALUE_BYTES) {
        values.push(Vec::with_capacity(VALUE_BYTES + VALUE_BYTES / 8));
    }
    let number = values.len() - 1;
    let value = &mut values[number];
    let place = Place {
        value: number as u32,
        offset: value.len() as u32,
        stored: stored.len() as u32,
        raw,
        check: check(stored),
    };
    value.extend_from_slice(stored);
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn frames_come_back_as_they_went_in_and_flipped_bits_are_noticed() {
        let mut packer = Packer::default();
        let frames = [vec![], vec![7; 100_000], (0..=255).collect(), vec![1]];
        let places: Vec<_> = frames.iter().map(|frame| packer.pack(frame)).collect();
        for (frame, place) in frames.iter().zip(&places) {
            assert_eq!(&place.open(&packer.values[0]).unwrap(), frame);
        }
        for bit in 0..packer.values[0].len() * 8 {
            let mut value = packer.values[0].clone();
            value[bit / 8] ^= 1 << (bit % 8);
            let broken = places.iter().filter(|place| match place.open(&value) {
                Err(error) => error.code() == Code::Damaged,
                Ok(_) => false,
            });
            assert_eq!(broken.count(), 1, "bit {bit}");
        }
        assert!(places[1].open(&[]).is_err());
    }

    #[test]
    fn l9_a_frame_that_claims_to_become_more_than_lz4_can_make_is_no_place() {
        let mut packer = Packer::default();
        let place = packer.pack(&[7; 100_000]);
        let read = |place: &Place| {
            let mut out = Vec::new();
            place.put(&mut out);
            Place::get(&mut Decoder::new(&out))
        };
        assert_eq!(read(&place), Some(place));
        let raw = place.stored * 255 + 1;
        assert_eq!(read(&Place { raw, ..place }), None);
    }
}
