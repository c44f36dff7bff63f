//! Whether a resource is in a compartment, by its own bytes: what somebody may see whose access is
//! narrowed to it.

use super::find::Found;
use super::include::kind_of;
use super::source::Address;
use super::termed::points_to;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::Identity;
use crate::host::Store;
use crate::search::Query;
use crate::search::extract::References;
use crate::search::term;

impl<S: Store> Replica<S> {
    /// Whether this version is in the compartment of `of`: by the references that it has itself, so that
    /// it can be asked of any version, as the index is asked of current ones.
    pub(super) fn is_inside(&self, of: Identity<'_>, it: Identity<'_>, bytes: &[u8]) -> bool {
        let definition = self.definitions.of(it.kind);
        let mut compartments = definition.compartments.iter();
        let Some((_, codes)) = compartments.find(|(name, _)| **name == *of.kind) else {
            return false;
        };
        if it == of && codes.iter().any(|code| &**code == "{def}") {
            return true;
        }
        let parameters = codes.iter().filter_map(|code| definition.parameter(code));
        let parameters: Vec<_> = parameters.map(|it| &**it).collect();
        let mut wanted = Vec::new();
        term::reference_to(&mut wanted, of);
        let mut references = References::by(self.server(), parameters.iter().copied());
        let mut inside = false;
        let read = references.of(bytes, &mut |at, term| {
            let mut sources = parameters[at].sources.iter();
            inside |= term == wanted.as_slice()
                && sources.any(|source| points_to(term, source.target.as_deref()));
        });
        read.is_ok() && inside
    }

    /// Leaves those that are in the compartment that the query is narrowed to.
    pub(super) async fn keep_inside(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        found: &mut Vec<Address>,
    ) -> Result<()> {
        let Some(of) = Identity::parse(&query.within) else {
            return Ok(());
        };
        let (mut inside, mut resource) = (Vec::with_capacity(found.len()), Vec::new());
        let mut addresses = found.iter();
        self.each_document(snapshot, found, &mut |id, block, number| {
            resource.clear();
            block.put(number, id, &mut resource)?;
            let kind = kind_of(snapshot, *addresses.next()?);
            inside.push(self.is_inside(of, Identity { kind, id }, &resource));
            Some(())
        })
        .await?;
        let mut inside = inside.into_iter();
        found.retain(|_| inside.next() == Some(true));
        Ok(())
    }

    /// The current documents of these types, or of all, in the compartment of `of`.
    pub(super) async fn members(
        &self,
        snapshot: &Snapshot,
        of: Identity<'_>,
        kinds: &[String],
    ) -> Result<Vec<Address>> {
        let text = match kinds {
            [] => format!("{of}/*"),
            kinds => format!("{of}/*?_type={}", kinds.join(",")),
        };
        let mut query = Query::parse(&self.reading(Default::default()), &text)?;
        query.narrow(&self.definitions, of)?;
        let found: Found = self.find(snapshot, &query).await?;
        Ok(found.page)
    }
}
