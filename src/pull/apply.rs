//! Offers the entries of a page to the writer.

use crate::fhir::bundle::Entry;
use crate::fhir::{Identity, Instant, Page, Resource};
use crate::host::Store;
use crate::replica::{Applied, Offer, Writer};
use crate::{Code, Error, Result};

/// What became of a page's entries.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) stored: u64,
    pub(super) deleted: u64,
    pub(super) unchanged: u64,
    /// The newest time that an entry names.
    pub(super) newest: Option<Instant>,
    /// The types that were met.
    pub(super) types: Vec<String>,
    /// `Type/id` of entries that name a resource and do not bring it (H6).
    pub(super) without_resource: Vec<String>,
}

impl Outcome {
    /// Offers every entry of the page.
    ///
    /// # Errors
    /// [`Code::Malformed`] for an entry that does not say who it is about: the page is not taken.
    pub(super) async fn of_page<S: Store + 'static>(
        page: &Page<'_>,
        writer: &mut Writer<S>,
    ) -> Result<Outcome> {
        let identities = page.entries.iter().map(|entry| match entry.is_outcome() {
            true => Ok(None),
            false => entry.identity().map(Some).ok_or_else(nameless),
        });
        // All are known to have a name before the first is taken.
        let identities = identities.collect::<Result<Vec<_>>>()?;
        let mut outcome = Outcome::default();
        let mut offers = Vec::with_capacity(page.entries.len());
        for (entry, identity) in page.entries.iter().zip(identities) {
            let Some(identity) = identity else { continue };
            match (&entry.resource, entry.is_delete()) {
                (Some(resource), false) => offers.push(offer(entry, identity, Some(resource))),
                (_, true) => offers.push(offer(entry, identity, None)),
                (None, false) => outcome.without_resource.push(identity.to_string()),
            }
        }
        outcome.take(writer, &offers).await?;
        Ok(outcome)
    }

    /// Offers a resource that was read by itself.
    ///
    /// # Errors
    /// [`Code::Malformed`] when it does not say who it is.
    pub(super) async fn of_resource<S: Store + 'static>(
        &mut self,
        body: &[u8],
        writer: &mut Writer<S>,
    ) -> Result<()> {
        let resource = Resource::read(body)?;
        let identity = resource.head.identity().ok_or_else(nameless)?;
        let entry = Entry {
            resource: Some(resource),
            ..Entry::default()
        };
        let offer = offer(&entry, identity, Some(&resource));
        self.take(writer, &[offer]).await
    }

    /// Offers the word of the server that a resource is gone.
    pub(super) async fn of_gone<S: Store + 'static>(
        &mut self,
        identity: Identity<'_>,
        writer: &mut Writer<S>,
    ) -> Result<()> {
        let entry = Entry::default();
        self.take(writer, &[offer(&entry, identity, None)]).await
    }

    async fn take<S: Store + 'static>(
        &mut self,
        writer: &mut Writer<S>,
        offers: &[Offer<'_>],
    ) -> Result<()> {
        for (offer, applied) in offers.iter().zip(writer.offer(offers).await?) {
            match applied {
                Applied::Stored => self.stored += 1,
                Applied::Deleted => self.deleted += 1,
                Applied::Unchanged => self.unchanged += 1,
            }
            self.newest = self.newest.max(offer.last_updated);
            if !self.types.iter().any(|kind| kind == offer.identity.kind) {
                self.types.push(offer.identity.kind.to_string());
            }
        }
        Ok(())
    }
}

fn offer<'a>(
    entry: &'a Entry<'a>,
    identity: Identity<'a>,
    resource: Option<&Resource<'a>>,
) -> Offer<'a> {
    Offer {
        identity,
        version: entry.version().unwrap_or_default(),
        last_updated: entry.last_updated(),
        bytes: resource.map(|resource| resource.bytes),
        partial: resource.is_some_and(|resource| resource.head.subsetted),
    }
}

fn nameless() -> Error {
    Error::new(
        Code::Malformed,
        "The server sent an entry without a resource type and id; the page was not taken. Ask the server's operator.",
    )
}
