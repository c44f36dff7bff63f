//! What an HTTP response means: FHIR JSON, or an error with its sentence.

use super::base::{Base, Interaction};
use super::http_date;
use super::patience::retry_after;
use crate::fhir::Instant;
use crate::fhir::outcome::Outcome;
use crate::host::Response;
use crate::{Code, Error, Result};

/// A successful answer: one resource as FHIR JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// As it came. Seen to begin and end as a JSON object that names a `resourceType`, and no more.
    pub body: Vec<u8>,
    /// The server's clock when it answered (H4), by the `Date` header. A browser shows that header
    /// only where CORS exposes it.
    pub date: Option<Instant>,
}

/// Whose answer is judged.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) base: &'a Base,
    pub(super) interaction: Interaction,
    /// How often the request was made by now.
    pub(super) attempts: u32,
}

impl Asked<'_> {
    /// The answer that `response` is, or the error.
    pub(super) fn judge(self, response: Response) -> Result<Answer> {
        match response.status {
            200..=299 => self.success(response),
            0 | 300..=399 => Err(self.redirect(response.status)),
            _ => Err(self.failure(response)),
        }
    }

    /// The error for a request that no whole answer came to.
    pub(super) fn silence(self) -> Error {
        let Asked {
            base, interaction, ..
        } = self;
        let sentence = format!(
            "{base} gave no whole answer to {interaction}{}: no network, a connection refused or \
             cut, or in a browser a server that does not allow this page (CORS).",
            self.in_attempts()
        );
        Error::new(Code::Network, sentence)
    }

    fn success(self, response: Response) -> Result<Answer> {
        let Asked {
            base, interaction, ..
        } = self;
        let date = response.header("date").and_then(http_date::parse);
        let body = response.body.trim_ascii();
        let (code, what) = match (body.first(), body.last()) {
            (None, _) => (Code::NotFhir, "an empty body".to_owned()),
            (Some(b'{'), Some(b'}')) if names_its_type(body) => {
                return Ok(Answer {
                    body: response.body,
                    date,
                });
            }
            (Some(b'{'), Some(b'}')) => (Code::NotFhir, "JSON that is no resource".to_owned()),
            (Some(b'{'), _) => (Code::Malformed, "JSON that is cut short".to_owned()),
            _ => (
                Code::NotFhir,
                format!("{}, not FHIR JSON", content_type(&response)),
            ),
        };
        let advice = match code {
            Code::Malformed => "Try again later.",
            _ => "Check that this is the base URL of a FHIR server.",
        };
        let sentence = format!("{base} answered {interaction} with {what}. {advice}");
        Err(Error::new(code, sentence).with_status(response.status))
    }

    fn redirect(self, status: u16) -> Error {
        let Asked {
            base, interaction, ..
        } = self;
        let sentence = format!(
            "{base} answered {interaction} with a redirect, which is not followed, since the token \
             could leave the server's base; give the base URL that it redirects to."
        );
        let error = Error::new(Code::RefusedLink, sentence);
        if status == 0 {
            error
        } else {
            error.with_status(status)
        }
    }

    fn failure(self, response: Response) -> Error {
        let Asked {
            base, interaction, ..
        } = self;
        let status = response.status;
        let (code, advice) = match status {
            401 => (
                Code::Denied,
                "the token is missing, expired or not accepted",
            ),
            403 => (Code::Denied, "the token does not allow this"),
            404 => (
                Code::NotFound,
                "the server does not know it, or does not say",
            ),
            410 => (Code::Gone, "it was deleted or has expired"),
            429 | 503 => (Code::Busy, "the server is too busy; try again later"),
            502 | 504 => (
                Code::Http,
                "what stands before the server can't reach it; try again later",
            ),
            500..=599 => (Code::Http, "the server failed"),
            _ => (Code::Http, "the server does not take this request"),
        };
        let mut sentence = format!(
            "{base} answered {interaction}{} with status {status}: {advice}.",
            self.in_attempts()
        );
        if let Some(wait) = retry_after(&response).filter(|_| code == Code::Busy) {
            sentence += &format!(" It asks to wait {} s.", wait.div_ceil(1000));
        }
        let error = |sentence| Error::new(code, sentence).with_status(status);
        match Outcome::read(&response.body) {
            Some(outcome) => error(format!("{sentence} {outcome}")).with_outcome(response.body),
            None => error(sentence),
        }
    }

    fn in_attempts(self) -> String {
        match self.attempts {
            0 | 1 => String::new(),
            attempts => format!(" in {attempts} attempts"),
        }
    }
}

/// Whether the body is some resource; which one, and whether it is whole, its reader finds out.
fn names_its_type(body: &[u8]) -> bool {
    memchr::memmem::find(body, b"\"resourceType\"").is_some()
}

/// The media type that the server gave, if it is one.
fn content_type(response: &Response) -> &str {
    let value = response.header("content-type").unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"/.+-".contains(&b);
    if media_type.is_empty() || media_type.len() > 80 || !media_type.bytes().all(is_token) {
        return "content of no known type";
    }
    media_type
}
