//! The history of a resource, of a type or of the server, newest first unless it is sorted (R5).

use fhir_pull::fhir::Instant;

use super::Life;
use super::answer::{Answer, Bundle, Entry};
use super::asked::Asked;

pub(super) fn answer(life: &Life, asked: &Asked, kind: Option<&str>, id: Option<&str>) -> Answer {
    let since = asked
        .get("_since")
        .map(|since| Instant::parse(since).unwrap().0);
    let until = asked.number("_until").unwrap_or(life.log.len());
    let shown = life.log[..until].iter().filter(|version| {
        kind.is_none_or(|kind| kind == version.kind)
            && id.is_none_or(|id| id == version.id)
            && since.is_none_or(|since| version.at >= since)
    });
    let mut shown: Vec<_> = shown.collect();
    shown.reverse();
    // Of equal times the one that was committed last comes first.
    shown.sort_by_key(|version| std::cmp::Reverse(version.at));
    if asked.get("_sort") == Some("_lastUpdated") {
        shown.reverse();
    }
    let entries = shown
        .into_iter()
        .map(|version| Entry::of_history(life, version));
    Answer::Bundle(Bundle::page(life, asked, "history", entries.collect()))
}
