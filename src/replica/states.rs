//! The states of some consecutive documents of a part: which version each is, from when, and what
//! kind of one.
//!
//! ```text
//! states  = count version* updated* flags*
//! version = length text            empty: unknown
//! updated = difference to the one before, in milliseconds since 1970, plus one; 0: unknown
//! flags   = one byte: 1 deleted, 2 partial
//! ```

use super::codec::{Decoder, damaged, put_number, put_signed};
use super::ids::Column;
use crate::Result;
use crate::fhir::{DateRange, Instant};

/// What is known of one version of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State<'a> {
    pub(super) version: &'a str,
    pub(super) last_updated: Option<Instant>,
    pub(super) deleted: bool,
    pub(super) partial: bool,
}

const DELETED: u8 = 1;
const PARTIAL: u8 = 2;

/// States in the order of their documents, growing or read.
#[derive(Debug, Default)]
pub(super) struct States {
    versions: Column,
    updated: Vec<Option<Instant>>,
    flags: Vec<u8>,
    ends: Option<DateRange>,
}

impl States {
    pub(super) fn push(&mut self, state: State<'_>) {
        self.versions.push(state.version.as_bytes());
        self.updated.push(state.last_updated);
        let flag = |set, flag| if set { flag } else { 0 };
        self.flags
            .push(flag(state.deleted, DELETED) | flag(state.partial, PARTIAL));
    }

    /// A document that is gone.
    pub(super) fn push_hole(&mut self) {
        self.push(State {
            version: "",
            last_updated: None,
            deleted: false,
            partial: false,
        });
    }

    /// The latest of their times.
    pub(super) fn newest(&self) -> Option<Instant> {
        self.updated.iter().copied().max().flatten()
    }

    pub(super) fn get(&self, at: u32) -> Option<State<'_>> {
        let flags = self.flags.get(at as usize)?;
        Some(State {
            version: std::str::from_utf8(self.versions.get(at)).unwrap_or_default(),
            last_updated: self.updated[at as usize],
            deleted: flags & DELETED != 0,
            partial: flags & PARTIAL != 0,
        })
    }

    /// When a version was made, where that is known.
    #[inline]
    pub(super) fn updated(&self, at: u32) -> Option<Instant> {
        self.updated.get(at as usize).copied().flatten()
    }

    /// The earliest and the latest of the times, where they were read.
    pub(super) fn ends(&self) -> Option<DateRange> {
        self.ends
    }

    /// The bytes of the documents from `start` to before `end`.
    pub(super) fn encode(&self, start: u32, end: u32) -> Vec<u8> {
        let mut out = Vec::with_capacity((end - start) as usize * 8);
        put_number(&mut out, u64::from(end - start));
        out.extend(self.versions.encode(start, end));
        let mut before = 0;
        for updated in &self.updated[start as usize..end as usize] {
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
        out.extend_from_slice(&self.flags[start as usize..end as usize]);
        out
    }

    pub(super) fn open(bytes: &[u8]) -> Result<States> {
        States::decode(bytes).ok_or_else(|| damaged("directory"))
    }

    fn decode(bytes: &[u8]) -> Option<States> {
        let mut decoder = Decoder::new(bytes);
        let count = decoder.count()?;
        let versions = Column::decode(&mut decoder, count)?;
        let mut updated = Vec::with_capacity(count);
        let mut before = 0i64;
        for _ in 0..count {
            updated.push(match decoder.signed()? {
                0 => None,
                written => {
                    before = before.wrapping_add(written - i64::from(written > 0));
                    Some(Instant(before))
                }
            });
        }
        let flags = decoder.take(count)?.to_vec();
        let ends = updated.iter().flatten().map(|at| DateRange::from(*at));
        let ends = ends.reduce(DateRange::to_hold);
        decoder.rest.is_empty().then_some(States {
            versions,
            updated,
            flags,
            ends,
        })
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.versions.size() + self.flags.len() * 17
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states() -> States {
        let mut states = States::default();
        for n in 0..40i64 {
            states.push(State {
                version: &n.to_string(),
                last_updated: (n % 3 != 0).then_some(Instant(n * 1000 - 20_000)),
                deleted: n % 7 == 0,
                partial: n % 5 == 0,
            });
        }
        states.push_hole();
        states
    }

    #[test]
    fn states_are_read_as_written() {
        let written = states();
        let read = States::open(&written.encode(3, 41)).unwrap();
        for at in 0..38 {
            assert_eq!(read.get(at), written.get(at + 3));
        }
        assert_eq!(read.get(38), None);
    }

    #[test]
    fn l9_any_bytes_are_states_or_an_error() {
        let bytes = states().encode(0, 41);
        for at in 0..bytes.len() {
            assert!(States::open(&bytes[..at]).is_err());
            let mut broken = bytes.clone();
            broken[at] ^= 0xff;
            let _ = States::open(&broken).map(|states| states.get(7).map(|state| state.deleted));
        }
    }
}
