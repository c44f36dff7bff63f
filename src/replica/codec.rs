//! The little language that segments and manifests are written in: varints and counted bytes.

use crate::{Code, Error};

/// The error for stored bytes that are not what was written.
pub(super) fn damaged(what: &str) -> Error {
    Error::new(
        Code::Damaged,
        format!("The replica's {what} is damaged or missing; the next pull fetches it anew."),
    )
}

/// Appends an unsigned number, seven bits a byte, the lowest first.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a signed number so that small ones of either sign are short.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_number(out, (number << 1 ^ number >> 63) as u64);
}

/// Appends bytes and, before them, how many.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote. `None` is for bytes that they cannot have written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoder<'a> {
    pub(super) rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Decoder { rest: bytes }
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        let byte = self.byte()?;
        match byte < 0x80 {
            true => Some(u64::from(byte)),
            false => self.longer(byte),
        }
    }

    /// The number that begins with `byte` and goes on.
    fn longer(&mut self, byte: u8) -> Option<u64> {
        let (mut number, mut shift) = (u64::from(byte & 0x7f), 7);
        while shift < 64 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
        None
    }

    #[inline]
    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    #[inline]
    pub(super) fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// The same where it is read so often that a call takes longer than the reading: mostly it is one byte.
    #[inline(always)]
    pub(super) fn short(&mut self) -> Option<u32> {
        match self.rest {
            [byte @ ..0x80, rest @ ..] => {
                self.rest = rest;
                Some(u32::from(*byte))
            }
            _ => self.small(),
        }
    }

    /// A number of bytes that are stored somewhere. Nothing has so many that sums of them are no numbers.
    pub(super) fn size(&mut self) -> Option<u64> {
        self.number().filter(|size| *size < 1 << 44)
    }

    /// A count of things that take at least a byte each: never more than there are bytes.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len()).then_some(count)
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub(super) fn fixed32(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_are_read_as_written() {
        let numbers = [0, 1, 127, 128, 300, 1 << 31, 1 << 62, u64::MAX];
        let mut out = Vec::new();
        for number in numbers {
            put_number(&mut out, number);
            put_signed(&mut out, number as i64);
            put_signed(&mut out, (number as i64).wrapping_neg());
        }
        let mut decoder = Decoder::new(&out);
        for number in numbers {
            assert_eq!(decoder.number(), Some(number));
            assert_eq!(decoder.signed(), Some(number as i64));
            assert_eq!(decoder.signed(), Some((number as i64).wrapping_neg()));
        }
        assert_eq!(decoder.number(), None);
        assert_eq!(Decoder::new(&[0xff; 12]).number(), None);
    }

    #[test]
    fn l9_a_count_larger_than_the_bytes_is_refused_before_anything_is_allocated() {
        let mut out = Vec::new();
        put_number(&mut out, u64::MAX);
        assert_eq!(Decoder::new(&out).count(), None);
        assert_eq!(Decoder::new(&out).bytes(), None);
    }
}
