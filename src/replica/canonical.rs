//! References by canonical URL: from a resource to what it calls so, and from what is called so back
//! (R5 references.html#canonical). With a version they mean that version; without, every one.

use std::collections::HashSet;
use std::rc::Rc;

use super::asked::Asked;
use super::load::Form;
use super::matched::Matched;
use super::segment::Chunks;
use super::source::Address;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::json::{Broken, Scanner, Text};
use crate::host::Store;
use crate::search::condition::{Condition, Target};
use crate::search::matcher::{Field, Matcher};
use crate::search::parameter::{Parameter, ParameterKind};

/// Whether the term of a reference is a canonical: an absolute URL, and no identifier's.
pub(super) fn is_canonical(term: &[u8]) -> bool {
    term.contains(&b':') && term.first().is_some_and(|first| *first >= b' ')
}

impl<S: Store> Replica<S> {
    /// The parameter that finds resources of a type by the URL that they are called by, if they are
    /// and a reference may point to that type.
    fn url_of(&self, kind: &str, by: Option<&Parameter>) -> Option<&Rc<Parameter>> {
        let url = self.definitions.of(kind).parameter("url")?;
        let is_meant = by.is_none_or(|by| by.may_point_to(kind));
        (is_meant && url.kind == ParameterKind::Uri).then_some(url)
    }

    /// Appends the terms of references that call these documents by their URL; all are of one type.
    pub(super) async fn callers(
        &self,
        snapshot: &Snapshot,
        kind: &str,
        documents: &[Address],
        terms: &mut Vec<Vec<u8>>,
    ) -> Result<()> {
        if self.url_of(kind, None).is_none() {
            return Ok(());
        }
        let mut resource = Vec::new();
        self.each_document(snapshot, documents, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            terms.extend(names(&resource).ok()?);
            Some(())
        })
        .await
    }

    /// The resources of a type that these references of a parameter call by their URL.
    pub(super) async fn called(
        &self,
        snapshot: &Snapshot,
        kind: &str,
        by: &Parameter,
        terms: &HashSet<Vec<u8>>,
    ) -> Result<Vec<Address>> {
        let Some(url) = self.url_of(kind, Some(by)) else {
            return Ok(Vec::new());
        };
        let without_version = |term: &Vec<u8>| {
            let end = term.iter().position(|byte| *byte == b'|');
            Matcher::Term(term[..end.unwrap_or(term.len())].to_vec())
        };
        let any: Vec<Matcher> = terms.iter().map(without_version).collect();
        if any.is_empty() {
            return Ok(Vec::new());
        }
        let on = Field::Parameter(url.clone());
        let target = Target {
            kind: kind.to_string(),
            all: vec![Condition::Any { on, any }],
        };
        let matched = self.matching(snapshot, &target).await?;
        let places: Vec<Address> = matched.iter().flat_map(Matched::addresses).collect();
        let (mut at, mut found, mut resource) = (places.iter(), Vec::new(), Vec::new());
        self.each_document(snapshot, &places, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            let address = *at.next()?;
            let names = names(&resource).ok()?;
            if names.iter().any(|name| terms.contains(name)) {
                found.push(address);
            }
            Some(())
        })
        .await?;
        Ok(found)
    }

    /// The resources of the type that is asked which matches of another type call by their URL.
    pub(super) async fn called_by(
        &self,
        asked: &Asked<'_>,
        by: &Parameter,
        matched: &[Matched],
    ) -> Result<Vec<Address>> {
        let mut terms = HashSet::new();
        if self.url_of(asked.kind, Some(by)).is_none() {
            return Ok(Vec::new());
        }
        for source in by.sources.iter().filter(|source| source.target.is_none()) {
            for part in matched.iter().filter(|part| !part.documents.is_empty()) {
                let Some(Chunks::Terms(chunks)) = self.column(&part.source, &source.column)? else {
                    continue;
                };
                for chunk in chunks {
                    let want = part.source.want(chunk.place, Form::Terms);
                    let frames = self.load(&[want]).await?;
                    frames.terms(&want)?.each(|term, documents| {
                        let is_matched = |it: &u32| part.documents.binary_search(it).is_ok();
                        if is_canonical(term) && documents.iter().any(is_matched) {
                            terms.insert(term.to_vec());
                        }
                    })?;
                }
            }
        }
        self.called(asked.snapshot, asked.kind, by, &terms).await
    }
}

/// What a resource is called in references: its URL, and its URL with its version.
fn names(resource: &[u8]) -> std::result::Result<Vec<Vec<u8>>, Broken> {
    let (mut url, mut version) = (None, None);
    Scanner::new(resource).object(|scanner, key| {
        match key {
            b"url" => url = scanner.string_or_skip()?,
            b"version" => version = scanner.string_or_skip()?,
            _ => drop(scanner.pass()?),
        }
        Ok::<(), Broken>(())
    })?;
    let Some(url) = url.map(Text::decode) else {
        return Ok(Vec::new());
    };
    let versioned = version.map(|version| format!("{url}|{}", version.decode()));
    let all = [Some(url.into_owned()), versioned].into_iter().flatten();
    Ok(all.map(String::into_bytes).collect())
}
