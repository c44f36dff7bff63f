//! A FHIR REST server over a replica: one request in, one response out (R5 http.html).
//!
//! ```text
//! request ─► bounds, formats ─► route ─► interaction ─► replica ─► response
//!                     └──────────── refused ───────────────┴────► OperationOutcome
//! ```
//!
//! It reads and never writes. What goes wrong is an OperationOutcome with the status that HTTP has for
//! it, never half an answer: a body is whole before its status is told. Who may ask, and what of it may
//! be seen, is decided before: [`Settings::within`] narrows everything to one compartment, and what is
//! outside of it is as if it were not there.

mod capability;
mod document;
mod everything;
mod history;
mod negotiation;
mod parameters;
mod pretty;
mod reads;
mod refused;
mod route;
mod searches;
mod segments;

use std::rc::Rc;

use crate::fhir::reference::{is_id, is_type};
use crate::fhir::{Identity, Instant};
use crate::host::{Response, Store};
use crate::replica::Replica;
use negotiation::Wanted;
use refused::Refused;
use route::{Interaction, route};
pub use segments::Sharing;

/// A longer path and query is refused (414).
pub const LONGEST_TARGET: usize = 8 * 1024;
/// A larger body is refused (413).
pub const LARGEST_BODY: usize = 64 * 1024;

/// What requests are answered with.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The base that links and full URLs are below, without a slash at the end: where this server is, not
    /// where the replica was pulled from.
    pub base: &'a str,
    /// The resource in whose compartment all is that may be seen, such as `Patient/123`; none: everything.
    pub within: Option<&'a str>,
    /// Whether all that the replica consists of is handed out, and who may keep copies; none: it is not.
    pub segments: Option<Sharing>,
    /// The time, which dates of answers that are made now have.
    pub now: Instant,
}

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query below the base, with or without a slash before it.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a header; `name` in lower case.
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What an interaction works with.
struct Serving<'a, S> {
    replica: &'a Replica<S>,
    settings: &'a Settings<'a>,
    within: Option<Identity<'a>>,
    request: &'a Request,
    wanted: Wanted,
    /// What stands after `?`, and in the body of a search.
    query: String,
}

/// An answer that is no refusal, or how it was refused.
type Answered = std::result::Result<Response, Refused>;

/// Answers a request.
pub async fn serve<S: Store>(
    replica: &Rc<Replica<S>>,
    settings: &Settings<'_>,
    request: &Request,
) -> Response {
    let mut pretty = false;
    let answered = answer(replica, settings, request, &mut pretty).await;
    let mut response = answered.unwrap_or_else(Refused::response);
    if !response.body.is_empty() {
        if pretty {
            response.body = pretty::indented(&response.body);
        }
        let version = negotiation::version_of(replica.definitions().version());
        let content_type = format!("application/fhir+json; fhirVersion={version}");
        put_new_header(&mut response, "content-type", &content_type);
    }
    // What it holds is of one person or another: no cache that others share keeps it, and no cache shows
    // it without asking.
    put_new_header(&mut response, "cache-control", "private, no-cache");
    put_new_header(&mut response, "vary", "accept, authorization, prefer");
    if request.method == "HEAD" {
        response.body.clear();
    }
    response
}

async fn answer<S: Store>(
    replica: &Replica<S>,
    settings: &Settings<'_>,
    request: &Request,
    pretty: &mut bool,
) -> Answered {
    if request.target.len() > LONGEST_TARGET {
        let sentence = "The address is too long; ask by POST to _search, or ask for less at once.";
        return Err(Refused::new(414, "too-long", sentence));
    }
    if request.body.len() > LARGEST_BODY {
        return Err(Refused::new(413, "too-long", "The body is too large."));
    }
    let within = match settings.within {
        None => None,
        Some(within) => Some(compartment(replica, within)?),
    };
    replica.tell_time(settings.now);
    let (path, query) = request
        .target
        .split_once('?')
        .unwrap_or((&request.target, ""));
    if let Some(asked) = segments::asked(path) {
        return segments::answer(replica, settings, request, asked, within.is_some()).await;
    }
    let interaction = route(replica.definitions(), &request.method, path)?;
    let query = parameters::of_request(request, query, &interaction)?;
    let wanted = Wanted::of(request, &query, replica.definitions().version())?;
    *pretty = wanted.pretty;
    let serving = Serving {
        replica,
        settings,
        within,
        request,
        wanted,
        query,
    };
    match interaction {
        Interaction::Metadata => serving.metadata(),
        Interaction::Search(place) => serving.search(&place).await,
        Interaction::Read(kind, id) => {
            serving
                .read(
                    Identity {
                        kind: &kind,
                        id: &id,
                    },
                    None,
                )
                .await
        }
        Interaction::Vread(kind, id, version) => {
            let identity = Identity {
                kind: &kind,
                id: &id,
            };
            serving.read(identity, Some(&version)).await
        }
        Interaction::History(kind, id) => serving.history(kind.as_deref(), id.as_deref()).await,
        Interaction::Everything(id) => serving.everything(&id).await,
        Interaction::Document(id) => serving.document(&id).await,
    }
}

/// The compartment that somebody is narrowed to. One that is none would narrow to nothing or to everything,
/// so nothing is answered.
fn compartment<'a, S: Store>(
    replica: &Replica<S>,
    within: &'a str,
) -> std::result::Result<Identity<'a>, Refused> {
    let of = within.split_once('/');
    let of = of.filter(|(kind, id)| is_type(kind) && is_id(id));
    let of = of.filter(|(kind, _)| route::is_compartment(replica.definitions(), kind));
    of.map(|(kind, id)| Identity { kind, id }).ok_or_else(|| {
        Refused::new(
            500,
            "exception",
            "The server is set up to show a compartment that there is not.",
        )
    })
}

fn ok(body: Vec<u8>) -> Response {
    Response {
        status: 200,
        headers: Vec::new(),
        body,
    }
}

/// The same, where the answer does not say it by itself.
fn put_new_header(response: &mut Response, name: &str, value: &str) {
    if response.header(name).is_none() {
        put_header(response, name, value);
    }
}

fn put_header(response: &mut Response, name: &str, value: impl Into<String>) {
    response.headers.push((name.to_string(), value.into()));
}
