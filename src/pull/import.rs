//! Takes resources from where no server is asked: NDJSON as bulk data has it, or a Bundle.
//!
//! What is taken goes the way of a page of a pull: offers, the same judgement of what is newer, the
//! same grouped commits. There is no feed, so no checkpoint: the next pull asks for all it would.

use std::rc::Rc;

use super::apply::Outcome;
use super::lines::{Form, Incoming};
use super::session::Session;
use super::{Imported, Observer};
use crate::fhir::bundle::Entry;
use crate::fhir::{Page, Resource};
use crate::host::{Clock, Store};
use crate::replica::Replica;
use crate::{Code, Error, Result};

/// About so many bytes are worked on at a time.
pub(super) const STEP: usize = 1024 * 1024;

/// Where the bytes of an import come from.
pub trait Source {
    /// The next bytes, cut anywhere; `None` at the end.
    ///
    /// # Errors
    /// [`Code::Aborted`] when the caller's signal fired, [`Code::Network`] when the source failed.
    async fn next(&mut self) -> Result<Option<Vec<u8>>>;
}

/// Takes all that `source` gives; what became of it, and the generation that holds it.
///
/// # Errors
/// [`Code::BadInput`] for a line or an entry that is none, by its number. The lines before it are
/// committed; of a Bundle nothing is. Others are those of the source and the store.
pub async fn import<S: Store + 'static>(
    replica: &Rc<Replica<S>>,
    clock: &impl Clock,
    source: &mut impl Source,
    observer: &mut impl Observer,
) -> Result<(Imported, u64)> {
    let types = replica.status().types.into_iter();
    let mut import = Import {
        held: types.map(|of_type| of_type.kind).collect(),
        session: Session::begin(replica, clock, observer).await?,
        imported: Imported::default(),
    };
    if let Err(error) = import.take_all(source).await {
        import.session.keep_what_came(&error).await;
        return Err(error);
    }
    import.session.commit().await?;
    let generation = import.session.settle().await?;
    Ok((import.imported, generation))
}

struct Import<'a, S, W, O> {
    session: Session<'a, S, W, O>,
    /// The types that the replica held before.
    held: Vec<String>,
    imported: Imported,
}

impl<S: Store + 'static, W: Clock, O: Observer> Import<'_, S, W, O> {
    async fn take_all(&mut self, source: &mut impl Source) -> Result<()> {
        let mut incoming = Incoming::default();
        loop {
            let next = source.next().await;
            if let Ok(Some(bytes)) = &next {
                self.imported.bytes += bytes.len() as u64;
                incoming.add(bytes);
            }
            // What a source that fails gave in whole lines is not lost.
            let enough = if next.is_ok() { STEP } else { 0 };
            if incoming.form() == Some(Form::Lines) {
                while incoming.has(enough) && self.lines(&mut incoming).await? {}
            }
            if next?.is_none() {
                break;
            }
        }
        incoming.end();
        match incoming.form() {
            Some(Form::Document) => self.document(incoming.document()).await,
            _ => {
                while self.lines(&mut incoming).await? {}
                Ok(())
            }
        }
    }

    /// Takes the next lines; whether there were any.
    async fn lines(&mut self, incoming: &mut Incoming) -> Result<bool> {
        let (lines, taken) = incoming.lines(STEP);
        let mut entries = Vec::with_capacity(lines.len());
        let mut broken = None;
        for (number, line) in lines {
            match entry_of(line) {
                Some(entry) => entries.push(entry),
                None => {
                    broken = Some(number);
                    break;
                }
            }
        }
        self.take(entries).await?;
        match broken {
            Some(number) => Err(Error::new(
                Code::BadInput,
                format!(
                    "Line {number} of the import is no FHIR resource with a type and an id, in JSON; the lines before it are stored. Mend it and import again."
                ),
            )),
            None => Ok(incoming.forget(taken)),
        }
    }

