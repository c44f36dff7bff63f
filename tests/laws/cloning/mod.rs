//! Clones: a replica made of what a repository hands out equals it, wherever it is stopped, whatever is
//! sent, and whatever the repository does meanwhile.
//!
//! | file | thought |
//! | --- | --- |
//! | `whole` | a clone holds what the repository holds, and lives on |
//! | `following` | a pull after it brings what is newer |
//! | `stopped` | it is stopped at every call of a port |
//! | `broken` | what is sent is broken, or something else |
//! | `meanwhile` | somebody writes while it goes on |
//! | `handed_out` | who gets what, and how long it may be kept |

mod broken;
mod following;
mod handed_out;
mod meanwhile;
mod stopped;
mod whole;

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Instant;
use fhir_pull::host::{Request, Response, Store, Transport};
use fhir_pull::pull::{Cloning, Committed, Observer, clone_from};
use fhir_pull::replica::Replica;
use fhir_pull::serve::{self, Settings, Sharing, serve};

use crate::stops::Still;

/// Where the repository is.
pub(crate) const REPOSITORY: &str = "https://repository.test/fhir";

type Edit = Box<dyn FnMut(&str, Response) -> Result<Response>>;

/// A replica behind FHIR REST, which hands out its segments.
pub(crate) struct Repository<S> {
    pub(crate) replica: Rc<Replica<S>>,
    /// What was asked for, below the base.
    pub(crate) asked: Rc<RefCell<Vec<String>>>,
    /// Does something to an answer, or beside it.
    edit: Rc<RefCell<Option<Edit>>>,
}

impl<S> Clone for Repository<S> {
    fn clone(&self) -> Self {
        Repository {
            replica: self.replica.clone(),
            asked: self.asked.clone(),
            edit: self.edit.clone(),
        }
    }
}

impl<S: Store> Repository<S> {
    pub(crate) fn of(replica: Rc<Replica<S>>) -> Self {
        Repository {
            replica,
            asked: Rc::default(),
            edit: Rc::default(),
        }
    }

    pub(crate) fn edit(&self, edit: impl FnMut(&str, Response) -> Result<Response> + 'static) {
        *self.edit.borrow_mut() = Some(Box::new(edit));
    }

    /// What was asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.take()
    }

    async fn answer(&self, request: &Request) -> Response {
        let target = request.url.strip_prefix(REPOSITORY).unwrap();
        let headers = request.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.clone()));
        let request = serve::Request {
            method: request.method.to_string(),
            target: target.to_string(),
            headers: headers.collect(),
            body: request.body.clone().unwrap_or_default(),
        };
        let settings = Settings {
            base: REPOSITORY,
            within: None,
            segments: Some(Sharing::Private),
            now: Instant(1_800_000_000_000),
        };
        serve(&self.replica, &settings, &request).await
    }
}

impl<S: Store> Transport for Repository<S> {
    async fn send(&self, request: &Request) -> Result<Response> {
        let target = request.url.strip_prefix(REPOSITORY).unwrap().to_string();
        self.asked.borrow_mut().push(target.clone());
        let response = self.answer(request).await;
        let edit = self.edit.borrow_mut().take();
        let Some(mut edit) = edit else {
            return Ok(response);
        };
        let edited = edit(&target, response);
        self.edit.borrow_mut().get_or_insert(edit);
        edited
    }
}

/// What a clone told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) commits: Vec<Committed>,
    pub(crate) cloning: Vec<Cloning>,
}

impl Observer for Heard {
    fn committed(&mut self, commit: &Committed) {
        self.commits.push(commit.clone());
    }
    fn cloning(&mut self, cloning: &Cloning) {
        self.cloning.push(*cloning);
    }
}

/// Clones over this transport.
pub(crate) async fn cloned_over<S: Store, T: Transport>(
    replica: &Rc<Replica<S>>,
    transport: T,
    replace: bool,
) -> Result<(Cloning, Heard)> {
    let client = Client::new(Base::parse(REPOSITORY)?, transport, Still, NoToken);
    let mut heard = Heard::default();
    let (cloning, generation) = clone_from(replica, &client, &Still, replace, &mut heard).await?;
    assert_eq!(generation, replica.generation());
    assert_eq!(
        heard.cloning.last().map(|it| it.requests),
        Some(cloning.requests)
    );
    Ok((cloning, heard))
}

pub(crate) async fn cloned<S: Store, R: Store>(
    replica: &Rc<Replica<S>>,
    repository: &Repository<R>,
) -> Result<(Cloning, Heard)> {
    cloned_over(replica, repository.clone(), false).await
}
