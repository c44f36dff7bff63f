//! One request to the server: the permit, the token, the attempts, the answer or the error.

use super::answer::{Answer, Asked};
use super::ask::{Ask, Held, Wants};
use super::base::{Base, Link};
use super::credentials::Credentials;
use super::interaction::Interaction;
use super::limit::{Limit, Permit};
use super::patience::{Patience, back_off, retry_after};
use super::stream::Stream;
use crate::fhir::FhirVersion;
use crate::host::{Clock, Pieces, Request, Response, Transport};
use crate::{Code, Result};

/// A page of so many bytes is read piece by piece from there on: memory that WebAssembly has asked for
/// once is never given back.
const LONG: usize = 8 * 1024 * 1024;

/// A FHIR server, as one user sees it.
#[derive(Debug)]
pub struct Client<T, C, K> {
    base: Base,
    transport: T,
    clock: C,
    credentials: K,
    patience: Patience,
    limit: Limit,
    long: usize,
    speaks: Option<FhirVersion>,
}

/// What came to one request: an answer, and the rest of its body where that is read in pieces.
pub(super) type Came = (Response, Option<Box<dyn Pieces>>);

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// A client for the server at `base`.
    pub fn new(base: Base, transport: T, clock: C, credentials: K) -> Self {
        Client {
            base,
            transport,
            clock,
            credentials,
            patience: Patience::default(),
            limit: Limit::default(),
            long: LONG,
            speaks: None,
        }
    }

    /// The same client with another bound on attempts and time.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The same client with another bound on requests in flight (W3), which it may share.
    ///
    /// A request is in flight from when it got its permit until its future has ended: one that is
    /// left unpolled keeps its permit. Waits between attempts are not in flight.
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// The same client, to which pages of so many bytes are long ones ([`Client::page`]).
    pub fn with_long_pages(mut self, bytes: usize) -> Self {
        self.long = bytes;
        self
    }

    /// The same client, which tells the server which release of FHIR it speaks (R8).
    pub fn speaking(mut self, release: Option<FhirVersion>) -> Self {
        self.speaks = release;
        self
    }

    /// The server's base.
    pub fn base(&self) -> &Base {
        &self.base
    }

    pub(super) fn clock(&self) -> &C {
        &self.clock
    }

    /// Gets what stands at `link`: [`Client::ask`].
    ///
    /// # Errors
    /// Those of [`Client::ask`].
    pub async fn get(&self, link: &Link) -> Result<Answer> {
        self.ask(&Ask::get(link)).await
    }

    /// Only the body of what [`Client::get`] gives.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn fetch(&self, link: &Link) -> Result<Vec<u8>> {
        Ok(self.get(link).await?.body)
    }

    /// Gets what stands at `link`, or `None` where that is what is held (R1).
    ///
    /// # Errors
    /// Those of [`Client::ask`], and [`Code::BadInput`] for a version that no server could have given.
    pub async fn get_unless(&self, link: &Link, held: &Held<'_>) -> Result<Option<Answer>> {
        let answer = self.ask(&Ask::get(link).unless(held)?).await?;
        Ok((answer.status != 304).then_some(answer))
    }

    /// Sends a request, with as many attempts as [`Patience`] allows (W1, W2).
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Gone`], [`Code::Denied`] and [`Code::Http`] for what the server
    /// refuses, [`Code::Busy`] and [`Code::Network`] where patience ran out,
    /// [`Code::RefusedLink`] for a redirect and for a link of another base,
    /// [`Code::NotFhir`] and [`Code::Malformed`] for a body that is no FHIR JSON (R8), and whatever
    /// the credentials or an aborted transport fail with. The OperationOutcome of a refusal is
    /// attached.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Answer> {
        let response = self.respond(ask).await?;
        Ok(Answer::of(response))
    }

    /// The same, as HTTP has it.
    pub(super) async fn respond(&self, ask: &Ask<'_>) -> Result<Response> {
        let ((response, _), _) = self.attempts(ask).await?;
        Ok(response)
    }

    /// Opens what stands at `link`, which may be anything, to be read piece by piece. It is in
    /// flight (W3) until the stream is dropped or at its end.
    ///
    /// # Errors
    /// Those of [`Client::ask`] until its status and headers are there; later ones are the stream's.
    pub async fn stream(&self, link: &Link, with_token: bool) -> Result<Stream> {
        let mut ask = Ask::get(link).with_token(with_token).wants(Wants::Pieces);
        if link.interaction() == Interaction::BulkFile {
            ask = ask.accept("application/fhir+ndjson");
        }
        let (came, permit) = self.attempts(&ask).await?;
        Ok(Stream::new(came, permit))
    }

    /// Gets the page at `link`. The body of a long one comes in part: the rest is read piece by piece, and
    /// nobody has looked at it. It is in flight (W3) until then.
    ///
    /// # Errors
    /// Those of [`Client::ask`]; for what comes after the first part, those of the stream.
    pub async fn page(&self, link: &Link) -> Result<Stream> {
        let (came, permit) = self.attempts(&Ask::get(link).wants(Wants::Page)).await?;
        Ok(Stream::new(came, permit))
    }

    async fn attempts(&self, ask: &Ask<'_>) -> Result<(Came, Permit)> {
        self.base.check(ask.link)?;
        let patience = ask.patience.unwrap_or(self.patience);
        let started = self.clock.now();
        let mut refreshed = false;
        let mut asked = Asked {
            base: &self.base,
            ask,
            attempts: 0,
        };
        loop {
            asked.attempts += 1;
            let permit = self.limit.permit().await;
            let (outcome, wish) = match self.exchange(ask, &mut refreshed).await? {
                Ok((response, pieces)) => {
                    let wish = retry_after(&response);
                    let judged = asked.judge(response, pieces.is_none());
                    (judged.map(|response| (response, pieces)), wish)
                }
                Err(error) if error.code() == Code::Network => (Err(asked.silence()), None),
                Err(error) => return Err(error),
            };
            let error = match outcome {
                Ok(came) => return Ok((came, permit)),
                Err(error) if asked.may_repeat(&error) => error,
                Err(error) => return Err(error),
            };
            drop(permit);
            let back_off = back_off(asked.attempts, self.clock.random());
            // Only who is busy says when to come back (W1); elsewhere the header means other things.
            let wait = match wish.filter(|_| error.code() == Code::Busy) {
                Some(wish) => u32::try_from(wish).unwrap_or(u32::MAX),
                None => back_off,
            };
            let spent = u32::try_from(self.clock.now() - started).unwrap_or(0);
            if asked.attempts >= patience.attempts || spent.saturating_add(wait) > patience.total_ms
            {
                return Err(error);
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Sends one request; where the server refuses its token, asks once a call for a new one and
    /// sends it again (W4). The outer error is the credentials' own, the inner the transport's.
    async fn exchange(&self, ask: &Ask<'_>, refreshed: &mut bool) -> Result<Result<Came>> {
        if !ask.with_token || ask.link.is_elsewhere() {
            return Ok(self.send(ask, ask.request(None, self.speaks)?).await);
        }
        let token = self.credentials.token(None).await?;
        let sent = self
            .send(ask, ask.request(token.clone(), self.speaks)?)
            .await;
        if *refreshed || !matches!(&sent, Ok((response, _)) if response.status == 401) {
            return Ok(sent);
        }
        *refreshed = true;
        let refused = token.unwrap_or_default();
        match self.credentials.token(Some(&refused)).await? {
            Some(token) => Ok(self.send(ask, ask.request(Some(token), self.speaks)?).await),
            None => Ok(sent),
        }
    }

    /// Sends one request. What is no success is read to its end, and so is a page that is not long.
    async fn send(&self, ask: &Ask<'_>, request: Request) -> Result<Came> {
        if !matches!(ask.wants, Wants::Page | Wants::Pieces) {
            return Ok((self.transport.send(&request).await?, None));
        }
        let (mut response, mut pieces) = self.transport.open(&request).await?;
        let enough = match (response.status, ask.wants) {
            (200..300, Wants::Pieces) => 0,
            (200..300, _) => self.long,
            _ => usize::MAX,
        };
        while response.body.len() < enough {
            match pieces.next().await? {
                Some(piece) => response.body.extend_from_slice(&piece),
                None => return Ok((response, None)),
            }
        }
        Ok((response, Some(pieces)))
    }
}
