//! Which documents a query finds.
//!
//! Each condition leaves fewer documents to ask, the cheap ones that leave little first: terms are
//! looked up, ranges are compared only for what is left, and resources are read last.

use super::asked::{Asked, Set};
use super::matched::Matched;
use super::source::Address;
use super::termed::Terms;
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;
use crate::search::Query;
use crate::search::condition::{Condition, Target};
use crate::search::matcher::Field;

/// The matches of a query.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Of all pages.
    pub(super) total: usize,
    /// How many of them stand before the page.
    pub(super) start: usize,
    /// Of the page asked for.
    pub(super) page: Vec<Address>,
    /// The first ones of the page after it.
    pub(super) ahead: Vec<Address>,
}

impl<S: Store> Replica<S> {
    /// Looks the query up in every segment of the snapshot.
    pub(super) async fn find(&self, snapshot: &Snapshot, query: &Query) -> Result<Found> {
        let mut matched = Vec::new();
        for (scope, target) in query.scopes.iter().enumerate() {
            let mut found = self.matching(snapshot, target).await?;
            found.iter_mut().for_each(|part| part.scope = scope);
            matched.append(&mut found);
        }
        let total = matched.iter().map(|part| part.documents.len()).sum();
        let mut found = Found {
            total,
            ..Found::default()
        };
        if !query.is_count() {
            let anchors = match query.page {
                Some(_) => self.anchors(snapshot, query).await?,
                None => Vec::new(),
            };
            (found.start, found.page) = self.page_of(&matched, query, &anchors).await?;
            if let Some(count) = query.count {
                found.ahead = found.page.split_off(count.min(found.page.len()));
            }
        }
        Ok(found)
    }

    /// The documents of a type that are current, not deleted, and fulfil all that is asked.
    pub(super) async fn matching(
        &self,
        snapshot: &Snapshot,
        target: &Target,
    ) -> Result<Vec<Matched>> {
        if snapshot.manifest.lacks(&target.kind) {
            return Err(super::codec::damaged(&target.kind));
        }
        let sources = self.sources(snapshot, Some(&target.kind)).await?;
        let asked = Asked {
            snapshot,
            kind: &target.kind,
            sources: &sources,
        };
        let left = self.holding_all(&asked, &target.all, None).await?;
        let left = left.unwrap_or_else(|| asked.everything());
        let parts = sources.into_iter().zip(left);
        Ok(parts
            .map(|(source, documents)| Matched {
                source,
                documents,
                scope: 0,
            })
            .collect())
    }

    /// What of `within` fulfils all conditions; `None` where nothing is asked of everything.
    pub(super) async fn holding_all(
        &self,
        asked: &Asked<'_>,
        all: &[Condition],
        within: Option<Set>,
    ) -> Result<Option<Set>> {
        let mut left = within;
        for condition in self.in_order(asked, all).await? {
            if left
                .as_ref()
                .is_some_and(|left| left.iter().all(Vec::is_empty))
            {
                break;
            }
            left = Some(self.holding(asked, condition, left).await?);
        }
        Ok(left)
    }

    /// The conditions in the order in which they are asked: what costs least first, and of terms that are
    /// looked up, those that fewest have.
    pub(super) async fn in_order<'c>(
        &self,
        asked: &Asked<'_>,
        all: &'c [Condition],
    ) -> Result<Vec<&'c Condition>> {
        // They are few: each is put in its place.
        let mut order: Vec<((u8, usize), &Condition)> = Vec::with_capacity(all.len());
        for condition in all {
            let weight = match condition {
                Condition::Any {
                    on: Field::Parameter(on),
                    any,
                } if all.len() > 1 && condition.cost() == Condition::LOOKED_UP => {
                    self.weight(asked, on, &Terms::of(any)).await?
                }
                _ => 0,
            };
            let cost = (condition.cost(), weight);
            let place = order.partition_point(|(before, _)| *before <= cost);
            order.insert(place, (cost, condition));
        }
        Ok(order.into_iter().map(|(_, condition)| condition).collect())
    }

    /// The ids of what was found.
    pub(super) async fn ids_of(&self, snapshot: &Snapshot, found: &Found) -> Result<Vec<String>> {
        let mut ids = Vec::with_capacity(found.page.len());
        self.each_id(snapshot, &found.page, &mut |id| ids.push(id))
            .await?;
        Ok(ids)
    }
}
