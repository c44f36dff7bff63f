//! Which documents a query finds, in which order.
//!
//! Terms first: they are looked up, in all segments in one read. Ranges are then compared only for
//! what is left, a bounded number of chunks at a time, and so are the keys that the result is
//! sorted by.

use std::cmp::Ordering;
use std::rc::Rc;

use super::codec::damaged;
use super::held::Names;
use super::ids::GROUP;
use super::load::{Form, Frames, Want};
use super::ranges::{RangeChunk, Ranges};
use super::segment::Chunks;
use super::source::{Address, Source};
use super::terms::{TermChunk, chunks_from};
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::ParameterKind;
use crate::search::matcher::{Field, Matcher};
use crate::search::query::{Filter, Query, Sort};
use crate::search::term::unpack_id;

/// So many bytes of frames are worked on at a time.
const AT_ONCE: usize = 8 * 1024 * 1024;

/// The matches of a query.
#[derive(Debug)]
pub(super) struct Found {
    /// Of all pages.
    pub(super) total: usize,
    /// Of the page asked for.
    pub(super) page: Vec<Address>,
}

/// What sorting compares; `Missing` comes last in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rank {
    Number(i64),
    Text(Rc<[u8]>),
    Missing,
}

struct Hit {
    address: Address,
    ranks: Vec<Rank>,
}

