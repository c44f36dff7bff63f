//! Whether a replica holds all that is asked for, so that its answer is a whole one.
//!
//! A search finds at most what one with fewer conditions finds. So whatever is among the conditions, the
//! replica holds it all where a feed has brought everything that some of them find, or all of the type.

use super::Feed;
use super::feed::kind_of;
use super::plan::depends_on_others;
use super::strategy::Strategy;
use crate::fhir::{Identity, Instant};
use crate::host::Store;
use crate::replica::{Checkpoint, Replica};
use crate::search::query::{decode, pairs};

/// Whether the replica holds all that `what` asks for, since a feed that was pulled to its end brings it;
/// and as of when by the server's clock, where that is known: in a browser not every server tells.
/// `what` is a reference, or a search as it follows a server's base.
pub fn covered<S: Store>(replica: &Replica<S>, what: &str) -> Option<Option<Instant>> {
    let asked = Asked::of(what)?;
    let checkpoints = replica.status().checkpoints;
    let covering = checkpoints.iter().filter(|checkpoint| {
        checkpoint.complete && Strategy::of_number(checkpoint.strategy).is_some()
    });
    let covering = covering.filter(|checkpoint| asked.is_covered_by(checkpoint));
    covering.map(|checkpoint| checkpoint.as_of).max()
}

enum Asked<'a> {
    Reference(Identity<'a>, &'a str),
    Search(Search<'a>),
}

/// A search by what it finds.
struct Search<'a> {
    /// Of what is found; empty where it may be of several types.
    kind: &'a str,
    /// In whose compartment it is looked for, such as `Patient/123`.
    within: &'a str,
    /// Name and value of each, decoded.
    conditions: Vec<(String, String)>,
    /// `_include` and `_revinclude`, likewise.
    includes: Vec<(String, String)>,
    /// Whether what is found depends on other resources than itself.
    related: bool,
    /// Whether only parts of resources are asked for.
    parts: bool,
}

impl<'a> Asked<'a> {
    /// `None` for what means nothing, or a page of somebody else's answer.
    fn of(what: &'a str) -> Option<Asked<'a>> {
        match Identity::parse(what) {
            Some(identity) => Some(Asked::Reference(identity, what)),
            None => Search::of(what).map(Asked::Search),
        }
    }

    fn is_covered_by(&self, checkpoint: &Checkpoint) -> bool {
        let Ok(feed) = Feed::of_name(&checkpoint.feed) else {
            return false;
        };
        match (self, feed) {
            (_, Feed::History(of)) if of == "*" => true,
            (_, Feed::Export { of, types }) => of == "*" && types.is_empty(),
            (Asked::Reference(identity, name), Feed::History(of)) => {
                of == identity.kind || of == *name
            }
            (Asked::Reference(identity, _), Feed::Search(search)) => {
                Search::of(&search).is_some_and(|brought| brought.is_all_of(identity.kind))
            }
            (Asked::Reference(_, name), Feed::References { of, .. }) => {
                of.iter().any(|of| of == name)
            }
            (Asked::Reference(_, name), Feed::Everything(of)) => of == *name,
            (Asked::Search(asked), Feed::History(of)) => asked.is_alone() && of == asked.kind,
            (Asked::Search(asked), Feed::Search(search)) => {
                Search::of(&search).is_some_and(|brought| asked.is_within(&brought))
            }
            (Asked::Search(_), Feed::References { .. } | Feed::Everything(_)) => false,
        }
    }
}

impl<'a> Search<'a> {
    fn of(text: &'a str) -> Option<Search<'a>> {
        let place = kind_of(text);
        let (within, kind) = match place.rsplit_once('/') {
            Some((within, kind)) => (within, kind),
            None => ("", place),
        };
        let mut search = Search {
            kind: if kind == "*" { "" } else { kind },
            within,
            conditions: Vec::new(),
            includes: Vec::new(),
            related: false,
            parts: false,
        };
        let (mut offset, mut page) = (false, false);
        for pair in pairs(text.split_once('?').map_or("", |(_, query)| query)) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok()?.into_owned();
            let value = decode(value).ok()?.into_owned();
            match name.split(':').next().unwrap_or_default() {
                // How the answer looks, not what is found.
                "_count" | "_sort" | "_total" | "_format" | "_pretty" => {}
                "_offset" => offset = true,
                "_page" => page = true,
                "_summary" | "_elements" => search.parts = true,
                "_include" | "_revinclude" => search.includes.push((name, value)),
                _ => {
                    search.related |= depends_on_others(&format!("?{name}={value}"));
                    search.conditions.push((name, value));
                }
            }
        }
        // Another's page begins after another's order of matches.
        (offset == page).then_some(search)
    }

    /// Whether each match is one by itself, and nothing comes along.
    fn is_alone(&self) -> bool {
        !self.related && self.includes.is_empty()
    }

    /// Whether a feed of this search brings all there is of a type, and whole.
    fn is_all_of(&self, kind: &str) -> bool {
        let any = self.within.is_empty() && self.conditions.is_empty();
        self.kind == kind && any && !self.parts
    }

