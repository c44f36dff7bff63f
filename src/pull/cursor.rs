//! How far a history was followed, and where the next pull of it begins (H1, H4).

use crate::fhir::Instant;
use crate::replica::Chain;

/// How much of the past is read again. Servers commit late with earlier times (H4, V3), by seconds;
/// what is read twice is recognised by its version and costs a page at most.
const OVERLAP: i64 = 60_000;

/// The `_since` of the next pull.
pub(super) fn since(cursor: Option<Instant>) -> Option<Instant> {
    cursor.map(|cursor| cursor.minus(OVERLAP))
}

/// The cursor after a chain that was followed to its end: the newest time seen, but never one
/// after the server's clock when the chain began, since what came later may be missing from it.
pub(super) fn after(before: Option<Instant>, chain: &Chain) -> Option<Instant> {
    let reached = match (chain.started, chain.newest) {
        (Some(started), Some(newest)) => Some(newest.min(started)),
        (_, newest) => newest,
    };
    before.max(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(started: Option<i64>, newest: Option<i64>) -> Chain {
        Chain {
            started: started.map(Instant),
            newest: newest.map(Instant),
            ..Chain::default()
        }
    }

    #[test]
    fn h4_the_cursor_is_the_newest_time_seen_and_never_in_the_future() {
        assert_eq!(after(None, &chain(Some(100), Some(90))), Some(Instant(90)));
        assert_eq!(
            after(None, &chain(Some(100), Some(999))),
            Some(Instant(100))
        );
        assert_eq!(after(None, &chain(None, Some(90))), Some(Instant(90)));
    }

    #[test]
    fn h4_the_cursor_never_goes_back_and_an_empty_chain_leaves_it() {
        assert_eq!(
            after(Some(Instant(95)), &chain(Some(100), Some(90))),
            Some(Instant(95))
        );
        assert_eq!(
            after(Some(Instant(95)), &chain(Some(100), None)),
            Some(Instant(95))
        );
        assert_eq!(after(None, &chain(Some(100), None)), None);
        assert_eq!(since(Some(Instant(100_000))), Some(Instant(40_000)));
    }
}
