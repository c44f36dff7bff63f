//! What is not answered: a status, and an OperationOutcome that says why.

use crate::fhir::text::put_string;
use crate::host::Response;
use crate::{Code, Error};

/// A request that is refused, or that failed.
#[derive(Debug)]
pub(super) struct Refused {
    status: u16,
    /// Of value set issue-type.
    code: &'static str,
    sentence: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, sentence: impl Into<String>) -> Refused {
        Refused {
            status,
            code,
            sentence: sentence.into(),
            headers: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Refused {
        self.headers.push((name.to_string(), value.into()));
        self
    }

    /// What is not there, or may not be seen: nobody is told which.
    pub(super) fn not_found(kind: &str) -> Refused {
        Refused::new(404, "not-found", format!("There is no such {kind} here."))
    }

    /// What was there.
    pub(super) fn deleted(kind: &str) -> Refused {
        Refused::new(410, "deleted", format!("This {kind} was deleted."))
    }

    /// A type that this version of FHIR does not have.
    pub(super) fn unknown_type(status: u16, kind: &str, version: &str) -> Refused {
        let kind: String = kind.chars().take(40).collect();
        let sentence = format!("There is no resource type `{kind}` in FHIR {version}.");
        Refused::new(status, "not-supported", sentence)
    }

    /// A path that means nothing.
    pub(super) fn nowhere() -> Refused {
        let sentence = "There is nothing at this address; GET metadata tells what there is.";
        Refused::new(404, "not-supported", sentence)
    }

    pub(super) fn response(self) -> Response {
        let mut body =
            br#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":""#.to_vec();
        body.extend_from_slice(self.code.as_bytes());
        body.extend_from_slice(br#"","diagnostics":"#);
        put_string(&mut body, &self.sentence);
        body.extend_from_slice(b"}]}");
        Response {
            status: self.status,
            headers: self.headers,
            body,
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        let (status, code) = match error.code() {
            Code::BadInput => (400, "invalid"),
            Code::Unsupported => (400, "not-supported"),
            Code::NotFound => (404, "not-found"),
            // What the store has lost or refuses may be there again the next time.
            Code::StoreLost | Code::StoreFailed | Code::Conflict | Code::Busy => (503, "transient"),
            _ => (500, "exception"),
        };
        Refused::new(status, code, error.message())
    }
}
