//! How far the server was followed, and where the next pull begins (H1, H4).

use crate::fhir::Instant;
use crate::replica::{Chain, Checkpoint};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// How much of the past is read again at least. Servers commit late with earlier times (H4, V3), by
/// seconds; what is read twice is recognised by its version.
const OVERLAP: i64 = MINUTE;
/// Two clocks that differ by no more agree.
const AGREEMENT: i64 = 2 * MINUTE;
/// So long after its time and the overlap nothing is expected to come any more, where the clocks agree.
const QUIET: i64 = 5 * MINUTE;

/// The `_since` of the next pull.
///
/// It is the cursor less the overlap. Where the clock that the server answers by was seen to agree with
/// the times of its resources, it need not be longer ago than some minutes and the overlap before the
/// last answer: of what has not changed for long, nothing is then read again and again. Clocks that
/// were never seen to agree may differ by hours.
pub(super) fn since(checkpoint: &Checkpoint) -> Option<Instant> {
    let overlap = overlap(checkpoint);
    let since = checkpoint.cursor?.minus(overlap);
    let quiet = checkpoint.as_of.filter(|_| checkpoint.clocks_agree);
    let quiet = quiet.map(|as_of| as_of.minus(QUIET + overlap));
    Some(quiet.map_or(since, |quiet| quiet.max(since)))
}

/// Twice what was seen to come late, within bounds.
pub(super) fn overlap(checkpoint: &Checkpoint) -> i64 {
    let late = i64::try_from(checkpoint.lateness).unwrap_or(DAY);
    late.saturating_mul(2).clamp(OVERLAP, DAY)
}

/// The cursor of who holds all that had arrived somewhere at a time, and to whom what comes later is told
/// with a later one ([`Published::arrived`](crate::replica::Published::arrived)): nothing before has to be
/// read again, so the overlap that is taken from every cursor is put on this one before.
pub(super) fn after(arrived: Instant) -> Instant {
    arrived.minus(-(OVERLAP + 1))
}

/// Notes what a chain says that was followed to its end.
///
/// The cursor is then the newest time seen, but never one after the server's clock when the chain
/// began, since what came later may be missing from it. Where the server tells no time, a time far in
/// the future by this device's clock (`now`) is not believed: it can only make the cursor earlier.
pub(super) fn advance(checkpoint: &mut Checkpoint, chain: &Chain, now: i64) {
    let latest = chain.started.unwrap_or(Instant(now.saturating_add(DAY)));
    let reached = chain.newest.map(|newest| newest.min(latest));
    checkpoint.cursor = checkpoint.cursor.max(reached);
    if let (Some(started), Some(newest)) = (chain.started, chain.newest) {
        checkpoint.clocks_agree |= (started.0 - newest.0).abs() <= AGREEMENT;
    }
}

/// Notes that the server's clock has gone back since the last answer, if it has: what it said then is of
/// no use any more. Whether it has.
pub(super) fn went_back(checkpoint: &mut Checkpoint, chain: &Chain) -> bool {
    let (Some(before), Some(started)) = (checkpoint.as_of, chain.started) else {
        return false;
    };
    let went_back = started.0.saturating_add(AGREEMENT) < before.0;
    if went_back {
        checkpoint.as_of = None;
        checkpoint.clocks_agree = false;
    }
    went_back
}

