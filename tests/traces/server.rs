//! Answers as a trace has it, gives the tokens that it has, and keeps what was asked.

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::client::Credentials;
use fhir_pull::host::{Request, Response, Transport};
use fhir_pull::{Code, Error, Result};

use super::trace::Exchange;

pub(super) const BASE: &str = "https://trace.test/fhir";
/// Of what is sent with a request, what a trace tells, unless it is this.
const NOTABLE: [(&str, &str); 5] = [
    ("accept", "application/fhir+json"),
    ("authorization", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("prefer", ""),
];

#[derive(Clone, Debug)]
pub(super) struct Server(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    expected: Vec<Exchange>,
    /// The application's own, and those that refreshes will give.
    tokens: Vec<String>,
    /// Whether a request takes the answer for its URL, and not the next one.
    by_url: bool,
    asked: Vec<Exchange>,
    problem: Option<String>,
}

impl Server {
    pub(super) fn new(expected: &[Exchange], tokens: &[String], by_url: bool) -> Server {
        Server(Rc::new(RefCell::new(State {
            expected: expected.to_vec(),
            tokens: tokens.to_vec(),
            by_url,
            asked: Vec::new(),
            problem: None,
        })))
    }

    /// The exchanges that there were; what went otherwise than expected.
    pub(super) fn ended(&self) -> std::result::Result<Vec<Exchange>, String> {
        let state = self.0.borrow();
        match (&state.problem, state.expected.first(), state.tokens.get(1)) {
            (Some(problem), ..) => Err(problem.clone()),
            (None, Some(left), _) if !state.by_url => {
                Err(format!("it was not asked for\n  {}", left.request))
            }
            (None, _, Some(left)) => Err(format!("the token was not refreshed to {left}")),
            _ => Ok(state.asked.clone()),
        }
    }
}

impl State {
    fn take(&mut self, request: &str) -> Option<Exchange> {
        let path = |request: &str| request.split('?').next().map(str::to_string);
        let place = match self.by_url {
            false => 0,
            true => {
                let same = self.expected.iter().position(|it| it.request == request);
                same.or_else(|| {
                    self.expected
                        .iter()
                        .position(|it| path(&it.request) == path(request))
                })?
            }
        };
        (place < self.expected.len()).then(|| self.expected.remove(place))
    }
}

impl Transport for Server {
    async fn send(&self, request: &Request) -> Result<Response> {
        let mut state = self.0.borrow_mut();
        let url = request.url.strip_prefix(BASE).unwrap_or(&request.url);
        let asked = format!("{} {}", request.method, url.trim_start_matches('/'));
        let notable = notable(request);
        let expected = state.take(&asked);
        let (request, headers) = expected.as_ref().map_or(("nothing", &[][..]), |it| {
            (&it.request, &it.request_headers)
        });
        if expected.is_none() || !state.by_url && (request != asked || *headers != *notable) {
            let problem =
                format!("expected is\n  {request} {headers:?}\nasked was\n  {asked} {notable:?}");
            state.problem.get_or_insert(problem);
            return Err(Error::new(Code::Aborted, "The trace has no such request."));
        }
        let mut exchange = expected.unwrap();
        (exchange.request, exchange.request_headers) = (asked, notable);
        state.asked.push(exchange.clone());
        let Some(status) = exchange.status else {
            return Err(Error::new(Code::Network, "The trace loses the answer."));
        };
        Ok(Response {
            status,
            body: exchange.body().into_bytes(),
            headers: exchange.headers,
        })
    }
}

impl Credentials for Server {
    async fn token(&self, refused: Option<&str>) -> Result<Option<String>> {
        let mut state = self.0.borrow_mut();
        if refused.is_some() && state.tokens.first().map(String::as_str) == refused {
            state.tokens.remove(0);
            if state.tokens.is_empty() {
                let problem = "the token was refreshed once more".to_string();
                state.problem.get_or_insert(problem);
            }
        }
        Ok(state.tokens.first().cloned())
    }
}

fn notable(request: &Request) -> Vec<(String, String)> {
    let sent = |name: &str| {
        let header = request.headers.iter().find(|(sent, _)| *sent == name);
        header.map_or(String::new(), |(_, value)| value.clone())
    };
    let all = NOTABLE.map(|(name, usual)| (name.to_string(), sent(name), usual));
    let unusual = all.into_iter().filter(|(_, value, usual)| value != usual);
    unusual.map(|(name, value, _)| (name, value)).collect()
}
