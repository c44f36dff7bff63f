//! What the server holds of a search and what the replica holds, compared by ids and versions (H8).
//!
//! A search shows what is there and not what is gone. What is found here and not there is read by
//! itself: 410 is a deletion (R2), an answer is a newer version that no longer matches. 404 and 403 say
//! nothing for certain: the copy is kept, and counted as unaccounted for.

use std::collections::HashMap;

use super::Verified;
use super::context::Ports;
use super::feed::{FEW, asks, count_of, kind_of, search_link};
use super::follow::{Follower, is_refusal};
use super::plan::is_unanswerable;
use crate::client::Chain as Links;
use crate::fhir::{Identity, Page};
use crate::{Code, Result};

/// So many reads, then a look: where most of them were gone, the rest is read as well; where most
/// were there, the server cut its result short, and to go on would be to read all that it holds.
const READS: usize = 200;

/// Who was on the pages of a search, and in which version.
#[derive(Debug, Default)]
pub(super) struct Names {
    versions: HashMap<String, String>,
}

impl Names {
    pub(super) fn add(&mut self, page: &Page<'_>) {
        for entry in page.entries.iter().filter(|entry| !entry.is_outcome()) {
            if let Some(identity) = entry.identity() {
                let version = entry.version().unwrap_or_default().to_string();
                self.versions.insert(identity.to_string(), version);
            }
        }
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
        let link = search_link(
            self.pull.client.base(),
            search,
            &["_summary=count".to_string()],
        )?;
        let counted = match self.get(&link).await {
            Ok(answer) => Page::read(&answer.body)?.total,
            Err(error) if error.code() == Code::Http => None,
            Err(error) => return Err(error),
        };
        let here = self.count_here(search).await?;
        if counted == Some(here.saturating_sub(self.checkpoint.unaccounted)) {
            return Ok(());
        }
        let difference = self.compare(search).await?;
        self.mend(&difference).await
    }

    /// Reads all that differs, and counts what stays unaccounted for.
    pub(super) async fn mend(&mut self, difference: &Difference) -> Result<()> {
        self.read_each(&difference.missing).await?;
        self.read_each(&difference.stale).await?;
        // The counts alone may differ for other reasons: the server lives meanwhile.
        self.checkpoint.unaccounted = self.read_what_left(&difference.extra).await?;
        self.progress.unaccounted = self.checkpoint.unaccounted;
        Ok(())
    }

    /// All that a search finds on the server, by its pages.
    async fn names(&mut self, search: &str) -> Result<Names> {
        let mut more = Vec::new();
        // A search that says itself what to leave out is asked as it is.
        if !asks(search, "_elements") && !asks(search, "_summary") {
            more.push("_elements=id,meta".to_string());
        }
        more.extend(count_of(search, self.count));
        let base = self.pull.client.base();
        let first = search_link(base, search, &more)?;
        let mut links = Links::new(base, first.clone());
        let mut there = Names::default();
        let mut link = first;
        loop {
            let answer = self.get(&link).await?;
            let mut page = Page::read(&answer.body)?;
            page.entries.retain(|entry| entry.mode != Some("include"));
            there.add(&page);
            match page.next.as_deref() {
                Some(next) => link = links.follow(next)?,
                None => return Ok(there),
            }
        }
    }

    /// Asks the server for all ids and versions of a search, and holds them against what is here.
    pub(super) async fn compare(&mut self, search: &str) -> Result<Difference> {
        self.commit_all().await?;
        let kind = kind_of(search);
        let there = match self.names(search).await {
            // It may only have been too many (P6).
            Err(error) if is_refusal(&error) && self.count > FEW => {
                self.count = FEW;
                self.names(search).await?
            }
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
        self.progress.unaccounted = self.read_what_left(&left).await?;
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
    async fn count_here(&mut self, search: &str) -> Result<u64> {
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
    pub(super) async fn read_what_left(&mut self, names: &[String]) -> Result<u64> {
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
