//! What is asked of the server: a method, a link, and what is said along with it.

use super::base::Link;
use super::patience::Patience;
use crate::fhir::{FhirVersion, Instant};
use crate::host::Request;
use crate::host::http_date;
use crate::{Code, Error, Result};

const FHIR_JSON: &str = "application/fhir+json";

/// One request, before a token is added to it. Sent by [`Client::ask`](super::Client::ask).
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub(super) link: &'a Link,
    method: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    pub(super) with_token: bool,
    pub(super) repeatable: bool,
    pub(super) conditional: bool,
    pub(super) wants: Wants,
    pub(super) patience: Option<Patience>,
}

/// What a successful answer must have for a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// FHIR JSON.
    Resource,
    /// FHIR JSON, or nothing where the status says that there may be nothing.
    ResourceOrNothing,
    /// Anything, or nothing; the asker reads it.
    Body,
    /// FHIR JSON, of which the rest is read piece by piece where it is long.
    Page,
    /// Anything, piece by piece.
    Pieces,
}

/// What is held of a resource already; whichever is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// Its version.
    pub version: Option<&'a str>,
    /// When the server changed it last; used where no version is known.
    pub last_modified: Option<Instant>,
}

impl<'a> Ask<'a> {
    /// A GET for a resource.
    pub fn get(link: &'a Link) -> Self {
        Ask {
            link,
            method: "GET",
            headers: vec![("accept", FHIR_JSON.to_owned())],
            body: None,
            with_token: true,
            repeatable: true,
            conditional: false,
            wants: Wants::Resource,
            patience: None,
        }
    }

    /// A DELETE, of what is no resource.
    pub(super) fn delete(link: &'a Link) -> Self {
        Ask {
            method: "DELETE",
            ..Ask::get(link).wants(Wants::Body)
        }
    }

    /// A POST of a form, for a resource: a search (R9).
    pub(super) fn post_form(link: &'a Link, form: Vec<u8>) -> Self {
        Ask::get(link).post("application/x-www-form-urlencoded", form)
    }

    /// A POST of FHIR JSON, for a resource.
    pub(super) fn post_resource(link: &'a Link, resource: Vec<u8>) -> Self {
        Ask::get(link).post(FHIR_JSON, resource)
    }

    fn post(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.method = "POST";
        self.headers.push(("content-type", content_type.to_owned()));
        self.body = Some(body);
        self
    }

    /// It may change something on the server, so that it is not made again once it may have
    /// arrived (R6): only a server that is too busy for it is asked again.
    pub(super) fn once(mut self) -> Self {
        self.repeatable = false;
        self
    }

    /// With a `Prefer` header: `handling=strict` (P6), `respond-async` (B1).
    pub fn prefer(mut self, preference: &str) -> Self {
        self.headers.push(("prefer", preference.to_owned()));
        self
    }

    /// Only if the server has another version than the one held (R1).
    ///
    /// # Errors
    /// [`Code::BadInput`] for a version that can't stand in an ETag.
    pub(super) fn unless(mut self, held: &Held<'_>) -> Result<Self> {
        if let Some(version) = held.version {
            let fits = |b: u8| b.is_ascii_graphic() && b != b'"';
            if version.is_empty() || !version.bytes().all(fits) {
                return Err(Error::new(
                    Code::BadInput,
                    "The version held has characters that no version of a server has.",
                ));
            }
            self.headers
                .push(("if-none-match", format!("W/\"{version}\"")));
        } else if let Some(time) = held.last_modified {
            self.headers
                .push(("if-modified-since", http_date::write(time)));
        }
        self.conditional = held.version.is_some() || held.last_modified.is_some();
        Ok(self)
    }

    pub(super) fn wants(mut self, wants: Wants) -> Self {
        self.wants = wants;
        self
    }

    /// For an answer of another media type.
    pub(super) fn accept(mut self, media_type: &str) -> Self {
        self.headers.retain(|(name, _)| *name != "accept");
        self.headers.push(("accept", media_type.to_owned()));
        self
    }

    /// With a bound of its own.
    pub fn within(mut self, patience: Patience) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Whether the token is sent along.
    pub(super) fn with_token(mut self, with_token: bool) -> Self {
        self.with_token = with_token;
        self
    }

    /// The request, with the token, and the release of FHIR that is spoken where that is known (R8).
    ///
    /// # Errors
    /// [`Code::BadInput`] for a token that can't stand in a header.
    pub(super) fn request(
        &self,
        token: Option<String>,
        speaks: Option<FhirVersion>,
    ) -> Result<Request> {
        let mut headers = self.headers.clone();
        if let Some(speaks) = speaks {
            for (_, value) in headers.iter_mut().filter(|(_, value)| value == FHIR_JSON) {
                // The parameter names a release without its patch: 4.0.
                let number = speaks.number().rsplit_once('.').map_or("", |it| it.0);
                *value += &format!("; fhirVersion={number}");
            }
        }
        if let Some(token) = token {
            // RFC 6750's characters of a token and a little more; nothing that could end a header.
            if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Error::new(
                    Code::BadInput,
                    "The token is empty or has characters that can't stand in a header; \
                     give the bearer token alone, without \"Bearer\", or none.",
                ));
            }
            headers.push(("authorization", format!("Bearer {token}")));
        }
        Ok(Request {
            method: self.method,
            url: self.link.as_str().to_owned(),
            headers,
            body: self.body.clone(),
        })
    }
}
