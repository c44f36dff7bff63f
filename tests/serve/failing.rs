//! A store that fails anywhere in an answer: the status says so, and no half of an answer is given.

use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::replica::Replica;

use crate::moods::{Moody, TARGETS, moody_ward};
use crate::world::reader;

/// Lets each read of the store fail in turn, until none of those that an answer needs does.
fn assert_whole_or_refused(
    target: &str,
    within: Option<&'static str>,
    code: Code,
    spoilt: bool,
) -> u32 {
    let (replica, _) = moody_ward();
    let asking = |replica: &Rc<Replica<Moody>>| match within {
        None => reader(replica),
        Some(within) => reader(replica).within(within),
    };
    let expected = asking(&replica).get(target);
    assert_eq!(expected.status(), 200, "{target}");
    for read in 0..500 {
        let (replica, moods) = moody_ward();
        moods.fails.set(Some((read, code)));
        moods.spoilt.set(spoilt);
        let answer = asking(&replica).ask_once("GET", target, &[], "");
        if moods.fails.get().is_some() {
            assert_eq!(answer.text(), expected.text(), "{target}");
            return read;
        }
        // Where a value is read again, it is as it was.
        if answer.status() == 200 {
            assert_eq!(answer.text(), expected.text(), "{target} at read {read}");
            continue;
        }
        let refused = match code {
            Code::StoreFailed => (503, "transient".to_string()),
            _ => (500, "exception".to_string()),
        };
        assert_eq!(answer.refusal(), refused, "{target} at read {read}");
        assert!(!answer.text().contains("Arm"), "a resource is told");
        // And the next time all is well.
        assert_eq!(
            asking(&replica).get(target).text(),
            expected.text(),
            "{target} after read {read}"
        );
    }
    panic!("{target} never ends");
}

#[test]
fn a_store_that_fails_is_503_and_never_half_an_answer() {
    for target in TARGETS {
        let reads = assert_whole_or_refused(target, None, Code::StoreFailed, false);
        assert!(reads > 0, "{target} reads nothing");
    }
}

#[test]
fn l9_what_is_stored_and_damaged_is_500_and_never_half_an_answer() {
    for target in TARGETS {
        assert_whole_or_refused(target, None, Code::Damaged, true);
    }
}

#[test]
fn within_a_compartment_a_failing_store_shows_no_more() {
    for target in TARGETS.iter().filter(|it| !it.contains("$document")) {
        assert_whole_or_refused(target, Some("Patient/a"), Code::StoreFailed, false);
    }
}
