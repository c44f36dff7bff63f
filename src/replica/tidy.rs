//! Which segments are merged when.
//!
//! Segments are ranked by how many documents they have; each rank is eight times as large as the one
//! below. Where eight neighbours of a rank or below have come together they are merged, so that each
//! document is moved once a rank, and a replica of any age has at most a few dozen segments. The
//! largest are merged no more: that bounds what one merge holds in memory.
//!
//! A segment of which more than half has been superseded since it was made is merged alone, and so is
//! one that was indexed by other definitions: to be indexed anew. What a clone has left that nobody went on
//! with is removed before all else.

use std::ops::Range;

use super::manifest::{Manifest, SegmentEntry};
use super::segment::Part;
use super::{Replica, Snapshot, Versions};
use crate::Result;
use crate::host::Store;

/// So many neighbours make one.
const FAN: usize = 8;
/// The smallest rank: up to so many documents.
const SMALL: u64 = 1024;
/// No merge makes more documents than these.
const LARGEST: u64 = 256 * 1024;

impl<S: Store> Replica<S> {
    /// Does one step of merging, if there is one to do. A step is bounded in memory, and changes no
    /// answer. If another writer commits meanwhile, nothing is changed, and a later step does it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn tidy(&self) -> Result<bool> {
        self.refresh().await?;
        if self.drop_left_over().await? || self.index_anew().await? {
            return Ok(true);
        }
        let snapshot = self.snapshot();
        let all = self.versions(&snapshot) == Versions::All;
        match choose(&snapshot.manifest, all) {
            Some(entries) => self.try_merge(&snapshot, entries).await,
            None => Ok(false),
        }
    }

    /// Indexes the first segment anew that was indexed by other definitions; whether there was one and
    /// it worked.
    pub(super) async fn index_anew(&self) -> Result<bool> {
        let snapshot = self.snapshot();
        // What was lost is remembered until it is pulled again.
        if snapshot.manifest.lacking().next().is_some() {
            return Ok(false);
        }
        for (at, entry) in snapshot.manifest.segments.iter().enumerate() {
            let Ok(heads) = self.heads(&[entry.number]).await else {
                continue;
            };
            let mut parts = heads.iter().flat_map(|head| &head.parts);
            if parts.any(|part| !self.is_indexed(part)) {
                return self.try_merge(&snapshot, at..at + 1).await;
            }
        }
        Ok(false)
    }

    /// Whether the definitions of today have indexed a part.
    pub(super) fn is_indexed(&self, part: &Part) -> bool {
        part.indexed == self.definitions.of(&part.kind).indexed
    }

    /// Merges, unless another writer commits first.
    async fn try_merge(&self, snapshot: &Snapshot, entries: Range<usize>) -> Result<bool> {
        match self.merge(snapshot, entries).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) if error.is_damaged() => match self.refresh().await? {
                generation if generation == snapshot.generation => Err(error),
                _ => Ok(false),
            },
            Err(error) => Err(error),
        }
    }

    /// Makes room by merging the segment with the most garbage; whether there was any and it worked.
    pub(super) async fn reclaim(&self) -> bool {
        let snapshot = self.snapshot();
        if self.versions(&snapshot) == Versions::All {
            return false;
        }
        let entries = snapshot.manifest.segments.iter().enumerate();
        let whole = entries.filter(|(_, entry)| entry.parts.iter().all(|part| !part.lost));
        let most = whole.max_by_key(|(_, entry)| garbage(entry));
        match most.filter(|(_, entry)| garbage(entry) > 0) {
            Some((at, _)) => self.merge(&snapshot, at..at + 1).await.is_ok(),
            None => false,
        }
    }
}

/// How many documents were superseded, or lost, since the segment was made.
fn garbage(entry: &SegmentEntry) -> u64 {
    let parts = entry.parts.iter().map(|part| match part.lost {
        true => u64::from(part.documents),
        false => u64::from(part.dead.count()),
    });
    parts.sum()
}

/// The entries of the manifest to merge next.
fn choose(manifest: &Manifest, all: bool) -> Option<Range<usize>> {
    let segments = &manifest.segments;
    // What was lost is remembered until it is pulled again.
    if manifest.lacking().next().is_some() {
        return None;
    }
    let is_half_dead = |entry: &SegmentEntry| garbage(entry) * 2 > entry.documents();
    if !all && let Some(at) = segments.iter().position(is_half_dead) {
        return Some(at..at + 1);
    }
    let ranks = std::iter::successors(Some(SMALL), |rank| {
        (*rank < LARGEST).then(|| LARGEST.min(rank * FAN as u64))
    });
    ranks.into_iter().find_map(|rank| run_of(segments, rank))
}

/// The first neighbours below a rank that are enough to be merged, as many as fit. None of them is
/// larger than the others together: that would be to move much for little.
fn run_of(segments: &[SegmentEntry], rank: u64) -> Option<Range<usize>> {
    (0..segments.len()).find_map(|start| {
        let below = segments[start..].iter().map(SegmentEntry::documents);
        let below: Vec<u64> = below.take_while(|documents| *documents < rank).collect();
        if below.len() < FAN {
            return None;
        }
        let (mut total, mut largest) = (0, 0);
        let fit = below.iter().take_while(|documents| {
            let fits = total + **documents <= LARGEST;
            if fits {
                total += **documents;
                largest = largest.max(**documents);
            }
            fits
        });
        let fit = fit.count();
        (fit > 1 && largest * 2 <= total).then_some(start..start + fit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::manifest::PartEntry;

    fn manifest(sizes: &[u32]) -> Manifest {
        let entry = |documents: &u32| SegmentEntry {
            parts: vec![PartEntry {
                documents: *documents,
                ..PartEntry::default()
            }],
            ..SegmentEntry::default()
        };
        Manifest {
            segments: sizes.iter().map(entry).collect(),
            ..Manifest::default()
        }
    }

    /// Adds segments of these sizes one after the other; the most segments there were at a time,
    /// and how many documents were moved.
    fn lived(sizes: impl Iterator<Item = u32>) -> (usize, u64) {
        let (mut segments, mut most, mut moved) = (Vec::new(), 0, 0u64);
        for size in sizes {
            segments.push(size);
            while let Some(run) = choose(&manifest(&segments), false) {
                let documents: u32 = segments[run.clone()].iter().sum();
                assert!(u64::from(documents) <= LARGEST && run.len() > 1);
                moved += u64::from(documents);
                segments.splice(run, [documents]);
            }
            most = most.max(segments.len());
        }
        (most, moved)
    }

    #[test]
    fn a_week_of_small_commits_leaves_few_segments_and_moves_each_document_few_times() {
        let (most, moved) = lived((0..120_960).map(|_| 1));
        assert!(most <= 28, "{most}");
        assert!(moved < 120_960 * 90, "{moved}");
    }

    #[test]
    fn a_million_resources_pulled_at_once_are_few_segments_too() {
        let (most, moved) = lived((0..110).map(|_| 10_000));
        assert!(most <= 20, "{most}");
        assert!(moved < 3_000_000, "{moved}");
        let (most, _) = lived((0..3000).map(|n| [1, 9000, 40, 700][n % 4]));
        assert!(most <= 60, "{most}");
    }

    #[test]
    fn a_segment_that_is_half_dead_is_merged_alone_where_only_current_versions_are_kept() {
        let mut manifest = manifest(&[10, 10, 10]);
        (0..6).for_each(|document| {
            manifest.segments[1].parts[0].dead.insert(document);
        });
        assert_eq!(choose(&manifest, false), Some(1..2));
        assert_eq!(choose(&manifest, true), None);
    }
}
