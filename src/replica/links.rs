//! What resources say of each other: chains, `_has`, lists and value sets, as terms and ids to look for.

use std::pin::Pin;

use super::asked::Asked;
use super::ids::{Column, packed};
use super::load::Form;
use super::matched::Matched;
use super::segment::Chunks;
use super::sorting::sort_texts_once;
use super::termed::{Terms, points_to};
use super::terms::{TermChunk, chunks_from};
use super::{Replica, Snapshot};
use crate::fhir::Identity;
use crate::host::Store;
use crate::search::condition::{Condition, Target};
use crate::search::extract::References;
use crate::search::hierarchy::Hierarchy;
use crate::search::matcher::{Field, Matcher};
use crate::search::parameter::Parameter;
use crate::search::term;
use crate::search::value_set::{ValueSet, common, unlisted, without};
use crate::{Code, Error, Result};

impl<S: Store> Replica<S> {
    /// The terms of references to those that fulfil all that is asked.
    pub(super) async fn references_to(
        &self,
        snapshot: &Snapshot,
        target: &Target,
    ) -> Result<Terms<'static>> {
        let matched = self.matching(snapshot, target).await?;
        let mut terms = Vec::new();
        let documents: Vec<_> = matched.iter().flat_map(Matched::addresses).collect();
        self.each_id(snapshot, &documents, &mut |id| {
            let mut written = Vec::new();
            term::reference_to(
                &mut written,
                Identity {
                    kind: &target.kind,
                    id: &id,
                },
            );
            terms.push(written);
        })
        .await?;
        self.callers(snapshot, &target.kind, &documents, &mut terms)
            .await?;
        sort_texts_once(&mut terms);
        Ok(Terms::exactly(terms))
    }

    /// The packed ids of those that are referred to by one that fulfils all that is asked; some twice.
    pub(super) async fn referred_by(
        &self,
        asked: &Asked<'_>,
        by: &Parameter,
        from: &Target,
    ) -> Result<Column> {
        let matched = self.matching(asked.snapshot, from).await?;
        let prefix = format!("{}/", asked.kind).into_bytes();
        let mut ids = Column::default();
        for source in &by.sources {
            // Then whatever begins with the type points to it.
            let is_any = source.target.as_deref().is_none_or(|it| it == asked.kind);
            for part in matched.iter().filter(|part| !part.documents.is_empty()) {
                let Some(Chunks::Terms(chunks)) = self.column(&part.source, &source.column)? else {
                    continue;
                };
                let past = |first: &[u8]| first > prefix.as_slice() && !first.starts_with(&prefix);
                let chunks: Vec<&TermChunk> = chunks_from(chunks, &prefix, past).collect();
                let want = |chunk: &&TermChunk| part.source.want(chunk.place, Form::Terms);
                let wants: Vec<_> = chunks.iter().map(want).collect();
                let frames = self.load(&wants).await?;
                let chosen = part.marked()?;
                let mut documents = Vec::new();
                for want in &wants {
                    frames.terms(want)?.each_postings(&mut |term, postings| {
                        let counts = || is_any || points_to(term, source.target.as_deref());
                        if term.starts_with(&prefix) && counts() {
                            documents.clear();
                            postings.append_to(&mut documents)?;
                            let is_chosen =
                                |document: &u32| chosen.get(*document as usize) == Some(&true);
                            if documents.iter().any(is_chosen) {
                                ids.push(&term[prefix.len()..]);
                            }
                        }
                        Some(())
                    })?;
                }
            }
        }
        let called = self.called_by(asked, by, &matched).await?;
        self.each_id(asked.snapshot, &called, &mut |id| ids.push(&packed(&id)))
            .await?;
        Ok(ids)
    }

    /// The packed ids of this type that a List names.
    pub(super) async fn listed(&self, asked: &Asked<'_>, list: &str) -> Result<Vec<Vec<u8>>> {
        let list = Identity {
            kind: "List",
            id: list,
        };
        let Some(resource) = self.current(asked.snapshot, list).await? else {
            return Ok(Vec::new());
        };
        let mut references = References::new(self.server(), &["entry.item"])?;
        let mut ids = Vec::new();
        references.of(&resource, &mut |_, term| {
            let id = term
                .strip_prefix(asked.kind.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"/"));
            ids.extend(id.map(<[u8]>::to_vec));
        })?;
        sort_texts_once(&mut ids);
        Ok(ids)
    }

    /// The codes of a value set, as they are looked for.
    pub(super) async fn codes_of(&self, snapshot: &Snapshot, name: &str) -> Result<Vec<Matcher>> {
        let mut known = Vec::new();
        self.codes_within(snapshot, name, &mut known).await
    }

    /// The same; `known` are those that were looked up, and empty ones that are being looked up.
    fn codes_within<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        name: &'a str,
        known: &'a mut Vec<(String, Vec<Matcher>)>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Matcher>>> + 'a>> {
        Box::pin(async move {
            if let Some((_, codes)) = known.iter().find(|(known, _)| known == name) {
                return Ok(codes.clone());
            }
            let at = known.len();
            known.push((name.to_string(), Vec::new()));
            let set = ValueSet::read(&self.value_set(snapshot, name).await?)?;
            let (mut codes, mut taken) = (Vec::new(), Vec::new());
            let parts = set.include.iter().map(|part| (part, true));
            for (part, is_included) in parts.chain(set.exclude.iter().map(|part| (part, false))) {
                let mut of_part = part.codes.clone();
                for named in &part.value_sets {
                    let theirs = self.codes_within(snapshot, named, known).await?;
                    of_part = Some(match of_part {
                        None => theirs,
                        Some(ours) => common(&ours, &theirs),
                    });
                }
                let to = if is_included { &mut codes } else { &mut taken };
                to.extend(of_part.unwrap_or_default());
            }
            let codes = without(codes, &taken).ok_or_else(unlisted)?;
            known[at].1.clone_from(&codes);
            Ok(codes)
        })
    }

    /// The codes above or below one, by the code systems that are here.
    pub(super) async fn related(
        &self,
        snapshot: &Snapshot,
        system: Option<&str>,
        code: &str,
        above: bool,
    ) -> Result<Vec<Matcher>> {
        let url = self.definitions.of("CodeSystem").parameter("url");
        let named = url.zip(system).map(|(url, system)| Condition::Any {
            on: Field::Parameter(url.clone()),
            any: vec![Matcher::Term(system.as_bytes().to_vec())],
        });
        let target = Target {
            kind: "CodeSystem".into(),
            all: named.into_iter().collect(),
        };
        let matched = self.matching(snapshot, &target).await?;
        let documents: Vec<_> = matched.iter().flat_map(Matched::addresses).collect();
        let mut hierarchy = Hierarchy::new(code, above);
        let mut resource = Vec::new();
        self.each_document(snapshot, &documents, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            hierarchy.look(&resource).ok()
        })
        .await?;
        if hierarchy.found.is_empty() {
            return Err(Error::new(
                Code::Unsupported,
                "No code system in the replica has the code that `:above` or `:below` names; pull it, or ask the server.",
            ));
        }
        Ok(hierarchy.found)
    }

    /// A ValueSet by its url, with or without a version, or as `ValueSet/id`.
    async fn value_set(&self, snapshot: &Snapshot, name: &str) -> Result<Vec<u8>> {
        let own = name
            .strip_prefix(self.server())
            .and_then(|rest| rest.strip_prefix('/'));
        let identity =
            Identity::parse(own.unwrap_or(name)).filter(|identity| identity.kind == "ValueSet");
        let found = match identity {
            Some(identity) => self.current(snapshot, identity).await?,
            None => {
                let (url, version) = match name.split_once('|') {
                    Some((url, version)) => (url, Some(version)),
                    None => (name, None),
                };
                let definition = self.definitions.of("ValueSet");
                let is = |code: &str, matcher: Matcher| {
                    let on = Field::Parameter(definition.parameter(code)?.clone());
                    Some(Condition::Any {
                        on,
                        any: vec![matcher],
                    })
                };
                let mut version_term = version.unwrap_or_default().as_bytes().to_vec();
                version_term.push(0);
                let all = [
                    is("url", Matcher::Term(url.as_bytes().to_vec())),
                    version.and_then(|_| is("version", Matcher::Prefix(version_term))),
                ];
                let target = Target {
                    kind: "ValueSet".into(),
                    all: all.into_iter().flatten().collect(),
                };
                let matched = self.matching(snapshot, &target).await?;
                match matched.iter().flat_map(Matched::addresses).next() {
                    Some(address) => Some(self.resource(snapshot, address).await?),
                    None => None,
                }
            }
        };
        found.ok_or_else(|| {
            Error::new(
                Code::Unsupported,
                "The value set that `:in` names is not in the replica; pull it, or ask the server.",
            )
        })
    }

    /// The bytes of the current version of a resource; none where there is none.
    pub(super) async fn current(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
    ) -> Result<Option<Vec<u8>>> {
        if snapshot.manifest.lacks(identity.kind) {
            return Err(super::codec::damaged(identity.kind));
        }
        let mut id = Vec::new();
        term::pack_id(&mut id, identity.id);
        let names = super::held::Names::from([(identity.kind, vec![id.as_slice()])]);
        let known = self.held(snapshot, &names).await?;
        match known.current(identity.kind, &id) {
            Some(held) if !held.state().deleted => {
                Ok(Some(self.resource(snapshot, held.address).await?))
            }
            _ => Ok(None),
        }
    }
}
