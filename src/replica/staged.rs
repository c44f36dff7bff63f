//! What is here of a clone that is not whole: values that belong to no segment yet.
//!
//! ```text
//! staged = lineage offset reserved run*
//! run    = gap to the run before, how many keys follow one another
//! ```
//!
//! A clone is larger than one commit should be. Its values come in commits of their own, which change
//! nothing that a reader sees: the manifest names their keys here, and no segment does. The last commit of
//! the clone turns them into segments. Until then a clone that was stopped can go on, or
//! [`tidy`](super::Replica::tidy) removes what it left.
//!
//! The segments of the other replica get numbers of this one, by adding an offset: no key that is used here
//! ever means something else.

use std::collections::HashSet;

use super::codec::{Decoder, put_number};
use super::load::each_once;
use super::segment::key;
use crate::host::Key;

/// No segment of a clone has a higher number: some billion commits are left to the replica.
const MOST_SEGMENTS: u32 = 1 << 31;

/// Values of a clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Staged {
    /// Of the replica that they come from: its mark of birth.
    pub(super) lineage: u64,
    /// What is added to the numbers of its segments.
    pub(super) offset: u32,
    /// So many numbers are taken by it.
    pub(super) reserved: u32,
    /// The keys as they are here.
    pub(super) keys: HashSet<Key>,
}

impl Staged {
    /// One that begins at a number, for so many segments; `None` where there are not so many numbers left.
    pub(super) fn new(lineage: u64, offset: u32, reserved: u32) -> Option<Staged> {
        let end = offset.checked_add(reserved)?;
        (end <= MOST_SEGMENTS).then(|| Staged {
            lineage,
            offset,
            reserved,
            keys: HashSet::new(),
        })
    }

    /// The first number of a segment that it leaves free.
    pub(super) fn end(&self) -> u32 {
        self.offset + self.reserved
    }

    /// The number that a segment of the other replica has here.
    pub(super) fn number(&self, segment: u32) -> Option<u32> {
        (segment < self.reserved).then(|| self.offset + segment)
    }

    /// The key that a value of the other replica has here.
    pub(super) fn key(&self, of: Key) -> Option<Key> {
        let number = self.number(u32::try_from(of.0 >> 20).ok()?)?;
        Some(key(number, (of.0 & 0xf_ffff) as u32))
    }

    /// The keys that are not among those that are kept.
    pub(super) fn left_over(&self, kept: &HashSet<Key>) -> Vec<Key> {
        each_once(self.keys.iter().filter(|key| !kept.contains(key)).copied())
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.lineage);
        put_number(out, u64::from(self.offset));
        put_number(out, u64::from(self.reserved));
        let keys = each_once(self.keys.iter().copied());
        let runs: Vec<&[Key]> = keys.chunk_by(|a, b| a.0 + 1 == b.0).collect();
        put_number(out, runs.len() as u64);
        let mut end = 0;
        for run in runs {
            put_number(out, run[0].0 - end);
            put_number(out, run.len() as u64);
            end = run[0].0 + run.len() as u64;
        }
    }

    pub(super) fn get(decoder: &mut Decoder<'_>) -> Option<Staged> {
        let mut staged = Staged::new(decoder.number()?, decoder.small()?, decoder.small()?)?;
        let mut end = 0u64;
        for _ in 0..decoder.count()? {
            let first = end.checked_add(decoder.number()?)?;
            // No segment has more values: bounds what a damaged manifest can make a reader allocate.
            let length = decoder.number().filter(|length| *length <= 1 << 20)?;
            end = first.checked_add(length)?;
            staged.keys.extend((first..end).map(Key));
        }
        Some(staged)
    }
}

#[cfg(test)]
impl Staged {
    /// One that has these keys.
    pub(super) fn begun<const N: usize>(
        lineage: u64,
        offset: u32,
        reserved: u32,
        keys: [Key; N],
    ) -> Staged {
        Staged {
            keys: keys.into(),
            ..Staged::new(lineage, offset, reserved).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_staged_is_read_as_written() {
        let keys = [key(7, 0), key(7, 1), key(7, 2), key(8, 5), key(9, 0)];
        let staged = Staged::begun(u64::MAX, 7, 3, keys);
        let mut out = Vec::new();
        staged.put(&mut out);
        assert_eq!(Staged::get(&mut Decoder::new(&out)), Some(staged.clone()));
        assert_eq!(staged.key(key(2, 5)), Some(key(9, 5)));
        assert_eq!(staged.key(key(3, 5)), None, "more than was reserved");
        assert_eq!(staged.key(Key(u64::MAX)), None);
        assert_eq!(
            staged.left_over(&HashSet::from([key(7, 1), key(9, 0)])),
            [key(7, 0), key(7, 2), key(8, 5)]
        );
    }

    #[test]
    fn l9_numbers_that_cannot_be_are_refused() {
        assert_eq!(Staged::new(1, u32::MAX, 2), None);
        assert_eq!(Staged::new(1, 0, u32::MAX), None);
        let mut out = Vec::new();
        for number in [1, 0, 1, 1, 0, u64::MAX] {
            put_number(&mut out, number);
        }
        assert_eq!(Staged::get(&mut Decoder::new(&out)), None);
    }
}
