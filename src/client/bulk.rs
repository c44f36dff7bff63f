//! Bulk export, as requests (Bulk Data IG): start it, ask how far it is, cancel it, where its files
//! are (B1, B2, B3, B5). What the files hold is the pull's affair.

use super::ask::{Ask, Wants};
use super::base::{Base, Link};
use super::client::Client;
use super::credentials::Credentials;
use super::interaction::Interaction;
use super::interactions::bad_input;
use super::patience::{Patience, back_off, retry_after};
use crate::fhir::reference::is_type;
use crate::fhir::{ExportManifest, Instant};
use crate::host::{Clock, Transport};
use crate::{Code, Error, Result};

/// No two questions follow each other sooner, whatever the server asks for.
const SHORTEST_MS: u32 = 500;

impl Base {
    /// Where an export is started: `of` is empty for all, `Patient`, or `Group/id`; of these types,
    /// or of all; of what has changed since.
    ///
    /// # Errors
    /// [`Code::BadInput`] for another `of` and for what is no type.
    pub fn export(&self, of: &str, types: &[&str], since: Option<Instant>) -> Result<Link> {
        if !types.iter().all(|kind| is_type(kind)) {
            return Err(bad_input(
                "An export is of resource types, such as Patient.",
            ));
        }
        let mut query = Vec::new();
        if !types.is_empty() {
            // Some servers take the comma only so (B5).
            query.push(format!("_type={}", types.join("%2C")));
        }
        if let Some(since) = since {
            query.push(format!("_since={since}"));
        }
        let slash = if of.is_empty() { "" } else { "/" };
        let mark = if query.is_empty() { "" } else { "?" };
        self.operation(&format!("{of}{slash}$export{mark}{}", query.join("&")))
    }

    /// Where a file of an export is that was ready at `status`: inside the base, or at one of the
    /// origins that the application allows for files, which never get the token (L6, S1).
    ///
    /// # Errors
    /// [`Code::RefusedLink`] when it leads elsewhere.
    pub fn export_file(&self, status: &Link, url: &str) -> Result<Link> {
        match self.file_elsewhere(url) {
            Some(link) => Ok(link),
            None => self.resolve_as(status, url, Interaction::BulkFile),
        }
    }

    /// The link to ask how far an export is, kept as text since [`Client::start_export`] gave it.
    ///
    /// # Errors
    /// [`Code::RefusedLink`] when it leads out of the base.
    pub fn export_status(&self, kept: &str) -> Result<Link> {
        self.resolve_as(&self.itself(), kept, Interaction::BulkStatus)
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// Starts an export at [`Base::export`], or any other operation that is answered later, and
    /// gives the link to ask how far it is.
    ///
    /// # Errors
    /// Those of [`Client::ask`]; [`Code::RefusedLink`] when that link leads out of the base (P7),
    /// [`Code::Unsupported`] when the server gives none.
    pub async fn start_export(&self, link: &Link) -> Result<Link> {
        let ask = Ask::get(link).prefer("respond-async").wants(Wants::Body);
        let response = self.respond(&ask).await?;
        let status = response.header("content-location");
        let Some(status) = status.filter(|_| response.status == 202) else {
            let sentence = format!(
                "{} does not say where to ask for the export. It may not know bulk export, or in a \
                 browser its CORS settings must expose Content-Location.",
                self.base()
            );
            return Err(Error::new(Code::Unsupported, sentence).with_status(response.status));
        };
        self.base()
            .resolve_as(link, status, Interaction::BulkStatus)
    }

    /// Asks until the export is ready, as often as the server wants to be asked, for so many
    /// milliseconds; `on_progress` hears what the server says of it (`X-Progress`). Asked again
    /// later, it gives the manifest again, with fresh links of files (B3).
    ///
    /// # Errors
    /// [`Code::Busy`] when it was not ready within the time: it can be asked again later. What
    /// passes (no answer, 429, 502, 503, 504, an OperationOutcome that says so) is asked again within
    /// the time (B1); every other error is that of [`Client::ask`]. [`Code::NotFhir`] and
    /// [`Code::Malformed`] when what is ready is no manifest.
    pub async fn export_manifest(
        &self,
        status: &Link,
        total_ms: u32,
        on_progress: &mut dyn FnMut(&str),
    ) -> Result<ExportManifest> {
        let started = self.clock().now();
        let spent = || u32::try_from(self.clock().now() - started).unwrap_or(0);
        let mut polls = 0;
        loop {
            let patience = Patience {
                attempts: u32::MAX,
                total_ms: total_ms.saturating_sub(spent()),
            };
            let ask = Ask::get(status).accept("application/json");
            let ask = ask.wants(Wants::Body).within(patience);
            let response = self.respond(&ask).await?;
            if response.status != 202 {
                return ExportManifest::read(&response.body);
            }
            if let Some(progress) = response.header("x-progress") {
                on_progress(progress);
            }
            polls += 1;
            let wait = match retry_after(&response) {
                Some(wish) => u32::try_from(wish).unwrap_or(u32::MAX).max(SHORTEST_MS),
                None => back_off(polls, self.clock().random()),
            };
            if spent().saturating_add(wait) > total_ms {
                let sentence = format!(
                    "The export of {} was not ready in time; ask for it again later.",
                    self.base()
                );
                return Err(Error::new(Code::Busy, sentence).with_status(202));
            }
            self.clock().sleep(wait).await;
        }
    }

    /// Tells the server that the export is not wanted, or its files no longer. One that it does not
    /// know any more is no error.
    ///
    /// # Errors
    /// Those of [`Client::ask`].
    pub async fn cancel_export(&self, status: &Link) -> Result<()> {
        match self.respond(&Ask::delete(status)).await {
            Err(error) if !matches!(error.code(), Code::NotFound | Code::Gone) => Err(error),
            _ => Ok(()),
        }
    }
}
