//! The one error of the crate: a stable code, a sentence for a person, and what a program may ask.
//!
//! No message carries resource content, a token or a query string: they end up in logs.

use std::fmt;

/// What every fallible call of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, stable across versions. [`Code::as_str`] is what JavaScript sees as `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// The caller aborted the call.
    Aborted,
    /// No answer came: no network, a refused connection, a reset, a body that never ended.
    Network,
    /// The server asked for patience (429, 503) for longer than the call was willing to wait.
    Busy,
    /// 401 or 403: the token is missing, wrong, or does not allow this.
    Denied,
    /// 404: the server does not know it, or does not say.
    NotFound,
    /// 410 from a server, or a resource that the replica knows to be deleted.
    Gone,
    /// Any other status that is not success.
    Http,
    /// The answer is not FHIR: an HTML page, an empty body, another format.
    NotFhir,
    /// The answer set out to be FHIR JSON and is cut short or broken.
    Malformed,
    /// A link, redirect or reference that leads outside the server's base (L6, P7, S1).
    RefusedLink,
    /// A next link that was already followed (P3).
    LinkCycle,
    /// A server counts more than it gives, with no link to the rest (P1).
    Incomplete,
    /// The caller gave something that cannot be: a base URL, a reference, a query.
    BadInput,
    /// A search parameter, modifier or feature that cannot be answered locally.
    Unsupported,
    /// Another writer committed first; the commit was not made.
    Conflict,
    /// The platform has no room for the commit; nothing of it was stored.
    Quota,
    /// The database was closed or lost under us and could not be opened again.
    StoreLost,
    /// The database refused, with a reason of its own.
    StoreFailed,
    /// A stored value is missing or its checksum is wrong.
    Damaged,
    /// The replica was written by a newer version of this package.
    NewerFormat,
    /// The replica was written by an older version of this package, which this one cannot read.
    OlderFormat,
    /// The replica is encrypted with another key, or opened without one; or it is not encrypted and
    /// opened with one. Nothing is wrong with what is stored.
    WrongKey,
}

impl Code {
    /// The code as JavaScript sees it: kebab-case, stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Aborted => "aborted",
            Code::Network => "network",
            Code::Busy => "busy",
            Code::Denied => "denied",
            Code::NotFound => "not-found",
            Code::Gone => "gone",
            Code::Http => "http",
            Code::NotFhir => "not-fhir",
            Code::Malformed => "malformed",
            Code::RefusedLink => "refused-link",
            Code::LinkCycle => "link-cycle",
            Code::Incomplete => "incomplete",
            Code::BadInput => "bad-input",
            Code::Unsupported => "unsupported",
            Code::Conflict => "conflict",
            Code::Quota => "quota",
            Code::StoreLost => "store-lost",
            Code::StoreFailed => "store-failed",
            Code::Damaged => "damaged",
            Code::NewerFormat => "newer-format",
            Code::OlderFormat => "older-format",
            Code::WrongKey => "wrong-key",
        }
    }
}

/// The one error type. Opaque but for its predicates, so that it can grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: Code,
    message: String,
    status: Option<u16>,
    outcome: Option<Vec<u8>>,
    retry_after: Option<u64>,
}

impl Error {
    /// An error with its sentence. The sentence says what was asked, of whom, and what to do.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            code,
            message: message.into(),
            status: None,
            outcome: None,
            retry_after: None,
        }))
    }

    /// The same error with the HTTP status that led to it.
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// The same error with the OperationOutcome (UTF-8 JSON) that came with it. It is for the
    /// application; it is not part of the message, since it may quote a resource.
    pub fn with_outcome(mut self, outcome: Vec<u8>) -> Self {
        self.0.outcome = Some(outcome);
        self
    }

    /// The same error with the seconds that the server asked to wait (W1).
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// What went wrong.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status, where a server's answer is the cause.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The OperationOutcome that came with the answer, as UTF-8 JSON.
    pub fn outcome(&self) -> Option<&[u8]> {
        self.0.outcome.as_deref()
    }

    /// How many seconds the server asked to wait, where it said so (W1).
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// Whether the same call may succeed later with nothing changed on our side.
    pub fn is_retryable(&self) -> bool {
        matches!(self.code(), Code::Network | Code::Busy | Code::Malformed)
            || matches!(self.status(), Some(502 | 504))
    }

    /// Whether the platform had no room.
    pub fn is_quota(&self) -> bool {
        self.code() == Code::Quota
    }

    /// Whether the resource or the link is known to be gone.
    pub fn is_gone(&self) -> bool {
        self.code() == Code::Gone
    }

    /// Whether something stored is missing or broken.
    pub fn is_damaged(&self) -> bool {
        self.code() == Code::Damaged
    }

    /// Whether another writer was first.
    pub fn is_conflict(&self) -> bool {
        self.code() == Code::Conflict
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
