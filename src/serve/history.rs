//! The history of a resource, a type and all (R5 http.html#history).

use super::parameters::Given;
use super::refused::Refused;
use super::{Answered, Serving, ok};
use crate::fhir::{DateRange, Instant};
use crate::host::Store;
use crate::replica::Telling;
use crate::search::query::Handling;

/// How many entries a page has where nobody says, and at most.
const COUNT: (usize, usize) = (100, 1000);

impl<S: Store> Serving<'_, S> {
    pub(super) async fn history(&self, kind: Option<&str>, id: Option<&str>) -> Answered {
        let mut given = Given::of(&self.query)?;
        let strict = self.wanted.handling == Handling::Strict;
        given.only(&["_since", "_at", "_count", "_sort", "_page"], strict)?;
        let page = given.take("_page");
        let (usual, most) = COUNT;
        let count = match given.get("_count") {
            None => usual,
            Some(count) => number("_count", count)?.min(most),
        };
        let ascending = match given.get("_sort") {
            None | Some("-_lastUpdated") => false,
            Some("_lastUpdated") => true,
            Some(_) => {
                let sentence = "A history is sorted by `_lastUpdated` or by `-_lastUpdated`.";
                return Err(Refused::new(400, "not-supported", sentence));
            }
        };
        let at = given.get("_at").map(|at| {
            let sentence = "`_at` is a date or a time, such as 2026-01-31.";
            DateRange::parse(&zoned(at)).ok_or_else(|| Refused::new(400, "invalid", sentence))
        });
        let path = [kind, id, Some("_history")];
        let path: Vec<&str> = path.into_iter().flatten().collect();
        let telling = Telling {
            base: self.settings.base,
            called: &given.after(&path.join("/")),
            kind,
            id,
            since: since(&given)?,
            at: at.transpose()?,
            ascending,
            count,
            page: page.as_deref(),
            within: self.within,
        };
        let bundle = self.replica.history_for(&telling).await?;
        let missing = || Refused::not_found(kind.unwrap_or("resource"));
        bundle.map(ok).ok_or_else(missing)
    }
}

/// `_since`, an instant (H10).
pub(super) fn since(given: &Given<'_>) -> Result<Option<Instant>, Refused> {
    let since = given.get("_since").map(|since| {
        let sentence = "`_since` needs a date, seconds and a zone, such as 2026-01-31T12:00:00Z.";
        Instant::parse(&zoned(since)).ok_or_else(|| Refused::new(400, "invalid", sentence))
    });
    since.transpose()
}

/// The `+` of a zone comes out of an address as a space.
fn zoned(text: &str) -> String {
    text.replace(' ', "+")
}

fn number(name: &str, text: &str) -> Result<usize, Refused> {
    text.parse().map_err(|_| {
        let sentence = format!("The value of `{name}` is no whole number.");
        Refused::new(400, "invalid", sentence)
    })
}
