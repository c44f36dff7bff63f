//! One GET to the server: the token, the attempts, the answer or the error.

use super::answer::{Answer, Asked};
use super::base::{Base, Link};
use super::credentials::Credentials;
use super::patience::{Patience, back_off, retry_after};
use crate::host::{Clock, Request, Response, Transport};
use crate::{Code, Error, Result};

/// A FHIR server, as one user sees it.
#[derive(Debug)]
pub struct Client<T, C, K> {
    base: Base,
    transport: T,
    clock: C,
    credentials: K,
    patience: Patience,
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// A client for the server at `base`.
    pub fn new(base: Base, transport: T, clock: C, credentials: K) -> Self {
        Client {
            base,
            transport,
            clock,
            credentials,
            patience: Patience::default(),
        }
    }

    /// The same client with another bound on attempts and time.
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The server's base.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Gets what stands at `link`, with as many attempts as [`Patience`] allows (W1, W2).
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Gone`], [`Code::Denied`] and [`Code::Http`] for what the server
    /// refuses, [`Code::Busy`] and [`Code::Network`] where patience ran out,
    /// [`Code::RefusedLink`] for a redirect and for a link of another base,
    /// [`Code::NotFhir`] and [`Code::Malformed`] for a body that is no FHIR JSON (R8), and whatever
    /// the credentials or an aborted transport fail with. The OperationOutcome of a refusal is
    /// attached.
    pub async fn get(&self, link: &Link) -> Result<Answer> {
        self.base.check(link)?;
        let started = self.clock.now();
        let mut refreshed = false;
        let mut asked = Asked {
            base: &self.base,
            interaction: link.interaction(),
            attempts: 0,
        };
        loop {
            asked.attempts += 1;
            let (outcome, wish) = match self.exchange(link, &mut refreshed).await? {
                Ok(response) => {
                    let wish = retry_after(&response);
                    (asked.judge(response), wish)
                }
                Err(error) if error.code() == Code::Network => (Err(asked.silence()), None),
                Err(error) => return Err(error),
            };
            let error = match outcome {
                Err(error) if error.is_retryable() => error,
                settled => return settled,
            };
            let back_off = back_off(asked.attempts, self.clock.random());
            // Only who is busy says when to come back (W1); elsewhere the header means other things.
            let wait = match wish.filter(|_| error.code() == Code::Busy) {
                Some(wish) => u32::try_from(wish).unwrap_or(u32::MAX),
                None => back_off,
            };
            let spent = u32::try_from(self.clock.now() - started).unwrap_or(0);
            if asked.attempts >= self.patience.attempts
                || spent.saturating_add(wait) > self.patience.total_ms
            {
                return Err(error);
            }
            self.clock.sleep(wait).await;
        }
    }

    /// Only the body of what [`Client::get`] gives.
    ///
    /// # Errors
    /// Those of [`Client::get`].
    pub async fn fetch(&self, link: &Link) -> Result<Vec<u8>> {
        Ok(self.get(link).await?.body)
    }

    /// Sends one request; where the server refuses its token, asks once a call for a new one and
    /// sends it again (W4). The outer error is the credentials' own, the inner the transport's.
    async fn exchange(&self, link: &Link, refreshed: &mut bool) -> Result<Result<Response>> {
        let token = self.credentials.token(false).await?;
        let sent = self.transport.send(&request(link, token)?).await;
        if *refreshed || !matches!(&sent, Ok(response) if response.status == 401) {
            return Ok(sent);
        }
        *refreshed = true;
        match self.credentials.token(true).await? {
            Some(token) => Ok(self.transport.send(&request(link, Some(token))?).await),
            None => Ok(sent),
        }
    }
}

fn request(link: &Link, token: Option<String>) -> Result<Request> {
    let mut headers = vec![("accept", "application/fhir+json".to_owned())];
    if let Some(token) = token {
        // RFC 6750's characters of a token and a little more; nothing that could end a header.
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::new(
                Code::BadInput,
                "The token is empty or has characters that can't stand in a header; \
                 give the bearer token alone, without \"Bearer\", or none.",
            ));
        }
        headers.push(("authorization", format!("Bearer {token}")));
    }
    Ok(Request {
        method: "GET",
        url: link.as_str().to_owned(),
        headers,
        body: None,
    })
}
