//! Fuzzed bytes as changes to what a store holds.
//!
//! ```text
//! edit = value kind offset{2 bytes} length bytes{length}
//! ```
//!
//! Only places and bytes are meant, no format, so that a corpus outlives a change of the format.

/// One change.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// Which value.
    pub value: u8,
    kind: u8,
    offset: usize,
    bytes: &'a [u8],
    /// Of which value bytes are copied, where the kind is a copy.
    pub source: u8,
}

impl<'a> Edit<'a> {
    /// The changes that `input` says, and no others: what is short at its end says none.
    pub fn all(mut input: &'a [u8]) -> impl Iterator<Item = Edit<'a>> {
        std::iter::from_fn(move || {
            let ([value, kind, low, high, length], rest) = input.split_first_chunk()?;
            let (bytes, rest) = rest.split_at(rest.len().min(usize::from(*length)));
            input = rest;
            Some(Edit {
                value: *value,
                kind: *kind,
                offset: usize::from(u16::from_le_bytes([*low, *high])),
                bytes,
                source: bytes.first().copied().unwrap_or_default(),
            })
        })
    }

    /// Changes `value`; false says that it is to be missing altogether.
    pub(crate) fn make(&self, value: &mut Vec<u8>, source: &[u8]) -> bool {
        let at = self.offset % (value.len() + 1);
        let end = value.len().min(at + self.bytes.len());
        match self.kind % 8 {
            0 | 1 => value[at..end].copy_from_slice(&self.bytes[..end - at]),
            2 => drop(value.splice(at..at, self.bytes.iter().copied())),
            3 => drop(value.drain(at..end)),
            4 => value.truncate(at),
            5 => {
                for (byte, more) in value[at..end].iter_mut().zip(self.bytes) {
                    *byte = byte.wrapping_add(*more);
                }
            }
            6 => {
                let [_, low, high, length, ..] = self.bytes else {
                    return true;
                };
                let from = usize::from(u16::from_le_bytes([*low, *high])) % (source.len() + 1);
                let to = source.len().min(from + usize::from(*length));
                drop(value.splice(
                    at..value.len().min(at + to - from),
                    source[from..to].to_vec(),
                ));
            }
            _ => return false,
        }
        true
    }
}
