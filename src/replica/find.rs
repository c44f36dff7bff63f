//! Which documents a query finds, in which order.

use std::cmp::Ordering;
use std::rc::Rc;

use super::cache::Loaded;
use super::codec::damaged;
use super::directory::Directory;
use super::load::{Form, Want};
use super::manifest::PartEntry;
use super::segment::Part;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::ParameterKind;
use crate::search::matcher::{Field, Matcher};
use crate::search::query::{Filter, Query, Sort};
use crate::search::term::unpack_id;

/// The matches of a query.
#[derive(Debug)]
pub(super) struct Found {
    /// Of all pages.
    pub(super) total: usize,
    /// Of the page asked for: entry of the manifest, part, document.
    pub(super) page: Vec<(usize, usize, u32)>,
}

/// What sorting compares; `Missing` comes last in either direction.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rank {
    Number(i64),
    Text(Rc<[u8]>),
    Missing,
}

struct Hit {
    entry: usize,
    part: usize,
    document: u32,
    ranks: Vec<Rank>,
}

impl<S: Store> Replica<S> {
    /// Looks the query up in every segment of the snapshot.
    pub(super) async fn find(&self, snapshot: &Snapshot, query: &Query) -> Result<Found> {
        let segments = self.all_segments(snapshot).await?;
        let mut sources = Vec::new();
        let mut wants = Vec::new();
        for (entry, segment) in segments.iter().enumerate() {
            if let Some((number, part)) = segment.part(&query.kind) {
                let manifest = &snapshot.manifest.segments[entry];
                let needs = needs(query, part, manifest.number);
                sources.push((entry, number, part, &manifest.parts[number], needs.len()));
                wants.extend(needs);
            }
        }
        let mut loaded = self
            .load(&wants.iter().map(|(_, want)| *want).collect::<Vec<_>>())
            .await?
            .into_iter();
        let mut fields = wants.into_iter().map(|(field, _)| field);
        let mut hits = Vec::new();
        for (entry, number, part, manifest, needed) in sources {
            let columns = fields
                .by_ref()
                .take(needed)
                .zip(loaded.by_ref().take(needed))
                .collect();
            let source = Source {
                part,
                entry: manifest,
                columns,
            };
            let documents = source.matching(&query.filters)?;
            let mut ranks = source.ranks(&query.sort, &documents)?.into_iter();
            hits.extend(documents.into_iter().map(|document| Hit {
                entry,
                part: number,
                document,
                ranks: ranks.next().unwrap_or_default(),
            }));
        }
        let total = hits.len();
        let page = page(hits, query);
        Ok(Found { total, page })
    }

    /// The ids of what was found.
    pub(super) async fn ids_of(
        &self,
        snapshot: &Snapshot,
        kind: &str,
        found: &Found,
    ) -> Result<Vec<String>> {
        let directories = self.directories(snapshot, Some(kind)).await?;
        let ids = found.page.iter().map(|(entry, part, document)| {
            let mut places = directories.iter();
            let of_part = places.find(|(e, p, _)| (e, p) == (entry, part));
            let packed = of_part.map(|(_, _, directory)| directory.packed_id(*document));
            packed
                .and_then(unpack_id)
                .ok_or_else(|| damaged("directory"))
        });
        ids.collect()
    }
}

/// The hits of the page that the query asks for, in its order. Only as much is sorted as is shown.
fn page(mut hits: Vec<Hit>, query: &Query) -> Vec<(usize, usize, u32)> {
    let start = query.offset.min(hits.len());
    let end = start
        .saturating_add(query.count.unwrap_or(usize::MAX))
        .min(hits.len());
    if !query.sort.is_empty() {
        let order = |a: &Hit, b: &Hit| compare(&query.sort, a, b);
        if end > 0 && end < hits.len() {
            hits.select_nth_unstable_by(end - 1, order);
        }
        hits.truncate(end);
        hits.sort_unstable_by(order);
    }
    let shown = &hits[start..end];
    shown
        .iter()
        .map(|hit| (hit.entry, hit.part, hit.document))
        .collect()
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
    first.unwrap_or_else(|| (a.entry, a.document).cmp(&(b.entry, b.document)))
}

fn directed(ordering: Ordering, sort: &Sort) -> Ordering {
    if sort.descending {
        ordering.reverse()
    } else {
        ordering
    }
}

/// The frames of a part that a query reads, each under the field it is for.
fn needs(query: &Query, part: &Part, segment: u32) -> Vec<(Field, Want)> {
    let filtered = query.filters.iter().map(|filter| &filter.on);
    let sorted = query.sort.iter().map(|sort| &sort.by);
    let mut needs: Vec<(Field, Want)> = Vec::new();
    for field in filtered.chain(sorted) {
        if needs.iter().any(|(needed, _)| needed == field) {
            continue;
        }
        let (place, form) = match field {
            Field::Id | Field::LastUpdated => {
                (Some(part.directory), Form::Directory(part.documents))
            }
            Field::Parameter(code, ParameterKind::Date) => {
                (part.column(code).map(|column| column.place), Form::Ranges)
            }
            Field::Parameter(code, _) => {
                (part.column(code).map(|column| column.place), Form::Terms)
            }
        };
        if let Some(place) = place {
            needs.push((
                field.clone(),
                Want {
                    segment,
                    place,
                    form,
                },
            ));
        }
    }
    needs
}

