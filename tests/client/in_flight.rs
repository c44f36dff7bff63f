//! How many requests are in flight at once, and bodies on their way (W3, W2, B3).

use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fhir_pull::client::{Base, Client, Limit, Stream};
use fhir_pull::host::{NextPiece, Pieces, Request, Response, Transport};
use fhir_pull::{Code, Error, Result};
use pollster::block_on;

use crate::script::{BASE, PATIENT, Script, Tokens, answer};

/// Requests wait until the server is told to answer; it counts those that wait.
#[derive(Clone, Debug, Default)]
struct Slow {
    arrived: Rc<Cell<usize>>,
    /// Answers to give, the last first; with none left a request waits for ever.
    answers: Rc<RefCell<Vec<Result<Response>>>>,
    tokens: Rc<RefCell<Vec<bool>>>,
}

impl Transport for Slow {
    async fn send(&self, request: &Request) -> Result<Response> {
        let authorized = request.headers.iter().any(|it| it.0 == "authorization");
        self.tokens.borrow_mut().push(authorized);
        self.arrived.set(self.arrived.get() + 1);
        let answer = self.answers.borrow_mut().pop();
        match answer {
            Some(answer) => answer,
            None => pending().await,
        }
    }

    async fn open(&self, request: &Request) -> Result<(Response, Box<dyn Pieces>)> {
        let response = self.send(request).await?;
        let body = response.body.clone();
        let response = Response {
            body: Vec::new(),
            ..response
        };
        Ok((response, Box::new(Bytes(body))))
    }
}

/// A byte a piece; a `!` stands for a connection that is cut.
struct Bytes(Vec<u8>);

impl Pieces for Bytes {
    fn next(&mut self) -> NextPiece<'_> {
        Box::pin(async {
            if self.0.is_empty() {
                return Ok(None);
            }
            match self.0.remove(0) {
                b'!' => Err(Error::new(Code::Network, "cut")),
                byte => Ok(Some(vec![byte])),
            }
        })
    }
}

/// A clock whose waits never end.
#[derive(Clone, Copy, Debug)]
struct Asleep;

impl fhir_pull::host::Clock for Asleep {
    fn now(&self) -> i64 {
        0
    }
    async fn sleep(&self, _milliseconds: u32) {
        pending().await
    }
    fn random(&self) -> f64 {
        0.5
    }
}

type Limited = Client<Slow, Asleep, Tokens>;

fn client(slow: &Slow, limit: &Limit) -> Limited {
    let base = Base::parse(BASE).unwrap();
    let tokens = Tokens::new(Some("secret"), None);
    Client::new(base, slow.clone(), Asleep, tokens).with_limit(limit.clone())
}

fn poll<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn stream(script: &Slow) -> Result<Stream> {
    let client = client(script, &Limit::new(1));
    let link = client.base().read("Binary/1")?;
    block_on(client.stream(&link, true))
}

#[test]
fn w3_only_so_many_requests_are_in_flight_and_a_dropped_one_makes_room() {
    let (slow, limit) = (Slow::default(), Limit::new(2));
    let (client, other) = (client(&slow, &limit), client(&slow, &limit));
    let mut first = Box::pin(client.read("Patient/1"));
    let mut second = pin!(other.read("Patient/2"));
    let mut third = pin!(other.read("Patient/3"));
    for _ in 0..2 {
        assert!(poll(first.as_mut()).is_none());
        assert!(poll(second.as_mut()).is_none());
        assert!(poll(third.as_mut()).is_none());
    }
    assert_eq!(slow.arrived.get(), 2);
    drop(first);
    assert!(poll(third.as_mut()).is_none());
    assert_eq!(slow.arrived.get(), 3);
}

#[test]
fn w3_who_waits_to_try_again_is_not_in_flight() {
    let slow = Slow::default();
    slow.answers.borrow_mut().push(answer(503, &[], ""));
    let client = client(&slow, &Limit::new(1));
    let mut busy = pin!(client.read("Patient/1"));
    let mut next = pin!(client.read("Patient/2"));
    assert!(poll(busy.as_mut()).is_none());
    assert!(poll(next.as_mut()).is_none());
    assert_eq!(slow.arrived.get(), 2);
}

#[test]
fn w3_four_requests_are_in_flight_where_nobody_says_how_many() {
    let slow = Slow::default();
    let client = client(&slow, &Limit::default());
    let reads = (0..9).map(|id| {
        let client = &client;
        async move { client.read(&format!("Patient/{id}")).await }
    });
    let mut reads: Vec<_> = reads.map(Box::pin).collect();
    assert!(reads.iter_mut().all(|read| poll(read.as_mut()).is_none()));
    assert_eq!(slow.arrived.get(), 4);
}

#[test]
fn w3_a_stream_is_in_flight_until_its_end() {
    let slow = Slow::default();
    slow.answers.borrow_mut().push(answer(200, &[], "ab"));
    let client = client(&slow, &Limit::new(1));
    let link = client.base().read("Binary/1").unwrap();
    let mut stream = block_on(client.stream(&link, true)).unwrap();
    let mut next = pin!(client.read("Patient/2"));
    assert_eq!(block_on(stream.next()), Ok(Some(b"a".to_vec())));
    assert_eq!(block_on(stream.next()), Ok(Some(b"b".to_vec())));
    assert!(poll(next.as_mut()).is_none());
    assert_eq!(slow.arrived.get(), 1);
    assert_eq!(block_on(stream.next()), Ok(None));
    assert!(poll(next.as_mut()).is_none());
    assert_eq!(slow.arrived.get(), 2);
}

#[test]
fn w2_a_body_cut_short_is_an_error_after_its_pieces_and_then_the_end() {
    let slow = Slow::default();
    slow.answers.borrow_mut().push(answer(200, &[], "a!b"));
    let mut stream = stream(&slow).unwrap();
    assert_eq!(block_on(stream.next()), Ok(Some(b"a".to_vec())));
    assert_eq!(block_on(stream.next()).unwrap_err().code(), Code::Network);
    assert_eq!(block_on(stream.next()), Ok(None));
}

#[test]
fn r8_what_is_refused_is_no_stream_and_brings_its_outcome() {
    let outcome = r#"{"resourceType":"OperationOutcome"}"#;
    let slow = Slow::default();
    slow.answers.borrow_mut().push(answer(404, &[], outcome));
    let error = stream(&slow).err().unwrap();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(error.outcome(), Some(outcome.as_bytes()));
}

#[test]
fn b3_a_stream_can_be_had_without_the_token() {
    let slow = Slow::default();
    let client = client(&slow, &Limit::new(1));
    let link = client.base().read("Binary/1").unwrap();
    for with_token in [true, false] {
        slow.answers.borrow_mut().push(answer(200, &[], ""));
        block_on(client.stream(&link, with_token)).unwrap();
    }
    assert_eq!(*slow.tokens.borrow(), [true, false]);
}

#[test]
fn a_transport_without_pieces_has_one() {
    let script = Script::new([answer(200, &[("etag", "W/\"4\"")], PATIENT)]);
    let client = script.client(fhir_pull::client::NoToken);
    let link = client.base().read("Patient/1").unwrap();
    let mut stream = block_on(client.stream(&link, true)).unwrap();
    assert_eq!(stream.head.version.as_deref(), Some("4"));
    assert_eq!(block_on(stream.next()), Ok(Some(PATIENT.into())));
    assert_eq!(block_on(stream.next()), Ok(None));
}