    /// Takes the entries of a Bundle, or any other resource by itself.
    async fn document(&mut self, bytes: &[u8]) -> Result<()> {
        let named = entry_of(bytes);
        let is_bundle =
            |entry: &Entry<'_>| entry.resource.and_then(|it| it.head.kind) == Some("Bundle");
        if let Some(entry) = named.as_ref().filter(|entry| !is_bundle(entry)) {
            return self.take(vec![entry.clone()]).await;
        }
        let page = Page::read(bytes).map_err(|_| {
            Error::new(
                Code::BadInput,
                "The import is cut short, or is neither NDJSON nor a Bundle; nothing of it is stored.",
            )
        })?;
        if matches!(page.kind, Some("document" | "message")) {
            // What it was when it was signed or sent is not what its resources are now (R10).
            let entry = named.ok_or_else(|| {
                Error::new(
                    Code::BadInput,
                    "A document or a message is kept as the Bundle that it is, and this one has no id; nothing of it is stored. Give it one.",
                )
            })?;
            return self.take(vec![entry]).await;
        }
        let mut entries = Vec::with_capacity(page.entries.len());
        for (number, entry) in page.entries.into_iter().enumerate() {
            if says_nothing(&entry) {
                continue;
            }
            if entry.method == Some("PATCH") || entry.identity().is_none() {
                let number = number + 1;
                return Err(Error::new(
                    Code::BadInput,
                    format!(
                        "Entry {number} of the Bundle to import has no resource with a type and an id, or is a PATCH; nothing of the Bundle is stored."
                    ),
                ));
            }
            entries.push(entry);
        }
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let mut bytes = 0;
            let step = std::iter::from_fn(|| {
                let entry = entries.next_if(|_| bytes < STEP)?;
                bytes += entry.resource.map_or(64, |resource| resource.bytes.len());
                Some(entry)
            });
            let step = step.collect();
            self.take(step).await?;
        }
        Ok(())
    }

    /// Offers entries that all have a name.
    async fn take(&mut self, entries: Vec<Entry<'_>>) -> Result<()> {
        let mut page = Page::default();
        let read = entries.len() as u64;
        for entry in entries {
            if !self.holds(&entry).await? {
                page.entries.push(entry);
            }
        }
        let outcome = Outcome::of_page(&page, &mut self.session.writer).await?;
        let imported = &mut self.imported;
        imported.resources += read;
        imported.stored += outcome.stored;
        imported.deleted += outcome.deleted;
        imported.unchanged += read - outcome.stored - outcome.deleted;
        self.session.touched(&outcome.types, false);
        self.session.observer.imported(&self.imported);
        self.session.page_taken().await
    }

    /// Whether the same bytes are held of a resource that says neither its version nor its time:
    /// nothing else tells that it is the same.
    async fn holds(&self, entry: &Entry<'_>) -> Result<bool> {
        let (Some(resource), Some(identity)) = (entry.resource, entry.identity()) else {
            return Ok(false);
        };
        let known = entry.version().is_some() || entry.last_updated().is_some();
        if known || entry.is_delete() || !self.held.iter().any(|kind| kind == identity.kind) {
            return Ok(false);
        }
        match self.session.replica.read(identity).await {
            Ok(held) => Ok(held.is_some_and(|held| held == resource.bytes)),
            Err(error) if error.is_gone() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A line or document as an entry; `None` where it is no resource with a type and an id.
pub(super) fn entry_of(bytes: &[u8]) -> Option<Entry<'_>> {
    let resource = Resource::read(bytes).ok()?;
    resource.head.identity()?;
    Some(Entry {
        resource: Some(resource),
        ..Entry::default()
    })
}

/// Whether an entry asks, or answers, and brings nothing: a GET of a batch, an outcome.
fn says_nothing(entry: &Entry<'_>) -> bool {
    let brings = entry.resource.is_some() || entry.is_delete();
    !brings || entry.is_outcome()
}
