//! A server, a clock and a token source that do what a test wrote down, and record what was asked.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use fhir_pull::client::{Base, Client, Credentials};
use fhir_pull::host::{Clock, Request, Response, Transport};
use fhir_pull::{Code, Error, Result};

/// Where the scripted server is.
pub(crate) const BASE: &str = "https://good.example/fhir";

/// Answers in the order written down; one request too many fails the test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    answers: Rc<RefCell<VecDeque<Result<Response>>>>,
    requests: Rc<RefCell<Vec<Request>>>,
    time: Rc<Time>,
}

#[derive(Debug, Default)]
struct Time {
    now: Cell<i64>,
    each_request: Cell<i64>,
    sleeps: RefCell<Vec<u32>>,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Response>>) -> Self {
        Script {
            answers: Rc::new(RefCell::new(answers.into_iter().collect())),
            ..Script::default()
        }
    }

    /// The same, with every request taking so many milliseconds.
    pub(crate) fn slow(self, milliseconds: i64) -> Self {
        self.time.each_request.set(milliseconds);
        self
    }

    /// A client of this server that sends `tokens`.
    pub(crate) fn client<K: Credentials>(&self, tokens: K) -> Rc<Client<Script, Script, K>> {
        let base = Base::parse(BASE).unwrap();
        Rc::new(Client::new(base, self.clone(), self.clone(), tokens))
    }

    /// What was requested, below the base.
    pub(crate) fn requested(&self) -> Vec<String> {
        let requests = self.requests.borrow();
        let below = |request: &Request| request.url.strip_prefix(BASE).unwrap().to_owned();
        requests.iter().map(below).collect()
    }

    /// The value of a header in each request.
    pub(crate) fn sent(&self, header: &str) -> Vec<Option<String>> {
        let requests = self.requests.borrow();
        let value = |request: &Request| {
            let found = request.headers.iter().find(|(name, _)| *name == header);
            found.map(|(_, value)| value.clone())
        };
        requests.iter().map(value).collect()
    }

    /// The method of each request, and its body.
    pub(crate) fn brought(&self) -> Vec<(&'static str, String)> {
        let requests = self.requests.borrow();
        let text = |request: &Request| {
            let body = request.body.clone().unwrap_or_default();
            (request.method, String::from_utf8(body).unwrap())
        };
        requests.iter().map(text).collect()
    }

    /// How long the client slept, each time.
    pub(crate) fn sleeps(&self) -> Vec<u32> {
        self.time.sleeps.borrow().clone()
    }

    /// Answers that were not asked for.
    pub(crate) fn left(&self) -> usize {
        self.answers.borrow().len()
    }
}

impl Transport for Script {
    async fn send(&self, request: &Request) -> Result<Response> {
        assert_eq!(request.body.is_some(), request.method == "POST");
        self.requests.borrow_mut().push(request.clone());
        let time = &self.time;
        time.now.set(time.now.get() + time.each_request.get());
        let answer = self.answers.borrow_mut().pop_front();
        answer.expect("one request more than the script has answers")
    }
}

impl Clock for Script {
    fn now(&self) -> i64 {
        self.time.now.get()
    }

    async fn sleep(&self, milliseconds: u32) {
        self.time.sleeps.borrow_mut().push(milliseconds);
        self.time.now.set(self.now() + i64::from(milliseconds));
    }

    fn random(&self) -> f64 {
        0.5
    }
}

/// Gives `old` until it is asked for a new one, then `new`; records how it was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    old: Option<&'static str>,
    new: Option<&'static str>,
    asked: Rc<RefCell<Vec<Option<String>>>>,
}

impl Tokens {
    pub(crate) fn new(old: Option<&'static str>, new: Option<&'static str>) -> Self {
        Tokens {
            old,
            new,
            asked: Rc::default(),
        }
    }

    /// How often a new one was asked for.
    pub(crate) fn refreshes(&self) -> usize {
        self.refused().len()
    }

    /// For which token, each time.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.asked.borrow().iter().flatten().cloned().collect()
    }
}

impl Credentials for Tokens {
    async fn token(&self, refused: Option<&str>) -> Result<Option<String>> {
        self.asked.borrow_mut().push(refused.map(str::to_owned));
        let token = if self.refreshes() > 0 {
            self.new
        } else {
            self.old
        };
        Ok(token.map(str::to_owned))
    }
}

/// A token source that has no network when a new token is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoRefresh;

impl Credentials for NoRefresh {
    async fn token(&self, refused: Option<&str>) -> Result<Option<String>> {
        if refused.is_some() {
            return Err(Error::new(
                Code::Network,
                "The token server did not answer.",
            ));
        }
        Ok(Some("old".to_owned()))
    }
}

/// An answer with a status, headers and a body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    Ok(Response {
        status,
        headers: headers.iter().map(owned).collect(),
        body: body.as_bytes().to_vec(),
    })
}

/// A resource with status 200.
pub(crate) fn patient() -> Result<Response> {
    let json = [("content-type", "application/fhir+json; charset=utf-8")];
    answer(200, &json, PATIENT)
}

/// What [`patient`] answers with.
pub(crate) const PATIENT: &str = r#"{"resourceType":"Patient","id":"1"}"#;

/// A page with one patient, and its next link.
pub(crate) fn page(id: &str, next: Option<&str>) -> Result<Response> {
    let link = next.map_or(String::new(), |url| {
        format!(r#"{{"relation":"next","url":"{url}"}}"#)
    });
    let entry = format!(r#"{{"resource":{{"resourceType":"Patient","id":"{id}"}}}}"#);
    let entry = if id.is_empty() { String::new() } else { entry };
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"searchset","link":[{link}],"entry":[{entry}]}}"#
    );
    answer(200, &[("content-type", "application/fhir+json")], &body)
}

/// A reset, as a transport tells it.
pub(crate) fn reset() -> Result<Response> {
    Err(Error::new(Code::Network, "reset"))
}
