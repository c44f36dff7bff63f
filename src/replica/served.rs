//! What a replica gives to others: searches and reads for whoever asks it over REST.

use super::codec::damaged;
use super::held::Held;
use super::versions::age;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::reference::references_in;
use crate::fhir::{Identity, Instant};
use crate::host::Store;
use crate::search::Query;
use crate::search::query::{Handling, Include, Shown};

/// How a search is answered to somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Searching<'a> {
    /// What links and full URLs begin with, without a slash at the end.
    pub base: &'a str,
    /// What to do about what cannot be answered.
    pub handling: Handling,
    /// The resource in whose compartment all is that may be seen; none: everything.
    pub within: Option<Identity<'a>>,
    /// How many matches a page has where the query does not say, and at most.
    pub count: (usize, usize),
    /// For `$everything`, which brings what its matches refer to.
    pub everything: Option<Everything<'a>>,
}

/// What `$everything` is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Everything<'a> {
    /// What links call it.
    pub called: &'a str,
    /// What of it is shown.
    pub shown: &'a Shown,
}

/// A version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `meta.versionId`; empty: unknown.
    pub id: String,
    /// `meta.lastUpdated`, or when it was deleted.
    pub last_updated: Option<Instant>,
    /// `None` where it is the deletion.
    pub bytes: Option<Vec<u8>>,
}

/// The name of a resource that another one refers to, and its content.
pub type Part = (String, Option<Vec<u8>>);

impl<S: Store> Replica<S> {
    /// Answers a search to somebody else.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub async fn search_for(&self, text: &str, asked: &Searching<'_>) -> Result<Vec<u8>> {
        let mut query = Query::parse(&self.reading(asked.handling), text)?;
        if let Some(within) = asked.within {
            query.narrow(&self.definitions, within)?;
        }
        let (usual, most) = asked.count;
        query.count = Some(query.count.unwrap_or(usual).min(most));
        query.followed = true;
        if let Some(everything) = asked.everything {
            query.text = everything.called.to_string();
            query.shown = everything.shown.clone();
            query.includes.push(Include::all());
        }
        self.found(&query, asked.base).await
    }

    /// The current version of a resource, or the one that is named; `None` where it is not held, or not
    /// in the compartment of `within`.
    ///
    /// Within a compartment, an earlier version is there only where the current one is there too, and it
    /// was itself about the same: what has moved to another patient is the other patient's, and so is what
    /// was this one's by mistake. A deletion has no content that would tell whose it was, and the version
    /// before it may not be kept: to tell of it would say that there was something. It is told to nobody
    /// whose access is narrowed.
    ///
    /// # Errors
    /// [`Code::Damaged`](crate::Code::Damaged) when what is stored cannot be read, and those of the store.
    pub async fn version_for(
        &self,
        identity: Identity<'_>,
        version: Option<&str>,
        within: Option<Identity<'_>>,
    ) -> Result<Option<Version>> {
        self.consistent(async |snapshot: &Snapshot| {
            self.version_in(snapshot, identity, version, within).await
        })
        .await
    }

    /// The current version of a resource, and of those that it refers to, all of one generation (L8): each
    /// once, by its name, without content where it is not held, deleted, or not in the compartment.
    ///
    /// # Errors
    /// Those of [`version_for`](Self::version_for).
    pub async fn with_references(
        &self,
        identity: Identity<'_>,
        within: Option<Identity<'_>>,
    ) -> Result<Option<(Version, Vec<Part>)>> {
        self.consistent(async |snapshot: &Snapshot| {
            let found = self.version_in(snapshot, identity, None, within).await?;
            let Some(found) = found else {
                return Ok(None);
            };
            let mut named = vec![identity];
            let mut parts = Vec::new();
            let bytes = found.bytes.as_deref().unwrap_or_default();
            for part in references_in(bytes, &[self.server()]) {
                if named.contains(&part) {
                    continue;
                }
                named.push(part);
                let found = self.version_in(snapshot, part, None, within).await?;
                parts.push((part.to_string(), found.and_then(|found| found.bytes)));
            }
            Ok(Some((found, parts)))
        })
        .await
    }

    /// [`version_for`](Self::version_for) in a snapshot.
    async fn version_in(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
        version: Option<&str>,
        within: Option<Identity<'_>>,
    ) -> Result<Option<Version>> {
        if snapshot.manifest.lacks(identity.kind) {
            return Err(damaged(identity.kind));
        }
        let held = self.kept_of(snapshot, identity).await?;
        let current = held.iter().rev().find(|it| it.current);
        let asked = match version {
            None => current,
            Some(version) => {
                let of_version = |it: &&Held| it.state().version == version;
                held.iter().filter(of_version).max_by_key(|it| age(it))
            }
        };
        let (Some(asked), Some(current)) = (asked, current) else {
            return Ok(None);
        };
        if !self.sees(snapshot, identity, current, within).await?
            || !self.sees(snapshot, identity, asked, within).await?
        {
            return Ok(None);
        }
        let state = asked.state();
        Ok(Some(Version {
            id: state.version.to_string(),
            last_updated: state.last_updated,
            bytes: match state.deleted {
                true => None,
                false => Some(self.resource(snapshot, asked.address).await?),
            },
        }))
    }

    /// Whether somebody who is narrowed to a compartment sees this version.
    pub(super) async fn sees(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
        held: &Held,
        within: Option<Identity<'_>>,
    ) -> Result<bool> {
        let Some(within) = within else {
            return Ok(true);
        };
        if held.state().deleted {
            return Ok(false);
        }
        let bytes = self.resource(snapshot, held.address).await?;
        Ok(self.is_inside(within, identity, &bytes))
    }

    /// The definitions that it searches by.
    pub fn definitions(&self) -> &crate::search::Definitions {
        &self.definitions
    }
}

/// Whether something has changed, or has come, at or after a time; what has no time may have.
pub(super) fn is_since(since: Instant, arrived: Option<Instant>, updated: Option<Instant>) -> bool {
    arrived.max(updated).is_none_or(|at| at >= since)
}
