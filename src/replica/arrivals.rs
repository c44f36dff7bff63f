//! When commits came, by the source's clock: what whoever follows this replica's history goes by.
//!
//! A resource can come long after its own `meta.lastUpdated` says: by a feed that was added later, or
//! because the source itself was late. Who asked for all since then would never be told of it. So each
//! commit has an arrival, and arrivals only ever grow: what comes later has an arrival that is after
//! any that was told (L1 for those who pull from here). Two commits that came at one time are told a
//! millisecond apart, so that who has all up to a commit can ask for what came after it and for no more.

use super::codec::{Decoder, put_number, put_signed};
use crate::fhir::Instant;

/// So many are kept.
const MOST: usize = 64;

/// The generations of commits and when they came, ascending in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrivals(Vec<(u64, Instant)>);

impl Arrivals {
    /// A commit came, after the one before it. Of the older half every other one is dropped where
    /// there are too many: its commits are then told to have come when the next kept one came, which
    /// tells too much and never too little.
    pub(super) fn note(&mut self, generation: u64, at: Instant) {
        let after = |newest: Instant| Instant(newest.0.saturating_add(1));
        let at = self.newest().map_or(at, |newest| after(newest).max(at));
        // A manifest that was damaged, or put back by hand, may name generations that are still to come.
        self.0.retain(|(kept, _)| *kept < generation);
        match self.0.last_mut() {
            // At the end of time.
            Some(last) if last.1 == at => last.0 = generation,
            _ => self.0.push((generation, at)),
        }
        if self.0.len() > MOST {
            let mut number = 0;
            self.0.retain(|_| {
                number += 1;
                number > MOST / 2 || number % 2 == 0
            });
        }
    }

    /// When what a commit brought had come; `None` where no time is known.
    pub(super) fn of(&self, generation: u64) -> Option<Instant> {
        let at = self.0.partition_point(|(kept, _)| *kept < generation);
        self.0.get(at).map(|(_, at)| *at)
    }

    /// When the last commit came.
    pub(super) fn newest(&self) -> Option<Instant> {
        self.0.last().map(|(_, at)| *at)
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_number(out, self.0.len() as u64);
        let mut before = (0, 0);
        for (generation, Instant(at)) in &self.0 {
            put_number(out, generation - before.0);
            put_signed(out, at.wrapping_sub(before.1));
            before = (*generation, *at);
        }
    }

    pub(super) fn get(decoder: &mut Decoder<'_>) -> Option<Arrivals> {
        let mut arrivals = Arrivals::default();
        let mut before = (0u64, 0i64);
        for _ in 0..decoder.count()? {
            let after = (
                before.0.checked_add(decoder.number()?)?,
                before.1.wrapping_add(decoder.signed()?),
            );
            let ascends = arrivals.0.is_empty() || (after.0 > before.0 && after.1 > before.1);
            if !ascends {
                return None;
            }
            before = after;
            arrivals.0.push((after.0, Instant(after.1)));
        }
        Some(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l1_arrivals_never_go_back_and_what_is_dropped_is_told_later_never_earlier() {
        let mut arrivals = Arrivals::default();
        assert_eq!(arrivals.of(1), None);
        let mut told = Vec::new();
        for generation in 1..2000u64 {
            let at = Instant((generation as i64 * 7919) % 5000 + generation as i64);
            arrivals.note(generation * 2, at);
            told.push((generation * 2, arrivals.newest().unwrap()));
        }
        assert!(arrivals.0.len() <= MOST);
        assert!(told.is_sorted_by(|before, after| before.1 < after.1));
        for (generation, at) in told {
            assert!(arrivals.of(generation).unwrap() >= at);
            assert!(arrivals.of(generation - 1).unwrap() >= at);
        }
        assert_eq!(arrivals.of(4000), None);
        let mut out = Vec::new();
        arrivals.put(&mut out);
        assert_eq!(Arrivals::get(&mut Decoder::new(&out)), Some(arrivals));
    }
}
