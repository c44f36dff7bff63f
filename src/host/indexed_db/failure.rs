//! What IndexedDB's exceptions mean to a store: a connection to open again, or an end.
//!
//! Only an exception's name is looked at and passed on: messages of browsers differ, and none is
//! known to be free of what was stored.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

use crate::{Code, Error};

/// Why an attempt on a connection failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection is gone, or fails in a way that a new one may mend. Holds the exception's name.
    Lost(String),
    /// A new connection would not help.
    Refused(Error),
}

impl Failure {
    /// What the exception called `name` means.
    pub(super) fn named(name: &str) -> Failure {
        match name {
            // A transaction is aborted from outside when its connection is closed by force;
            // `transaction()` throws InvalidStateError on a closed connection; WebKit and Chromium
            // say UnknownError when the process that holds the database has died.
            "AbortError" | "InvalidStateError" | "UnknownError" => Failure::Lost(name.into()),
            "QuotaExceededError" => Failure::Refused(Error::new(
                Code::Quota,
                "The browser has no room left for this site: nothing of this commit was stored, and \
                 what was there before is whole. Free some space or pull less.",
            )),
            "VersionError" => Failure::Refused(Error::new(
                Code::NewerFormat,
                "The replica was written by a newer version of fhir-pull. Reload the page to get that \
                 version, or wipe the replica.",
            )),
            "SecurityError" => Failure::Refused(Error::new(
                Code::Unsupported,
                "This browser denies IndexedDB to this page: it may be in private mode or block the \
                 site's data. Allow it, or use the store \"memory\".",
            )),
            _ => Failure::Refused(Error::new(
                Code::StoreFailed,
                format!("IndexedDB refused the call with {name}; what was stored before is whole."),
            )),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Refused(error)
    }
}

impl From<JsValue> for Failure {
    fn from(thrown: JsValue) -> Failure {
        let name = Reflect::get(&thrown, &"name".into());
        let name = name.ok().and_then(|it| it.as_string());
        Failure::named(name.as_deref().unwrap_or("an exception without a name"))
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        match failure {
            Failure::Refused(error) => error,
            Failure::Lost(name) => Error::new(
                Code::StoreLost,
                format!(
                    "The browser closed or lost the replica's database, and did so again after it was \
                     reopened ({name}). Reload the page; if that does not help, clear this site's data."
                ),
            ),
        }
    }
}
