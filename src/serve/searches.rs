//! Searches, by GET and by POST (R5 http.html#search).

use super::{Answered, Serving, ok};
use crate::host::Store;
use crate::replica::Searching;

/// How many matches a page has where nobody says, and at most.
const COUNT: (usize, usize) = (100, 1000);

impl<S: Store> Serving<'_, S> {
    /// `place`: what stands before the query's `?`.
    pub(super) async fn search(&self, place: &str) -> Answered {
        let text = format!("{place}?{}", self.query);
        let bundle = self.replica.search_for(&text, &self.searching()).await?;
        Ok(ok(bundle))
    }

    pub(super) fn searching(&self) -> Searching<'_> {
        Searching {
            base: self.settings.base,
            handling: self.wanted.handling,
            within: self.within,
            count: COUNT,
            everything: None,
        }
    }
}
