//! Conditions that only the resources themselves can tell: read, some at a time, and asked.

use std::rc::Rc;

use super::Replica;
use super::asked::{Asked, Set};
use crate::Result;
use crate::fhir::json::Broken;
use crate::host::Store;
use crate::search::check::Checker;
use crate::search::condition::Check;
use crate::search::parameter::Parameter;
use crate::search::words::{Words, said};

impl<S: Store> Replica<S> {
    /// What of `within` fulfils one of the checks.
    pub(super) async fn passing(
        &self,
        asked: &Asked<'_>,
        on: &Rc<Parameter>,
        any: &[Check],
        within: Set,
    ) -> Result<Set> {
        let mut checker = Checker::new(&self.definitions, asked.kind, on, any, self.server());
        self.kept(asked, within, &mut |resource| checker.holds(resource))
            .await
    }

    /// What of `within` says one of these.
    pub(super) async fn saying(
        &self,
        asked: &Asked<'_>,
        everywhere: bool,
        any: &[Words],
        within: Set,
    ) -> Result<Set> {
        self.kept(asked, within, &mut |resource| {
            let said = said(resource, everywhere)?;
            Ok(any.iter().any(|words| words.are_in(&said)))
        })
        .await
    }

    /// What of `within` the question is answered yes for.
    async fn kept(
        &self,
        asked: &Asked<'_>,
        within: Set,
        question: &mut dyn FnMut(&[u8]) -> std::result::Result<bool, Broken>,
    ) -> Result<Set> {
        let parts = asked.sources.iter().zip(&within);
        let documents =
            parts.flat_map(|(source, documents)| documents.iter().map(|it| source.address(*it)));
        let documents: Vec<_> = documents.collect();
        let mut holds = Vec::with_capacity(documents.len());
        let mut resource = Vec::new();
        self.each_document(asked.snapshot, &documents, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            holds.push(question(&resource).ok()?);
            Some(())
        })
        .await?;
        let mut holds = holds.into_iter();
        let kept = within.into_iter().map(|mut documents| {
            documents.retain(|_| holds.next() == Some(true));
            documents
        });
        Ok(kept.collect())
    }
}
