//! What a search no longer finds: deleted on the server, or changed so that it does not match.
//!
//! A search shows what is there and not what is gone (H9). After one was followed from its first
//! page to its last, whatever the same search finds in the replica and the server did not send is
//! read by itself: 410 is a deletion (R2), an answer is a newer version. 404 and 403 say nothing
//! for certain and leave the copy as it is.

use std::collections::HashSet;

use super::apply::Outcome;
use super::session::Session;
use crate::client::{Client, Credentials};
use crate::fhir::reference::is_type;
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

/// Asks the server about what `search` finds here and did not find there.
pub(super) async fn reconcile<S, T, C, K, W, O>(
    session: &mut Session<'_, S, W, O>,
    client: &Client<T, C, K>,
    search: &str,
    seen: &Seen,
) -> Result<Outcome>
where
    S: Store + 'static,
    T: Transport,
    C: Clock,
    K: Credentials,
{
    let mut outcome = Outcome::default();
    let kind = search.split('?').next().unwrap_or_default();
    if !is_type(kind) {
        // Of a compartment or of several types: what is found would have to be told apart.
        return Ok(outcome);
    }
    let ids = match session.replica.ids(search).await {
        Ok(ids) => ids,
        // A search that only the server can answer: its deletions are not seen.
        Err(error) if matches!(error.code(), Code::Unsupported | Code::BadInput) => {
            return Ok(outcome);
        }
        Err(error) => return Err(error),
    };
    let named = |id: &String| format!("{kind}/{id}");
    let missing = ids.iter().map(named);
    let missing: Vec<String> = missing
        .filter(|name| !seen.0.contains(name.as_bytes()))
        .collect();
    for some in missing.chunks(READS) {
        let gone_before = outcome.deleted;
        for name in some {
            let link = client.base().read(name)?;
            match (client.get(&link).await, Identity::parse(name)) {
                (Ok(answer), _) => {
                    outcome
                        .of_resource(&answer.body, &mut session.writer)
                        .await?
                }
                (Err(error), Some(identity)) if error.is_gone() => {
                    outcome.of_gone(identity, &mut session.writer).await?;
                }
                (Err(error), _) if matches!(error.code(), Code::NotFound | Code::Denied) => {}
                (Err(error), _) => return Err(error),
            }
        }
        if (outcome.deleted - gone_before) < some.len() as u64 / 2 {
            break;
        }
    }
    Ok(outcome)
}
