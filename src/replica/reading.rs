//! Conditions that only the resources themselves can tell: read, some at a time, and asked.

use std::rc::Rc;

use super::Replica;
use super::asked::{Asked, Set};
use crate::Result;
use crate::host::Store;
use crate::search::check::Checker;
use crate::search::condition::Check;
use crate::search::parameter::Parameter;

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
        let parts = asked.sources.iter().zip(&within);
        let documents =
            parts.flat_map(|(source, documents)| documents.iter().map(|it| source.address(*it)));
        let documents: Vec<_> = documents.collect();
        let mut holds = Vec::with_capacity(documents.len());
        let mut resource = Vec::new();
        self.each_document(asked.snapshot, &documents, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            holds.push(checker.holds(&resource).ok()?);
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
