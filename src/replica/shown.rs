//! What of an answer is shown, where `$everything` is asked for some types, or since a time: of what was found, and of
//! what that refers to.

use std::collections::{HashMap, HashSet};

use super::include::kind_of;
use super::matched::{Chunk, Looks, Matched};
use super::retrieve::source_of;
use super::served::is_since;
use super::source::Address;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::Instant;
use crate::host::Store;
use crate::search::matcher::Field;
use crate::search::query::Shown;

impl<S: Store> Replica<S> {
    /// Leaves what is shown.
    pub(super) async fn keep_shown(
        &self,
        snapshot: &Snapshot,
        shown: &Shown,
        found: &mut Vec<Address>,
    ) -> Result<()> {
        let kinds = &shown.kinds;
        if !kinds.is_empty() {
            found.retain(|it| kinds.iter().any(|kind| kind == kind_of(snapshot, *it)));
        }
        if let Some(since) = shown.since {
            let changed = self.changed_since(snapshot, since, found).await?;
            found.retain(|it| changed.contains(&it.number()));
        }
        Ok(())
    }

    /// The numbers of those that have changed, or have come, at or after a time.
    async fn changed_since(
        &self,
        snapshot: &Snapshot,
        since: Instant,
        found: &[Address],
    ) -> Result<HashSet<u64>> {
        let sources = self.sources_at(snapshot, found).await?;
        let mut of_parts: HashMap<(usize, usize), Vec<u32>> = HashMap::new();
        for address in found {
            let documents = of_parts.entry((address.entry, address.part)).or_default();
            documents.push(address.document);
        }
        let mut parts = Vec::with_capacity(of_parts.len());
        for ((entry, part), mut documents) in of_parts {
            documents.sort_unstable();
            let first = Address {
                entry,
                part,
                document: documents[0],
            };
            parts.push(Matched {
                source: source_of(&sources, &first)?.clone(),
                documents,
                scope: 0,
            });
        }
        let mut times = Times(parts.iter().map(|_| Vec::new()).collect());
        self.each_range(&parts, &Field::LastUpdated, &mut times)
            .await?;
        let mut changed = HashSet::new();
        for (part, times) in parts.iter().zip(times.0) {
            for (document, updated) in part.documents.iter().zip(times) {
                let generation = part.source.generation_of(snapshot, *document);
                let arrived = snapshot.manifest.arrivals.of(generation);
                if is_since(since, arrived, updated) {
                    changed.insert(part.source.address(*document).number());
                }
            }
        }
        Ok(changed)
    }
}

/// When each document of each part was last updated.
struct Times(Vec<Vec<Option<Instant>>>);

impl Looks for Times {
    fn look(&mut self, part: usize, _: usize, documents: &[u32], ranges: Chunk<'_>) {
        ranges.show(documents, &mut |_, at| {
            let updated = at.ranges.first().map(|range| Instant(range.low));
            self.0[part].push(updated);
        });
    }
}
