//! The order of what was found, and the page of it that was asked for.

use std::cmp::Ordering;
use std::rc::Rc;

use super::Replica;
use super::codec::damaged;
use super::ids::GROUP;
use super::load::Form;
use super::matched::Matched;
use super::source::Address;
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::ParameterKind;
use crate::search::matcher::Field;
use crate::search::query::{Query, Sort};
use crate::search::term::unpack_id;

/// So many hits are cheaper put in their place one by one than sorted with all others.
const FEW: usize = 256;

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

impl<S: Store> Replica<S> {
    /// The page of `matched` that the query asks for, in its order.
    pub(super) async fn page_of(&self, matched: &[Matched], query: &Query) -> Result<Vec<Address>> {
        let mut hits = Vec::new();
        for part in matched {
            hits.extend(part.documents.iter().map(|document| Hit {
                address: part.source.address(*document),
                ranks: Vec::with_capacity(query.sort.len()),
            }));
        }
        for key in &query.sort {
            let ranks = self.ranks(matched, key).await?;
            for (hit, rank) in hits.iter_mut().zip(ranks) {
                hit.ranks.push(rank);
            }
        }
        Ok(page(hits, query))
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
        let chunks = source.part().terms(code);
        let chunks = chunks.ok_or_else(|| damaged("index"))?;
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
fn first_sorted<T>(hits: &mut [T], count: usize, order: impl Fn(&T, &T) -> Ordering) {
    if count > FEW || count >= hits.len() {
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
