//! What a search no longer finds: deleted on the server, or changed so that it does not match.
//!
//! A search shows what is there and not what is gone (H9). After one was followed from its first
//! page to its last, whatever the same search finds in the replica and the server did not send is
//! read by itself: 410 is a deletion (R2), an answer is a newer version. 404 and 403 say nothing
//! for certain and leave the copy as it is.

use std::collections::HashSet;

use super::Observer;
use super::apply::Outcome;
use super::follow::Follower;
use crate::client::Credentials;
use crate::fhir::{Identity, Page};
use crate::host::{Clock, Store, Transport};
use crate::{Code, Result};

/// The most reads after one search. More than these missing at once means that the server cut its
/// result short, not that all was deleted.
const READS: usize = 200;

/// The resources that the pages of a search brought.
#[derive(Debug, Default)]
pub(super) struct Seen(HashSet<String>);

impl Seen {
    pub(super) fn add(&mut self, page: &Page<'_>) {
        let identities = page.entries.iter().filter_map(|entry| entry.identity());
        self.0
            .extend(identities.map(|identity| identity.to_string()));
    }
}

impl<S, T, C, K, W, O> Follower<'_, S, T, C, K, W, O>
where
    S: Store + 'static,
    T: Transport,
    C: Clock,
    K: Credentials,
    W: Clock,
    O: Observer,
{
    /// Asks the server about what `search` finds here and did not find there.
    pub(super) async fn reconcile(&mut self, search: &str, seen: &Seen) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let kind = search.split('?').next().unwrap_or_default();
        let ids = match self.replica.ids(search).await {
            Ok(ids) => ids,
            // A search that only the server can answer: its deletions are not seen.
            Err(error) if error.code() == Code::Unsupported => return Ok(outcome),
            Err(error) => return Err(error),
        };
        let missing = ids.iter().map(|id| Identity { kind, id });
        let missing: Vec<_> = missing
            .filter(|identity| !seen.0.contains(&identity.to_string()))
            .collect();
        if missing.len() > READS {
            return Ok(outcome);
        }
        for identity in missing {
            let link = self.client.base().read(&identity.to_string())?;
            match self.client.get(&link).await {
                Ok(answer) => outcome.of_resource(&answer.body, self.writer)?,
                Err(error) if error.is_gone() => outcome.of_gone(identity, self.writer)?,
                Err(error) if matches!(error.code(), Code::NotFound | Code::Denied) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(outcome)
    }
}
