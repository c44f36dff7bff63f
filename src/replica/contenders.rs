//! Who may be on a sorted page. Most matches of a large answer are not: the first key alone tells them
//! apart, before ranks are made for all keys and compared.

use super::Replica;
use super::codec::damaged;
use super::load;
use super::matched::Matched;
use super::segment::Chunks;
use super::sorting::sort_once;
use crate::Result;
use crate::host::Store;
use crate::search::matcher::Field;
use crate::search::parameter::{Form, Parameter, ParameterKind};
use crate::search::query::Sort;

impl<S: Store> Replica<S> {
    /// What of `matched`, all of one scope, may be among the first `count` by a key, ties included. `None`
    /// where the key does not tell, or hardly anything would be left out.
    pub(super) async fn contenders(
        &self,
        matched: &[Matched],
        key: &Sort,
        count: usize,
    ) -> Result<Option<Vec<Matched>>> {
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
                    let documents = self.first_by_term(part, parameter, key.descending, count);
                    left.push(part.with(documents.await?));
                }
                Ok(Some(left))
            }
            Some(by) => {
                let mut places = Vec::with_capacity(matched.len());
                for part in matched {
                    places.push(self.places(part, by, key.descending).await?);
                }
                let mut all = places.concat();
                let (_, last, _) = all.select_nth_unstable(count - 1);
                let left = matched.iter().zip(&places).map(|(part, places)| {
                    let pairs = part.documents.iter().zip(places);
                    let first = pairs.filter(|(_, place)| *place <= last);
                    part.with(first.map(|(document, _)| *document).collect())
                });
                Ok(Some(left.collect()))
            }
        }
    }

    /// The documents of a part that have the first terms of a parameter, at least `count` of them; all
    /// that it has where fewer have any.
    async fn first_by_term(
        &self,
        part: &Matched,
        parameter: &Parameter,
        descending: bool,
        count: usize,
    ) -> Result<Vec<u32>> {
        let mut first = Vec::new();
        let mut is_matched = vec![false; part.source.part().documents as usize];
        for document in &part.documents {
            *is_matched
                .get_mut(*document as usize)
                .ok_or_else(|| damaged("index"))? = true;
        }
        for source in &parameter.sources {
            let Some(Chunks::Terms(chunks)) = self.column(&part.source, &source.column)? else {
                continue;
            };
            let (mut waiting, mut found) = (is_matched.clone(), 0);
            let mut chunks: Vec<_> = chunks.iter().collect();
            if descending {
                chunks.reverse();
            }
            for chunk in chunks {
                let want = part.source.want(chunk.place, load::Form::Terms);
                let frames = self.load(&[want]).await?;
                let mut terms = Vec::new();
                frames.terms(&want)?.each(|term, documents| {
                    if !term.is_empty() {
                        terms.push(documents.to_vec());
                    }
                })?;
                if descending {
                    terms.reverse();
                }
                for documents in &terms {
                    if found >= count {
                        break;
                    }
                    for document in documents {
                        let waits = waiting.get_mut(*document as usize);
                        if waits.is_some_and(std::mem::take) {
                            first.push(*document);
                            found += 1;
                        }
                    }
                }
                if found >= count {
                    break;
                }
            }
        }
        sort_once(&mut first);
        Ok(match first.len() < count {
            true => part.documents.clone(),
            false => first,
        })
    }
}
