//! The REST interactions that read (FHIR http.html): as links inside a base, and as calls.

use std::rc::Rc;

use super::base::{Base, Interaction, Link};
use super::client::Client;
use super::credentials::Credentials;
use super::pages::Pages;
use crate::fhir::reference::is_type;
use crate::fhir::{Identity, Instant};
use crate::host::{Clock, Transport};
use crate::{Code, Error, Result};

impl Base {
    /// Where the CapabilityStatement is.
    ///
    /// # Errors
    /// None for a base that was parsed.
    pub fn capabilities(&self) -> Result<Link> {
        self.below("metadata", Interaction::Capabilities)
    }

    /// Where the current version of a resource is; `reference` is `Type/id`.
    ///
    /// # Errors
    /// [`Code::BadInput`] when it is anything else.
    pub fn read(&self, reference: &str) -> Result<Link> {
        let sentence = "A read needs a reference such as Patient/123: a type and an id of at most \
                        64 letters, digits, - and .";
        self.below(&identity(reference, sentence)?, Interaction::Read)
    }

    /// Where a search begins; `search` is `Type` or `Type?query`. The query is passed on as it is;
    /// a space is encoded.
    ///
    /// # Errors
    /// [`Code::BadInput`] for another shape, and for control characters, other white space or `#`
    /// in the query.
    pub fn search(&self, search: &str) -> Result<Link> {
        let kind = search.split('?').next().unwrap_or_default();
        if !is_type(kind) {
            return Err(bad_input(
                "A search needs a resource type and a query, such as Observation?patient=123.",
            ));
        }
        if search.contains('#') {
            return Err(bad_input("A search can't have a #; write it as %23."));
        }
        self.below(&search.replace(' ', "%20"), Interaction::Search)
    }

    /// Where a history begins; `of` is `Type/id`, `Type`, or `*` for the whole server. `since` is
    /// a FHIR instant (H10), `count` how many entries a page should have.
    ///
    /// # Errors
    /// [`Code::BadInput`] for any other target or time.
    pub fn history(&self, of: &str, since: Option<&str>, count: Option<u32>) -> Result<Link> {
        let sentence = "A history is of one resource (Patient/123), of a type (Patient) or of the \
                        whole server (*).";
        let mut relative = match of {
            "*" => "_history".to_owned(),
            kind if is_type(kind) => format!("{kind}/_history"),
            reference => format!("{}/_history", identity(reference, sentence)?),
        };
        let mut separator = '?';
        if let Some(since) = since {
            if Instant::parse(since).is_none() {
                return Err(bad_input(
                    "The time from which a history is wanted must be a FHIR instant with seconds \
                     and zone, such as 2026-01-31T08:00:00Z.",
                ));
            }
            relative += &format!("{separator}_since={}", since.replace('+', "%2B"));
            separator = '&';
        }
        if let Some(count) = count {
            relative += &format!("{separator}_count={count}");
        }
        self.below(&relative, Interaction::History)
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// The server's CapabilityStatement.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn capabilities(&self) -> Result<Vec<u8>> {
        let link = self.base().capabilities()?;
        Ok(self.get(&link).await?.body)
    }

    /// The current version of `Type/id`.
    ///
    /// # Errors
    /// Those of [`Base::read`] and [`Client::get`].
    pub async fn read(&self, reference: &str) -> Result<Vec<u8>> {
        let link = self.base().read(reference)?;
        Ok(self.get(&link).await?.body)
    }

    /// The pages of a search: [`Base::search`].
    ///
    /// # Errors
    /// Those of [`Base::search`]; nothing is requested yet.
    pub fn search(self: &Rc<Self>, search: &str) -> Result<Pages<T, C, K>> {
        let first = self.base().search(search)?;
        Ok(Pages::new(Rc::clone(self), first))
    }

    /// The pages of a history: [`Base::history`].
    ///
    /// # Errors
    /// Those of [`Base::history`]; nothing is requested yet.
    pub fn history(
        self: &Rc<Self>,
        of: &str,
        since: Option<&str>,
        count: Option<u32>,
    ) -> Result<Pages<T, C, K>> {
        let first = self.base().history(of, since, count)?;
        Ok(Pages::new(Rc::clone(self), first))
    }
}

/// `reference` again, if it is `Type/id`; else an error with `sentence`.
fn identity(reference: &str, sentence: &str) -> Result<String> {
    // `.` and `..` have the characters of an id, and a URL can't hold them as a segment.
    let identity = Identity::parse(reference).filter(|who| !matches!(who.id, "." | ".."));
    identity
        .map(|identity| identity.to_string())
        .ok_or_else(|| bad_input(sentence))
}

fn bad_input(sentence: &str) -> Error {
    Error::new(Code::BadInput, sentence)
}
