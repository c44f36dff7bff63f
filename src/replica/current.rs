//! Which of two versions of a resource is the newer one.

use super::states::State;
use crate::fhir::Instant;

/// Who wins where neither times nor versions tell which came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ties {
    /// Within one pull: histories come newest first (H2).
    FirstWins,
    /// Against what was stored before: the server's word of now.
    LastWins,
}

/// The time of a deletion of which none is told, if what it deleted has this one.
pub(super) fn just_after(time: Instant) -> Instant {
    Instant(time.0.saturating_add(1))
}

/// Whether `offered` should take the place of `held`.
pub(super) fn is_news(held: State<'_>, offered: State<'_>, ties: Ties) -> bool {
    if offered.partial && !held.partial && !held.deleted {
        return false; // L5
    }
    let same_time = held.last_updated.is_some() && held.last_updated == offered.last_updated;
    if held.deleted == offered.deleted && held.version == offered.version {
        // The same version again (H1) is news only where it completes a partial copy.
        if !held.version.is_empty() || same_time {
            return held.partial && !offered.partial;
        }
    }
    let says_when = |state: State<'_>| state.last_updated.is_some() || !state.version.is_empty();
    if held.deleted && offered.deleted && !says_when(held) && says_when(offered) {
        // Else an older version that comes later could not be told to be older (H7).
        return true;
    }
    if held.deleted && offered.deleted && (same_time || offered.last_updated.is_none()) {
        return false;
    }
    if held.deleted && !offered.deleted && held.version.is_empty() {
        let time = offered.last_updated.map(just_after);
        if time.is_some() && time == held.last_updated {
            // The deletion's time is a guess: what was created again may have the time of what was deleted.
            return ties == Ties::LastWins;
        }
    }
    if let (Some(held), Some(offered)) = (held.last_updated, offered.last_updated)
        && held != offered
    {
        return offered > held; // H11
    }
    // Versions are opaque (H7), but where both are numbers no server counts down.
    let number = |state: State<'_>| state.version.parse::<u64>().ok();
    match (number(held), number(offered)) {
        (Some(held), Some(offered)) if held != offered => offered > held,
        _ => ties == Ties::LastWins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(version: &str, at: Option<i64>) -> State<'_> {
        State {
            version,
            last_updated: at.map(Instant),
            deleted: false,
            partial: false,
        }
    }

    fn deleted(state: State<'_>) -> State<'_> {
        State {
            deleted: true,
            ..state
        }
    }

    fn partial(state: State<'_>) -> State<'_> {
        State {
            partial: true,
            ..state
        }
    }

    fn news(held: State<'_>, offered: State<'_>) -> bool {
        is_news(held, offered, Ties::LastWins)
    }

    #[test]
    fn h7_a_deletion_of_a_guessed_time_gives_way_to_what_the_server_says_later() {
        let guessed = State {
            deleted: true,
            ..version("", Some(8))
        };
        let told = State {
            deleted: true,
            ..version("5", Some(8))
        };
        for (held, at, ties, news) in [
            (guessed, 7, Ties::LastWins, true),
            (guessed, 7, Ties::FirstWins, false),
            (guessed, 6, Ties::LastWins, false),
            (guessed, 9, Ties::FirstWins, true),
            (told, 7, Ties::LastWins, false),
        ] {
            assert_eq!(is_news(held, version("6", Some(at)), ties), news, "{at}");
        }
    }

    #[test]
    fn h1_the_same_version_again_is_no_news() {
        assert!(!news(version("2", Some(5)), version("2", Some(5))));
        assert!(!news(version("2", Some(5)), version("2", None)));
        assert!(!news(version("", Some(5)), version("", Some(5))));
        assert!(!news(
            deleted(version("", None)),
            deleted(version("", None))
        ));
    }

    #[test]
    fn h11_an_older_version_never_takes_the_place_of_a_newer() {
        assert!(!news(version("b", Some(5)), version("a", Some(4))));
        assert!(news(version("a", Some(4)), version("b", Some(5))));
        assert!(
            !news(version("10", Some(5)), version("9", Some(5))),
            "numbers, not text"
        );
        assert!(!news(version("3", None), deleted(version("2", None))));
    }

    #[test]
    fn h7_a_resource_created_again_wins_over_its_older_tombstone() {
        let tombstone = deleted(version("2", Some(5)));
        assert!(news(tombstone, version("3", Some(6))));
        assert!(!news(version("3", Some(6)), tombstone));
        assert!(!is_news(
            version("x", Some(6)),
            deleted(version("", None)),
            Ties::FirstWins
        ));
    }

    #[test]
    fn l5_a_partial_copy_never_takes_the_place_of_a_full_one() {
        assert!(!news(version("1", Some(5)), partial(version("2", Some(6)))));
        assert!(news(partial(version("1", Some(5))), version("1", Some(5))));
        assert!(news(
            partial(version("1", Some(5))),
            partial(version("2", Some(6)))
        ));
        assert!(!news(
            partial(version("1", Some(5))),
            partial(version("1", Some(5)))
        ));
        assert!(news(
            deleted(version("1", Some(5))),
            partial(version("2", Some(6)))
        ));
    }
}