/// One part of one segment with the columns that the query needs of it.
struct Source<'a> {
    part: &'a Part,
    entry: &'a PartEntry,
    columns: Vec<(Field, Loaded)>,
}

impl Source<'_> {
    fn column(&self, field: &Field) -> Option<&Loaded> {
        let mut columns = self.columns.iter();
        columns
            .find(|(of, _)| of == field)
            .map(|(_, loaded)| loaded)
    }

    /// The live documents that every filter finds, ascending.
    fn matching(&self, filters: &[Filter]) -> Result<Vec<u32>> {
        // Terms first: they are looked up, ranges are then only compared for what is left.
        let is_range = |filter: &&Filter| matches!(filter.any.first(), Some(Matcher::Range(..)));
        let (ranges, terms): (Vec<_>, Vec<_>) = filters.iter().partition(is_range);
        let mut found: Option<Vec<u32>> = None;
        for filter in terms {
            let documents = self.by_terms(filter)?;
            found = Some(match found {
                None => documents,
                Some(found) => intersection(&found, &documents),
            });
        }
        for filter in ranges {
            found = Some(self.by_ranges(filter, found)?);
        }
        let live = |document: &u32| {
            !self.entry.dead.contains(*document) && !self.part.deleted.contains(*document)
        };
        Ok(match found {
            Some(found) => found.into_iter().filter(live).collect(),
            None => (0..self.part.documents).filter(live).collect(),
        })
    }

    fn by_terms(&self, filter: &Filter) -> Result<Vec<u32>> {
        let mut documents = Vec::new();
        for matcher in &filter.any {
            match (self.column(&filter.on), matcher) {
                (Some(Loaded::Directory(directory)), Matcher::Term(id)) => {
                    documents.extend(directory.find(id))
                }
                (Some(Loaded::Terms(terms)), Matcher::Term(term)) => {
                    terms.exact(term, &mut documents)?
                }
                (Some(Loaded::Terms(terms)), Matcher::Prefix(prefix)) => {
                    terms.prefix(prefix, &mut documents)?
                }
                (Some(Loaded::Terms(terms)), Matcher::Suffix(suffix)) => {
                    terms.suffix(suffix, &mut documents)?
                }
                // No column: the segment was written when the type had no such parameter.
                _ => return Err(damaged("index")),
            }
        }
        if !documents.is_sorted_by(|a, b| a < b) {
            documents.sort_unstable();
            documents.dedup();
        }
        Ok(documents)
    }

    fn by_ranges(&self, filter: &Filter, found: Option<Vec<u32>>) -> Result<Vec<u32>> {
        let holds = |range: DateRange| {
            filter.any.iter().any(|matcher| match matcher {
                Matcher::Range(comparison, value) => comparison.holds(*value, range),
                _ => false,
            })
        };
        Ok(match self.column(&filter.on) {
            Some(Loaded::Ranges(ranges)) => match found {
                None => ranges.matching(holds),
                Some(mut found) => {
                    found.retain(|document| ranges.of(*document).iter().any(|range| holds(*range)));
                    found
                }
            },
            Some(Loaded::Directory(directory)) => {
                let mut found = found.unwrap_or_else(|| (0..directory.len()).collect());
                found.retain(|document| {
                    directory
                        .last_updated(*document)
                        .is_some_and(|at| holds(at.into()))
                });
                found
            }
            _ => return Err(damaged("index")),
        })
    }

    /// What each document is sorted by, one rank a key.
    fn ranks(&self, sort: &[Sort], documents: &[u32]) -> Result<Vec<Vec<Rank>>> {
        if sort.is_empty() {
            return Ok(Vec::new());
        }
        let mut ranks = vec![Vec::with_capacity(sort.len()); documents.len()];
        for key in sort {
            let of_key = match self.column(&key.by) {
                Some(Loaded::Ranges(ranges)) => {
                    let rank = |document: &u32| range_rank(ranges.of(*document), key.descending);
                    documents.iter().map(rank).collect()
                }
                Some(Loaded::Directory(directory)) => {
                    directory_ranks(directory, &key.by, documents)
                }
                Some(Loaded::Terms(terms)) => {
                    let mut of_document = vec![Rank::Missing; self.part.documents as usize];
                    terms.each(|term, found| {
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
                    let rank = |document: &u32| of_document[*document as usize].clone();
                    documents.iter().map(rank).collect()
                }
                _ => return Err(damaged("index")),
            };
            let of_key: Vec<Rank> = of_key;
            for (ranks, rank) in ranks.iter_mut().zip(of_key) {
                ranks.push(rank);
            }
        }
        Ok(ranks)
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

fn directory_ranks(directory: &Rc<Directory>, by: &Field, documents: &[u32]) -> Vec<Rank> {
    let rank = |document: &u32| match by {
        Field::Id => {
            let id = unpack_id(directory.packed_id(*document));
            id.map_or(Rank::Missing, |id| Rank::Text(id.into_bytes().into()))
        }
        _ => directory
            .last_updated(*document)
            .map_or(Rank::Missing, |at| Rank::Number(at.0)),
    };
    documents.iter().map(rank).collect()
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
