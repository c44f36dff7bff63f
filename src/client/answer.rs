//! What an HTTP response means: FHIR JSON, or an error with its sentence.

use super::ask::{Ask, Wants};
use super::base::Base;
use super::interaction::Interaction;
use super::patience::retry_after;
use crate::fhir::Instant;
use crate::fhir::outcome::Outcome;
use crate::fhir::reference::version_of_etag;
use crate::host::Response;
use crate::host::http_date;
use crate::{Code, Error, Result};

/// A successful answer: one resource as FHIR JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 2xx, or 304 where only something else than what is held was wanted.
    pub status: u16,
    /// As it came. Seen to begin and end as a JSON object that names a `resourceType`, and no more.
    pub body: Vec<u8>,
    /// The server's clock when it answered (H4), by the `Date` header. A browser shows that header,
    /// and those below, only where CORS exposes it.
    pub date: Option<Instant>,
    /// The version that the `ETag` names, weak, strong or unquoted (R1).
    pub version: Option<String>,
    /// `Last-Modified`, to the second.
    pub last_modified: Option<Instant>,
    /// `Location`, as it came: nobody has checked where it leads.
    pub location: Option<String>,
}

impl Answer {
    /// What `response` says.
    pub(super) fn of(response: Response) -> Answer {
        let date = |name: &str| response.header(name).and_then(http_date::parse);
        let etag = response.header("etag").and_then(version_of_etag);
        Answer {
            status: response.status,
            date: date("date"),
            version: etag.map(str::to_owned),
            last_modified: date("last-modified"),
            location: response.header("location").map(str::to_owned),
            body: response.body,
        }
    }
}

/// Whose answer is judged.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) base: &'a Base,
    pub(super) ask: &'a Ask<'a>,
    /// How often the request was made by now.
    pub(super) attempts: u32,
}

impl Asked<'_> {
    /// `response` again if it is what was asked for, or the error. `whole`: its body came to its end.
    pub(super) fn judge(self, response: Response, whole: bool) -> Result<Response> {
        match response.status {
            200..=299 => self.success(response, whole),
            304 if self.ask.conditional => Ok(response),
            0 | 300..=303 | 305..=399 => Err(self.redirect(response.status)),
            _ => Err(self.failure(response)),
        }
    }

    /// Whether the request can be made again after this error: not if it may change something and
    /// may have arrived (R6).
    pub(super) fn may_repeat(self, error: &Error) -> bool {
        error.is_retryable() && (self.ask.repeatable || matches!(error.status(), Some(429 | 503)))
    }

    /// The error for a request that no whole answer came to.
    pub(super) fn silence(self) -> Error {
        let (base, interaction) = self.names();
        let sentence = format!(
            "{base} gave no whole answer to {interaction}{}: no network, a connection refused, \
             cut or silent for too long (timeout), or in a browser a server that does not allow this page (CORS).",
            self.in_attempts()
        );
        Error::new(Code::Network, sentence)
    }

    fn names(&self) -> (&Base, Interaction) {
        (self.base, self.ask.link.interaction())
    }

    fn success(self, response: Response, whole: bool) -> Result<Response> {
        let (base, interaction) = self.names();
        let body = response.body.trim_ascii();
        match self.ask.wants {
            Wants::Body | Wants::Pieces => return Ok(response),
            // An empty 200 is no answer to anything (R8).
            Wants::ResourceOrNothing if body.is_empty() && response.status != 200 => {
                return Ok(response);
            }
            Wants::Resource | Wants::ResourceOrNothing | Wants::Page => {}
        }
        let (code, what) = match (body.first(), body.last()) {
            (None, _) => (Code::NotFhir, "an empty body".to_owned()),
            // What it is, the reader of the rest finds out.
            (Some(b'{'), _) if !whole => return Ok(response),
            (Some(b'{'), Some(b'}')) if names_its_type(body) => return Ok(response),
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
        let (base, interaction) = self.names();
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
        let (base, interaction) = self.names();
        let status = response.status;
        let outcome = Outcome::read(&response.body);
        let passes = outcome.is_some_and(|outcome| outcome.is_transient());
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
            500..=599 if passes => (Code::Busy, "it will pass; try again later"),
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
        let wait = retry_after(&response).filter(|_| code == Code::Busy);
        let wait = wait.map(|milliseconds| milliseconds.div_ceil(1000));
        if let Some(seconds) = wait {
            sentence += &format!(" It asks to wait {seconds} s.");
        }
        let error = |sentence| {
            let error = Error::new(code, sentence).with_status(status);
            match wait {
                Some(seconds) => error.with_retry_after(seconds),
                None => error,
            }
        };
        match outcome {
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
