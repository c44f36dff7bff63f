//! The ways to pull a feed, why one was chosen, and what each can miss: in words that `explain` gives.
//!
//! | feed | first choice | where that can't be (H9) |
//! | --- | --- | --- |
//! | history of the server | `History` | `Types`: the history of each type |
//! | history of a type | `History` | `Changes`, then `Crawl`, of all of the type |
//! | history of a resource | `History` | `Read` |
//! | search for a type | a crawl, then `History` of the type | `Changes`, then `Crawl` |
//! | search with criteria | `Changes` | `Crawl` |
//! | export of several types | `Export` | `ExportTypes` |

/// How a feed is pulled. The numbers stand in manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    /// What the server's history tells since the last pull.
    History = 1,
    /// The history of each type that the server has, since it tells none of all together.
    Types = 2,
    /// A search for what changed since the last pull; where the server then counts otherwise than the
    /// replica, ids are compared.
    Changes = 3,
    /// The whole search, each time; then what it no longer brings is read.
    Crawl = 4,
    /// `$everything`, each time; then what it no longer brings is read.
    Everything = 5,
    /// Each resource is read, if it changed.
    Read = 6,
    /// As `Changes`, of a server that refuses to sort by `_lastUpdated`.
    Unsorted = 7,
    /// As `Read`, many with one request.
    Batch = 8,
    /// A bulk export of what changed since the last one.
    Export = 9,
    /// As `Export`, each type by itself (B5).
    ExportTypes = 10,
}

/// Why. The numbers stand in manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The CapabilityStatement says that the server can.
    Said = 1,
    /// The server told nothing of its capabilities: it is tried.
    Tried = 2,
    /// The CapabilityStatement does not name what a better way needs.
    Unnamed = 3,
    /// The server refused a better way when asked.
    Refused = 4,
    /// The server ignored `_lastUpdated` (P6).
    Ignored = 5,
    /// What the search finds depends on other resources too, so that `_lastUpdated` misses some.
    Related = 6,
    /// The replica can't answer the search itself, so that it can't tell what is there no more.
    Unanswerable = 7,
    /// There is no other way.
    Only = 8,
    /// The server counts more than it gives, whatever is asked for.
    Miscounted = 9,
    /// The server cut its history of everything short (P1).
    Cut = 10,
}

impl Strategy {
    pub(super) fn of_number(number: u8) -> Option<Strategy> {
        use Strategy::*;
        let all = [
            History,
            Types,
            Changes,
            Crawl,
            Everything,
            Read,
            Unsorted,
            Batch,
            Export,
            ExportTypes,
        ];
        all.into_iter().find(|it| *it as u8 == number)
    }

    /// Whether its requests say how many entries a page is to have.
    pub(super) fn asks_for_count(self) -> bool {
        use Strategy::*;
        matches!(self, History | Changes | Crawl | Everything | Unsorted)
    }

    /// Its name for programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Strategy::History => "history",
            Strategy::Types => "history-of-types",
            Strategy::Changes | Strategy::Unsorted => "changes",
            Strategy::Crawl => "crawl",
            Strategy::Everything => "everything",
            Strategy::Export | Strategy::ExportTypes => "export",
            Strategy::Read | Strategy::Batch => "read",
        }
    }

    /// What is done, in a sentence.
    pub(super) fn does(self) -> &'static str {
        match self {
            Strategy::History => {
                "The server's history since the last pull is read, from a little before it on."
            }
            Strategy::Types => {
                "The history of each type that the server has is read since the last pull."
            }
            Strategy::Changes | Strategy::Unsorted => {
                "What changed since the last pull is searched by _lastUpdated; then the server's count is \
                 compared with the replica's, and where they differ, ids and versions are."
            }
            Strategy::Crawl => {
                "The whole search is read each time; what it no longer brings is then read by itself."
            }
            Strategy::Everything => {
                "All that $everything gives is read each time; what it no longer brings is then read by itself."
            }
            Strategy::Export => {
                "What changed since the last export is exported in bulk, deletions included where the server lists them."
            }
            Strategy::ExportTypes => {
                "What changed since the last export is exported in bulk, one type after the other, deletions \
                 included where the server lists them."
            }
            Strategy::Read => "Each resource is read, unless it is still the version that is held.",
            Strategy::Batch => {
                "The resources are read, many with one request, unless they are still the versions that are held."
            }
        }
    }

    /// What it can miss, in a sentence.
    pub(super) fn misses(self, reason: Reason) -> &'static str {
        match (self, reason) {
            (_, Reason::Miscounted) => {
                "What the server counts and never gives, if there is any; and deletions, until verify finds them."
            }
            (Strategy::History | Strategy::Types, _) => {
                "What the server commits later than the overlap allows for; verify finds it."
            }
            (Strategy::Changes | Strategy::Unsorted, _) => {
                "A deletion, where the server's count is wrong or missing from its answer; verify finds it."
            }
            (Strategy::Crawl, Reason::Unanswerable) => {
                "Deletions, and resources that no longer match: the replica can't answer this search itself."
            }
            (Strategy::Crawl | Strategy::Everything, _) => {
                "A deletion that the server answers with 404 instead of 410: it is kept (R2)."
            }
            (Strategy::Export | Strategy::ExportTypes, _) => {
                "Deletions, where the server does not list them; verify finds them in an export of the whole server."
            }
            (Strategy::Read | Strategy::Batch, _) => "Nothing of these resources.",
        }
    }
}

impl Reason {
    pub(super) fn of_number(number: u8) -> Option<Reason> {
        use Reason::*;
        let all = [
            Said,
            Tried,
            Unnamed,
            Refused,
            Ignored,
            Related,
            Unanswerable,
            Only,
            Miscounted,
            Cut,
        ];
        all.into_iter().find(|it| *it as u8 == number)
    }

    /// In a sentence.
    pub(super) fn says(self) -> &'static str {
        match self {
            Reason::Said => "The server's CapabilityStatement says that it can.",
            Reason::Tried => "The server told nothing of its capabilities, so it was tried.",
            Reason::Unnamed => {
                "The server's CapabilityStatement does not name what a better way needs."
            }
            Reason::Refused => "The server refused a better way.",
            Reason::Ignored => "The server ignored _lastUpdated in a search.",
            Reason::Related => {
                "What the search finds depends on other resources too (a chain, an include, a list), \
                 so _lastUpdated would miss some."
            }
            Reason::Unanswerable => "The replica can't answer this search itself.",
            Reason::Only => "It is the only way for such a feed.",
            Reason::Miscounted => {
                "The server counts more than it gives, also of short times; its counts are not believed."
            }
            Reason::Cut => {
                "The server cut its history of everything short, with no link to the rest."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_manifests_are_read_back() {
        for number in 1..=10 {
            assert_eq!(Strategy::of_number(number).unwrap() as u8, number);
        }
        for number in 1..=10 {
            assert_eq!(Reason::of_number(number).unwrap() as u8, number);
        }
        assert_eq!((Strategy::of_number(0), Reason::of_number(0)), (None, None));
        assert_eq!(
            (Strategy::of_number(11), Reason::of_number(11)),
            (None, None)
        );
    }
}
