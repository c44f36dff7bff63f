//! Fuzzed bytes as a server's answers.
//!
//! ```text
//! answer                     the body of a 200
//! ---                        between two answers, on a line of its own
//! HTTP 503                   or, first, a status
//! retry-after: 1             headers
//!                            an empty line
//! answer
//! ```
//!
//! Whoever asks once more than there are answers is told 404.

use std::cell::Cell;

use fhir_pull::Result;
use fhir_pull::host::{Clock, Request, Response, Transport};

/// The base of the server, of which every request must be.
pub const BASE: &str = "https://fuzz.test/fhir";

/// Answers the n-th request with the n-th part of the input.
#[derive(Debug)]
pub struct Script<'a> {
    parts: Vec<&'a [u8]>,
    asked: Cell<usize>,
}

impl<'a> Script<'a> {
    /// Reads the answers.
    pub fn new(input: &'a [u8]) -> Script<'a> {
        const BETWEEN: &[u8] = b"\n---\n";
        let mut parts = Vec::new();
        let mut rest = input;
        while let Some(at) = rest
            .windows(BETWEEN.len())
            .position(|found| found == BETWEEN)
        {
            parts.push(&rest[..at]);
            rest = &rest[at + BETWEEN.len()..];
        }
        parts.push(rest);
        Script {
            parts,
            asked: Cell::new(0),
        }
    }

    /// The bodies of all answers, asked for or not.
    pub fn bodies(&self) -> impl Iterator<Item = Vec<u8>> {
        self.parts.iter().map(|part| response(part).body)
    }
}

impl Transport for Script<'_> {
    async fn send(&self, request: &Request) -> Result<Response> {
        let inside = request.url.strip_prefix(BASE);
        assert!(
            inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#'])),
            "L6: a request outside of the base"
        );
        let number = self.asked.replace(self.asked.get() + 1);
        Ok(match self.parts.get(number) {
            Some(part) => response(part),
            None => Response {
                status: 404,
                ..Response::default()
            },
        })
    }
}

fn response(part: &[u8]) -> Response {
    let mut response = Response {
        status: 200,
        body: part.to_vec(),
        ..Response::default()
    };
    let Some(rest) = part.strip_prefix(b"HTTP ") else {
        return response;
    };
    let head = rest
        .windows(2)
        .position(|found| found == b"\n\n")
        .unwrap_or(rest.len());
    response.body = rest.get(head + 2..).unwrap_or_default().to_vec();
    let head = String::from_utf8_lossy(&rest[..head]).into_owned();
    let mut lines = head.lines();
    response.status = lines
        .next()
        .and_then(|status| status.parse().ok())
        .unwrap_or(500);
    response.headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    response
}

/// A clock that stands still and never makes anybody wait.
#[derive(Clone, Copy, Debug)]
pub struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        0
    }
    async fn sleep(&self, _milliseconds: u32) {}
    fn random(&self) -> f64 {
        0.5
    }
}
