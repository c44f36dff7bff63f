//! What an answer has beside its matches: those that they refer to, and those that refer to them.

use std::collections::HashSet;

use super::asked::Asked;
use super::canonical::is_canonical;
use super::held::Names;
use super::matched::Matched;
use super::sorting::{sort_once, sort_texts_once};
use super::source::Address;
use super::termed::{Terms, points_to};
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::Identity;
use crate::host::Store;
use crate::search::Query;
use crate::search::condition::Target;
use crate::search::extract::References;
use crate::search::parameter::{Parameter, ParameterKind};
use crate::search::query::Include;
use crate::search::term;

impl<S: Store> Replica<S> {
    /// What belongs to the matches of a page, each once and none of them.
    pub(super) async fn included(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        page: &[Address],
    ) -> Result<Vec<Address>> {
        let includes = &query.includes;
        let mut seen: HashSet<u64> = page.iter().map(|address| address.number()).collect();
        let mut all = Vec::new();
        let (mut fresh, mut first) = (page.to_vec(), true);
        // With `:iterate` what was included is looked at in turn, until nothing new comes.
        while !fresh.is_empty() {
            let mut found = Vec::new();
            for include in includes.iter().filter(|include| first || include.iterate) {
                match include.reverse {
                    false => self.referred(snapshot, include, &fresh, &mut found).await?,
                    true => {
                        self.referring(snapshot, include, &fresh, &mut found)
                            .await?
                    }
                }
            }
            found.retain(|address| seen.insert(address.number()));
            self.keep_inside(snapshot, query, &mut found).await?;
            all.extend_from_slice(&found);
            (fresh, first) = (found, false);
        }
        Ok(all)
    }

    /// Those that `from` refer to.
    async fn referred(
        &self,
        snapshot: &Snapshot,
        include: &Include,
        from: &[Address],
        found: &mut Vec<Address>,
    ) -> Result<()> {
        for (kind, documents) in by_kind(snapshot, from) {
            if include.kind.as_deref().is_some_and(|only| only != kind) {
                continue;
            }
            let parameters = self.references_of(kind, include);
            let mut references = References::by(self.server(), parameters.iter().copied());
            let (mut terms, mut resource) = (Vec::new(), Vec::new());
            let mut canonicals = vec![HashSet::new(); parameters.len()];
            self.each_document(snapshot, &documents, &mut |id, block, number| {
                resource.clear();
                block.put(number, id, &mut resource)?;
                let mut take = |at: usize, term: &[u8]| {
                    if is_canonical(term) {
                        canonicals[at].insert(term.to_vec());
                    }
                    let parameter: &Parameter = parameters[at];
                    let mut sources = parameter.sources.iter();
                    if sources.any(|source| points_to(term, source.target.as_deref()))
                        && points_to(term, include.target.as_deref())
                    {
                        terms.push(term.to_vec());
                    }
                };
                references.of(&resource, &mut take).ok()
            })
            .await?;
            self.named_by(snapshot, terms, found).await?;
            for (by, terms) in parameters.into_iter().zip(canonicals) {
                if terms.is_empty() {
                    continue;
                }
                let is_wanted =
                    |kind: &&str| include.target.as_deref().is_none_or(|only| only == *kind);
                for kind in self.definitions.types().filter(is_wanted) {
                    found.append(&mut self.called(snapshot, kind, by, &terms).await?);
                }
            }
        }
        Ok(())
    }

