//! Follows one feed to its end, page by page.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::apply::Outcome;
use super::reconcile::{Seen, reconcile};
use super::session::{Session, join};
use super::{Feed, Observer, Progress, State, cursor};
use crate::client::{Answer, Chain as Links, Client, Credentials, Link};
use crate::fhir::Page;
use crate::host::{Clock, Store, Transport};
use crate::replica::{Chain, Checkpoint};
use crate::{Code, Error, Result};

/// The pull of one feed.
pub(super) struct Follower<'a, 's, S, T, C, K, W, O> {
    session: &'a mut Session<'s, S, W, O>,
    client: &'a Client<T, C, K>,
    feed: &'a Feed,
    checkpoint: Checkpoint,
    progress: Progress,
    began: i64,
}

impl<'a, 's, S, T, C, K, W, O> Follower<'a, 's, S, T, C, K, W, O>
where
    S: Store + 'static,
    T: Transport,
    C: Clock,
    K: Credentials,
    W: Clock,
    O: Observer,
{
    pub(super) fn new(
        session: &'a mut Session<'s, S, W, O>,
        client: &'a Client<T, C, K>,
        feed: &'a Feed,
    ) -> Self {
        let name = feed.name();
        let known = session.writer.checkpoint(&name).cloned();
        let checkpoint = known.unwrap_or_else(|| Checkpoint {
            feed: name.clone(),
            ..Checkpoint::default()
        });
        session.in_first_pull = !checkpoint.complete;
        Follower {
            began: session.clock.now(),
            session,
            client,
            feed,
            checkpoint,
            progress: Progress::new(name),
        }
    }

    /// Follows the feed; its last progress.
    pub(super) async fn run(&mut self) -> Result<Progress> {
        if let Err(error) = self.follow().await {
            if self.progress.pages > 0 {
                self.session.writer.note(self.checkpoint.clone());
            }
            self.session.keep_what_came(&error).await;
            self.session.failed(&self.timed());
            return Err(error);
        }
        self.progress.state = State::Complete;
        let progress = self.timed();
        let types = &self.checkpoint.types;
        self.session.feed_finished(progress.clone(), types).await?;
        Ok(progress)
    }

    /// One chain of pages to its end; a second one after a chain that an earlier pull had begun,
    /// since what happened on the server in between is not on its pages.
    async fn follow(&mut self) -> Result<()> {
        loop {
            let mut seen = self.to_reconcile().map(|_| Seen::default());
            let (chain, resumed) = self.pages(&mut seen).await?;
            self.checkpoint.chain = None;
            self.checkpoint.cursor = cursor::after(self.checkpoint.cursor, &chain);
            if resumed {
                continue;
            }
            if let (Some(search), Some(seen)) = (self.to_reconcile(), seen) {
                // The reconcile searches what is committed.
                if !self.session.writer.is_empty() {
                    self.session.commit().await?;
                }
                self.session.settle().await?;
                let found = reconcile(self.session, self.client, search, &seen).await?;
                self.add(found);
            }
            self.checkpoint.complete = true;
            self.checkpoint.as_of = self.checkpoint.as_of.max(chain.started);
            self.session.writer.note(self.checkpoint.clone());
            return Ok(());
        }
    }

    /// The search of the feed, if the replica held anything that it may miss now.
    fn to_reconcile(&self) -> Option<&'a str> {
        match self.feed {
            Feed::Search(search) => {
                let kind = search.split('?').next().unwrap_or_default();
                self.session.writer.held_any(kind).then_some(search)
            }
            Feed::History(_) => None,
        }
    }

    /// Takes every page of a chain; the chain, and whether an earlier pull had begun it.
    async fn pages(&mut self, seen: &mut Option<Seen>) -> Result<(Chain, bool)> {
        let (mut links, mut answer, resumed) = self.first_page().await?;
        let mut chain = self.checkpoint.chain.take().unwrap_or_default();
        loop {
            self.leave_at(&mut chain, links.latest());
            let page = Page::read(&answer.body)?;
            chain.started = chain.started.or(page.last_updated).or(answer.date);
            let next = page.next.as_deref().map(|next| links.follow(next));
            // Where the link is refused, the next pull begins anew.
            let next = next
                .transpose()
                .inspect_err(|_| self.checkpoint.chain = None)?;
            // On its way while this page is worked on; awaited below.
            let mut following = pin!(fetch(self.client, next.as_ref()));
            let early = poll_fn(|context| Poll::Ready(following.as_mut().poll(context))).await;

            let mut outcome = Outcome::of_page(&page, &mut self.session.writer).await?;
            if let Some(seen) = seen {
                seen.add(&page);
            }
            self.read_what_was_left_out(&mut outcome).await?;
            chain.newest = chain.newest.max(outcome.newest);
            self.count(&page, answer.body.len(), outcome);
            let progress = self.timed();
            self.session.report(&progress);
            if let Some(next) = &next {
                self.leave_at(&mut chain, next);
                self.session.writer.note(self.checkpoint.clone());
                self.session.page_taken().await?;
            }
            let following = match early {
                Poll::Ready(following) => following,
                Poll::Pending => following.await,
            };
            match following? {
                Some(following) => answer = following,
                None => return Ok((chain, resumed)),
            }
        }
    }

    /// Notes the page at which to go on after a stop. A search begins anew instead: a resource that
    /// was deleted meanwhile would be missing from the pages left, and not be missed.
    fn leave_at(&mut self, chain: &mut Chain, link: &Link) {
        chain.next = link.as_str().to_string();
        self.checkpoint.chain = match self.feed {
            Feed::History(_) => Some(chain.clone()),
            Feed::Search(_) => None,
        };
    }

    /// The page where an earlier pull had to stop, or the feed's first one; and which of them. A
    /// link that has died in between begins the feed anew (P4).
    async fn first_page(&mut self) -> Result<(Links, Answer, bool)> {
        let since = cursor::since(self.checkpoint.cursor);
        let first = self.feed.first_link(self.client.base(), since)?;
        if let Some(left) = &self.checkpoint.chain {
            let mut links = Links::new(self.client.base(), first.clone());
            let resumed = match links.follow(&left.next) {
                Ok(link) => self.client.get(&link).await,
                // It was left at its first page.
                Err(error) if error.code() == Code::LinkCycle => self.client.get(&first).await,
                Err(error) => Err(error),
            };
            match resumed {
                Ok(answer) => return Ok((links, answer, true)),
                Err(error) if is_dead(&error) => self.checkpoint.chain = None,
                Err(error) => return Err(error),
            }
        }
        let answer = self.client.get(&first).await?;
        Ok((Links::new(self.client.base(), first), answer, false))
    }

    /// Reads what entries name and do not bring; that it is gone by now is normal (H6).
    async fn read_what_was_left_out(&mut self, outcome: &mut Outcome) -> Result<()> {
        for reference in std::mem::take(&mut outcome.without_resource) {
            let link = self.client.base().read(&reference)?;
            match self.client.get(&link).await {
                Ok(answer) => {
                    outcome
                        .of_resource(&answer.body, &mut self.session.writer)
                        .await?
                }
                Err(error) if matches!(error.code(), Code::NotFound | Code::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
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
        self.session.touched(&outcome.types);
        join(&mut self.checkpoint.types, &outcome.types);
    }

    fn timed(&self) -> Progress {
        Progress {
            milliseconds: self.session.clock.now() - self.began,
            ..self.progress.clone()
        }
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
