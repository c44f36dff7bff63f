//! Which way a feed is pulled, by what the server says of itself; what it then does may change it.

use super::Feed;
use super::feed::{asks, kind_of, parameters};
use super::strategy::{Reason, Strategy};
use crate::fhir::Capability;
use crate::fhir::reference::is_type;
use crate::{Code, Error};

/// The way to begin with. `capability`: `None` where the server tells nothing; `answerable`: whether the
/// replica can answer the feed's search itself.
pub(super) fn choose(
    feed: &Feed,
    capability: Option<&Capability>,
    answerable: bool,
) -> (Strategy, Reason) {
    let named = |is: &dyn Fn(&Capability) -> bool| match capability {
        None => Some(Reason::Tried),
        Some(capability) if is(capability) => Some(Reason::Said),
        Some(_) => None,
    };
    let has_history = |kind: &str, interaction: &str| {
        named(&|it| it.of(kind).is_some_and(|of| of.does(interaction)))
    };
    match feed {
        Feed::History(of) if of == "*" => match named(&|it| it.does("history-system")) {
            Some(reason) => (Strategy::History, reason),
            None => (Strategy::Types, Reason::Unnamed),
        },
        Feed::History(of) if is_type(of) => match has_history(of, "history-type") {
            Some(reason) => (Strategy::History, reason),
            None => by_search(of, capability, answerable, Reason::Unnamed),
        },
        Feed::History(of) => {
            let kind = of.split('/').next().unwrap_or_default();
            match has_history(kind, "history-instance") {
                Some(reason) => (Strategy::History, reason),
                None => (Strategy::Read, Reason::Unnamed),
            }
        }
        Feed::Search(search) => {
            if !answerable {
                return (Strategy::Crawl, Reason::Unanswerable);
            }
            if !is_followed_by_time(search) {
                return (Strategy::Crawl, Reason::Related);
            }
            // Only where it is known: the history of a type that has none is a failed request.
            if capability.is_some() && parameters(search).all(|name| name == "_count") {
                let kind = kind_of(search);
                if let Some(reason) = has_history(kind, "history-type") {
                    return (Strategy::History, reason);
                }
            }
            by_search(search, capability, answerable, Reason::Said)
        }
        Feed::Everything(_) => (Strategy::Everything, Reason::Only),
        Feed::Export { .. } => (Strategy::Export, Reason::Only),
        Feed::References { .. } => match capability.is_some_and(|it| it.does("batch")) {
            true => (Strategy::Batch, Reason::Said),
            false => (Strategy::Read, Reason::Only),
        },
    }
}

/// Whether the way depends on what the server says that it can do.
pub(super) fn asks_capability(feed: &Feed, answerable: bool) -> bool {
    match feed {
        Feed::History(_) => true,
        Feed::Search(search) => answerable && is_followed_by_time(search),
        Feed::Everything(_) | Feed::Export { .. } => false,
        Feed::References { .. } => true,
    }
}

/// By `_lastUpdated`, if the server knows it.
fn by_search(
    search: &str,
    capability: Option<&Capability>,
    answerable: bool,
    reason: Reason,
) -> (Strategy, Reason) {
    if !answerable {
        return (Strategy::Crawl, Reason::Unanswerable);
    }
    match capability {
        None => (Strategy::Changes, Reason::Tried),
        Some(capability) => {
            let of_type = capability.of(kind_of(search));
            match of_type.is_some_and(|of| of.searches_by("_lastUpdated")) {
                true => (Strategy::Changes, reason),
                false => (Strategy::Crawl, Reason::Unnamed),
            }
        }
    }
}

/// The next way, after the server answered with this error (H9); `None` where there is none.
pub(super) fn instead(
    feed: &Feed,
    strategy: Strategy,
    error: &Error,
    answerable: bool,
) -> Option<(Strategy, Reason)> {
    let refused = match error.status() {
        Some(400 | 404 | 405 | 406 | 422 | 501) => true,
        Some(403) => strategy == Strategy::History,
        // It was answered with something else.
        None => strategy == Strategy::History && error.code() == Code::Unsupported,
        _ => false,
    };
    if !refused {
        return None;
    }
    let next = match (strategy, feed) {
        (Strategy::History, Feed::History(of)) if of == "*" => Strategy::Types,
        (Strategy::History, Feed::History(of)) if !is_type(of) => Strategy::Read,
        (Strategy::History, _) if answerable => Strategy::Changes,
        (Strategy::Changes, _) => Strategy::Unsorted,
        (Strategy::Export, Feed::Export { types, .. }) if types.len() > 1 => Strategy::ExportTypes,
        (Strategy::History | Strategy::Unsorted, _) => Strategy::Crawl,
        _ => return None,
    };
    Some((next, Reason::Refused))
}

/// Whether a search for what changed lately finds all that there is to learn of it.
fn is_followed_by_time(search: &str) -> bool {
    !depends_on_others(search) && !asks(search, "_elements") && !asks(search, "_summary")
}

