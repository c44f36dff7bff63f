//! Which documents have terms that are looked for: exact ones by their place in the dictionary,
//! beginnings by a run of it, the rest by looking at every term.

use super::Replica;
use super::asked::{Asked, Set};
use super::load::{Form, Want};
use super::segment::Chunks;
use super::sorting::sort_texts_once;
use super::terms::{TermChunk, chunks_from};
use crate::Result;
use crate::host::Store;
use crate::search::matcher::Matcher;
use crate::search::parameter::{Parameter, Source};
use crate::search::term::target;

/// From so many terms in a chunk on, its terms are walked through rather than looked up.
const MANY: usize = 24;

/// The terms that are looked for.
pub(super) enum Terms<'a> {
    /// Whatever is there.
    All,
    /// Exact ones in their order, and others.
    Some {
        exact: Vec<Vec<u8>>,
        others: Vec<&'a Matcher>,
    },
}

/// Sees a chunk, and those of the exact terms that may stand in it.
type See<'s, 't> = dyn FnMut(&TermChunk, &'t [Vec<u8>]) + 's;

impl<'a> Terms<'a> {
    /// Those of a condition.
    pub(super) fn of(any: &'a [Matcher]) -> Self {
        let (mut exact, mut others) = (Vec::new(), Vec::new());
        for matcher in any {
            match matcher {
                Matcher::Term(term) => exact.push(term.clone()),
                other => others.push(other),
            }
        }
        sort_texts_once(&mut exact);
        Terms::Some { exact, others }
    }

    /// These, which are in order.
    pub(super) fn exactly(terms: Vec<Vec<u8>>) -> Self {
        Terms::Some {
            exact: terms,
            others: Vec::new(),
        }
    }
}

impl<S: Store> Replica<S> {
    /// How much there is to read of the documents that have one of these exact terms, in bytes: a
    /// measure of how many they are.
    pub(super) async fn weight(
        &self,
        asked: &Asked<'_>,
        parameter: &Parameter,
        terms: &Terms<'_>,
    ) -> Result<usize> {
        let places = self.places_of(asked, parameter, terms)?;
        let frames = self.load(&wants(&places)).await?;
        let mut weight = 0;
        for place in &places {
            for term in place.exact {
                weight += frames.terms(&place.want)?.weight(term)?;
            }
        }
        Ok(weight)
    }

    /// The documents of each part that have one of the terms under a parameter: not sorted, some
    /// twice, some no longer current.
    pub(super) async fn termed(
        &self,
        asked: &Asked<'_>,
        parameter: &Parameter,
        terms: &Terms<'_>,
    ) -> Result<Set> {
        let places = self.places_of(asked, parameter, terms)?;
        let frames = self.load(&wants(&places)).await?;
        let mut found: Set = asked.sources.iter().map(|_| Vec::new()).collect();
        for place in &places {
            let chunk = frames.terms(&place.want)?;
            terms.look_up(chunk, place.exact, place.source, &mut found[place.part])?;
        }
        Ok(found)
    }

    /// The chunks in which the terms may stand, of every part.
    fn places_of<'a>(
        &self,
        asked: &Asked<'_>,
        parameter: &'a Parameter,
        terms: &'a Terms<'_>,
    ) -> Result<Vec<Place<'a>>> {
        let mut places = Vec::new();
        for source in &parameter.sources {
            let of_parts = self.chunks_of(asked, &source.column)?;
            for (part, chunks) in of_parts.into_iter().enumerate() {
                if let Some(Chunks::Terms(chunks)) = chunks {
                    terms.each_chunk(chunks, &mut |chunk, exact| {
                        places.push(Place {
                            part,
                            source,
                            want: asked.sources[part].want(chunk.place, Form::Terms),
                            exact,
                        })
                    });
                }
            }
        }
        Ok(places)
    }
}

/// A chunk of a column of a part in which terms may stand that are looked for.
struct Place<'a> {
    part: usize,
    source: &'a Source,
    want: Want,
    /// Those of the exact terms that may stand in it.
    exact: &'a [Vec<u8>],
}

fn wants(places: &[Place<'_>]) -> Vec<Want> {
    places.iter().map(|place| place.want).collect()
}

impl Terms<'_> {
    /// Shows the chunks in which what is looked for may stand, each with those of the exact terms that
    /// may stand in it.
    fn each_chunk<'t>(&'t self, chunks: &[TermChunk], see: &mut See<'_, 't>) {
        let (exact, others) = match self {
            Terms::All => return chunks.iter().for_each(|chunk| see(chunk, &[])),
            Terms::Some { exact, others } => (exact.as_slice(), others),
        };
        let all = others
            .iter()
            .any(|matcher| !matches!(matcher, Matcher::Prefix(_)));
        let mut begun = vec![all; chunks.len()];
        for matcher in others {
            if let Matcher::Prefix(prefix) = matcher {
                for chunk in chunks_from(chunks, prefix, |first| is_past(first, prefix)) {
                    if let Ok(at) = chunks.binary_search_by(|it| it.first.cmp(&chunk.first)) {
                        begun[at] = true;
                    }
                }
            }
        }
        let mut rest = exact;
        for (at, chunk) in chunks.iter().enumerate() {
            let end = match chunks.get(at + 1) {
                Some(next) => rest.partition_point(|term| *term < next.first),
                None => rest.len(),
            };
            let (here, later) = rest.split_at(end);
            rest = later;
            if begun[at] || !here.is_empty() {
                see(chunk, here);
            }
        }
    }

    /// Appends the documents that a chunk has for what is looked for.
    fn look_up(
        &self,
        chunk: &super::terms::Terms,
        exact: &[Vec<u8>],
        source: &Source,
        out: &mut Vec<u32>,
    ) -> Result<()> {
        let target = source.target.as_deref();
        let others = match self {
            Terms::All => return chunk.matching(&|term| points_to(term, target), out),
            Terms::Some { others, .. } => others,
        };
        if exact.len() < MANY {
            for term in exact.iter().filter(|term| points_to(term, target)) {
                chunk.exact(term, out)?;
            }
        } else {
            let mut rest = exact;
            chunk.each_postings(&mut |term, postings| {
                while rest.first().is_some_and(|next| next.as_slice() < term) {
                    rest = &rest[1..];
                }
                if rest.first().is_some_and(|next| next.as_slice() == term)
                    && points_to(term, target)
                {
                    postings.append_to(out)?;
                }
                Some(())
            })?;
        }
        for matcher in others {
            match matcher {
                Matcher::Prefix(prefix) if target.is_none() => chunk.prefix(prefix, out)?,
                matcher => {
                    chunk.matching(&|term| matcher.is(term) && points_to(term, target), out)?
                }
            }
        }
        Ok(())
    }
}

/// Whether a reference's term is one to that type.
pub(super) fn points_to(term: &[u8], kind: Option<&str>) -> bool {
    kind.is_none_or(|kind| {
        let rest = term.strip_prefix(kind.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'/')) || target(term) == Some(kind)
    })
}

/// Whether nothing from `first` on begins with `prefix`.
fn is_past(first: &[u8], prefix: &[u8]) -> bool {
    first > prefix && !first.starts_with(prefix)
}
