//! The order of what was found, and the page of it that was asked for.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use super::Replica;
use super::codec::damaged;
use super::ids::GROUP;
use super::load;
use super::matched::{Chunk, Looks, Matched};
use super::pages::{AROUND, Anchor};
use super::segment::Chunks;
use super::sorting::sort_by;
use super::source::Address;
use super::termed::points_to;
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::matcher::Field;
use crate::search::parameter::{Form, ParameterKind, Source};
use crate::search::query::{Query, Sort};
use crate::search::term::unpack_id;

/// So many hits are cheaper put in their place one by one than sorted with all others.
const FEW: usize = 256;

/// What sorting compares; `Missing` comes last in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Number(i64),
    Text(Rc<[u8]>),
    Missing,
}

/// Where no value stands: after all others.
pub(super) const MISSING: u64 = u64::MAX;

/// Where a number stands: ascending as it is, descending turned round.
fn place_of_number(number: i64, descending: bool) -> u64 {
    let ascending = number as u64 ^ 1 << 63;
    let place = if descending { !ascending } else { ascending };
    place.min(MISSING - 1)
}

/// The rank of the number that stands there.
pub(super) fn rank_at(place: u64, descending: bool) -> Rank {
    let ascending = if descending { !place } else { place };
    match place {
        MISSING => Rank::Missing,
        _ => Rank::Number((ascending ^ 1 << 63) as i64),
    }
}

struct Hit {
    scope: usize,
    address: Address,
    ranks: Vec<Rank>,
}

impl<S: Store> Replica<S> {
    /// The page of `matched` that the query asks for, in its order, and some that come after it; before
    /// them, how many stand before it. Of the anchors, the first that is among the matches says where
    /// the page begins; without one, the query's offset does.
    pub(super) async fn page_of(
        &self,
        matched: &[Matched],
        query: &Query,
        anchors: &[Anchor],
    ) -> Result<(usize, Vec<Address>)> {
        let wanted = match query.count {
            Some(count) => count.saturating_add(AROUND),
            None => usize::MAX,
        };
        if query.sort.is_empty() {
            let mut begins = anchors
                .iter()
                .filter_map(|anchor| place_of(matched, *anchor));
            let start = begins.next().unwrap_or(query.offset);
            let all = matched.iter().flat_map(Matched::addresses);
            let page = all.skip(start).take(wanted).collect();
            return Ok((start, page));
        }
        // Where an anchor begins the page, all that come before it are to be counted.
        let fewer = match (anchors, query.sort.first()) {
            ([], Some(key)) => {
                let count = query.offset.saturating_add(wanted);
                self.contenders(matched, key, count).await?
            }
            _ => None,
        };
        let first_ranked = usize::from(fewer.is_some());
        let (fewer, ranks): (Vec<_>, Vec<_>) = fewer.unwrap_or_default().into_iter().unzip();
        let matched = if first_ranked > 0 { &fewer } else { matched };
        let (mut hits, mut ranks) = (Vec::new(), ranks.into_iter().flatten());
        for part in matched {
            for document in &part.documents {
                hits.push(Hit {
                    scope: part.scope,
                    address: part.source.address(*document),
                    ranks: Vec::from_iter(ranks.next()),
                });
            }
        }
        for key in query.sort.iter().skip(first_ranked) {
            let mut ranked: Vec<Rank> = Vec::with_capacity(hits.len());
            for part in matched {
                let by = key.by.get(part.scope).ok_or_else(|| damaged("index"))?;
                ranked.append(&mut self.ranks(part, by, key.descending).await?);
            }
            for (hit, rank) in hits.iter_mut().zip(ranked) {
                hit.ranks.push(rank);
            }
        }
        let mut begins = anchors.iter().filter_map(|anchor| {
            let hit = hits.iter().find(|hit| hit.address == anchor.address)?;
            let before = hits
                .iter()
                .filter(|it| compare(&query.sort, it, hit).is_lt());
            Some(before.count() + usize::from(!anchor.next))
        });
        let start = begins.next().unwrap_or(query.offset).min(hits.len());
        let end = start.saturating_add(wanted).min(hits.len());
        first_sorted(&mut hits, end, |a, b| compare(&query.sort, a, b));
        let page = hits[start..end].iter().map(|hit| hit.address).collect();
        Ok((start, page))
    }

