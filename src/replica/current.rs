//! Which version of a resource is the current one: among what is stored, and of two versions.

use std::rc::Rc;

use super::directory::{Directory, Record};
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;

/// A stored document: entry of the manifest, part, document, and whether it says "deleted".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) entry: usize,
    pub(super) part: usize,
    pub(super) document: u32,
    pub(super) deleted: bool,
}

/// The directories of a snapshot by type: entry of the manifest, part, directory.
#[derive(Debug, Default)]
pub(super) struct Directories(Vec<(String, Vec<Place>)>);

type Place = (usize, usize, Rc<Directory>);

impl Directories {
    /// All of them: a writer asks for every resource that comes.
    pub(super) async fn load<S: Store>(replica: &Replica<S>, snapshot: &Snapshot) -> Result<Self> {
        let mut directories = Directories::default();
        for (entry, part, directory) in replica.directories(snapshot, None).await? {
            let kind = &snapshot.manifest.segments[entry].parts[part].kind;
            directories.add(kind, entry, part, directory);
        }
        Ok(directories)
    }

    /// Adds the directory of a part that was written after these were loaded.
    pub(super) fn add(&mut self, kind: &str, entry: usize, part: usize, directory: Rc<Directory>) {
        let place = (entry, part, directory);
        match self.0.iter_mut().find(|(known, _)| known == kind) {
            Some((_, places)) => places.push(place),
            None => self.0.push((kind.to_string(), vec![place])),
        }
    }

    /// The current version of a resource in the snapshot that the directories are of.
    pub(super) fn current(
        &self,
        snapshot: &Snapshot,
        kind: &str,
        id: &[u8],
    ) -> Option<(Stored, Record<'_>)> {
        let (_, parts) = self.0.iter().find(|(known, _)| known == kind)?;
        parts.iter().rev().find_map(|(entry, part, directory)| {
            let dead = &snapshot.manifest.segments[*entry].parts[*part].dead;
            let document = directory
                .find(id)
                .find(|document| !dead.contains(*document))?;
            let record = directory.record(document);
            let stored = Stored {
                entry: *entry,
                part: *part,
                document,
                deleted: record.deleted,
            };
            Some((stored, record))
        })
    }
}

/// Who wins where neither times nor versions tell which came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ties {
    /// Within one pull: histories come newest first (H2).
    FirstWins,
    /// Against what was stored before: the server's word of now.
    LastWins,
}

/// Whether `offered` should take the place of `held`.
pub(super) fn is_news(held: Record<'_>, offered: Record<'_>, ties: Ties) -> bool {
    if offered.partial && !held.partial && !held.deleted {
        return false; // L5
    }
    let same_time = held.last_updated.is_some() && held.last_updated == offered.last_updated;
    if held.deleted == offered.deleted && held.version == offered.version {
        // The same version again (H1) is news only where it completes a partial copy.
        if !held.version.is_empty() || same_time {
            return held.partial && !offered.partial;
        }
    }
    if held.deleted && offered.deleted && (same_time || offered.last_updated.is_none()) {
        return false;
    }
    if let (Some(held), Some(offered)) = (held.last_updated, offered.last_updated)
        && held != offered
    {
        return offered > held; // H11
    }
    // Versions are opaque (H7), but where both are numbers no server counts down.
    let number = |record: Record<'_>| record.version.parse::<u64>().ok();
    match (number(held), number(offered)) {
        (Some(held), Some(offered)) if held != offered => offered > held,
        _ => ties == Ties::LastWins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fhir::Instant;

    fn version(version: &str, at: Option<i64>) -> Record<'_> {
        Record {
            version,
            last_updated: at.map(Instant),
            deleted: false,
            partial: false,
        }
    }

    fn deleted(record: Record<'_>) -> Record<'_> {
        Record {
            deleted: true,
            ..record
        }
    }

    fn partial(record: Record<'_>) -> Record<'_> {
        Record {
            partial: true,
            ..record
        }
    }

    fn news(held: Record<'_>, offered: Record<'_>) -> bool {
        is_news(held, offered, Ties::LastWins)
    }

    #[test]
    fn h1_the_same_version_again_is_no_news() {
        assert!(!news(version("2", Some(5)), version("2", Some(5))));
        assert!(!news(version("2", Some(5)), version("2", None)));
        assert!(!news(version("", Some(5)), version("", Some(5))));
        assert!(!news(
            deleted(version("", None)),
            deleted(version("", None))
        ));
    }

    #[test]
    fn h11_an_older_version_never_takes_the_place_of_a_newer() {
        assert!(!news(version("b", Some(5)), version("a", Some(4))));
        assert!(news(version("a", Some(4)), version("b", Some(5))));
        assert!(
            !news(version("10", Some(5)), version("9", Some(5))),
            "numbers, not text"
        );
        assert!(!news(version("3", None), deleted(version("2", None))));
    }

    #[test]
    fn h7_a_resource_created_again_wins_over_its_older_tombstone() {
        let tombstone = deleted(version("2", Some(5)));
        assert!(news(tombstone, version("3", Some(6))));
        assert!(!news(version("3", Some(6)), tombstone));
        assert!(!is_news(
            version("x", Some(6)),
            deleted(version("", None)),
            Ties::FirstWins
        ));
    }

    #[test]
    fn l5_a_partial_copy_never_takes_the_place_of_a_full_one() {
        assert!(!news(version("1", Some(5)), partial(version("2", Some(6)))));
        assert!(news(partial(version("1", Some(5))), version("1", Some(5))));
        assert!(news(
            partial(version("1", Some(5))),
            partial(version("2", Some(6)))
        ));
        assert!(!news(
            partial(version("1", Some(5))),
            partial(version("1", Some(5)))
        ));
        assert!(news(
            deleted(version("1", Some(5))),
            partial(version("2", Some(6)))
        ));
    }
}
