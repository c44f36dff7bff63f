//! A search followed from pull to pull: by what changed, or by all of it.

use super::compare::Names;
use super::context::Ports;
use super::feed::{asks, count_of, history_link, kind_of, search_link};
use super::follow::{Follower, is_refusal};
use super::notes::Notes;
use super::strategy::{Reason, Strategy};
use super::windows::incomplete;
use super::{Feed, cursor};
use crate::fhir::Instant;
use crate::fhir::reference::is_type;
use crate::host::Clock;
use crate::replica::{Chain, Checkpoint};
use crate::{Code, Result};

impl<P: Ports> Follower<'_, '_, P> {
    /// A history from the cursor to its end; a second one after one that an earlier pull had begun,
    /// since what happened on the server in between is not on its pages.
    pub(super) async fn by_history(&mut self) -> Result<bool> {
        let of = match &self.feed {
            Feed::History(of) => of.clone(),
            feed => feed.kind().unwrap_or_default().to_string(),
        };
        // Of a search only what is there now is wanted: the history tells what becomes of it.
        let is_search = matches!(self.feed, Feed::Search(_));
        if is_search && !self.checkpoint.complete {
            return self.by_crawl().await;
        }
        loop {
            let since = cursor::since(&self.checkpoint);
            let first = history_link(self.pull.client.base(), &of, since, self.count)?;
            let mut notes = Notes::default();
            let (chain, resumed) = self.chain(&first, false, &mut notes).await?;
            // That nothing happened is told by no entry, whatever the total is of.
            let told = notes.entries > 0 || since.is_none();
            if told
                && notes.may_be_cut(self.believes_counts())
                && !self.history_is_whole(&of, since, &notes).await?
            {
                return Ok(false);
            }
            if self.ended(&chain) && !resumed {
                return Ok(true);
            }
        }
    }

    /// Sees to it that nothing is missing that a history may have left out, which gave no link to the
    /// rest of it (P1); or that the history of each type is read instead of it, which is then not whole.
    async fn history_is_whole(
        &mut self,
        of: &str,
        since: Option<Instant>,
        notes: &Notes,
    ) -> Result<bool> {
        // It has ended: what is asked for now goes on from nowhere.
        self.checkpoint.chain = None;
        if of == "*" {
            if self.pull.capability().await?.is_none() {
                // That its last page was full is no reason to refuse all of it.
                return match notes.total {
                    Some(_) => Err(incomplete()),
                    None => Ok(true),
                };
            }
            self.choose(Strategy::Types, Reason::Cut);
            return Ok(false);
        }
        // Of one resource the newest comes first, and what is left out is its past.
        if !is_type(of) {
            return Ok(true);
        }
        match since {
            None => {
                let here = self.count_here(of).await?;
                let came = here.saturating_sub(self.checkpoint.unaccounted);
                match self.take_rest(of, &[], came, &mut Names::default()).await {
                    // Comparing tells whether anything is missing at all.
                    Err(error) if error.code() == Code::Incomplete => {}
                    taken => drop(taken?),
                }
                // As many may be there and here, and others.
                let difference = self.compare(of, None).await?;
                self.mend(&difference).await?;
            }
            // Or some of them in another version.
            Some(since) => {
                let changed = format!("{of}?_lastUpdated=ge{since}");
                let difference = match self.compare(&changed, None).await {
                    Err(error) if is_refusal(&error) => self.compare(of, None).await?,
                    difference => difference?,
                };
                self.mend(&difference).await?;
                self.account(of).await?;
            }
        }
        Ok(true)
    }

