//! What to pull.

use crate::client::{Base, Link};
use crate::fhir::reference::is_type;
use crate::fhir::{Identity, Instant};
use crate::{Code, Error, Result};

/// How many entries to ask a page for. Servers give fewer where they must; few large pages cost
/// fewer round trips than many small ones.
pub(super) const COUNT: u32 = 500;
/// So many of a server that refuses more.
pub(super) const FEW: u32 = 50;

/// Begins the name of a part of the server's history.
const OF_TYPE: &str = "_history?_type=";

/// Whether it is the name of a part of the feed: the history of one type, in place of the server's own.
pub(super) fn is_part(of: &str, name: &str) -> bool {
    of == "_history" && name.starts_with(OF_TYPE)
}

/// A source of resources on the server, followed from pull to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The results of a search: `Observation?patient=123`.
    Search(String),
    /// The history of a type (`Observation`), a resource (`Patient/123`) or the whole server (`*`).
    History(String),
    /// What belongs to a patient (`Patient/123`), as the server's `$everything` gives it.
    Everything(String),
    /// Resources by name, and those that they refer to.
    References {
        /// `Patient/123`, ...
        of: Vec<String>,
        /// How many references deep to follow: 0 for none.
        depth: u32,
    },
    /// What the server exports in bulk.
    Export {
        /// All of the server (`*`), all that belongs to patients (`Patient`), or to those of a group
        /// (`Group/7`).
        of: String,
        /// Of these types only, where there are any.
        types: Vec<String>,
    },
}

impl Feed {
    /// The feed as text, its name in checkpoints and progress.
    pub fn name(&self) -> String {
        match self {
            Feed::Search(search) => search.clone(),
            Feed::History(of) if of == "*" => "_history".to_string(),
            Feed::History(of) => format!("{of}/_history"),
            Feed::Everything(of) => format!("{of}/$everything"),
            Feed::References { of, depth: 0 } => of.join(","),
            Feed::References { of, depth } => format!("{} to depth {depth}", of.join(",")),
            Feed::Export { of, types } => {
                let of = if of == "*" {
                    String::new()
                } else {
                    format!("{of}/")
                };
                let types = match types.is_empty() {
                    true => String::new(),
                    false => format!("?_type={}", types.join(",")),
                };
                format!("{of}$export{types}")
            }
        }
    }

    /// The name under which the history of a type is followed for the server's own.
    pub(super) fn part_name(kind: &str) -> String {
        format!("{OF_TYPE}{kind}")
    }

    /// The feed that a name stands for.
    ///
    /// # Errors
    /// [`Code::BadInput`] for a text that no feed has as its name.
    pub fn of_name(name: &str) -> Result<Feed> {
        let (path, query) = name.split_once('?').unwrap_or((name, ""));
        let parsed = match path {
            // What stands behind it is a part of that feed (`part_name`).
            "_history" => query.is_empty().then(|| Feed::History("*".to_string())),
            path if path.ends_with("$export") => {
                let of = path.trim_end_matches("$export").trim_end_matches('/');
                let types = query.strip_prefix("_type=").unwrap_or_default().split(',');
                Some(Feed::Export {
                    of: if of.is_empty() { "*" } else { of }.to_string(),
                    types: types
                        .filter(|it| !it.is_empty())
                        .map(str::to_string)
                        .collect(),
                })
            }
            kind if is_type(kind) => Some(Feed::Search(name.to_string())),
            _ if !query.is_empty() => None,
            path => match path.rsplit_once('/') {
                Some((of, "_history")) => Some(Feed::History(of.to_string())),
                Some((of, "$everything")) => Some(Feed::Everything(of.to_string())),
                _ => {
                    let (of, depth) = path.split_once(" to depth ").unwrap_or((path, "0"));
                    let depth = depth.parse().ok();
                    depth.map(|depth| Feed::References {
                        of: of.split(',').map(str::to_string).collect(),
                        depth,
                    })
                }
            },
        };
        parsed.filter(|feed| feed.check().is_ok()).ok_or_else(|| {
            Error::new(
                Code::BadInput,
                "That is the name of no feed; give it as pull was given it.",
            )
        })
    }

