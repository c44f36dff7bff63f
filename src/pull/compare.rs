//! What the server holds of a search and what the replica holds, compared by ids and versions (H8).
//!
//! A search shows what is there and not what is gone. What is found here and not there is read by
//! itself: 410 is a deletion (R2), an answer is a newer version that no longer matches. 404 and 403 say
//! nothing for certain: the copy is kept, and counted as unaccounted for.

use std::collections::HashMap;

use super::Verified;
use super::context::Ports;
use super::feed::{asks, count_of, kind_of, search_link};
use super::follow::Follower;
use super::notes::Notes;
use super::plan::is_unanswerable;
use super::windows::Wanted;
use crate::Result;
use crate::client::Chain as Links;
use crate::fhir::{Identity, Page};
use crate::replica::Chain;

/// So many reads, then a look: where most of them were gone, the rest is read as well; where most
/// were there, the server cut its result short, and to go on would be to read all that it holds.
const READS: usize = 200;

/// Who was on the pages of a search, and in which version.
#[derive(Debug, Default)]
pub(super) struct Names {
    versions: HashMap<String, String>,
    /// How many of them were not only included.
    matches: u64,
}

impl Names {
    pub(super) fn add(&mut self, page: &Page<'_>) {
        for entry in page.entries.iter().filter(|entry| !entry.is_outcome()) {
            if let Some(identity) = entry.identity() {
                let version = entry.version().unwrap_or_default().to_string();
                let before = self.versions.insert(identity.to_string(), version);
                let is_match = entry.mode != Some("include");
                self.matches += u64::from(before.is_none() && is_match);
            }
        }
    }

    /// Adds others; how many of them are new.
    pub(super) fn join(&mut self, others: Names) -> u64 {
        let before = self.versions.len();
        self.versions.extend(others.versions);
        let new = (self.versions.len() - before) as u64;
        self.matches += new.min(others.matches);
        new
    }

    /// How many there are, included ones left out.
    pub(super) fn matches(&self) -> u64 {
        self.matches
    }

    fn has(&self, name: &str) -> bool {
        self.versions.contains_key(name)
    }
}

/// What differs: `Type/id` of each.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// On the server and not here.
    missing: Vec<String>,
    /// Here in another version.
    stale: Vec<String>,
    /// Here and not on the server.
    extra: Vec<String>,
    /// How many the server has.
    on_server: usize,
}

impl Difference {
    /// Adds what differs to what was found before.
    pub(super) fn count_in(&self, verified: &mut Verified) {
        verified.resources += self.on_server as u64;
        verified.missing += self.missing.len() as u64;
        verified.stale += self.stale.len() as u64;
        verified.extra += self.extra.len() as u64;
    }
}

impl<P: Ports> Follower<'_, '_, P> {
    /// Compares the counts of a search there and here, and where they differ, or the server does not
    /// tell, ids and versions; what differs is read.
    ///
    /// After all that is new was taken, the replica holds whatever the server does: as many are then the
    /// same ones.
    pub(super) async fn account(&mut self, search: &str) -> Result<()> {
        let counted = self.count_there(search, &[]).await?;
        let here = self.count_here(search).await?;
        if counted == Some(here.saturating_sub(self.checkpoint.unaccounted)) {
            return Ok(());
        }
        let difference = self.compare(search, counted).await?;
        self.mend(&difference).await
    }

    /// Reads all that differs, and counts what stays unaccounted for.
    pub(super) async fn mend(&mut self, difference: &Difference) -> Result<()> {
        self.read_each(&difference.missing).await?;
        self.read_each(&difference.stale).await?;
        // The counts alone may differ for other reasons: the server lives meanwhile.
        self.read_extra(&difference.extra).await
    }

    /// Who is on the pages of a search, as `notes` are taken of it; includes are left out.
    pub(super) async fn list(
        &mut self,
        search: &str,
        criteria: &[String],
        notes: &mut Notes,
    ) -> Result<()> {
        let mut more = criteria.to_vec();
        // A search that says itself what to leave out is asked as it is.
        if !asks(search, "_elements") && !asks(search, "_summary") {
            more.push("_elements=id,meta".to_string());
        }
        more.extend(count_of(search, self.count));
        let base = self.pull.client.base();
        let first = search_link(base, search, &more)?;
        let mut links = Links::new(base, first.clone());
        let mut chain = Chain::default();
        let mut link = first;
        loop {
            let answer = self.get(&link).await?;
            let mut page = Page::read(&answer.body)?;
            page.entries.retain(|entry| entry.mode != Some("include"));
            self.look_at(&page, &answer, &mut chain, notes);
            match page.next.as_deref() {
                Some(next) => link = links.follow(next)?,
                None => return Ok(()),
            }
        }
    }

