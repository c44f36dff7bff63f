//! Sets of documents of one part of a segment, by their number in it.

use super::codec::{Decoder, put_number};

/// A growing set of document numbers; small on disk whether it is sparse or dense.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Documents {
    words: Vec<u64>,
    count: u32,
}

impl Documents {
    /// Adds one; says whether it is new.
    pub(super) fn insert(&mut self, document: u32) -> bool {
        let (word, bit) = (document as usize / 64, 1 << (document % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.count += u32::from(new);
        new
    }

    #[inline]
    pub(super) fn contains(&self, document: u32) -> bool {
        let word = self.words.get(document as usize / 64);
        word.is_some_and(|word| word >> (document % 64) & 1 == 1)
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(at as u32 * 64 + bit)
            })
        })
    }

    /// Writes the set: how many, then the gaps between its members or, where they are so many that
    /// this is shorter, a bit for each document up to the last.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_number(out, u64::from(self.count));
        let words = self.words.len();
        if self.is_dense(words) {
            put_number(out, words as u64);
            out.extend(self.words.iter().flat_map(|word| word.to_le_bytes()));
        } else {
            put_number(out, 0);
            put_gaps(out, self.iter());
        }
    }

    /// A gap takes a byte at least.
    fn is_dense(&self, words: usize) -> bool {
        self.count as usize > words * 8
    }

    pub(super) fn get(decoder: &mut Decoder<'_>, documents: u32) -> Option<Documents> {
        let count = decoder.number()?;
        let mut set = Documents::default();
        for at in 0..u32::try_from(decoder.count()?).ok()? {
            let mut word = u64::from_le_bytes(decoder.take(8)?.try_into().ok()?);
            while word != 0 {
                let document = at.checked_mul(64)?.checked_add(word.trailing_zeros())?;
                if document >= documents {
                    return None;
                }
                set.insert(document);
                word &= word - 1;
            }
        }
        if set.count > 0 {
            return (u64::from(set.count) == count).then_some(set);
        }
        let mut next = 0u32;
        for _ in 0..count {
            let document = next.checked_add(decoder.small()?)?;
            if document >= documents {
                return None;
            }
            set.insert(document);
            next = document + 1;
        }
        Some(set)
    }
}

/// Appends ascending numbers as the gaps between them; consecutive ones take a zero byte each.
pub(super) fn put_gaps(out: &mut Vec<u8>, documents: impl IntoIterator<Item = u32>) {
    let mut next = 0;
    for document in documents {
        put_number(out, u64::from(document - next));
        next = document + 1;
    }
}

/// Appends the numbers that [`put_gaps`] wrote into all of `bytes`.
pub(super) fn get_gaps(bytes: &[u8], out: &mut Vec<u32>) -> Option<()> {
    let mut decoder = Decoder::new(bytes);
    let mut next = 0u32;
    while !decoder.rest.is_empty() {
        let document = next.checked_add(decoder.short()?)?;
        out.push(document);
        next = document.checked_add(1)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_as_written_and_never_beyond_its_part() {
        let mut set = Documents::default();
        for document in [5, 0, 64, 1000, 63, 5] {
            set.insert(document);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63, 64, 1000]);
        assert_eq!(set.count(), 5);
        assert!(set.contains(64) && !set.contains(65) && !set.contains(100_000));
        let mut out = Vec::new();
        set.put(&mut out);
        assert_eq!(Documents::get(&mut Decoder::new(&out), 1001), Some(set));
        assert_eq!(Documents::get(&mut Decoder::new(&out), 1000), None);
    }

    #[test]
    fn a_dense_set_takes_a_bit_for_each_document() {
        let mut set = Documents::default();
        (0..8000).filter(|n| n % 3 != 0).for_each(|n| {
            set.insert(n);
        });
        let mut out = Vec::new();
        set.put(&mut out);
        assert!(out.len() < 1010, "{}", out.len());
        assert_eq!(
            Documents::get(&mut Decoder::new(&out), 8000).as_ref(),
            Some(&set)
        );
        assert_eq!(Documents::get(&mut Decoder::new(&out), 7999), None);
    }
}
