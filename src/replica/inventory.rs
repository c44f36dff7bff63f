//! What of a feed is held, in which versions: what a server's word is compared with.

use std::collections::HashMap;

use super::held::Names;
use super::ids::packed;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::{FhirVersion, Identity, Instant};
use crate::host::Store;
use crate::search::Query;
use crate::search::query::Handling;

impl<S: Store> Replica<S> {
    /// The version of FHIR that the replica was opened for.
    pub fn fhir_version(&self) -> Option<FhirVersion> {
        FhirVersion::parse(self.definitions.version())
    }

    /// That the replica can answer this search, whatever it holds.
    ///
    /// # Errors
    /// Those of [`search`](Self::search) for what it can't.
    pub fn understands(&self, search: &str) -> Result<()> {
        Query::parse(&self.reading(Handling::Strict), search).map(drop)
    }

    /// The current versions of these resources of one type, in their order; `None` for what is not held,
    /// held in part only (L5), or deleted.
    ///
    /// # Errors
    /// [`Code::Damaged`](crate::Code::Damaged) when what is stored cannot be read.
    pub async fn versions_held(&self, kind: &str, ids: &[String]) -> Result<Vec<Option<String>>> {
        let ids: Vec<Vec<u8>> = ids.iter().map(|id| packed(id)).collect();
        let of_kind = ids.iter().map(Vec::as_slice).collect();
        let names: Names<'_> = HashMap::from([(kind, of_kind)]);
        self.consistent(async |snapshot: &Snapshot| {
            let known = self.held(snapshot, &names).await?;
            let version = |id: &Vec<u8>| {
                let state = known.current(kind, id)?.state();
                (!state.deleted && !state.partial).then(|| state.version.to_string())
            };
            Ok(ids.iter().map(version).collect())
        })
        .await
    }

    /// The version and time of the current version of a resource, if it is held whole and not deleted.
    ///
    /// # Errors
    /// [`Code::Damaged`](crate::Code::Damaged) when what is stored cannot be read.
    pub async fn current_version(
        &self,
        identity: Identity<'_>,
    ) -> Result<Option<(String, Option<Instant>)>> {
        self.consistent(async |snapshot: &Snapshot| {
            let held = self.versions_of(snapshot, identity).await?;
            let current = held.iter().rev().find(|held| held.current);
            let state = current.map(|held| held.state());
            let whole = state.filter(|state| !state.deleted && !state.partial);
            Ok(whole.map(|state| (state.version.to_string(), state.last_updated)))
        })
        .await
    }

    /// Notes that a feed was whole at this time by the server's clock, where nothing else is new: for
    /// as long as the replica is open, since that alone is worth no commit.
    pub fn confirm(&self, feed: &str, as_of: Instant) {
        self.confirmed.borrow_mut().insert(feed.to_string(), as_of);
    }

    /// As of when what a feed brought is whole.
    pub(super) fn confirmed_as_of(
        &self,
        feed: &str,
        committed: Option<Instant>,
    ) -> Option<Instant> {
        let confirmed = self.confirmed.borrow().get(feed).copied();
        committed.map(|committed| confirmed.map_or(committed, |it| it.max(committed)))
    }
}
