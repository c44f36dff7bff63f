//! Which documents a query finds.
//!
//! Terms first: they are looked up, in all segments in one read. Ranges are then compared only for
//! what is left.

use super::codec::damaged;
use super::held::{Known, Names};
use super::load::{Form, Frames, Want};
use super::matched::Matched;
use super::source::{Address, Source};
use super::terms::{TermChunk, chunks_from};
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::matcher::{Field, Matcher};
use crate::search::query::{Filter, Query};

/// The matches of a query.
#[derive(Debug)]
pub(super) struct Found {
    /// Of all pages.
    pub(super) total: usize,
    /// Of the page asked for.
    pub(super) page: Vec<Address>,
}

impl<S: Store> Replica<S> {
    /// Looks the query up in every segment of the snapshot.
    pub(super) async fn find(&self, snapshot: &Snapshot, query: &Query) -> Result<Found> {
        let sources = self.sources(snapshot, Some(&query.kind)).await?;
        let is_range = |filter: &&Filter| matches!(filter.any.first(), Some(Matcher::Range(..)));
        let (ranges, terms): (Vec<_>, Vec<_>) = query.filters.iter().partition(is_range);
        let mut matched = self.by_terms(snapshot, query, sources, &terms).await?;
        for filter in ranges {
            self.by_range(&mut matched, filter).await?;
        }
        Ok(Found {
            total: matched.iter().map(|part| part.documents.len()).sum(),
            page: self.page_of(&matched, query).await?,
        })
    }

    /// The documents of each source that are current, not deleted, and match every filter.
    async fn by_terms(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        sources: Vec<Source>,
        filters: &[&Filter],
    ) -> Result<Vec<Matched>> {
        let mut wants = Vec::new();
        for source in &sources {
            for filter in filters {
                for matcher in &filter.any {
                    term_wants(source, &filter.on, matcher, &mut wants)?;
                }
            }
        }
        let frames = self.load(&wants).await?;
        let known = self.named(snapshot, query, filters).await?;
        let mut matched = Vec::new();
        for source in sources {
            let mut found: Option<Vec<u32>> = None;
            for filter in filters {
                let documents = match filter.on {
                    Field::Id => by_id(&known, query, &source, filter),
                    _ => term_documents(&source, filter, &frames)?,
                };
                found = Some(match found {
                    None => documents,
                    Some(found) => intersection(&found, &documents),
                });
            }
            let part = source.part();
            let live = |document: &u32| {
                !part.deleted.contains(*document) && source.is_current(snapshot, *document)
            };
            let documents = match found {
                Some(found) => found.into_iter().filter(live).collect(),
                None => (0..part.documents).filter(live).collect(),
            };
            matched.push(Matched { source, documents });
        }
        Ok(matched)
    }

    /// What is held of the ids that the filters name.
    async fn named(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        filters: &[&Filter],
    ) -> Result<Known> {
        let by_id = filters.iter().filter(|filter| filter.on == Field::Id);
        let ids: Vec<&[u8]> = by_id.flat_map(|filter| ids(filter)).collect();
        match ids.is_empty() {
            true => Ok(Known::default()),
            false => {
                let names = Names::from([(query.kind.as_str(), ids)]);
                self.held(snapshot, &names).await
            }
        }
    }

    /// Keeps the documents with a range that the filter wants.
    async fn by_range(&self, matched: &mut [Matched], filter: &Filter) -> Result<()> {
        let holds = |range: DateRange| {
            filter.any.iter().any(|matcher| match matcher {
                Matcher::Range(comparison, value) => comparison.holds(*value, range),
                _ => false,
            })
        };
        let mut kept: Vec<Vec<u32>> = matched.iter().map(|_| Vec::new()).collect();
        self.each_range(matched, &filter.on, &mut |part, document, ranges| {
            if ranges.iter().any(|range| holds(*range)) {
                kept[part].push(document);
            }
        })
        .await?;
        for (part, kept) in matched.iter_mut().zip(kept) {
            part.documents = kept;
        }
        Ok(())
    }

