//! Offers the entries of a page to the writer.

use crate::fhir::bundle::Entry;
use crate::fhir::merged::survivors;
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
    /// The oldest time of what is new.
    pub(super) oldest_new: Option<Instant>,
    /// The newest.
    pub(super) newest_new: Option<Instant>,
    /// The types that were met.
    pub(super) types: Vec<String>,
    /// `Type/id` of what is to be read now: entries that name a resource and do not bring it (H6), and
    /// whoever replaces a patient that is new (H12).
    pub(super) to_read: Vec<String>,
    /// `Type/id` of what is said to be deleted, but not when (H5): it may have been created again since,
    /// and versions are opaque (H7).
    pub(super) doubtful: Vec<String>,
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
        let mut times = Vec::with_capacity(page.entries.len());
        for (entry, identity) in page.entries.iter().zip(identities) {
            let Some(identity) = identity else { continue };
            match (&entry.resource, entry.is_delete()) {
                (Some(resource), false) => {
                    offers.push(offer(entry, identity, Some(resource)));
                    times.push(entry.known_since());
                }
                (_, true) if entry.last_updated().is_none() => {
                    outcome.doubtful.push(identity.to_string());
                }
                (_, true) => {
                    offers.push(offer(entry, identity, None));
                    times.push(entry.known_since());
                }
                (None, false) => outcome.to_read.push(identity.to_string()),
            }
        }
        outcome.take(writer, &offers, &times).await?;
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
        self.take(writer, &[offer], &[entry.known_since()]).await
    }

    /// Offers the word of the server that a resource is gone.
    pub(super) async fn of_gone<S: Store + 'static>(
        &mut self,
        identity: Identity<'_>,
        writer: &mut Writer<S>,
    ) -> Result<()> {
        let entry = Entry::default();
        let offer = offer(&entry, identity, None);
        self.take(writer, &[offer], &[None]).await
    }

    /// The server says that what is held of a resource of this type is current.
    pub(super) fn unchanged(&mut self, kind: &str) {
        self.unchanged += 1;
        self.met(kind);
    }

    fn met(&mut self, kind: &str) {
        if !self.types.iter().any(|it| it == kind) {
            self.types.push(kind.to_string());
        }
    }

    async fn take<S: Store + 'static>(
        &mut self,
        writer: &mut Writer<S>,
        offers: &[Offer<'_>],
        times: &[Option<Instant>],
    ) -> Result<()> {
        let offered = writer.offer(offers).await?;
        for ((offer, time), applied) in offers.iter().zip(times).zip(offered) {
            match applied {
                Applied::Stored => {
                    self.stored += 1;
                    if let ("Patient", Some(bytes)) = (offer.identity.kind, offer.bytes) {
                        let survivors = survivors(bytes).into_iter();
                        self.to_read.extend(survivors.map(|it| it.to_string()));
                    }
                }
                Applied::Deleted => self.deleted += 1,
                Applied::Unchanged => self.unchanged += 1,
            }
            if let (true, Some(time)) = (applied != Applied::Unchanged, *time) {
                let oldest = self.oldest_new.unwrap_or(time);
                self.oldest_new = Some(oldest.min(time));
                self.newest_new = self.newest_new.max(Some(time));
            }
            self.met(offer.identity.kind);
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
