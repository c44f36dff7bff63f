//! The pull of one feed: the way it takes, another where the server refuses that, and what is noted.

use std::collections::BTreeSet;

use super::apply::Outcome;
use super::compare::Names;
use super::context::{Ports, Pull};
use super::feed::{COUNT, FEW};
use super::plan;
use super::session::join;
use super::several::several;
use super::strategy::{Reason, Strategy};
use super::{AT_ONCE, Feed, Progress, State, Task, Verified};
use crate::client::{Answer, Link, Stream};
use crate::fhir::Instant;
use crate::host::Clock;
use crate::replica::{Checkpoint, Cost};
use crate::{Code, Error, Result};

/// The pull of one feed.
pub(super) struct Follower<'a, 'p, P: Ports> {
    pub(super) pull: &'a Pull<'p, P>,
    pub(super) feed: Feed,
    pub(super) checkpoint: Checkpoint,
    pub(super) progress: Progress,
    /// Whether the feed was never pulled to its end (L7).
    pub(super) first_pull: bool,
    /// Whether the server has answered nothing yet that the way needs: its refusal then means the way.
    pub(super) at_first: bool,
    /// Who is said to be deleted on the chain at hand, but not when (H5).
    pub(super) doubtful: BTreeSet<String>,
    /// What pages named and did not bring (H6), and who replaces whom they brought (H12): to be read.
    pub(super) named: Vec<String>,
    /// Who was in the files of an export, where that is wanted.
    pub(super) names: Option<Names>,
    /// The newest time of what was new on the chain at hand.
    pub(super) newest_new: Option<Instant>,
    /// How many entries a page is asked to have.
    pub(super) count: u32,
    /// The server's clock at the first answer.
    pub(super) answered: Option<Instant>,
    began: i64,
}

impl<'a, 'p, P: Ports> Follower<'a, 'p, P> {
    pub(super) async fn new(pull: &'a Pull<'p, P>, feed: Feed) -> Self {
        let name = feed.name();
        Follower::named(pull, feed, name).await
    }

    /// The same, under another name.
    async fn named(pull: &'a Pull<'p, P>, feed: Feed, name: String) -> Self {
        let known = pull.session.take().await.writer.checkpoint(&name).cloned();
        let checkpoint = known.unwrap_or_else(|| Checkpoint {
            feed: name.clone(),
            ..Checkpoint::default()
        });
        Follower {
            pull,
            feed,
            first_pull: !checkpoint.complete,
            checkpoint,
            progress: Progress::new(name),
            at_first: true,
            doubtful: BTreeSet::new(),
            named: Vec::new(),
            names: None,
            newest_new: None,
            count: COUNT,
            answered: None,
            began: pull.clock.now(),
        }
    }

    /// Does what is to be done with the feed; its last progress, and what was found.
    pub(super) async fn run(mut self, task: Task) -> Result<(Progress, Verified)> {
        let done = match task {
            Task::Pull => self.follow().await.map(|()| Verified::default()),
            Task::Verify { repair } => self.verify(repair).await,
        };
        match done {
            Ok(verified) => {
                self.progress.state = State::Complete;
                let progress = self.timed();
                let mut session = self.pull.session.take().await;
                // Of a feed that was never pulled to its end nothing is whole by a comparison.
                let first = self.first_pull && task == Task::Pull;
                let types = &self.checkpoint.types;
                session
                    .feed_finished(progress.clone(), types, first)
                    .await?;
                Ok((progress, verified))
            }
            Err(error) => {
                self.pull.met(&error);
                let mut session = self.pull.session.take().await;
                if self.progress.pages > 0 && task == Task::Pull {
                    session.writer.note(self.checkpoint.clone());
                }
                session.keep_what_came(&error).await;
                session.failed(&self.timed());
                Err(error)
            }
        }
    }

    /// Goes the way that was chosen, or the next one that the server takes.
    pub(super) async fn follow(&mut self) -> Result<()> {
        self.feed.check()?;
        loop {
            let strategy = self.strategy().await?;
            self.at_first = true;
            let gone = match strategy {
                Strategy::History => self.by_history().await,
                Strategy::Types => Box::pin(self.by_types()).await,
                Strategy::Changes | Strategy::Unsorted => self.by_changes(strategy).await,
                Strategy::Crawl => self.by_crawl().await,
                Strategy::Everything => self.by_everything().await,
                Strategy::Export => self.by_export(false).await,
                Strategy::ExportTypes => self.by_export(true).await,
                Strategy::Read | Strategy::Batch => self.by_reads().await,
            };
            match gone {
                Ok(true) => break,
                // Another way was chosen on this one.
                Ok(false) => {}
                Err(error)
                    if self.at_first && strategy.asks_for_count() && self.asks_fewer(&error) => {}
                Err(error) => {
                    self.count = COUNT;
                    let answerable = self.is_answerable()?;
                    let instead = plan::instead(&self.feed, strategy, &error, answerable);
                    let (next, reason) = instead.filter(|_| self.at_first).ok_or(error)?;
                    self.choose(next, reason);
                }
            }
        }
        self.checkpoint.complete = true;
        self.checkpoint.cost = Cost {
            requests: self.progress.requests,
            bytes: self.progress.bytes,
            resources: self.progress.resources,
            milliseconds: u64::try_from(self.timed().milliseconds).unwrap_or(0),
        };
        self.note().await;
        if let Some(as_of) = self.checkpoint.as_of {
            self.pull.replica.confirm(&self.checkpoint.feed, as_of);
        }
        Ok(())
    }