    /// What changed since the cursor, or all of it where there is none; then the counts (`account`).
    pub(super) async fn by_changes(&mut self, strategy: Strategy) -> Result<bool> {
        let search = self.search().unwrap_or_default();
        let since = self.since_or_left();
        let sorted = strategy == Strategy::Changes && !asks(&search, "_sort");
        let mut more: Vec<String> = Vec::new();
        more.extend(since.map(|since| format!("_lastUpdated=ge{since}")));
        let criteria = more.clone();
        more.extend(sorted.then(|| "_sort=_lastUpdated".to_string()));
        more.extend(count_of(&search, self.count));
        let first = search_link(self.pull.client.base(), &search, &more)?;
        let mut notes = Notes {
            since,
            ..Notes::default()
        };
        let (chain, _) = self.chain(&first, sorted, &mut notes).await?;
        if notes.ignored_since {
            self.checkpoint.chain = None;
            self.choose(Strategy::Crawl, Reason::Ignored);
            return Ok(false);
        }
        self.checkpoint.chain = None;
        if notes.may_be_cut(self.believes_counts()) {
            self.take_what_was_cut(&search, &criteria, &mut notes, true)
                .await?;
        }
        // Before the cursor moves: the next pull would not know that there is something to look for.
        self.check_for_lost(&search, &notes).await?;
        Ok(self.ended(&chain))
    }

    /// What pages that shift have lost is found by the counts (H8), or by comparison where as many may
    /// still be others.
    async fn check_for_lost(&mut self, search: &str, notes: &Notes) -> Result<()> {
        match notes.disturbed {
            false => self.account(search).await,
            true => {
                let difference = self.compare(search, None).await?;
                self.mend(&difference).await
            }
        }
    }

    /// Where a search goes on: at the cursor, or where a chain in the order of time was left.
    fn since_or_left(&self) -> Option<Instant> {
        let since = cursor::since(&self.checkpoint);
        let left = self
            .checkpoint
            .chain
            .as_ref()
            .filter(|chain| chain.ascending);
        let Some(left) = left else {
            return since;
        };
        let mut checkpoint = Checkpoint {
            cursor: None,
            ..self.checkpoint.clone()
        };
        cursor::advance(&mut checkpoint, left, self.pull.clock.now());
        since.max(cursor::since(&checkpoint))
    }

    /// All pages of the search; then what the replica finds by it and they did not bring is read.
    pub(super) async fn by_crawl(&mut self) -> Result<bool> {
        let search = self.search().unwrap_or_default();
        let first = search_link(
            self.pull.client.base(),
            &search,
            count_of(&search, self.count).as_slice(),
        )?;
        let answerable = self.reason() != Some(Reason::Unanswerable);
        // Nothing can have left that was never here.
        let kind = kind_of(&search);
        let held_any = self.pull.session.take().await.writer.held_any(kind);
        let mut notes = Notes {
            names: (held_any && answerable).then(Names::default),
            ..Notes::default()
        };
        let (chain, _) = self.chain(&first, false, &mut notes).await?;
        // A crawl that a history follows is counted below.
        let is_followed = self.checkpoint.strategy == Strategy::History as u8;
        let is_untold = !is_followed && !notes.is_whole();
        let believed = self.believes_counts();
        if notes.may_be_cut(believed) || is_untold && believed {
            self.take_what_was_cut(&search, &[], &mut notes, is_followed)
                .await?;
        }
        self.ended(&chain);
        if let Some(names) = &notes.names {
            let kind = kind.to_string();
            let searches = [(kind, search.clone())];
            self.read_unnamed(&searches, names).await?;
        }
        // The next crawl would find it, and a history that follows this one never does.
        if is_followed {
            self.check_for_lost(&search, &notes).await?;
        }
        Ok(true)
    }

    /// A chain was followed to its end. Whether its beginning can be trusted: where the server's clock has
    /// gone back, it was taken from a time that had not come yet.
    pub(super) fn ended(&mut self, chain: &Chain) -> bool {
        self.checkpoint.chain = None;
        let trusted = !cursor::went_back(&mut self.checkpoint, chain);
        cursor::advance(&mut self.checkpoint, chain, self.pull.clock.now());
        self.whole_as_of(chain.started);
        trusted
    }
}