    /// The current resources that terms of references name.
    async fn named_by(
        &self,
        snapshot: &Snapshot,
        mut terms: Vec<Vec<u8>>,
        found: &mut Vec<Address>,
    ) -> Result<()> {
        sort_texts_once(&mut terms);
        let mut names = Names::new();
        for reference in &terms {
            let slash = reference.iter().position(|byte| *byte == b'/');
            let Some((kind, id)) = slash.map(|at| reference.split_at(at)) else {
                continue;
            };
            if let Ok(kind) = std::str::from_utf8(kind)
                && self.definitions.knows(kind)
            {
                names.entry(kind).or_default().push(&id[1..]);
            }
        }
        if let Some(kind) = names.keys().find(|kind| snapshot.manifest.lacks(kind)) {
            return Err(super::codec::damaged(kind));
        }
        let known = self.held(snapshot, &names).await?;
        for reference in &terms {
            let slash = reference
                .iter()
                .position(|byte| *byte == b'/')
                .unwrap_or_default();
            let kind = std::str::from_utf8(&reference[..slash]).unwrap_or_default();
            let held = known.current(kind, reference.get(slash + 1..).unwrap_or_default());
            let live = held.filter(|held| !held.state().deleted);
            found.extend(live.map(|held| held.address));
        }
        Ok(())
    }

    /// Those that refer to `to`.
    async fn referring(
        &self,
        snapshot: &Snapshot,
        include: &Include,
        to: &[Address],
        found: &mut Vec<Address>,
    ) -> Result<()> {
        let (mut terms, mut canonicals) = (Vec::new(), Vec::new());
        for (kind, documents) in by_kind(snapshot, to) {
            if include.target.as_deref().is_some_and(|only| only != kind) {
                continue;
            }
            self.each_id(snapshot, &documents, &mut |id| {
                let mut written = Vec::new();
                term::reference_to(&mut written, Identity { kind, id: &id });
                terms.push(written);
            })
            .await?;
            let mut callers = Vec::new();
            self.callers(snapshot, kind, &documents, &mut callers)
                .await?;
            canonicals.push((kind, callers));
        }
        let kinds: Vec<&str> = match &include.kind {
            Some(kind) => vec![kind],
            None => self.definitions.types().collect(),
        };
        for kind in kinds {
            let everything = Target {
                kind: kind.to_string(),
                all: Vec::new(),
            };
            if snapshot.manifest.lacks(&everything.kind) {
                return Err(super::codec::damaged(kind));
            }
            let sources = self.sources(snapshot, Some(kind)).await?;
            if sources.is_empty() {
                continue;
            }
            let asked = Asked {
                snapshot,
                kind,
                sources: &sources,
            };
            for by in self.references_of(kind, include) {
                let mut terms = terms.clone();
                for (kind, callers) in &canonicals {
                    if by.may_point_to(kind) {
                        terms.extend_from_slice(callers);
                    }
                }
                sort_texts_once(&mut terms);
                let terms = Terms::exactly(terms);
                let parts = sources.iter().zip(self.termed(&asked, by, &terms).await?);
                for (source, mut documents) in parts {
                    sort_once(&mut documents);
                    documents.retain(|document| asked.is_live(source, *document));
                    found.extend(
                        Matched {
                            source: source.clone(),
                            documents,
                            scope: 0,
                        }
                        .addresses(),
                    );
                }
            }
        }
        Ok(())
    }

    /// The references of a type that an include goes by.
    fn references_of<'a>(&'a self, kind: &str, include: &'a Include) -> Vec<&'a Parameter> {
        match &include.by {
            Some(by) => vec![by],
            None => {
                let parameters = self.definitions.of(kind).parameters.iter();
                parameters
                    .filter(|it| it.kind == ParameterKind::Reference)
                    .map(|it| &**it)
                    .collect()
            }
        }
    }
}

/// Documents by their type.
fn by_kind<'s>(snapshot: &'s Snapshot, documents: &[Address]) -> Vec<(&'s str, Vec<Address>)> {
    let mut kinds = Vec::<(&str, Vec<Address>)>::new();
    for address in documents {
        let kind = kind_of(snapshot, *address);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, of_kind)) => of_kind.push(*address),
            None => kinds.push((kind, vec![*address])),
        }
    }
    kinds
}

/// The type of a document.
pub(super) fn kind_of(snapshot: &Snapshot, address: Address) -> &str {
    let entry = snapshot.manifest.segments.get(address.entry);
    let part = entry.and_then(|entry| entry.parts.get(address.part));
    part.map_or("", |part| &part.kind)
}