    /// The way that the feed takes: as noted, or chosen now.
    async fn strategy(&mut self) -> Result<Strategy> {
        if let Some(strategy) = Strategy::of_number(self.checkpoint.strategy) {
            return Ok(strategy);
        }
        let answerable = self.is_answerable()?;
        let capability = match plan::asks_capability(&self.feed, answerable) {
            true => self.pull.capability().await?,
            false => None,
        };
        let (strategy, reason) = plan::choose(&self.feed, capability.as_deref(), answerable);
        self.choose(strategy, reason);
        Ok(strategy)
    }

    pub(super) fn choose(&mut self, strategy: Strategy, reason: Reason) {
        self.checkpoint.strategy = strategy as u8;
        self.checkpoint.reason = reason as u8;
    }

    /// Why it goes its way.
    pub(super) fn reason(&self) -> Option<Reason> {
        Reason::of_number(self.checkpoint.reason)
    }

    /// Whether what the server counts is believed.
    pub(super) fn believes_counts(&self) -> bool {
        self.reason() != Some(Reason::Miscounted)
    }

    /// Whether a refusal may only have been of too many entries a page (P6): then fewer are asked for from
    /// now on, and the request is worth another try.
    pub(super) fn asks_fewer(&mut self, refusal: &Error) -> bool {
        let fewer = is_refusal(refusal) && self.count > FEW;
        if fewer {
            self.count = FEW;
        }
        fewer
    }

    /// Whether the replica can tell which of its resources the feed's search finds.
    fn is_answerable(&self) -> Result<bool> {
        let Some(search) = self.search() else {
            return Ok(true);
        };
        match self.pull.replica.understands(&search) {
            Ok(()) => Ok(true),
            Err(error) if plan::is_unanswerable(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The search that finds what the feed brings, where there is one.
    pub(super) fn search(&self) -> Option<String> {
        match &self.feed {
            Feed::Search(search) => Some(search.clone()),
            feed => feed.kind().map(str::to_string),
        }
    }

    pub(super) async fn get(&mut self, link: &Link) -> Result<Answer> {
        let answer = self.pull.get(link).await?;
        self.counted(&answer);
        Ok(answer)
    }

    pub(super) async fn page(&mut self, link: &Link) -> Result<Stream> {
        let came = self.pull.page(link).await?;
        self.counted(&came.head);
        Ok(came)
    }

    pub(super) fn counted(&mut self, answer: &Answer) {
        self.progress.requests += 1;
        self.progress.bytes += answer.body.len() as u64;
        self.answered = self.answered.or(answer.date);
    }

    /// Notes the checkpoint for the next commit.
    pub(super) async fn note(&self) {
        let mut session = self.pull.session.take().await;
        session.writer.note(self.checkpoint.clone());
    }

    /// Adds what became of a page or of a read, and tells it.
    pub(super) async fn took(&mut self, outcome: &Outcome) {
        let progress = &mut self.progress;
        progress.resources += outcome.stored + outcome.deleted + outcome.unchanged;
        progress.stored += outcome.stored;
        progress.deleted += outcome.deleted;
        progress.unchanged += outcome.unchanged;
        join(&mut self.checkpoint.types, &outcome.types);
        let progress = self.timed();
        let mut session = self.pull.session.take().await;
        session.touched(&outcome.types, self.first_pull);
        session.report(&progress);
    }

    /// What a chain followed to its end says of the copy: as of when it is whole.
    pub(super) fn whole_as_of(&mut self, started: Option<Instant>) {
        self.checkpoint.as_of = self.checkpoint.as_of.max(started);
    }

    pub(super) fn timed(&self) -> Progress {
        self.progress.after(self.pull.clock.now() - self.began)
    }

    /// The history of the server type by type, each a feed of its own.
    async fn by_types(&mut self) -> Result<bool> {
        let Some(capability) = self.pull.capability().await? else {
            return Err(Error::new(
                Code::Unsupported,
                "The server has no history of all that it holds, and does not say which types there are; \
                 pull the history of each type that you need.",
            ));
        };
        let kinds = capability.types.iter();
        let kinds = kinds.filter(|it| it.does("history-type") || it.does("search-type"));
        let works = kinds.map(|of_type| async {
            let feed = Feed::History(of_type.kind.clone());
            let name = Feed::part_name(&of_type.kind);
            let mut follower = Follower::named(self.pull, feed, name).await;
            follower.first_pull |= self.first_pull;
            follower.follow().await?;
            Ok::<_, Error>((follower.progress, follower.checkpoint))
        });
        let parts = several(works, AT_ONCE).await;
        let mut as_of = None;
        for part in parts {
            let (progress, checkpoint) = part?;
            self.progress.add(&progress);
            join(&mut self.checkpoint.types, &checkpoint.types);
            let of_part = checkpoint.as_of;
            as_of = as_of.map_or(of_part, |before: Instant| of_part.map(|it| it.min(before)));
        }
        self.whole_as_of(as_of);
        Ok(true)
    }
}

/// Whether the server takes the request to be wrong.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(error.status(), Some(400 | 413 | 422))
}
