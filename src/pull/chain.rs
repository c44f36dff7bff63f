//! Follows one chain of pages to its end, the next page on its way while one is worked on.

use super::Feed;
use super::apply::Outcome;
use super::context::{Ports, Pull};
use super::cursor;
use super::follow::Follower;
use super::notes::Notes;
use super::several::both;
use super::strategy::Strategy;
use crate::client::{Answer, Chain as Links, Interaction, Link, Stream};
use crate::fhir::{Instant, Page};
use crate::host::Clock;
use crate::replica::Chain;
use crate::{Code, Error, Result};

/// By how many milliseconds this device's clock is taken to differ from the server's at most.
const DEVICES_DIFFER: i64 = 10 * 60 * 1000;
/// How often a chain is begun anew when its links die (P4).
const AGAIN: u32 = 3;

impl<P: Ports> Follower<'_, '_, P> {
    /// Takes every page of the chain that begins at `first`, or that an earlier pull had to leave; the
    /// chain, and whether it was left before. `ordered`: its entries were asked for in the order of their
    /// times.
    pub(super) async fn chain(
        &mut self,
        first: &Link,
        ordered: bool,
        notes: &mut Notes,
    ) -> Result<(Chain, bool)> {
        let mut tries = AGAIN;
        let before = self.progress.pages;
        // Where the server tells no time: so long before now nobody's clock is wrong.
        let by_device = Some(Instant(self.pull.clock.now()).minus(DEVICES_DIFFER));
        self.newest_new = None;
        loop {
            let followed = self.pages(first, ordered, notes).await;
            match followed {
                // A page link has expired: from the last point that is committed (P4).
                Err(error) if !self.at_first && is_gone(&error) && tries > 0 => {
                    tries -= 1;
                    self.checkpoint.chain = None;
                }
                Ok(followed) => {
                    let (pages, newest) = (self.progress.pages - before, self.newest_new);
                    notes.disturbed = pages > 1 && newest > followed.0.started.or(by_device);
                    self.read_doubtful().await?;
                    return Ok(followed);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn pages(
        &mut self,
        first: &Link,
        ordered: bool,
        notes: &mut Notes,
    ) -> Result<(Chain, bool)> {
        let pull = self.pull;
        let (mut links, mut came, resumed) = self.first_page(first).await?;
        self.at_first = false;
        let mut chain = self.checkpoint.chain.take().unwrap_or(Chain {
            ascending: ordered,
            ..Chain::default()
        });
        loop {
            self.leave_at(&mut chain, links.latest(), notes);
            let body = match came.is_whole() {
                true => std::mem::take(&mut came.head.body),
                false => {
                    let link = links.latest();
                    self.long_page(&mut came, link, &mut chain, notes).await?
                }
            };
            let page = Page::read(&body)?;
            if is_search_instead(links.latest(), &page) {
                self.at_first = !resumed;
                self.checkpoint.chain = None;
                return Err(no_history());
            }
            self.look_at(&page, &came.head, &mut chain, notes);
            if notes.ignored_since {
                return Ok((chain, resumed));
            }
            let next = page.next.as_deref().map(|next| links.follow(next));
            let next = match next.transpose() {
                Ok(next) => next,
                // The page is as good as any; where its link is refused, the next pull begins anew.
                Err(error) => {
                    self.checkpoint.chain = None;
                    self.page_of_chain(&page).await?;
                    return Err(error);
                }
            };
            // The next page is on its way while this one is worked on.
            let (mut following, taken) =
                both(fetch(pull, next.as_ref()), self.page_of_chain(&page)).await;
            taken?;
            if !self.named.is_empty() {
                // Whoever waits for a turn with the server has none: a long page is asked for again.
                let long = matches!(&following, Ok(Some(page)) if !page.is_whole());
                if long {
                    following = Ok(None);
                }
                self.read_named().await?;
                if long {
                    following = fetch(pull, next.as_ref()).await;
                }
            }
            if let Some(next) = &next {
                self.leave_at(&mut chain, next, notes);
                let mut session = pull.session.take().await;
                session.writer.note(self.checkpoint.clone());
                session.page_taken().await?;
            }
            match following? {
                Some(following) => {
                    self.counted(&following.head);
                    came = following;
                }
                None => return Ok((chain, resumed)),
            }
        }
    }

    async fn page_of_chain(&mut self, page: &Page<'_>) -> Result<()> {
        self.progress.pages += 1;
        self.progress.total = page.total.or(self.progress.total);
        self.offer_page(page).await
    }

    /// What a page says of its chain.
    pub(super) fn look_at(
        &self,
        page: &Page<'_>,
        head: &Answer,
        chain: &mut Chain,
        notes: &mut Notes,
    ) {
        chain.started = chain.started.or(page.last_updated).or(head.date);
        let asked = page.self_link.as_deref().unwrap_or_default();
        let mut ignored = asked.contains("_count=") && !asked.contains("_lastUpdated");
        for entry in page.entries.iter().filter(|entry| !entry.is_outcome()) {
            // What is included stands at its own place in time (H10).
            if entry.mode == Some("include") {
                continue;
            }
            let time = entry.known_since();
            chain.ascending &= time.is_some() && time >= chain.newest;
            ignored |= matches!((time, notes.since), (Some(time), Some(since)) if time < since);
            chain.newest = chain.newest.max(time);
        }
        notes.ignored_since |= ignored && notes.since.is_some();
        notes.count(page, chain);
        if let Some(names) = &mut notes.names {
            names.add(page);
        }
    }

    /// Takes the entries of a page; what they name and do not bring is read when nothing is in flight.
    pub(super) async fn offer_page(&mut self, page: &Page<'_>) -> Result<()> {
        let mut outcome = {
            let mut session = self.pull.session.take().await;
            Outcome::of_page(page, &mut session.writer).await?
        };
        cursor::came_late(&mut self.checkpoint, outcome.oldest_new);
        self.newest_new = self.newest_new.max(outcome.newest_new);
        let to_read = std::mem::take(&mut outcome.to_read);
        let doubtful = std::mem::take(&mut outcome.doubtful);
        self.took(&outcome).await;
        self.doubtful.extend(doubtful);
        self.named.extend(to_read);
        Ok(())
    }

    /// Reads what pages named and did not bring: that it is gone by now is normal (H6).
    pub(super) async fn read_named(&mut self) -> Result<()> {
        let named = std::mem::take(&mut self.named);
        self.read_each(&named).await.map(drop)
    }

    /// Notes the page at which to go on after a stop. A search goes on only where its entries came in
    /// the order of their times, from the last time seen: on the pages left a resource that was deleted
    /// meanwhile would be missing, and not be missed.
    fn leave_at(&mut self, chain: &mut Chain, link: &Link, notes: &Notes) {
        // Of a search that is followed by its type's history, the first pull is none.
        let is_history = matches!(self.feed, Feed::History(_))
            && self.checkpoint.strategy == Strategy::History as u8;
        chain.next = match is_history {
            true => link.as_str().to_string(),
            false => String::new(),
        };
        // Who may be deleted is known to this pull alone, and asked about at the chain's end.
        let goes_on = (is_history || chain.ascending) && self.doubtful.is_empty() && !notes.apart;
        self.checkpoint.chain = goes_on.then(|| chain.clone());
    }

    /// The page where an earlier pull had to stop, or the first one; and which of them. A link that has
    /// died in between begins anew (P4).
    async fn first_page(&mut self, first: &Link) -> Result<(Links, Stream, bool)> {
        let left = self
            .checkpoint
            .chain
            .as_ref()
            .map(|chain| chain.next.clone());
        if let Some(left) = left.filter(|left| !left.is_empty()) {
            let mut links = Links::new(self.pull.client.base(), first.clone());
            let resumed = match links.follow(&left) {
                Ok(link) => self.page(&link).await,
                // It was left at its first page.
                Err(error) if error.code() == Code::LinkCycle => self.page(first).await,
                Err(error) => Err(error),
            };
            match resumed {
                Ok(came) => return Ok((links, came, true)),
                Err(error) if is_gone(&error) || error.code() == Code::RefusedLink => {}
                Err(error) => return Err(error),
            }
        }
        self.checkpoint.chain = None;
        self.at_first = true;
        let came = self.page(first).await?;
        Ok((
            Links::new(self.pull.client.base(), first.clone()),
            came,
            false,
        ))
    }
}

async fn fetch<P: Ports>(pull: &Pull<'_, P>, link: Option<&Link>) -> Result<Option<Stream>> {
    match link {
        Some(link) => pull.page(link).await.map(Some),
        None => Ok(None),
    }
}

/// Whether a search was answered where a history was asked for: `_history` was taken for a type, or left out.
fn is_search_instead(asked: &Link, page: &Page<'_>) -> bool {
    asked.interaction() == Interaction::History && page.kind == Some("searchset")
}

/// As if the server had said so (H9).
fn no_history() -> Error {
    Error::new(
        Code::Unsupported,
        "The server answered a request for history with a search, so it has no such history.",
    )
}

/// Whether the server no longer knows a page link.
fn is_gone(error: &Error) -> bool {
    matches!(error.code(), Code::NotFound | Code::Gone)
}
