//! Who may be on a sorted page. Most matches of a large answer are not: the first key alone tells them
//! apart, before ranks are made for all keys and compared.

use super::Replica;
use super::codec::damaged;
use super::load;
use super::matched::{Chunk, Looks, Matched};
use super::order::{MISSING, Rank, compared, place_of_ranges, rank_at};
use super::segment::Chunks;
use super::sorting::sort_by;
use super::terms::Packed;
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::matcher::Field;
use crate::search::parameter::{Form, Parameter, ParameterKind};
use crate::search::query::Sort;

/// What may be on the page, and what each of it is sorted by first.
pub(super) type Contenders = Vec<(Matched, Vec<Rank>)>;

impl<S: Store> Replica<S> {
    /// What of `matched`, all of one scope, may be among the first `count` by a key, ties included. `None`
    /// where the key does not tell, or hardly anything would be left out.
    pub(super) async fn contenders(
        &self,
        matched: &[Matched],
        key: &Sort,
        count: usize,
    ) -> Result<Option<Contenders>> {
        let total: usize = matched.iter().map(|part| part.documents.len()).sum();
        if count == 0 || total / 4 < count || matched.iter().any(|part| part.scope > 0) {
            return Ok(None);
        }
        match key.by.first() {
            None | Some(Field::Id) => Ok(None),
            Some(Field::Parameter(parameter)) if parameter.kind.form() == Form::Terms => {
                // Of these, the terms stand in the order that they are sorted in.
                if !matches!(parameter.kind, ParameterKind::String | ParameterKind::Uri) {
                    return Ok(None);
                }
                let mut left = Vec::with_capacity(matched.len());
                for part in matched {
                    let first = self.first_by_term(part, parameter, key.descending, count);
                    left.push(first.await?);
                }
                Ok(Some(left))
            }
            Some(by) => {
                let mut first = First {
                    count,
                    descending: key.descending,
                    last: MISSING,
                    found: matched.iter().map(|_| Vec::new()).collect(),
                    fresh: 0,
                };
                if is_of_one_column(by) {
                    self.each_range(matched, by, &mut first).await?;
                } else {
                    // A document may be among the first by each of them, and counts once.
                    for (part, found) in matched.iter().zip(&mut first.found) {
                        let places = self.places(part, by, key.descending).await?;
                        let documents = part.documents.iter().copied();
                        let pairs = documents.zip(places);
                        found.extend(pairs.filter(|(_, place)| *place < MISSING));
                    }
                }
                first.leave();
                // Where fewer have a value, the others come after them.
                if first.last == MISSING {
                    return Ok(None);
                }
                let left = matched.iter().zip(&mut first.found).map(|(part, found)| {
                    sort_by(found, |a, b| a.0.cmp(&b.0));
                    let rank = |place| rank_at(place, key.descending);
                    let pairs = found
                        .iter()
                        .map(|(document, place)| (*document, rank(*place)));
                    let (documents, ranks) = pairs.unzip();
                    (part.with(documents), ranks)
                });
                Ok(Some(left.collect()))
            }
        }
    }

