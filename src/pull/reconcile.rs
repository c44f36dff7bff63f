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

/// So many reads, then a look: where most of them were gone, the rest is read as well; where most
/// were there, the server cut its result short, and to go on would be to read all that it holds.
const READS: usize = 200;

/// The resources that the pages of a search brought.
#[derive(Debug, Default)]
pub(super) struct Seen(HashSet<Vec<u8>>);

impl Seen {
    pub(super) fn add(&mut self, page: &Page<'_>) {
        let identities = page.entries.iter().filter_map(|entry| entry.identity());
        self.0
            .extend(identities.map(|identity| identity.to_string().into_bytes()));
    }
}

impl<S, T, C, K, W, O> Follower<'_, '_, S, T, C, K, W, O>
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
        let ids = match self.session.replica.ids(search).await {
            Ok(ids) => ids,
            // A search that only the server can answer: its deletions are not seen.
            Err(error) if matches!(error.code(), Code::Unsupported | Code::BadInput) => {
                return Ok(outcome);
            }
            Err(error) => return Err(error),
        };
        let missing = ids.iter().map(|id| Identity { kind, id });
        let missing: Vec<_> = missing
            .filter(|identity| !seen.0.contains(identity.to_string().as_bytes()))
            .collect();
        for some in missing.chunks(READS) {
            let gone_before = outcome.deleted;
            for identity in some {
                self.ask_about(*identity, &mut outcome).await?;
            }
            if (outcome.deleted - gone_before) < some.len() as u64 / 2 {
                break;
            }
        }
        Ok(outcome)
    }

    async fn ask_about(&mut self, identity: Identity<'_>, outcome: &mut Outcome) -> Result<()> {
        let link = self.session.client.base().read(&identity.to_string())?;
        match self.session.client.get(&link).await {
            Ok(answer) => outcome.of_resource(&answer.body, &mut self.session.writer),
            Err(error) if error.is_gone() => outcome.of_gone(identity, &mut self.session.writer),
            Err(error) if matches!(error.code(), Code::NotFound | Code::Denied) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
