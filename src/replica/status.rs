//! What a replica holds, counted from its manifest alone.

use super::manifest::Manifest;
use super::{Checkpoint, Replica, StartedOver, Versions};
use crate::fhir::Instant;
use crate::host::Store;

/// The state of a replica at one generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// 0 before the first commit.
    pub generation: u64,
    /// By name.
    pub types: Vec<TypeStatus>,
    /// Every feed that was ever begun.
    pub checkpoints: Vec<Checkpoint>,
    /// How many segments a search looks into.
    pub segments: usize,
    /// Bytes of JSON in all versions held; after a merge, about so many.
    pub json_bytes: u64,
    /// Bytes stored for them: resources, directories, index.
    pub stored_bytes: u64,
    /// Whether versions are kept that are not current any more.
    pub versions: Versions,
    /// Types of which values were found to be missing or broken, until the next pull.
    pub damaged: Vec<String>,
    /// Why the replica began anew when it was opened, if it did.
    pub started_over: Option<StartedOver>,
}

/// What is held of one resource type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeStatus {
    /// The resource type.
    pub kind: String,
    /// Resources that are not deleted.
    pub resources: u64,
    /// Resources known to be deleted.
    pub deleted: u64,
}

impl<S: Store> Replica<S> {
    /// As of when what is held of these types is whole, by the server's clock: as the oldest of the
    /// feeds that bring them says. `None` where one of them was never pulled to its end, or no feed
    /// brings them.
    pub(super) fn as_of<'k>(
        &self,
        manifest: &Manifest,
        kinds: impl IntoIterator<Item = &'k str>,
    ) -> Option<Instant> {
        let mut oldest = None;
        for kind in kinds {
            let brings = |checkpoint: &&Checkpoint| checkpoint.types.iter().any(|it| it == kind);
            for checkpoint in manifest.checkpoints.iter().filter(brings) {
                let as_of = self.confirmed_as_of(&checkpoint.feed, checkpoint.as_of)?;
                oldest = Some(oldest.map_or(as_of, |oldest: Instant| oldest.min(as_of)));
            }
        }
        oldest
    }

    /// Until when anything of the source is known, by its clock: what comes later has not arrived before.
    pub(super) fn known_until(&self, manifest: &Manifest) -> Option<Instant> {
        let feeds = manifest.checkpoints.iter();
        let as_of = feeds.map(|it| self.confirmed_as_of(&it.feed, it.as_of));
        as_of.max().flatten().max(manifest.arrivals.newest())
    }

    /// Counts; reads nothing from the store.
    pub fn status(&self) -> Status {
        let snapshot = self.snapshot();
        let manifest = &snapshot.manifest;
        let mut types: Vec<TypeStatus> = Vec::new();
        let parts = || manifest.segments.iter().flat_map(|segment| &segment.parts);
        for part in parts() {
            let at = types.binary_search_by(|it| it.kind.cmp(&part.kind));
            let at = at.unwrap_or_else(|at| {
                let kind = part.kind.clone();
                let of_type = TypeStatus {
                    kind,
                    ..TypeStatus::default()
                };
                types.insert(at, of_type);
                at
            });
            let of_type = &mut types[at];
            let resources = part.current().saturating_sub(part.deleted);
            of_type.resources += u64::from(resources);
            if !part.lost {
                of_type.deleted += u64::from(part.deleted);
            }
        }
        Status {
            generation: snapshot.generation,
            types,
            checkpoints: manifest
                .checkpoints
                .iter()
                .map(|checkpoint| Checkpoint {
                    as_of: self.confirmed_as_of(&checkpoint.feed, checkpoint.as_of),
                    ..checkpoint.clone()
                })
                .collect(),
            segments: manifest.segments.len(),
            json_bytes: parts().map(|part| part.json_bytes).sum(),
            stored_bytes: manifest
                .segments
                .iter()
                .map(|segment| segment.stored_bytes)
                .sum(),
            versions: self.versions(&snapshot),
            damaged: self.damaged(&snapshot),
            started_over: self.started_over.get(),
        }
    }
}
