//! For which documents a condition holds.

use std::future::Future;
use std::pin::Pin;

use super::Replica;
use super::asked::{Asked, Set, narrowed, without};
use super::codec::damaged;
use super::documents::Documents;
use super::matched::{Chunk, Looks};
use super::segment::Chunks;
use super::sorting::sort_once;
use super::termed::Terms;
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::condition::Condition;
use crate::search::matcher::{Field, Matcher};
use crate::search::parameter::{Form, Parameter};

type Later<'a> = Pin<Box<dyn Future<Output = Result<Set>> + 'a>>;

impl<S: Store> Replica<S> {
    /// What of `within`, or of everything, fulfils the condition; only what is live.
    pub(super) fn holding<'a>(
        &'a self,
        asked: &'a Asked<'_>,
        condition: &'a Condition,
        within: Option<Set>,
    ) -> Later<'a> {
        Box::pin(async move {
            let everything = |within: Option<Set>| within.unwrap_or_else(|| asked.everything());
            Ok(match condition {
                Condition::Any { on, any } => match on {
                    Field::Id => {
                        let ids: Vec<&[u8]> = any.iter().filter_map(term).collect();
                        narrowed(within, self.live_of(asked, &ids).await?)
                    }
                    Field::LastUpdated => self.in_range(asked, on, any, everything(within)).await?,
                    Field::Parameter(parameter) => match parameter.kind.form() {
                        Form::Terms => {
                            let terms = Terms::of(any);
                            self.having(asked, parameter, &terms, within).await?
                        }
                        _ => self.in_range(asked, on, any, everything(within)).await?,
                    },
                },
                Condition::Missing(on) => {
                    let all = everything(within);
                    let present = self.present(asked, on, &all).await?;
                    without(all, &present)
                }
                Condition::Not(it) => {
                    let all = everything(within);
                    let holding = self.holding(asked, it, Some(all.clone())).await?;
                    without(all, &holding)
                }
                Condition::All(all) => match self.holding_all(asked, all, within).await? {
                    Some(left) => left,
                    None => asked.everything(),
                },
                Condition::Either(any) => {
                    let mut either: Set = asked.sources.iter().map(|_| Vec::new()).collect();
                    for condition in any {
                        let holding = self.holding(asked, condition, within.clone()).await?;
                        for (all, more) in either.iter_mut().zip(holding) {
                            all.extend(more);
                            sort_once(all);
                        }
                    }
                    either
                }
                Condition::Read { on, any } => {
                    let within = match within {
                        Some(within) => within,
                        None => {
                            let all = asked.everything();
                            self.present(asked, &Field::Parameter(on.clone()), &all)
                                .await?
                        }
                    };
                    self.passing(asked, on, any, within).await?
                }
                Condition::Says { everywhere, any } => {
                    let within = everything(within);
                    self.saying(asked, *everywhere, any, within).await?
                }
                Condition::RefersTo { by, targets } => {
                    let mut found: Set = asked.sources.iter().map(|_| Vec::new()).collect();
                    for target in targets {
                        let terms = self.references_to(asked.snapshot, target).await?;
                        let more = self.having(asked, by, &terms, within.clone()).await?;
                        for (all, more) in found.iter_mut().zip(more) {
                            all.extend(more);
                            sort_once(all);
                        }
                    }
                    found
                }
                Condition::ReferredBy { by, from } => {
                    let ids = self.referred_by(asked, by, from).await?;
                    let ids: Vec<&[u8]> = ids.iter().collect();
                    narrowed(within, self.live_of(asked, &ids).await?)
                }
                Condition::Listed(list) => {
                    let ids = self.listed(asked, list).await?;
                    let ids: Vec<&[u8]> = ids.iter().map(Vec::as_slice).collect();
                    narrowed(within, self.live_of(asked, &ids).await?)
                }
                Condition::Related {
                    on,
                    system,
                    code,
                    above,
                } => {
                    let codes = self
                        .related(asked.snapshot, system.as_deref(), code, *above)
                        .await?;
                    let terms = Terms::of(&codes);
                    self.having(asked, on, &terms, within).await?
                }
                Condition::InValueSet { on, value_set } => {
                    let codes = self.codes_of(asked.snapshot, value_set).await?;
                    let terms = Terms::of(&codes);
                    self.having(asked, on, &terms, within).await?
                }
            })
        })
    }

    /// The live documents that have one of the terms under a parameter; those of `within`, where that is
    /// given.
    async fn having(
        &self,
        asked: &Asked<'_>,
        parameter: &Parameter,
        terms: &Terms<'_>,
        within: Option<Set>,
    ) -> Result<Set> {
        let mut found = self.termed(asked, parameter, terms).await?;
        // Fewer are put in order where most of them are out of question.
        for (found, within) in found.iter_mut().zip(within.iter().flatten()) {
            if found.len() > within.len() {
                let mut among = Documents::default();
                for document in within {
                    among.insert(*document);
                }
                found.retain(|document| among.contains(*document));
            }
        }
        found.iter_mut().for_each(sort_once);
        // What is left of earlier conditions is live.
        if within.is_none() {
            for (source, documents) in asked.sources.iter().zip(&mut found) {
                documents.retain(|document| asked.is_live(source, *document));
            }
        }
        Ok(narrowed(within, found))
    }

    /// What of `within` has a range or number that compares as is asked.
    async fn in_range(
        &self,
        asked: &Asked<'_>,
        on: &Field,
        any: &[Matcher],
        within: Set,
    ) -> Result<Set> {
        let mut kept = InRange {
            any,
            kept: within.iter().map(|_| Vec::new()).collect(),
        };
        self.each_range(&asked.matched(within), on, &mut kept)
            .await?;
        // A parameter of several columns sees each document once a column.
        kept.kept.iter_mut().for_each(sort_once);
        Ok(kept.kept)
    }

    /// What of `within` has any value.
    async fn present(&self, asked: &Asked<'_>, on: &Field, within: &Set) -> Result<Set> {
        match on {
            Field::Id => Ok(within.clone()),
            Field::Parameter(parameter) if parameter.kind.form() == Form::Terms => {
                let within = Some(within.clone());
                self.having(asked, parameter, &Terms::All, within).await
            }
            _ => {
                let matched = asked.matched(within.clone());
                let mut present = Present(within.iter().map(|_| Vec::new()).collect());
                self.each_range(&matched, on, &mut present).await?;
                present.0.iter_mut().for_each(sort_once);
                Ok(present.0)
            }
        }
    }

    /// The chunks of a column in each part; none where it holds nothing.
    pub(super) fn chunks_of<'a>(
        &self,
        asked: &Asked<'a>,
        column: &str,
    ) -> Result<Vec<Option<&'a Chunks>>> {
        let parts = asked.sources.iter();
        parts.map(|source| self.column(source, column)).collect()
    }

    /// The chunks of a column in a part that was indexed by the definitions of today.
    pub(super) fn column<'a>(
        &self,
        source: &'a super::source::Source,
        column: &str,
    ) -> Result<Option<&'a Chunks>> {
        let part = source.part();
        if !self.is_indexed(part) {
            // Whoever asked does it, and asks again.
            return Err(damaged("index"));
        }
        Ok(part.chunks(column))
    }
}