    /// The documents of a part that have the first terms of a parameter, at least `count` of them, with their terms;
    /// all that it has where fewer have any.
    ///
    /// Of a document with a better term in another column, further along than was looked there, a worse one is
    /// told: so many come before either that it is not among the first.
    async fn first_by_term(
        &self,
        part: &Matched,
        parameter: &Parameter,
        descending: bool,
        count: usize,
    ) -> Result<(Matched, Vec<Rank>)> {
        let mut first = Vec::new();
        let is_matched = part.marked()?;
        for source in &parameter.sources {
            let Some(Chunks::Terms(chunks)) = self.column(&part.source, &source.column)? else {
                continue;
            };
            let mut waiting = is_matched.clone();
            let end = first.len() + count;
            let mut chunks: Vec<_> = chunks.iter().collect();
            if descending {
                chunks.reverse();
            }
            for chunk in chunks {
                if first.len() >= end {
                    break;
                }
                let want = part.source.want(chunk.place, load::Form::Terms);
                let frames = self.load(&[want]).await?;
                // Terms are read in their order only, and wanted from the last one on.
                let (mut names, mut terms) = (Vec::new(), Vec::<(usize, Packed<'_>)>::new());
                frames.terms(&want)?.each_postings(&mut |term, postings| {
                    if !term.is_empty() {
                        terms.push((names.len(), postings));
                        names.extend_from_slice(term);
                    }
                    Some(())
                })?;
                let mut documents = Vec::new();
                for at in 0..terms.len() {
                    if first.len() >= end {
                        break;
                    }
                    let at = if descending { terms.len() - 1 - at } else { at };
                    let (start, postings) = terms[at];
                    documents.clear();
                    postings
                        .append_to(&mut documents)
                        .ok_or_else(|| damaged("index"))?;
                    documents.retain(|document| {
                        let waits = waiting.get_mut(*document as usize);
                        waits.is_some_and(std::mem::take)
                    });
                    if !documents.is_empty() {
                        let end = terms.get(at + 1).map_or(names.len(), |next| next.0);
                        let rank = Rank::Text(names[start..end].into());
                        first.extend(documents.iter().map(|document| (*document, rank.clone())));
                    }
                }
            }
        }
        let (mut first, mut ranks) = ranked_of(part, first, descending);
        if first.documents.len() < count {
            let mut known = first.documents.iter().zip(ranks).peekable();
            let all = part.documents.iter().map(|document| {
                let rank = known.next_if(|known| known.0 == document);
                rank.map_or(Rank::Missing, |known| known.1)
            });
            ranks = all.collect();
            first = part.with(part.documents.clone());
        }
        Ok((first, ranks))
    }
}

/// Some documents of a part in their order, each once with its best rank.
fn ranked_of(
    part: &Matched,
    mut ranked: Vec<(u32, Rank)>,
    descending: bool,
) -> (Matched, Vec<Rank>) {
    sort_by(&mut ranked, |a, b| {
        let by_document = a.0.cmp(&b.0);
        by_document.then_with(|| compared(&a.1, &b.1, descending))
    });
    let (mut documents, mut ranks) = (Vec::<u32>::new(), Vec::new());
    for (document, rank) in ranked {
        if documents.last() != Some(&document) {
            documents.push(document);
            ranks.push(rank);
        }
    }
    (part.with(documents), ranks)
}

/// After so many, those are left out that come too late.
const FRESH: usize = 256;

fn is_of_one_column(by: &Field) -> bool {
    match by {
        Field::Parameter(parameter) => parameter.sources.len() == 1,
        _ => true,
    }
}

/// Keeps those that stand first by a column of ranges.
struct First {
    count: usize,
    descending: bool,
    /// Where the last of `count` documents stands that have been seen.
    last: u64,
    /// Documents of each part, and where they stand.
    found: Vec<Vec<(u32, u64)>>,
    /// How many were found since those were left out that come too late.
    fresh: usize,
}

impl First {
    /// Leaves the first `count`, and those that stand where the last of them does.
    fn leave(&mut self) {
        let places = self.found.iter().flatten().map(|(_, place)| *place);
        let mut places: Vec<u64> = places.collect();
        if places.len() < self.count {
            return;
        }
        let (_, last, _) = places.select_nth_unstable(self.count - 1);
        self.last = *last;
        for found in &mut self.found {
            found.retain(|(_, place)| *place <= self.last);
        }
        self.fresh = 0;
    }
}

impl Looks for First {
    fn skips(&self, ends: DateRange) -> bool {
        // What is open at its end stands by its other one.
        let is_open = ends.low == i64::MIN || ends.high == i64::MAX;
        let first = place_of_ranges(&[ends], self.descending);
        !is_open && first.is_none_or(|first| first > self.last)
    }

    fn look(&mut self, part: usize, _: usize, documents: &[u32], ranges: Chunk<'_>) {
        let found = &mut self.found[part];
        let before = found.len();
        ranges.show(documents, &mut |document, covered| {
            let place = place_of_ranges(covered.ranges, self.descending);
            if let Some(place) = place.filter(|place| *place <= self.last) {
                found.push((document, place));
            }
        });
        self.fresh += found.len() - before;
        if self.fresh >= self.count.max(FRESH) {
            self.leave();
        }
    }

    fn is_backwards(&self) -> bool {
        self.descending
    }
}