    /// What each document of a part is sorted by.
    async fn ranks(&self, part: &Matched, by: &Field, descending: bool) -> Result<Vec<Rank>> {
        match by {
            Field::Id => {
                let mut ranks = Vec::with_capacity(part.documents.len());
                let wants = part.documents.iter().map(|it| part.source.ids(*it));
                let wants = wants.collect::<Result<Vec<_>>>()?;
                let frames = self.load(&wants).await?;
                for (document, want) in part.documents.iter().zip(&wants) {
                    let id = unpack_id(frames.ids(want)?.get(document % GROUP));
                    let rank = id.map(|id| Rank::Text(id.into_bytes().into()));
                    ranks.push(rank.unwrap_or(Rank::Missing));
                }
                Ok(ranks)
            }
            Field::Parameter(parameter) if parameter.kind.form() == Form::Terms => {
                let mut best = vec![Rank::Missing; part.documents.len()];
                for source in &parameter.sources {
                    let ranks = self
                        .term_ranks(part, (parameter.kind, source), descending)
                        .await?;
                    for (best, rank) in best.iter_mut().zip(ranks) {
                        improve(best, rank, descending);
                    }
                }
                Ok(best)
            }
            _ => {
                let places = self.places(part, by, descending).await?;
                let rank = |place| rank_at(place, descending);
                Ok(places.into_iter().map(rank).collect())
            }
        }
    }

    /// Where each document of a part stands by its ranges: the first ones have the least.
    pub(super) async fn places(
        &self,
        part: &Matched,
        by: &Field,
        descending: bool,
    ) -> Result<Vec<u64>> {
        let mut places = Places {
            descending,
            places: vec![MISSING; part.documents.len()],
        };
        self.each_range(std::slice::from_ref(part), by, &mut places)
            .await?;
        Ok(places.places)
    }

    /// Ranks by the first or last term that a document has in a column.
    async fn term_ranks(
        &self,
        part: &Matched,
        (kind, from): (ParameterKind, &Source),
        descending: bool,
    ) -> Result<Vec<Rank>> {
        let source = &part.source;
        let chunks = match self.column(source, &from.column)? {
            Some(Chunks::Terms(chunks)) => chunks.as_slice(),
            _ => &[],
        };
        let mut of_document = vec![Rank::Missing; source.part().documents as usize];
        let is_matched = part.marked()?;
        let mut waiting = is_matched.clone();
        // Where terms stand in the order that they are sorted in, the first that a document has is its
        // best, and what comes after all have one is not read.
        let in_order = matches!(kind, ParameterKind::String | ParameterKind::Uri);
        let (mut left, mut chunks) = (part.documents.len(), chunks.iter().collect::<Vec<_>>());
        if descending {
            chunks.reverse();
        }
        for chunk in chunks {
            if in_order && left == 0 {
                break;
            }
            let want = source.want(chunk.place, load::Form::Terms);
            let frames = self.load(&[want]).await?;
            frames.terms(&want)?.each(|term, found| {
                if !points_to(term, from.target.as_deref()) {
                    return;
                }
                let Some(shown) = shown(kind, term) else {
                    return;
                };
                let mut term = None;
                for document in found {
                    let at = *document as usize;
                    let is_matched = is_matched.get(at).copied().unwrap_or_default();
                    if let (true, Some(rank), Some(waits)) =
                        (is_matched, of_document.get_mut(at), waiting.get_mut(at))
                    {
                        let term = term.get_or_insert_with(|| Rank::Text(shown.as_ref().into()));
                        improve(rank, term.clone(), descending);
                        left -= usize::from(std::mem::take(waits));
                    }
                }
            })?;
        }
        let ranks = part
            .documents
            .iter()
            .map(|document| of_document.get(*document as usize).cloned());
        ranks.collect::<Option<_>>().ok_or_else(|| damaged("index"))
    }
}

/// What of a term is sorted by: of a token the code, of a reference the type and id.
fn shown(kind: ParameterKind, term: &[u8]) -> Option<Cow<'_, [u8]>> {
    let shown = match kind {
        ParameterKind::Token => term.split(|byte| *byte == 0).next().unwrap_or_default(),
        ParameterKind::Reference if term.first().is_some_and(|first| *first < b' ') => return None,
        ParameterKind::Reference => {
            let slash = term.iter().position(|byte| *byte == b'/');
            let id = slash.and_then(|slash| unpack_id(&term[slash + 1..]));
            let id = id.filter(|_| !term.contains(&b':'));
            if let (Some(slash), Some(id)) = (slash, id) {
                return Some([&term[..=slash], id.as_bytes()].concat().into());
            }
            // A canonical's version and the type beside it are no part of the address.
            let end = term.iter().position(|byte| matches!(byte, b'|' | ..b' '));
            &term[..end.unwrap_or(term.len())]
        }
        _ => term,
    };
    (!shown.is_empty()).then_some(Cow::Borrowed(shown))
}