    /// Whether a feed of `brought` brings all that this search finds.
    fn is_within(&self, brought: &Search<'_>) -> bool {
        let is_among = |some: &[(String, String)], all: &[(String, String)]| {
            some.iter().all(|one| all.contains(one))
        };
        // What it depends on may not be held.
        !self.related
            && !self.kind.is_empty()
            && self.kind == brought.kind
            && (brought.within.is_empty() || self.within == brought.within)
            && !brought.parts
            && is_among(&brought.conditions, &self.conditions)
            && is_among(&self.includes, &brought.includes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_covered(what: &str, feed: &str) -> bool {
        let checkpoint = Checkpoint {
            feed: feed.to_string(),
            ..Checkpoint::default()
        };
        Asked::of(what).is_some_and(|asked| asked.is_covered_by(&checkpoint))
    }

    #[test]
    fn a_search_is_covered_by_one_with_fewer_conditions() {
        let feed = "Observation?patient=123&_count=50";
        for covered in [
            "Observation?patient=123",
            "Observation?code=http%3A%2F%2Floinc.org%7C8867-4&patient=123&_sort=-date&_count=10&_format=json",
            "Observation?patient=123&_elements=code&_summary=count&_total=accurate&_pretty=true",
            "Observation?patient=123&date=ge2024&_offset=10&_page=7",
        ] {
            assert!(is_covered(covered, feed), "{covered}");
        }
        for uncovered in [
            "Observation",
            "Observation?patient=12",
            "Observation?patient:missing=123",
            "Observation?subject=123",
            "Condition?patient=123",
            "Observation?patient=123&_include=Observation:subject",
            "Observation?patient=123&subject.name=a",
            "Observation?patient=123&_has:Provenance:target:agent=1",
            "Observation?patient=123&code:in=http://v.org/a",
            "Observation/1",
            "Patient/123",
        ] {
            assert!(!is_covered(uncovered, feed), "{uncovered}");
        }
        assert!(is_covered(
            "Observation?code=http://loinc.org|8867-4",
            "Observation?code=http%3A%2F%2Floinc.org%7C8867-4"
        ));
    }

    #[test]
    fn all_of_a_type_covers_what_is_asked_of_it_alone() {
        for feed in [
            "Observation?_count=50",
            "Observation",
            "Observation/_history",
        ] {
            for covered in [
                "Observation?code=a",
                "Observation/1",
                "Patient/1/Observation?code=a",
                "Observation?_lastUpdated=ge2024",
            ] {
                assert!(is_covered(covered, feed), "{covered} by {feed}");
            }
            for uncovered in [
                "Observation?subject.name=a",
                "Observation?_include=Observation:subject",
                "Observation?_list=42",
                "?_type=Observation,Patient&_id=1",
                "Patient/1/*",
                "Patient/1",
            ] {
                assert!(!is_covered(uncovered, feed), "{uncovered} by {feed}");
            }
        }
        for all in ["_history", "$export"] {
            assert!(is_covered("?_type=Observation,Patient&_id=1", all), "{all}");
            assert!(is_covered("Observation?subject.name=a", all), "{all}");
            assert!(is_covered("Patient/1", all), "{all}");
        }
    }

    #[test]
    fn what_comes_along_is_covered_where_it_comes_along() {
        let feed =
            "Observation?patient=1&_include=Observation:subject&_include=Observation:encounter";
        assert!(is_covered(
            "Observation?code=a&patient=1&_include=Observation%3Asubject",
            feed
        ));
        assert!(is_covered("Observation?patient=1", feed));
        for uncovered in [
            "Observation?patient=1&_include=Observation:performer",
            "Observation?patient=1&_include:iterate=Observation:subject",
            "Observation?patient=1&_revinclude=Observation:subject",
        ] {
            assert!(!is_covered(uncovered, feed), "{uncovered}");
        }
    }

    #[test]
    fn parts_cover_nothing_and_a_page_of_another_is_nobodys() {
        assert!(!is_covered("Patient?active=true", "Patient?_summary=true"));
        assert!(!is_covered("Patient/1", "Patient?_elements=name"));
        for page in [
            "Patient?_offset=20",
            "Patient?_page=eyJhIjoxfQ",
            "Patient?_offset=%zz",
        ] {
            assert!(!is_covered(page, "Patient"), "{page}");
        }
        assert!(!is_covered("Patient?name.x=1", "Patient?name.x=1"));
    }

    #[test]
    fn a_reference_is_covered_by_a_feed_that_names_it() {
        assert!(is_covered("Patient/1", "Patient/1,Patient/2 to depth 1"));
        assert!(is_covered("Patient/1", "Patient/1/$everything"));
        assert!(is_covered("Patient/1", "Patient/1/_history"));
        assert!(!is_covered("Patient/3", "Patient/1,Patient/2"));
        assert!(!is_covered(
            "Observation?patient=1",
            "Patient/1/$everything"
        ));
    }
}
