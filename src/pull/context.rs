//! What the feeds of one pull share beside the session: the server, what it says of itself, and the
//! end of all when one of them meets what ends all.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::Observer;
use super::session::{Session, is_of_the_store};
use super::turn::Turn;
use crate::client::{Answer, Ask, Client, Credentials, Link, Patience, Stream};
use crate::fhir::Capability;
use crate::host::{Clock, Store, Transport};
use crate::replica::Replica;
use crate::{Code, Error, Result};

/// What a pull works with, as one type.
pub(super) trait Ports {
    type Store: Store + 'static;
    type Transport: Transport;
    /// The client's.
    type Clock: Clock;
    type Credentials: Credentials;
    /// The pull's own clock.
    type Watch: Clock;
    type Observer: Observer;
}

/// The ports of these types.
pub(super) struct Of<S, T, C, K, W, O>(PhantomData<(S, T, C, K, W, O)>);

impl<S, T, C, K, W, O> Ports for Of<S, T, C, K, W, O>
where
    S: Store + 'static,
    T: Transport,
    C: Clock,
    K: Credentials,
    W: Clock,
    O: Observer,
{
    type Store = S;
    type Transport = T;
    type Clock = C;
    type Credentials = K;
    type Watch = W;
    type Observer = O;
}

type SessionOf<'a, P> =
    Session<'a, <P as Ports>::Store, <P as Ports>::Watch, <P as Ports>::Observer>;
type ClientOf<P> = Client<<P as Ports>::Transport, <P as Ports>::Clock, <P as Ports>::Credentials>;

/// One pull.
pub(super) struct Pull<'a, P: Ports> {
    pub(super) replica: &'a Rc<Replica<P::Store>>,
    pub(super) client: &'a ClientOf<P>,
    pub(super) clock: &'a P::Watch,
    /// The feed that offers, notes or commits has it.
    pub(super) session: Turn<SessionOf<'a, P>>,
    /// Asked for once, by the first feed that needs it. `None` inside: the server does not tell.
    capability: Turn<Option<Option<Rc<Capability>>>>,
    /// Whether the server takes batches, where that is known.
    pub(super) takes_batches: Cell<Option<bool>>,
    stopped: RefCell<Option<Error>>,
}

impl<'a, P: Ports> Pull<'a, P> {
    pub(super) fn new(
        replica: &'a Rc<Replica<P::Store>>,
        client: &'a ClientOf<P>,
        clock: &'a P::Watch,
        session: SessionOf<'a, P>,
    ) -> Self {
        Pull {
            replica,
            client,
            clock,
            session: Turn::new(session),
            capability: Turn::new(None),
            takes_batches: Cell::default(),
            stopped: RefCell::default(),
        }
    }

    /// Gets what stands at a link, unless the pull is stopped.
    pub(super) async fn get(&self, link: &Link) -> Result<Answer> {
        self.unless_stopped(self.client.get(link)).await
    }

    /// Gets the page at a link, or the beginning of a long one, unless the pull is stopped.
    pub(super) async fn page(&self, link: &Link) -> Result<Stream> {
        self.unless_stopped(self.client.page(link)).await
    }

    /// What the server says that it can do, where it says it: that it does not is no error.
    pub(super) async fn capability(&self) -> Result<Option<Rc<Capability>>> {
        let mut known = self.capability.take().await;
        if let Some(capability) = &*known {
            return Ok(capability.clone());
        }
        let link = self.client.base().capabilities()?;
        // Not for long: a server that is too busy for this is waited for by the feeds' own requests.
        let shortly = Patience {
            attempts: 3,
            ..Patience::default()
        };
        let ask = Ask::get(&link).within(shortly);
        let asked = self.unless_stopped(self.client.ask(&ask)).await;
        let read = |answer: Answer| Capability::read(&answer.body).map(Rc::new);
        let capability = match asked.and_then(read) {
            Ok(capability) => Some(capability),
            // Nobody answers, the caller stops, or there is no token to be had.
            Err(error) if ends_all(&error) && error.status().is_none() => return Err(error),
            Err(_) => None,
        };
        if let Some(capability) = &capability {
            self.speaks_our_version(capability)?;
            self.takes_batches.set(Some(capability.does("batch")));
        }
        *known = Some(capability.clone());
        Ok(capability)
    }

    /// That what the server sends is indexed by the definitions of its own version of FHIR: by others, a
    /// search could be answered wrong.
    fn speaks_our_version(&self, capability: &Capability) -> Result<()> {
        match (capability.version, self.replica.fhir_version()) {
            (Some(theirs), Some(ours)) if theirs != ours => Err(Error::new(
                Code::BadInput,
                format!(
                    "The server speaks FHIR {theirs}, and the replica was opened for {ours}: open it with \
                     fhirVersion: \"{theirs}\"."
                ),
            )),
            _ => Ok(()),
        }
    }

    /// An error of one feed: some end the others too.
    pub(super) fn met(&self, error: &Error) {
        if ends_all(error) {
            self.stopped
                .borrow_mut()
                .get_or_insert_with(|| error.clone());
        }
    }

    /// What `work` comes to, or the error that another feed met: the network is waited for no longer
    /// then.
    pub(super) async fn unless_stopped<R>(
        &self,
        work: impl Future<Output = Result<R>>,
    ) -> Result<R> {
        let mut work = pin!(work);
        poll_fn(|context| {
            let stopped = self.stopped.borrow().clone();
            stopped.map_or_else(
                || work.as_mut().poll(context),
                |error| Poll::Ready(Err(error)),
            )
        })
        .await
    }
}

/// Whether the error would meet every other feed too: nobody answers, the token is refused, the
/// caller stops, the store fails.
fn ends_all(error: &Error) -> bool {
    let everywhere = [Code::Network, Code::Busy, Code::Aborted];
    // Not 403, which is of one type; without a status it is the source of the tokens that failed (W4).
    let without_token = error.code() == Code::Denied && error.status() != Some(403);
    everywhere.contains(&error.code()) || without_token || is_of_the_store(error)
}