/// Takes over a rank that comes before the one that is there.
fn improve(best: &mut Rank, rank: Rank, descending: bool) {
    if compared(&rank, best, descending).is_lt() {
        *best = rank;
    }
}

/// How many matches, in the order of storing, stand before the page that an anchor begins or ends.
fn place_of(matched: &[Matched], anchor: Anchor) -> Option<usize> {
    let mut before = 0;
    for part in matched {
        let at = part.source.address(anchor.address.document);
        if at == anchor.address {
            let found = part.documents.binary_search(&anchor.address.document);
            return Some(match found {
                Ok(at) => before + at + usize::from(!anchor.next),
                // It is no match any more, by what another resource says.
                Err(at) => before + at,
            });
        }
        before += part.documents.len();
    }
    None
}

/// Sorts the `count` first of `hits` to their front. Where they are few, each of the others is
/// compared with the last of them only.
fn first_sorted<T>(hits: &mut [T], count: usize, order: impl Fn(&T, &T) -> Ordering) {
    if count > FEW || count >= hits.len() {
        return sort_by(hits, order);
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

/// By the keys of the sort, then in the order of storing, type by type, so that pages never overlap.
fn compare(sort: &[Sort], a: &Hit, b: &Hit) -> Ordering {
    let keys = sort.iter().zip(a.ranks.iter().zip(&b.ranks));
    let by_keys = keys.map(|(sort, (a, b))| compared(a, b, sort.descending));
    let first = by_keys.into_iter().find(|ordering| ordering.is_ne());
    first.unwrap_or_else(|| (a.scope, a.address).cmp(&(b.scope, b.address)))
}

pub(super) fn compared(a: &Rank, b: &Rank, descending: bool) -> Ordering {
    let ascending = match (a, b) {
        (Rank::Missing, Rank::Missing) => return Ordering::Equal,
        (Rank::Missing, _) => return Ordering::Greater,
        (_, Rank::Missing) => return Ordering::Less,
        (Rank::Number(a), Rank::Number(b)) => a.cmp(b),
        (Rank::Text(a), Rank::Text(b)) => a.cmp(b),
        // One key has ranks of one kind.
        (Rank::Number(_), Rank::Text(_)) | (Rank::Text(_), Rank::Number(_)) => Ordering::Equal,
    };
    match descending {
        true => ascending.reverse(),
        false => ascending,
    }
}

/// Where each document of one part stands.
struct Places {
    descending: bool,
    places: Vec<u64>,
}

impl Looks for Places {
    fn look(&mut self, _: usize, at: usize, documents: &[u32], ranges: Chunk<'_>) {
        let mut places = self.places[at..].iter_mut();
        ranges.show(documents, &mut |_, covered| {
            let first = place_of_ranges(covered.ranges, self.descending);
            if let (Some(place), Some(first)) = (places.next(), first) {
                *place = first.min(*place);
            }
        });
    }
}

/// Ascending sorts by the earliest beginning, descending by the latest end.
#[inline]
pub(super) fn place_of_ranges(ranges: &[DateRange], descending: bool) -> Option<u64> {
    let ranges = ranges.iter().filter(|range| range.is_some());
    // The open end of a range of numbers is none to sort by; that of a Period is.
    let end = match descending {
        true => ranges
            .map(|it| if it.high == i64::MAX { it.low } else { it.high })
            .max(),
        false => ranges
            .map(|it| if it.low == i64::MIN { it.high } else { it.low })
            .min(),
    };
    end.map(|end| place_of_number(end, descending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_those_of_a_whole_sort() {
        let all: Vec<u32> = (0..2000).map(|n| n * 7919 % 2003).collect();
        let mut sorted = all.clone();
        sorted.sort_unstable();
        for count in [0, 1, 2, 20, FEW, FEW + 1, 1999, 2000] {
            let mut some = all.clone();
            first_sorted(&mut some, count, u32::cmp);
            assert_eq!(some[..count], sorted[..count], "{count}");
        }
    }
}
