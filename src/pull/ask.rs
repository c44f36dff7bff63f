//! One resource or one page of a search, asked of the server now, and kept.
//!
//! What is kept so belongs to no feed: it is as fresh as when it was asked for.

use std::rc::Rc;

use super::Observer;
use super::apply::Outcome;
use super::feed::asks;
use super::session::Session;
use crate::client::{Answer, Client, Credentials, Held};
use crate::fhir::{Identity, Instant, Page};
use crate::host::{Clock, Store, Transport};
use crate::replica::Replica;
use crate::{Code, Error, Result};

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The resource or the Bundle, as it came; the held copy where the server says that it is still the
    /// current version.
    pub body: Vec<u8>,
    /// When, by the server's clock.
    pub at: Option<Instant>,
}

impl Asked {
    fn of(answer: Answer) -> Asked {
        Asked {
            body: answer.body,
            at: answer.date,
        }
    }
}

/// Asks the server for a resource (`Patient/123`) or for the first page of a search, and keeps what it
/// answers. That a resource is gone is kept too.
///
/// # Errors
/// Those of the client and the store, and [`Code::BadInput`](crate::Code::BadInput) for what is neither.
pub async fn ask<S: Store + 'static, T: Transport, C: Clock, K: Credentials>(
    replica: &Rc<Replica<S>>,
    client: &Client<T, C, K>,
    clock: &impl Clock,
    what: &str,
    observer: &mut impl Observer,
) -> Result<Asked> {
    let mut outcome = Outcome::default();
    let asked = match Identity::parse(what) {
        Some(identity) => {
            let link = client.base().read(what)?;
            let current = replica.current_version(identity).await?;
            let (version, last_modified) = current.unwrap_or_default();
            let held = Held {
                version: Some(version.as_str()).filter(|version| !version.is_empty()),
                last_modified,
            };
            let answer = client.get_unless(&link, &held).await;
            let mut session = Session::begin(replica, clock, observer).await?;
            match &answer {
                Ok(Some(answer)) => {
                    outcome
                        .of_resource(&answer.body, &mut session.writer)
                        .await?;
                }
                Err(error) if error.is_gone() => {
                    outcome.of_gone(identity, &mut session.writer).await?;
                }
                Ok(None) | Err(_) => {}
            }
            keep(session, &outcome).await?;
            match answer? {
                Some(answer) => Asked::of(answer),
                None => held_still(replica, identity).await?,
            }
        }
        None => {
            let answer = client.get(&client.base().search(what)?).await?;
            // Parts of resources are not told apart by every server: they are not kept (L5).
            if !asks(what, "_elements") && !asks(what, "_summary") {
                let page = Page::read(&answer.body)?;
                let mut session = Session::begin(replica, clock, observer).await?;
                outcome = Outcome::of_page(&page, &mut session.writer).await?;
                keep(session, &outcome).await?;
            }
            Asked::of(answer)
        }
    };
    Ok(asked)
}

/// What is held, where the server says that it is current (R1).
async fn held_still<S: Store + 'static>(
    replica: &Rc<Replica<S>>,
    identity: Identity<'_>,
) -> Result<Asked> {
    let body = replica.read(identity).await?;
    let body = body.ok_or_else(|| {
        Error::new(
            Code::Conflict,
            "What the server said to be current was removed meanwhile; ask again.",
        )
    })?;
    Ok(Asked { body, at: None })
}

async fn keep<S: Store + 'static, W: Clock, O: Observer>(
    mut session: Session<'_, S, W, O>,
    outcome: &Outcome,
) -> Result<()> {
    session.touched(&outcome.types, false);
    session.commit().await?;
    session.settle().await.map(drop)
}