/// Keeps what has a range that compares as is asked.
struct InRange<'a> {
    any: &'a [Matcher],
    kept: Set,
}

impl Looks for InRange<'_> {
    fn skips(&self, ends: DateRange) -> bool {
        !self.any.iter().any(|matcher| match matcher {
            Matcher::Range(comparison, value) | Matcher::Number(comparison, value, _) => {
                comparison.may_hold(*value, ends)
            }
            _ => false,
        })
    }

    fn look(&mut self, part: usize, _: usize, documents: &[u32], ranges: Chunk<'_>) {
        let kept = &mut self.kept[part];
        ranges.each(documents, |document, covered| {
            let holds = covered.iter().any(|(range, unit)| {
                self.any.iter().any(|matcher| match matcher {
                    Matcher::Range(comparison, value) => comparison.holds(*value, range),
                    Matcher::Number(comparison, value, wanted) => {
                        comparison.holds(*value, range)
                            && wanted.as_ref().is_none_or(|it| it.is(unit))
                    }
                    _ => false,
                })
            });
            if holds {
                kept.push(document);
            }
        });
    }
}

/// Keeps what has a range, be it one that nothing compares with.
struct Present(Set);

impl Looks for Present {
    fn look(&mut self, part: usize, _: usize, documents: &[u32], ranges: Chunk<'_>) {
        ranges.show(documents, &mut |document, covered| {
            if !covered.ranges.is_empty() {
                self.0[part].push(document);
            }
        });
    }
}

fn term(matcher: &Matcher) -> Option<&[u8]> {
    match matcher {
        Matcher::Term(term) => Some(term),
        _ => None,
    }
}