    /// That the feed can be pulled at all, by its own words.
    ///
    /// # Errors
    /// [`Code::BadInput`] otherwise.
    pub fn check(&self) -> Result<()> {
        let is_reference = |text: &str| Identity::parse(text).is_some();
        let sentence = match self {
            Feed::Search(search) if !is_type(kind_of(search)) => {
                "A search to pull needs a resource type and a query, such as Observation?patient=123."
            }
            Feed::History(of) if of != "*" && !is_type(of) && !is_reference(of) => {
                "A history is of one resource (Patient/123), of a type (Patient) or of the whole server (*)."
            }
            Feed::Everything(of) if !is_reference(of) => {
                "Everything is of one resource, such as Patient/123."
            }
            Feed::References { of, .. }
                if of.is_empty() || !of.iter().all(|it| is_reference(it)) =>
            {
                "References to pull are a list of names such as Patient/123."
            }
            Feed::Export { of, types }
                if (of != "*" && of != "Patient" && !is_reference(of))
                    || !types.iter().all(|it| is_type(it)) =>
            {
                "An export is of all (*), of Patient or of a group (Group/7), and of resource types."
            }
            _ => return Ok(()),
        };
        Err(Error::new(Code::BadInput, sentence))
    }

    /// The resource type, where the feed is of one.
    pub(super) fn kind(&self) -> Option<&str> {
        match self {
            Feed::Search(search) => Some(kind_of(search)),
            Feed::History(of) if is_type(of) => Some(of),
            _ => None,
        }
    }
}

/// The type of a search.
pub(super) fn kind_of(search: &str) -> &str {
    search.split('?').next().unwrap_or_default()
}

/// The link of a search with more parameters, each `name=value`.
///
/// # Errors
/// [`Code::BadInput`] for what is no search.
pub(super) fn search_link(base: &Base, search: &str, more: &[String]) -> Result<Link> {
    let mut search = search.to_string();
    for parameter in more {
        let separator = if search.contains('?') { '&' } else { '?' };
        search.push(separator);
        search += parameter;
    }
    base.search(&search)
}

/// The link of a history from `since` on.
///
/// # Errors
/// [`Code::BadInput`] for what has none.
pub(super) fn history_link(
    base: &Base,
    of: &str,
    since: Option<Instant>,
    count: u32,
) -> Result<Link> {
    let since = since.map(|since| since.to_string());
    base.history(of, since.as_deref(), Some(count))
}

/// `_count`, where the search does not say it itself.
pub(super) fn count_of(search: &str, count: u32) -> Option<String> {
    (!asks(search, "_count")).then(|| format!("_count={count}"))
}

/// Whether the search has this parameter, with or without a modifier.
pub(super) fn asks(search: &str, name: &str) -> bool {
    parameters(search).any(|it| it.split(':').next() == Some(name))
}

/// The names of a search's parameters, with their modifiers.
pub(super) fn parameters(search: &str) -> impl Iterator<Item = &str> {
    let query = search.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split('=').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_begin_where_their_name_says() {
        let base = Base::parse("https://x.org/fhir").unwrap();
        let search = |text: &str| {
            let count = count_of(text, COUNT);
            let link = search_link(&base, text, count.as_slice()).unwrap();
            link.as_str().to_string()
        };
        assert_eq!(search("Patient"), "https://x.org/fhir/Patient?_count=500");
        assert_eq!(
            search("Patient?name=a&_count=5"),
            "https://x.org/fhir/Patient?name=a&_count=5"
        );
        let history = history_link(&base, "Patient", Some(Instant(0)), COUNT).unwrap();
        assert_eq!(
            history.as_str(),
            "https://x.org/fhir/Patient/_history?_since=1970-01-01T00:00:00.000Z&_count=500"
        );
    }

    #[test]
    fn a_feed_is_found_again_by_its_name() {
        let references = |depth| Feed::References {
            of: vec!["Patient/1".into(), "Group/a".into()],
            depth,
        };
        let export = |of: &str, types: &[&str]| Feed::Export {
            of: of.into(),
            types: types.iter().map(|it| it.to_string()).collect(),
        };
        for feed in [
            Feed::Search("Patient".into()),
            Feed::Search("Patient?name=a/b,c".into()),
            Feed::History("*".into()),
            Feed::History("Patient".into()),
            Feed::History("Patient/1".into()),
            Feed::Everything("Patient/1".into()),
            references(0),
            references(3),
            export("*", &[]),
            export("Patient", &["Observation"]),
            export("Group/7", &["Patient", "Condition"]),
        ] {
            assert_eq!(Feed::of_name(&feed.name()).unwrap(), feed);
        }
        for name in [
            "",
            "x",
            "patient?a=b",
            "Patient/1?x=y",
            &Feed::part_name("Patient"),
            "a/b/_history",
            "Patient/1 to depth x",
        ] {
            assert_eq!(
                Feed::of_name(name).unwrap_err().code(),
                Code::BadInput,
                "{name}"
            );
        }
    }
}
