//! Follows one feed to its end, page by page.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use super::apply::Outcome;
use super::{Committed, Feed, Observer, Progress, State, cursor, reconcile};
use crate::client::{Answer, Chain as Links, Client, Credentials, Link};
use crate::fhir::Page;
use crate::host::{Clock, Store, Transport};
use crate::replica::{Checkpoint, Replica, Writer};
use crate::{Code, Error, Result};

/// The pull of one feed.
pub(super) struct Follower<'a, S, T, C, K, W, O> {
    pub(super) replica: &'a Rc<Replica<S>>,
    pub(super) client: &'a Client<T, C, K>,
    clock: &'a W,
    pub(super) feed: &'a Feed,
    pub(super) writer: &'a mut Writer<S>,
    observer: &'a mut O,
    checkpoint: Checkpoint,
    progress: Progress,
    began: i64,
    announced: u64,
}

impl<'a, S, T, C, K, W, O> Follower<'a, S, T, C, K, W, O>
where
    S: Store + 'static,
    T: Transport,
    C: Clock,
    K: Credentials,
    W: Clock,
    O: Observer,
{
    pub(super) fn new(
        replica: &'a Rc<Replica<S>>,
        client: &'a Client<T, C, K>,
        clock: &'a W,
        feed: &'a Feed,
        writer: &'a mut Writer<S>,
        observer: &'a mut O,
    ) -> Self {
        let name = feed.name();
        let checkpoint = replica.checkpoint(&name).unwrap_or_else(|| Checkpoint {
            feed: name.clone(),
            ..Checkpoint::default()
        });
        Follower {
            replica,
            client,
            clock,
            feed,
            writer,
            observer,
            checkpoint,
            progress: Progress::new(name),
            began: clock.now(),
            announced: replica.generation(),
        }
    }

    /// Follows the feed; its last progress.
    pub(super) async fn run(&mut self) -> Result<Progress> {
        let result = self.follow().await;
        if let Err(error) = result {
            self.keep_what_came(&error).await;
            self.report(State::Failed);
            return Err(error);
        }
        self.report(State::Complete);
        Ok(self.progress.clone())
    }

    async fn follow(&mut self) -> Result<()> {
        let whole = self.checkpoint.chain.is_none();
        let mut seen = reconcile::Seen::default();
        let (mut links, mut answer) = self.first_page().await?;
        let mut chain = self.checkpoint.chain.take().unwrap_or_default();
        loop {
            chain.next = links.latest().as_str().to_string();
            self.checkpoint.chain = Some(chain.clone());
            let page = Page::read(&answer.body)?;
            if chain.started.is_none() {
                chain.started = page.last_updated.or(answer.date);
            }
            let next = page.next.as_deref().map(|next| links.follow(next));
            let next = next
                .transpose()
                .inspect_err(|_| self.checkpoint.chain = None)?;
            // On its way while this page is worked on; awaited below.
            let mut following = pin!(fetch(self.client, next.as_ref()));
            let early = poll_fn(|context| Poll::Ready(following.as_mut().poll(context))).await;

            let mut outcome = Outcome::of_page(&page, self.writer)?;
            seen.add(&page);
            self.read_what_was_left_out(&mut outcome).await?;
            chain.newest = chain.newest.max(outcome.newest);
            self.count(&page, answer.body.len(), outcome);
            match &next {
                Some(next) => chain.next = next.as_str().to_string(),
                None => break,
            }
            self.checkpoint.chain = Some(chain.clone());
            self.report(State::Pulling);
            if self.writer.is_full() {
                self.commit().await?;
            }
            let following = match early {
                Poll::Ready(following) => following,
                Poll::Pending => following.await,
            };
            match following? {
                Some(following) => answer = following,
                None => break,
            }
        }
        if whole && let Feed::Search(search) = self.feed {
            self.commit().await?;
            self.writer.settle().await?;
            let found = self.reconcile(search, &seen).await?;
            self.add(found);
        }
        self.checkpoint.chain = None;
        self.checkpoint.cursor = cursor::after(self.checkpoint.cursor, &chain);
        self.checkpoint.complete = true;
        self.commit().await?;
        self.writer.settle().await?;
        self.announce();
        Ok(())
    }

    /// The page where an earlier pull had to stop, or the feed's first one. A link that has died in
    /// between begins the feed anew (P4).
    async fn first_page(&mut self) -> Result<(Links, Answer)> {
        let since = cursor::since(self.checkpoint.cursor);
        let first = self.feed.first_link(self.client.base(), since)?;
        let mut links = Links::new(self.client.base(), first.clone());
        if let Some(left) = &self.checkpoint.chain {
            let resumed = match links.follow(&left.next) {
                Ok(link) => self.client.get(&link).await,
                // The chain was left at its first page.
                Err(error) if error.code() == Code::LinkCycle => self.client.get(&first).await,
                Err(error) => Err(error),
            };
            match resumed {
                Ok(answer) => return Ok((links, answer)),
                Err(error) if is_dead(&error) => self.checkpoint.chain = None,
                Err(error) => return Err(error),
            }
            links = Links::new(self.client.base(), first.clone());
        }
        let answer = self.client.get(&first).await?;
        Ok((links, answer))
    }

    /// Reads what entries name and do not bring; that it is gone by now is normal (H6).
    async fn read_what_was_left_out(&mut self, outcome: &mut Outcome) -> Result<()> {
        for reference in std::mem::take(&mut outcome.without_resource) {
            let link = self.client.base().read(&reference)?;
            match self.client.get(&link).await {
                Ok(answer) => outcome.of_resource(&answer.body, self.writer)?,
                Err(error) if matches!(error.code(), Code::NotFound | Code::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Commits what came before an error, so that the next pull goes on from there. An error of the
    /// store is not answered with another commit.
    async fn keep_what_came(&mut self, error: &Error) {
        let stores = [
            Code::Conflict,
            Code::Quota,
            Code::StoreLost,
            Code::StoreFailed,
            Code::Damaged,
        ];
        if self.progress.pages > 0 && !stores.contains(&error.code()) && self.commit().await.is_ok()
        {
            // The error that ended the pull is the one to tell of.
            let _ = self.writer.settle().await;
            self.announce();
        }
    }

    async fn commit(&mut self) -> Result<()> {
        self.writer.commit(self.checkpoint.clone()).await?;
        self.announce();
        Ok(())
    }

    /// Tells of what has become durable since it was last told.
    fn announce(&mut self) {
        let generation = self.replica.generation();
        if generation > self.announced {
            self.announced = generation;
            self.observer.committed(&Committed {
                generation,
                types: self.checkpoint.types.clone(),
                settled: self
                    .replica
                    .checkpoint(&self.checkpoint.feed)
                    .is_some_and(|known| known.complete),
            });
        }
    }

    fn count(&mut self, page: &Page<'_>, bytes: usize, outcome: Outcome) {
        self.progress.pages += 1;
        self.progress.bytes += bytes as u64;
        self.progress.total = page.total.or(self.progress.total);
        self.add(outcome);
    }

    fn add(&mut self, outcome: Outcome) {
        let progress = &mut self.progress;
        progress.resources += outcome.stored + outcome.deleted + outcome.unchanged;
        progress.stored += outcome.stored;
        progress.deleted += outcome.deleted;
        progress.unchanged += outcome.unchanged;
        for kind in outcome.types {
            if !self.checkpoint.types.contains(&kind) {
                self.checkpoint.types.push(kind);
            }
        }
    }

    fn report(&mut self, state: State) {
        self.progress.state = state;
        self.progress.milliseconds = self.clock.now() - self.began;
        self.observer.progress(&self.progress);
    }
}

async fn fetch<T: Transport, C: Clock, K: Credentials>(
    client: &Client<T, C, K>,
    link: Option<&Link>,
) -> Result<Option<Answer>> {
    match link {
        Some(link) => client.get(link).await.map(Some),
        None => Ok(None),
    }
}

/// Whether a page link that was kept can no longer be followed.
fn is_dead(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::NotFound | Code::Gone | Code::RefusedLink
    )
}