/// A part and what of it is found so far, ascending.
struct Matched {
    source: Source,
    documents: Vec<u32>,
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
        let mut hits = Vec::new();
        for part in &matched {
            hits.extend(part.documents.iter().map(|document| Hit {
                address: part.source.address(*document),
                ranks: Vec::with_capacity(query.sort.len()),
            }));
        }
        for key in &query.sort {
            let ranks = self.ranks(&matched, key).await?;
            for (hit, rank) in hits.iter_mut().zip(ranks) {
                hit.ranks.push(rank);
            }
        }
        let total = hits.len();
        let page = page(hits, query);
        Ok(Found { total, page })
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
        let mut matched = Vec::new();
        for source in sources {
            let mut found: Option<Vec<u32>> = None;
            for filter in filters {
                let documents = match filter.on {
                    Field::Id => self.by_id(snapshot, query, &source, filter).await?,
                    _ => term_documents(&source, filter, &frames)?,
                };
                found = Some(match found {
                    None => documents,
                    Some(found) => intersection(&found, &documents),
                });
            }
            let (part, entry) = (source.part(), source.of(snapshot));
            let live = |document: &u32| {
                !part.deleted.contains(*document)
                    && !part.is_past(*document)
                    && !entry.dead.contains(*document)
            };
            let documents = match found {
                Some(found) => found.into_iter().filter(live).collect(),
                None => (0..part.documents).filter(live).collect(),
            };
            matched.push(Matched { source, documents });
        }
        Ok(matched)
    }

    /// The documents of a source that have one of the ids of a filter.
    async fn by_id(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        source: &Source,
        filter: &Filter,
    ) -> Result<Vec<u32>> {
        let ids = filter.any.iter().filter_map(|matcher| match matcher {
            Matcher::Term(id) => Some(id.as_slice()),
            _ => None,
        });
        let ids: Vec<&[u8]> = ids.collect();
        let names = Names::from([(query.kind.as_str(), ids.clone())]);
        let known = self.held(snapshot, &names).await?;
        let versions = ids.iter().flat_map(|id| known.of(&query.kind, id));
        let here = versions
            .map(|held| held.address)
            .filter(|address| (address.entry, address.part) == (source.entry, source.at));
        let mut documents: Vec<u32> = here.map(|address| address.document).collect();
        documents.sort_unstable();
        documents.dedup();
        Ok(documents)
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

    /// What each document is sorted by, in the order of the parts and their documents.
    async fn ranks(&self, matched: &[Matched], key: &Sort) -> Result<Vec<Rank>> {
        let mut ranks = Vec::new();
        match &key.by {
            Field::Id => {
                for part in matched {
                    let wants = part.documents.iter().map(|it| part.source.ids(*it));
                    let wants = wants.collect::<Result<Vec<_>>>()?;
                    let frames = self.load(&wants).await?;
                    for (document, want) in part.documents.iter().zip(&wants) {
                        let id = unpack_id(frames.ids(want)?.get(document % GROUP));
                        let rank = id.map(|id| Rank::Text(id.into_bytes().into()));
                        ranks.push(rank.unwrap_or(Rank::Missing));
                    }
                }
            }
            Field::LastUpdated | Field::Parameter(_, ParameterKind::Date) => {
                self.each_range(matched, &key.by, &mut |_, _, ranges| {
                    ranks.push(range_rank(ranges, key.descending));
                })
                .await?;
            }
            Field::Parameter(..) => {
                for part in matched {
                    self.term_ranks(part, key, &mut ranks).await?;
                }
            }
        }
        Ok(ranks)
    }

    /// Ranks by the first or last term that a document has.
    async fn term_ranks(&self, part: &Matched, key: &Sort, ranks: &mut Vec<Rank>) -> Result<()> {
        let Field::Parameter(code, _) = &key.by else {
            return Err(damaged("index"));
        };
        let source = &part.source;
        let Some(Chunks::Terms(chunks)) = source.part().column(code) else {
            return Err(damaged("index"));
        };
        let mut of_document = vec![Rank::Missing; source.part().documents as usize];
        for chunk in chunks {
            let want = source.want(chunk.place, Form::Terms);
            let frames = self.load(&[want]).await?;
            frames.terms(&want)?.each(|term, found| {
                let term = Rank::Text(term.into());
                for document in found {
                    let rank = of_document.get_mut(*document as usize);
                    // Terms come in order: the first is the least, the last the greatest.
                    if let Some(rank) =
                        rank.filter(|rank| key.descending || **rank == Rank::Missing)
                    {
                        *rank = term.clone();
                    }
                }
            })?;
        }
        for document in &part.documents {
            let rank = of_document.get(*document as usize).cloned();
            ranks.push(rank.ok_or_else(|| damaged("index"))?);
        }
        Ok(())
    }

    /// Calls `see` with every document of every part and its ranges, in order.
    async fn each_range(
        &self,
        matched: &[Matched],
        field: &Field,
        see: &mut dyn FnMut(usize, u32, &[DateRange]),
    ) -> Result<()> {
        let mut steps = Vec::new();
        for (number, part) in matched.iter().enumerate() {
            range_steps(number, part, field, &mut steps)?;
        }
        let mut rest = steps.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|step| {
                let before = bytes;
                bytes += step.want.map_or(0, |want| want.place.raw as usize * 4);
                before < AT_ONCE
            });
            let (now, later) = rest.split_at(fits.count());
            rest = later;
            let wants: Vec<Want> = now.iter().filter_map(|step| step.want).collect();
            let frames = self.load(&wants).await?;
            for step in now {
                let documents = &matched[step.part].documents[step.documents.clone()];
                step.see(documents, &frames, field, see)?;
            }
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

/// Some documents of a part, and the frame that holds their ranges; none where they have none.
struct Step {
    part: usize,
    documents: std::ops::Range<usize>,
    want: Option<Want>,
}

impl Step {
    fn see(
        &self,
        documents: &[u32],
        frames: &Frames,
        field: &Field,
        see: &mut dyn FnMut(usize, u32, &[DateRange]),
    ) -> Result<()> {
        let Some(want) = &self.want else {
            documents.iter().for_each(|it| see(self.part, *it, &[]));
            return Ok(());
        };
        if *field == Field::LastUpdated {
            let states = frames.states(want)?;
            for document in documents {
                let state = states.get(document % GROUP);
                let at = state.and_then(|state| state.last_updated);
                let range = at.map(DateRange::from);
                see(self.part, *document, range.as_slice());
            }
            return Ok(());
        }
        let ranges: &Ranges = frames.ranges(want)?;
        for document in documents {
            see(self.part, *document, ranges.of(*document));
        }
        Ok(())
    }
}

/// Cuts the documents of a part by the frames that hold their ranges.
fn range_steps(number: usize, part: &Matched, field: &Field, steps: &mut Vec<Step>) -> Result<()> {
    let documents = &part.documents;
    let mut start = 0;
    while start < documents.len() {
        let first = documents[start];
        let (end, want) = match field {
            Field::LastUpdated => {
                let next = (first / GROUP + 1) * GROUP;
                (next, Some(part.source.states(first)?))
            }
            Field::Parameter(code, _) => {
                let Some(Chunks::Ranges(chunks)) = part.source.part().column(code) else {
                    return Err(damaged("index"));
                };
                let (end, chunk) = chunk_of(chunks, first);
                let want = chunk.map(|chunk| part.source.want(chunk.place, Form::Ranges));
                (end, want)
            }
            Field::Id => return Err(damaged("index")),
        };
        let count = documents[start..].partition_point(|document| *document < end);
        steps.push(Step {
            part: number,
            documents: start..start + count,
            want,
        });
        start += count;
    }
    Ok(())
}

/// The chunk in which a document's ranges are, if it has any, and where the next chunk begins.
fn chunk_of(chunks: &[RangeChunk], document: u32) -> (u32, Option<&RangeChunk>) {
    let after = chunks.partition_point(|chunk| chunk.first <= document);
    let end = chunks.get(after).map_or(u32::MAX, |chunk| chunk.first);
    (end, after.checked_sub(1).and_then(|at| chunks.get(at)))
}

/// The frames in which terms that match may stand.
fn term_wants(source: &Source, on: &Field, matcher: &Matcher, wants: &mut Vec<Want>) -> Result<()> {
    let Field::Parameter(code, _) = on else {
        return Ok(());
    };
    let Some(Chunks::Terms(chunks)) = source.part().column(code) else {
        // No column: the segment was written when the type had no such parameter.
        return Err(damaged("index"));
    };
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

/// The hits of the page that the query asks for, in its order. Only as much is sorted as is shown.
fn page(mut hits: Vec<Hit>, query: &Query) -> Vec<Address> {
    let start = query.offset.min(hits.len());
    let end = start
        .saturating_add(query.count.unwrap_or(usize::MAX))
        .min(hits.len());
    if !query.sort.is_empty() {
        first_sorted(&mut hits, end, |a, b| compare(&query.sort, a, b));
    }
    let shown = &hits[start..end];
    shown.iter().map(|hit| hit.address).collect()
}

/// Sorts the `count` first of `hits` to their front. Where they are few, each of the others is
/// compared with the last of them only.
fn first_sorted(hits: &mut [Hit], count: usize, order: impl Fn(&Hit, &Hit) -> Ordering) {
    if count > 256 || count >= hits.len() {
        return hits.sort_unstable_by(order);
    }
    for at in 1..hits.len() {
        let end = at.min(count);
        if end == 0 || at >= count && order(&hits[at], &hits[end - 1]).is_ge() {
            continue;
        }
        let place = hits[..end].partition_point(|hit| order(hit, &hits[at]).is_lt());
        if at >= count {
            hits.swap(at, end - 1);
            hits[place..end].rotate_right(1);
        } else {
            hits[place..=at].rotate_right(1);
        }
    }
}

/// By the keys of the sort, then in the order of storing, so that pages never overlap.
fn compare(sort: &[Sort], a: &Hit, b: &Hit) -> Ordering {
    let keys = sort.iter().zip(a.ranks.iter().zip(&b.ranks));
    let by_keys = keys.map(|(sort, (a, b))| match (a, b) {
        (Rank::Missing, Rank::Missing) => Ordering::Equal,
        (Rank::Missing, _) => Ordering::Greater,
        (_, Rank::Missing) => Ordering::Less,
        (Rank::Number(a), Rank::Number(b)) => directed(a.cmp(b), sort),
        (Rank::Text(a), Rank::Text(b)) => directed(a.cmp(b), sort),
        // One key has ranks of one kind.
        (Rank::Number(_), Rank::Text(_)) | (Rank::Text(_), Rank::Number(_)) => Ordering::Equal,
    });
    let first = by_keys.into_iter().find(|ordering| ordering.is_ne());
    first.unwrap_or_else(|| a.address.cmp(&b.address))
}

fn directed(ordering: Ordering, sort: &Sort) -> Ordering {
    if sort.descending {
        ordering.reverse()
    } else {
        ordering
    }
}

/// Ascending sorts by the earliest beginning, descending by the latest end.
fn range_rank(ranges: &[DateRange], descending: bool) -> Rank {
    let at = match descending {
        true => ranges.iter().map(|range| range.high).max(),
        false => ranges.iter().map(|range| range.low).min(),
    };
    at.map_or(Rank::Missing, Rank::Number)
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