    /// The ids of what was found.
    pub(super) async fn ids_of(&self, snapshot: &Snapshot, found: &Found) -> Result<Vec<String>> {
        let mut ids = Vec::with_capacity(found.page.len());
        self.each_id(snapshot, &found.page, &mut |id| ids.push(id))
            .await?;
        Ok(ids)
    }
}

/// The ids that a filter names, packed.
fn ids(filter: &Filter) -> impl Iterator<Item = &[u8]> {
    filter.any.iter().filter_map(|matcher| match matcher {
        Matcher::Term(id) => Some(id.as_slice()),
        _ => None,
    })
}

/// The documents of a source that have one of the ids of a filter, ascending.
fn by_id(known: &Known, query: &Query, source: &Source, filter: &Filter) -> Vec<u32> {
    let versions = ids(filter).flat_map(|id| known.of(&query.kind, id));
    let here = versions
        .map(|held| held.address)
        .filter(|address| (address.entry, address.part) == (source.entry, source.at));
    let mut documents: Vec<u32> = here.map(|address| address.document).collect();
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// The frames in which terms that match may stand.
fn term_wants(source: &Source, on: &Field, matcher: &Matcher, wants: &mut Vec<Want>) -> Result<()> {
    let Field::Parameter(code, _) = on else {
        return Ok(());
    };
    // No column: the segment was written when the type had no such parameter.
    let chunks = source.part().terms(code);
    let chunks = chunks.ok_or_else(|| damaged("index"))?;
    let mut want = |chunk: &TermChunk| wants.push(source.want(chunk.place, Form::Terms));
    match matcher {
        Matcher::Term(term) => {
            chunks_from(chunks, term, |first| first > term.as_slice()).for_each(want)
        }
        Matcher::Prefix(prefix) => {
            chunks_from(chunks, prefix, |first| is_past(first, prefix)).for_each(want)
        }
        _ => chunks.iter().for_each(&mut want),
    }
    Ok(())
}

/// Whether nothing from `first` on begins with `prefix`.
fn is_past(first: &[u8], prefix: &[u8]) -> bool {
    first > prefix && !first.starts_with(prefix)
}

/// The documents that have one of the terms that a filter wants, ascending.
fn term_documents(source: &Source, filter: &Filter, frames: &Frames) -> Result<Vec<u32>> {
    let mut wants = Vec::new();
    let mut documents = Vec::new();
    for matcher in &filter.any {
        wants.clear();
        term_wants(source, &filter.on, matcher, &mut wants)?;
        for want in &wants {
            let terms = frames.terms(want)?;
            match matcher {
                Matcher::Term(term) => terms.exact(term, &mut documents)?,
                Matcher::Prefix(prefix) => terms.prefix(prefix, &mut documents)?,
                Matcher::Suffix(suffix) => terms.suffix(suffix, &mut documents)?,
                Matcher::Range(..) => return Err(damaged("index")),
            }
        }
    }
    if !documents.is_sorted_by(|a, b| a < b) {
        documents.sort_unstable();
        documents.dedup();
    }
    Ok(documents)
}

/// What two ascending lists share; steps through the shorter, leaps through the longer.
fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (short, mut long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut shared = Vec::new();
    for &document in short {
        let mut step = 1;
        while step < long.len() && long[step] < document {
            step *= 2;
        }
        let window = &long[..long.len().min(step + 1)];
        long = &long[window.partition_point(|other| *other < document)..];
        if long.first() == Some(&document) {
            shared.push(document);
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intersections_are_what_both_have() {
        let multiples = |of: u32| (0..3000).step_by(of as usize).collect::<Vec<u32>>();
        for (a, b) in [(2, 3), (3, 2), (1, 7), (100, 1), (999, 1000)] {
            let expected: Vec<u32> = multiples(a).into_iter().filter(|n| n % b == 0).collect();
            assert_eq!(
                intersection(&multiples(a), &multiples(b)),
                expected,
                "{a} {b}"
            );
        }
        assert_eq!(intersection(&[], &[1]), [0; 0]);
        assert_eq!(intersection(&[5], &[1, 2, 5]), [5]);
    }
}
