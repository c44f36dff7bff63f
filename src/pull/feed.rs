//! What to pull.

use crate::Result;
use crate::client::{Base, Link};
use crate::fhir::Instant;

/// How many entries to ask a page for. Servers give fewer where they must; few large pages cost
/// fewer round trips than many small ones.
const COUNT: u32 = 500;

/// A source of resources on the server, followed from pull to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The results of a search: `Observation?patient=123`.
    Search(String),
    /// The history of a type (`Observation`), a resource (`Patient/123`) or the whole server (`*`).
    History(String),
}

impl Feed {
    /// The feed as text, its name in checkpoints and progress.
    pub fn name(&self) -> String {
        match self {
            Feed::Search(search) => search.clone(),
            Feed::History(of) if of == "*" => "_history".to_string(),
            Feed::History(of) => format!("{of}/_history"),
        }
    }

    /// Where to begin: a history at `since`, a search always at its first page.
    ///
    /// # Errors
    /// [`Code::BadInput`](crate::Code::BadInput) for what is no search or history.
    pub(super) fn first_link(&self, base: &Base, since: Option<Instant>) -> Result<Link> {
        match self {
            Feed::History(of) => {
                let since = since.map(|since| since.to_string());
                base.history(of, since.as_deref(), Some(COUNT))
            }
            Feed::Search(search) if has_count(search) => base.search(search),
            Feed::Search(search) => {
                let separator = if search.contains('?') { '&' } else { '?' };
                base.search(&format!("{search}{separator}_count={COUNT}"))
            }
        }
    }
}

fn has_count(search: &str) -> bool {
    let parameters = search
        .split_once('?')
        .map_or("", |(_, parameters)| parameters);
    parameters
        .split('&')
        .any(|parameter| parameter.starts_with("_count="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_begin_where_their_name_says() {
        let base = Base::parse("https://x.org/fhir").unwrap();
        let link = |feed: Feed, since| feed.first_link(&base, since).unwrap().as_str().to_string();
        assert_eq!(
            link(Feed::Search("Patient".into()), None),
            "https://x.org/fhir/Patient?_count=500"
        );
        assert_eq!(
            link(
                Feed::Search("Patient?name=a&_count=5".into()),
                Some(Instant(0))
            ),
            "https://x.org/fhir/Patient?name=a&_count=5"
        );
        assert_eq!(
            link(Feed::History("Patient".into()), Some(Instant(0))),
            "https://x.org/fhir/Patient/_history?_since=1970-01-01T00:00:00.000Z&_count=500"
        );
        assert_eq!(Feed::History("*".into()).name(), "_history");
    }
}
