//! The versions of one resource: the current one, a given one, that of a time, all of them.

use super::held::Held;
use super::told::put_entry;
use super::{Replica, Snapshot};
use crate::fhir::text::put_string;
use crate::fhir::{Identity, Instant};
use crate::host::Store;
use crate::{Code, Error, Result};

/// Which versions a replica keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versions {
    /// The current one of each resource.
    #[default]
    Current,
    /// Every one that was pulled.
    All,
}

impl<S: Store> Replica<S> {
    /// The current version of a resource, byte for byte as the server sent it (L4); `None` when the
    /// replica does not hold it.
    ///
    /// # Errors
    /// [`Code::Gone`] when the server said that it was deleted.
    pub async fn read(&self, identity: Identity<'_>) -> Result<Option<Vec<u8>>> {
        self.version(identity, |held| {
            held.iter().rev().find(|version| version.current).cloned()
        })
        .await
    }

    /// A version of a resource by its `versionId`; `None` when the replica does not hold it.
    ///
    /// # Errors
    /// [`Code::Gone`] when that version is the deletion.
    pub async fn vread(&self, identity: Identity<'_>, version: &str) -> Result<Option<Vec<u8>>> {
        self.version(identity, |held| {
            let mut same = held.iter().rev();
            same.find(|held| held.state().version == version && !version.is_empty())
                .cloned()
        })
        .await
    }

    /// The version that was current at a time, by the server's clock; `None` when the replica holds
    /// none as old. Exact where all versions are kept and all were pulled.
    ///
    /// # Errors
    /// [`Code::Gone`] when it was deleted at that time.
    pub async fn read_at(&self, identity: Identity<'_>, at: Instant) -> Result<Option<Vec<u8>>> {
        self.version(identity, |held| {
            let then = held.iter().filter(|version| {
                let updated = version.state().last_updated;
                updated.is_some_and(|updated| updated <= at)
            });
            then.max_by_key(|version| age(version)).cloned()
        })
        .await
    }

    /// Every version held of a resource as a history Bundle, newest first.
    ///
    /// # Errors
    /// [`Code::NotFound`] when none is held.
    pub async fn history(&self, identity: Identity<'_>) -> Result<Vec<u8>> {
        self.whole(identity.kind, async |snapshot: &Snapshot| {
            let found = self.kept_of(snapshot, identity).await?;
            if found.is_empty() {
                let sentence = format!("The replica holds no version of this {}.", identity.kind);
                return Err(Error::new(Code::NotFound, sentence));
            }
            let order = |held: &Held| (held.current, age(held), held.address);
            // One by one, since they are few: a sort of their own would be much code.
            let mut held = found
                .into_iter()
                .fold(Vec::new(), |mut held: Vec<Held>, version| {
                    let newer = |other: &Held| order(other) > order(&version);
                    let place = held.partition_point(newer);
                    held.insert(place, version);
                    held
                });
            let mut seen = Vec::new();
            held.retain(|held| {
                let state = held.state();
                let name = (state.version.to_string(), state.deleted);
                let new = state.version.is_empty() || !seen.contains(&name);
                seen.push(name);
                new
            });
            self.history_of(snapshot, identity, &held).await
        })
        .await
    }

    /// The versions of a resource that are to be kept: what a merge will drop is not shown before it.
    pub(super) async fn kept_of(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
    ) -> Result<Vec<Held>> {
        let mut held = self.versions_of(snapshot, identity).await?;
        let all = self.versions(snapshot) == Versions::All;
        held.retain(|version| all || version.current);
        Ok(held)
    }

    async fn history_of(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
        held: &[Held],
    ) -> Result<Vec<u8>> {
        let mut out = br#"{"resourceType":"Bundle","type":"history","total":"#.to_vec();
        out.extend_from_slice(held.len().to_string().as_bytes());
        out.extend_from_slice(br#","link":[{"relation":"self","url":"#);
        put_string(&mut out, &format!("{}/{identity}/_history", self.server()));
        out.extend_from_slice(br#"}],"entry":["#);
        for (number, version) in held.iter().enumerate() {
            let state = version.state();
            out.extend_from_slice(if number == 0 { b"" } else { b"," });
            let resource = match state.deleted {
                true => None,
                false => Some(self.resource(snapshot, version.address).await?),
            };
            put_entry(
                &mut out,
                self.server(),
                identity,
                state.version,
                state.last_updated,
                resource.as_deref(),
            );
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }

    /// The bytes of the version that `choose` picks of those held.
    async fn version(
        &self,
        identity: Identity<'_>,
        choose: impl Fn(&[Held]) -> Option<Held>,
    ) -> Result<Option<Vec<u8>>> {
        self.whole(identity.kind, async |snapshot: &Snapshot| {
            let held = self.kept_of(snapshot, identity).await?;
            let Some(version) = choose(&held) else {
                return Ok(None);
            };
            if version.state().deleted {
                let sentence = format!("This {} was deleted on the server.", identity.kind);
                return Err(Error::new(Code::Gone, sentence));
            }
            Ok(Some(self.resource(snapshot, version.address).await?))
        })
        .await
    }
}

/// What versions are ordered by. Of the same moment the current one is the latest; of the others the
/// one with the higher number, where they have numbers.
pub(super) fn age(version: &Held) -> (Option<Instant>, bool, Option<u64>) {
    let state = version.state();
    let number = state.version.parse().ok();
    (state.last_updated, version.current, number)
}