/// Notes that something new came whose time is before what was known: before the cursor, or, where the
/// clocks agree, before the last answer.
pub(super) fn came_late(checkpoint: &mut Checkpoint, oldest_new: Option<Instant>) {
    let answered = checkpoint.as_of.filter(|_| checkpoint.clocks_agree);
    let known = checkpoint.cursor.max(answered);
    if let (true, Some(known), Some(time)) = (checkpoint.complete, known, oldest_new) {
        let late = u64::try_from(known.0.saturating_sub(time.0)).unwrap_or(0);
        // What is older by more than any overlap came for another reason: it matches only now.
        if late <= DAY as u64 {
            checkpoint.lateness = checkpoint.lateness.max(late);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(before: Option<i64>, started: Option<i64>, newest: Option<i64>) -> Checkpoint {
        let mut checkpoint = Checkpoint {
            cursor: before.map(Instant),
            ..Checkpoint::default()
        };
        let chain = Chain {
            started: started.map(Instant),
            newest: newest.map(Instant),
            ..Chain::default()
        };
        advance(&mut checkpoint, &chain, DAY);
        checkpoint
    }

    #[test]
    fn h4_the_cursor_is_the_newest_time_seen_and_never_in_the_future() {
        let cursor = |started, newest| after(None, started, newest).cursor;
        assert_eq!(cursor(Some(100), Some(90)), Some(Instant(90)));
        assert_eq!(cursor(Some(100), Some(999)), Some(Instant(100)));
        assert_eq!(cursor(None, Some(90)), Some(Instant(90)));
        assert_eq!(cursor(None, Some(9 * DAY)), Some(Instant(2 * DAY)));
    }

    #[test]
    fn h4_the_cursor_never_goes_back_and_an_empty_chain_leaves_it() {
        let cursor = |started, newest| after(Some(95), started, newest).cursor;
        assert_eq!(cursor(Some(100), Some(90)), Some(Instant(95)));
        assert_eq!(cursor(Some(100), None), Some(Instant(95)));
        assert_eq!(after(None, Some(100), None).cursor, None);
        let since = since(&after(Some(100_000), None, None));
        assert_eq!(since, Some(Instant(40_000)));
    }

    #[test]
    fn h4_of_what_arrived_in_order_nothing_is_read_again() {
        let mut checkpoint = after_a_clone(Instant(70_000));
        assert_eq!(since(&checkpoint), Some(Instant(70_001)));
        let nothing = Chain {
            started: Some(Instant(70_000)),
            ..Chain::default()
        };
        advance(&mut checkpoint, &nothing, DAY);
        assert_eq!(since(&checkpoint), Some(Instant(70_001)));
    }

    fn after_a_clone(arrived: Instant) -> Checkpoint {
        Checkpoint {
            cursor: Some(super::after(arrived)),
            complete: true,
            ..Checkpoint::default()
        }
    }

    #[test]
    fn h4_the_overlap_is_twice_what_came_late() {
        let mut checkpoint = after(Some(10 * DAY), None, None);
        let overlap = |checkpoint: &Checkpoint| 10 * DAY - since(checkpoint).unwrap().0;
        came_late(&mut checkpoint, Some(Instant(0)));
        assert_eq!(
            overlap(&checkpoint),
            MINUTE,
            "nothing is late in a first pull"
        );
        checkpoint.complete = true;
        for (time, expected) in [
            (10 * DAY + 5, MINUTE),
            (10 * DAY - 20 * SECOND, MINUTE),
            (10 * DAY - 50 * SECOND, 100 * SECOND),
            (10 * DAY - 5 * SECOND, 100 * SECOND),
            (10 * DAY - 20 * 60 * MINUTE, DAY),
            (0, DAY),
        ] {
            came_late(&mut checkpoint, Some(Instant(time)));
            assert_eq!(overlap(&checkpoint), expected, "{time}");
        }
    }

    #[test]
    fn h4_what_is_long_quiet_is_not_read_again_where_the_clocks_are_known_to_agree() {
        let mut quiet = after(Some(0), Some(20 * DAY), Some(10 * DAY));
        quiet.as_of = Some(Instant(20 * DAY));
        assert_eq!(since(&quiet), Some(Instant(10 * DAY - MINUTE)));
        assert!(!quiet.clocks_agree);
        let mut seen = after(Some(0), Some(10 * DAY + MINUTE), Some(10 * DAY));
        seen.as_of = Some(Instant(20 * DAY));
        assert_eq!(since(&seen), Some(Instant(20 * DAY - 6 * MINUTE)));
        (seen.complete, seen.lateness) = (true, 0);
        came_late(&mut seen, Some(Instant(20 * DAY - 10 * MINUTE)));
        assert_eq!(since(&seen), Some(Instant(20 * DAY - 25 * MINUTE)));
        seen.as_of = Some(Instant(10 * DAY));
        assert_eq!(since(&seen), Some(Instant(10 * DAY - 20 * MINUTE)));
    }
}
