//! Holds a feed against the server, resource by resource, and mends what differs (H8).

use serde::Serialize;

use super::Feed;
use super::context::Ports;
use super::follow::Follower;
use crate::Result;

/// What was found of a feed. Serialises as JavaScript's `Verified`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// The feed's name.
    pub feed: String,
    /// How many resources the server named.
    pub resources: u64,
    /// On the server, and not held.
    pub missing: u64,
    /// Held in another version than the server's.
    pub stale: u64,
    /// Held, and not named by the server.
    pub extra: u64,
    /// Whether that was mended: what was missing or stale was read, and of what was extra was asked
    /// whether it is deleted.
    pub repaired: bool,
}

impl<P: Ports> Follower<'_, '_, P> {
    /// Compares, and mends where it is told to.
    pub(super) async fn verify(&mut self, repair: bool) -> Result<Verified> {
        self.feed.check()?;
        let searches = match (&self.feed, self.search()) {
            (_, Some(search)) => vec![search],
            (Feed::History(of) | Feed::Export { of, .. }, None) if of == "*" => {
                self.types_of_server().await?
            }
            // These are read in whole each time: a pull is the comparison.
            _ => return self.verify_by_pull().await,
        };
        let mut all = Verified {
            feed: self.progress.feed.clone(),
            repaired: repair,
            ..Verified::default()
        };
        for search in searches {
            let difference = self.compare(&search, None).await?;
            difference.count_in(&mut all);
            if repair {
                self.mend(&difference).await?;
            }
        }
        // A feed that was never pulled is not begun by this.
        if repair && self.checkpoint.strategy != 0 {
            self.note().await;
        }
        Ok(all)
    }

    async fn verify_by_pull(&mut self) -> Result<Verified> {
        let pulled_before = self.checkpoint.complete;
        self.follow().await?;
        let progress = &self.progress;
        Ok(Verified {
            feed: progress.feed.clone(),
            resources: progress.resources,
            missing: if pulled_before { 0 } else { progress.stored },
            stale: if pulled_before { progress.stored } else { 0 },
            extra: progress.deleted + progress.unaccounted,
            repaired: true,
        })
    }

    /// Every type that may be there: as the server says, and as is held.
    async fn types_of_server(&mut self) -> Result<Vec<String>> {
        let held = self.pull.replica.status().types.into_iter();
        let mut types: Vec<String> = held.map(|of_type| of_type.kind).collect();
        if let Some(capability) = self.pull.capability().await? {
            let searched = capability.types.iter().filter(|it| it.does("search-type"));
            super::session::join(
                &mut types,
                &searched.map(|it| it.kind.clone()).collect::<Vec<_>>(),
            );
        }
        Ok(types)
    }
}