    /// All that a search finds on the server, which may have `counted` them.
    async fn names(&mut self, search: &str, counted: Option<u64>) -> Result<Names> {
        let mut notes = Notes {
            names: Some(Names::default()),
            ..Notes::default()
        };
        self.list(search, &[], &mut notes).await?;
        let believed = self.believes_counts();
        let may_be_cut = notes.may_be_cut(believed);
        let total = notes.total.filter(|_| believed);
        let mut names = notes.names.unwrap_or_default();
        let came = names.matches();
        if may_be_cut || believed && counted.is_some_and(|counted| counted > came) {
            // The server lives meanwhile: there may be fewer by now, and others than came.
            let counted = self.count_there(search, &[]).await?.max(total);
            if counted.is_some_and(|counted| counted > came) {
                self.in_windows(search, &[], came, Wanted::Names, &mut names)
                    .await?;
            }
        }
        Ok(names)
    }

    /// Asks the server for all ids and versions of a search, of which it may have `counted` so many, and
    /// holds them against what is here.
    pub(super) async fn compare(
        &mut self,
        search: &str,
        counted: Option<u64>,
    ) -> Result<Difference> {
        self.commit_all().await?;
        let kind = kind_of(search);
        let there = match self.names(search, counted).await {
            Err(error) if self.asks_fewer(&error) => self.names(search, counted).await?,
            there => there?,
        };
        let mut difference = Difference {
            on_server: there.versions.len(),
            ..Difference::default()
        };
        let ids: Vec<String> = there
            .versions
            .keys()
            .filter_map(|name| Identity::parse(name))
            .filter(|identity| identity.kind == kind)
            .map(|identity| identity.id.to_string())
            .collect();
        let held = self.pull.replica.versions_held(kind, &ids).await?;
        for (id, held) in ids.iter().zip(held) {
            let name = format!("{kind}/{id}");
            match held {
                None => difference.missing.push(name),
                Some(held)
                    if there
                        .versions
                        .get(&name)
                        .is_some_and(|it| differ(it, &held)) =>
                {
                    difference.stale.push(name);
                }
                Some(_) => {}
            }
        }
        difference.extra = self.unnamed(kind, search, &there).await?;
        Ok(difference)
    }

    /// Reads what the replica finds by each of these searches, of a type each, and pages did not name; of
    /// how many nothing is known is told.
    pub(super) async fn read_unnamed(
        &mut self,
        searches: &[(String, String)],
        names: &Names,
    ) -> Result<()> {
        self.commit_all().await?;
        let mut left = Vec::new();
        for (kind, search) in searches {
            left.extend(self.unnamed(kind, search, names).await?);
        }
        self.read_extra(&left).await
    }

    /// Reads what is here and the server did not name; how many of them it says nothing of is noted, since
    /// counts are compared without them.
    async fn read_extra(&mut self, names: &[String]) -> Result<()> {
        self.checkpoint.unaccounted = self.read_what_left(names).await?;
        self.progress.unaccounted = self.checkpoint.unaccounted;
        Ok(())
    }

    /// What the replica finds and pages did not name.
    async fn unnamed(&self, kind: &str, search: &str, names: &Names) -> Result<Vec<String>> {
        let here = match self.pull.replica.ids(search).await {
            // A compartment has no resources of some types.
            Err(error) if is_unanswerable(&error) => Vec::new(),
            here => here?,
        };
        let here = here.iter().map(|id| format!("{kind}/{id}"));
        Ok(here.filter(|name| !names.has(name)).collect())
    }

    /// How many a search finds here, all that was taken included.
    pub(super) async fn count_here(&mut self, search: &str) -> Result<u64> {
        self.commit_all().await?;
        self.pull.replica.count(search).await
    }

    /// What was taken can be searched.
    pub(super) async fn commit_all(&mut self) -> Result<()> {
        let mut session = self.pull.session.take().await;
        if !session.writer.is_empty() {
            session.commit().await?;
        }
        session.settle().await.map(drop)
    }

    /// Reads what a search no longer brings, until it looks as if the server had cut its result short;
    /// of how many nothing is known.
    async fn read_what_left(&mut self, names: &[String]) -> Result<u64> {
        let (mut asked, mut unknown) = (0, 0);
        for some in names.chunks(READS) {
            let gone_before = self.progress.deleted;
            unknown += self.read_each(some).await?;
            asked += some.len();
            if self.progress.deleted - gone_before < some.len() as u64 / 2 {
                break;
            }
        }
        Ok(unknown + (names.len() - asked) as u64)
    }
}

/// Whether two versions are known to differ.
fn differ(there: &str, here: &str) -> bool {
    !there.is_empty() && !here.is_empty() && there != here
}