/// Whether a resource can begin or cease to match while it does not change itself, or more comes than
/// matches: its own `lastUpdated` then says nothing (H10).
pub(super) fn depends_on_others(search: &str) -> bool {
    const RELATED: [&str; 7] = [
        "_has",
        "_include",
        "_revinclude",
        "_list",
        "_contained",
        "_filter",
        "_query",
    ];
    RELATED.iter().any(|name| asks(search, name))
        || parameters(search).any(|name| {
            let (name, modifier) = name.split_once(':').unwrap_or((name, ""));
            let related = ["in", "not-in", "above", "below"].contains(&modifier);
            related || name.contains('.') || modifier.contains('.')
        })
}

/// Whether the error says that a search can't be answered here.
pub(super) fn is_unanswerable(error: &Error) -> bool {
    matches!(error.code(), Code::Unsupported | Code::BadInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(text: &str) -> Capability {
        Capability::read(text.as_bytes()).unwrap()
    }

    fn all() -> Capability {
        capability(
            r#"{"resourceType":"CapabilityStatement","rest":[{"interaction":[{"code":"history-system"}],
                "resource":[{"type":"Patient","interaction":[{"code":"history-type"},{"code":"history-instance"}],
                             "searchParam":[{"name":"_lastUpdated"}]}]}]}"#,
        )
    }

    #[test]
    fn h9_the_way_follows_what_the_server_says_that_it_can() {
        let history = |of: &str| Feed::History(of.into());
        let search = |text: &str| Feed::Search(text.into());
        let all = all();
        let none = capability(
            r#"{"resourceType":"CapabilityStatement","rest":[{"resource":[{"type":"Patient"}]}]}"#,
        );
        let way = |feed: &Feed, capability| choose(feed, capability, true);
        use Reason::*;
        use Strategy::*;
        for (feed, said, tried, unnamed) in [
            (
                history("*"),
                (History, Said),
                (History, Tried),
                (Types, Unnamed),
            ),
            (
                history("Patient"),
                (History, Said),
                (History, Tried),
                (Crawl, Unnamed),
            ),
            (
                history("Patient/1"),
                (History, Said),
                (History, Tried),
                (Read, Unnamed),
            ),
            (
                search("Patient"),
                (History, Said),
                (Changes, Tried),
                (Crawl, Unnamed),
            ),
            (
                search("Patient?name=a"),
                (Changes, Said),
                (Changes, Tried),
                (Crawl, Unnamed),
            ),
            (
                Feed::Everything("Patient/1".into()),
                (Everything, Only),
                (Everything, Only),
                (Everything, Only),
            ),
        ] {
            assert_eq!(way(&feed, Some(&all)), said, "{feed:?}");
            assert_eq!(way(&feed, None), tried, "{feed:?}");
            assert_eq!(way(&feed, Some(&none)), unnamed, "{feed:?}");
        }
        let unanswerable = choose(&search("Patient?near=1"), Some(&all), false);
        assert_eq!(unanswerable, (Crawl, Unanswerable));
    }

    #[test]
    fn h10_a_search_whose_matches_depend_on_others_is_not_followed_by_last_updated() {
        for search in [
            "Observation?patient.name=a",
            "Observation?subject:Patient.name=a",
            "Patient?_has:Observation:patient:code=x",
            "Observation?_include=Observation:patient",
            "Patient?_revinclude:iterate=Observation:patient",
            "Patient?_list=42",
            "Observation?code:in=http://v",
            "Observation?code:below=x",
            "Patient?_elements=name",
        ] {
            assert!(!is_followed_by_time(search), "{search}");
        }
        for search in [
            "Patient",
            "Patient?name=a.b&birthdate=ge2020",
            "Observation?code:text=x",
        ] {
            assert!(is_followed_by_time(search), "{search}");
        }
    }

    #[test]
    fn h9_a_refusal_leads_to_the_next_way_and_a_failure_to_none() {
        let error = |status| Error::new(Code::Http, "x").with_status(status);
        let feed = Feed::History("Patient".into());
        let next = |strategy, status| instead(&feed, strategy, &error(status), true);
        let refused = |strategy| Some((strategy, Reason::Refused));
        assert_eq!(next(Strategy::History, 501), refused(Strategy::Changes));
        assert_eq!(next(Strategy::Changes, 400), refused(Strategy::Unsorted));
        assert_eq!(next(Strategy::Unsorted, 400), refused(Strategy::Crawl));
        assert_eq!(next(Strategy::Crawl, 400), None);
        assert_eq!(next(Strategy::History, 500), None);
        assert_eq!(next(Strategy::History, 401), None);
        let server = Feed::History("*".into());
        assert_eq!(
            instead(&server, Strategy::History, &error(404), true),
            refused(Strategy::Types)
        );
        let one = Feed::History("Patient/1".into());
        assert_eq!(
            instead(&one, Strategy::History, &error(405), true),
            refused(Strategy::Read)
        );
    }
}
