//! The replica: a log-structured store of FHIR resources with a search index, in packed values.
//!
//! ```text
//! offered resources ──► builder ──► segment (values, immutable) ──┐
//!                                                                 ├─► one commit of the store
//! checkpoints ─────────────────────► manifest (one small value) ──┘
//!
//! query ──► snapshot (a manifest) ──► columns ──► documents ──► blocks ──► Bundle as bytes
//! ```
//!
//! A snapshot, one manifest, never changes, so a reader sees one generation from beginning to end (L8). A
//! [`Writer`] gathers, then commits data and checkpoint together (L2).

mod answer;
mod arrivals;
mod asked;
mod assemble;
mod batch;
mod block;
mod builder;
mod cache;
mod canonical;
mod changes;
mod checkpoint;
mod closed;
mod codec;
mod compartment;
mod contenders;
mod copying;
mod current;
mod documents;
mod explain;
mod find;
mod forget;
mod frame;
mod held;
mod holds;
mod ids;
mod include;
mod inventory;
mod links;
mod load;
mod lookup;
mod manifest;
mod matched;
mod merge;
mod offer;
mod order;
mod packs;
mod pages;
mod published;
mod ranges;
mod reading;
mod repair;
mod retrieve;
mod segment;
mod served;
mod shown;
mod sorting;
mod source;
mod staged;
mod states;
mod status;
mod termed;
mod terms;
mod tidy;
mod told;
mod versions;
mod write;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

pub use changes::{Change, Changes};
pub use checkpoint::{Chain, Checkpoint, Cost};
pub use copying::Copying;
pub use explain::{Explanation, OfType, Reads, Step};
pub use offer::{Applied, Offer};
pub use packs::Pack;
pub use published::Published;
pub use repair::StartedOver;
pub use served::{Everything, Part, Searching, Version};
pub use status::{Status, TypeStatus};
pub use told::Telling;
pub use versions::Versions;
pub use write::Writer;

use crate::fhir::Instant;
use crate::host::{Store, Usage};
use crate::search::matcher::Readings;
use crate::search::query::{Handling, Reading, Shape};
use crate::search::{Definitions, Query};
use crate::{Code, Error, Result};
use cache::Cache;
use load::Owner;
use manifest::Manifest;
use pages::Pages;
use segment::Segment;

/// A copy of a part of one server, for one user, in one store (S3).
#[derive(Debug)]
pub struct Replica<S> {
    store: S,
    opening: Opening,
    definitions: Definitions,
    snapshot: RefCell<Rc<Snapshot>>,
    /// The heads that were read, by number.
    segments: RefCell<HashMap<u32, Rc<Segment>>>,
    cache: RefCell<Cache>,
    pages: RefCell<Pages>,
    reads: Cell<Reads>,
    /// What could not be read.
    damage: RefCell<Vec<Owner>>,
    started_over: Cell<Option<StartedOver>>,
    /// Whether what was stored vanished while the replica was open.
    vanished: Cell<bool>,
    /// Feeds that were found to have nothing new since the last commit, and when.
    confirmed: RefCell<HashMap<String, Instant>>,
    now: Cell<Instant>,
}

/// What a replica is opened with.
#[derive(Debug)]
struct Opening {
    server: String,
    /// Tells a new replica from one that was wiped before.
    born: Cell<u64>,
    /// As the manifest says, where it is `None`.
    versions: Option<Versions>,
}

impl Opening {
    fn keeps_all(&self, manifest: &Manifest) -> bool {
        let chosen = self.versions.map(|versions| versions == Versions::All);
        chosen.unwrap_or(manifest.all_versions)
    }
}

/// One generation of a replica: what a reader holds on to.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    generation: u64,
    manifest: Manifest,
}

impl Snapshot {
    /// Without the segments from this entry of the manifest on.
    fn without(&self, entry: usize) -> Snapshot {
        let mut snapshot = self.clone();
        snapshot.manifest.segments.truncate(entry);
        snapshot
    }
}

impl<S: Store> Replica<S> {
    /// Opens what `store` holds, or a new replica of `server`, of FHIR R4 (its base URL without a slash at the
    /// end). `chance` is any random number; it tells a new replica from one that was wiped before.
    /// `versions`: which are kept; `None`: those that were kept until now.
    ///
    /// A manifest that is broken, or of an older format, can tell nothing: the replica begins anew,
    /// and [`Status::started_over`] says so.
    ///
    /// # Errors
    /// [`Code::BadInput`] when the store holds a copy of another server,
    /// [`Code::NewerFormat`] when a newer version of this package has written it,
    /// [`Code::WrongKey`] when it is encrypted and `store` has another key or none.
    pub async fn open(
        store: S,
        server: &str,
        chance: u64,
        versions: Option<Versions>,
    ) -> Result<Self> {
        Replica::open_with(store, server, chance, versions, Definitions::r4()).await
    }

    /// The same for a server of any version of FHIR, and with search parameters of its own. What other
    /// definitions have indexed is indexed anew, by [`tidy`](Self::tidy) or when it is first asked.
    ///
    /// # Errors
    /// [`Code::BadInput`] when the store holds a copy of another server,
    /// [`Code::NewerFormat`] when a newer version of this package has written it,
    /// [`Code::WrongKey`] when it is encrypted and `store` has another key or none.
    pub async fn open_with(
        store: S,
        server: &str,
        chance: u64,
        versions: Option<Versions>,
        definitions: Definitions,
    ) -> Result<Self> {
        let replica = Replica {
            store,
            opening: Opening {
                server: server.to_string(),
                born: Cell::new(chance),
                versions,
            },
            definitions,
            snapshot: RefCell::default(),
            segments: RefCell::default(),
            cache: RefCell::default(),
            pages: RefCell::default(),
            reads: Cell::default(),
            damage: RefCell::default(),
            started_over: Cell::default(),
            vanished: Cell::default(),
            confirmed: RefCell::default(),
            now: Cell::new(Instant(0)),
        };
        match replica.refresh().await {
            Ok(_) => {}
            Err(error) => replica.start_over(error).await?,
        }
        Ok(replica)
    }

    /// Takes over what other tabs and workers have committed; the generation now, 0 where what was
    /// stored has vanished.
    ///
    /// # Errors
    /// [`Code::BadInput`] when the store holds a copy of another server, [`Code::Damaged`] or
    /// [`Code::NewerFormat`] when its manifest cannot be read, and whatever the store answers.
    pub async fn refresh(&self) -> Result<u64> {
        let Some(head) = self.store.head().await? else {
            if self.generation() > 0 {
                self.vanished.set(true);
            }
            self.replace_snapshot(Rc::default());
            return Ok(0);
        };
        if head.generation == self.generation() {
            // Nothing was committed since, unless it was wiped and has come as far again.
            let born = Manifest::born(&head.manifest);
            if born == Some(self.snapshot().manifest.born) {
                return Ok(head.generation);
            }
        }
        let manifest = Manifest::open(&head.manifest)?;
        if manifest.server != self.server() {
            return Err(Error::new(
                Code::BadInput,
                "This replica is a copy of another server; give it the same server, or another name.",
            ));
        }
        self.replace_snapshot(Rc::new(Snapshot {
            generation: head.generation,
            manifest,
        }));
        Ok(head.generation)
    }

    /// Does `work` on a snapshot that holds all that there was of type `kind`.
    async fn whole<T>(&self, kind: &str, work: impl AsyncFn(&Snapshot) -> Result<T>) -> Result<T> {
        self.consistent(async |snapshot: &Snapshot| {
            if snapshot.manifest.lacks(kind) {
                return Err(codec::damaged(kind));
            }
            work(snapshot).await
        })
        .await
    }

    /// Does `work` on a snapshot. What another tab has merged away meanwhile is looked for again in
    /// what is committed now, and what other definitions have indexed is indexed anew before; the
    /// answer is of one generation all the same (L8).
    async fn consistent<T>(&self, work: impl AsyncFn(&Snapshot) -> Result<T>) -> Result<T> {
        loop {
            if self.vanished.get() {
                return Err(vanished());
            }
            let snapshot = self.snapshot();
            match work(&snapshot).await {
                Err(error) if error.is_damaged() => {
                    self.refresh().await?;
                    while self.index_anew().await? {}
                    if self.refresh().await? == snapshot.generation {
                        return Err(error);
                    }
                }
                result => return result,
            }
        }
    }

    /// Answers a search with a searchset Bundle as UTF-8 JSON.
    ///
    /// # Errors
    /// Those of [`Query::parse`], and [`Code::Damaged`] when what is stored cannot be read.
    pub async fn search(&self, query: &str) -> Result<Vec<u8>> {
        self.search_with(query, Handling::Strict).await
    }

    /// The same, with a say in what to do about what cannot be answered.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub async fn search_with(&self, query: &str, handling: Handling) -> Result<Vec<u8>> {
        let query = Query::parse(&self.reading(handling), query)?;
        self.found(&query, self.server()).await
    }

    /// One page of what a query finds, its links and addresses below `base`.
    async fn found(&self, query: &Query, base: &str) -> Result<Vec<u8>> {
        self.consistent(async |snapshot: &Snapshot| {
            let found = self.find(snapshot, query).await?;
            self.answer(snapshot, query, &found, base).await
        })
        .await
    }

    /// The checkpoint of a feed, if it was ever begun.
    pub fn checkpoint(&self, feed: &str) -> Option<Checkpoint> {
        let snapshot = self.snapshot();
        let mut checkpoints = snapshot.manifest.checkpoints.iter();
        checkpoints
            .find(|checkpoint| checkpoint.feed == feed)
            .cloned()
    }

    /// What the store holds, counted.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn usage(&self) -> Result<Usage> {
        self.store.usage().await
    }

    /// Removes everything that was ever stored (L10); what was there, counted.
    ///
    /// # Errors
    /// Whatever the store answers.
    pub async fn wipe(&self) -> Result<Usage> {
        let usage = self.store.usage().await?;
        self.store.wipe().await?;
        self.replace_snapshot(Rc::default());
        self.vanished.set(false);
        Ok(usage)
    }

    /// The generation that searches and reads are answered from.
    pub fn generation(&self) -> u64 {
        self.snapshot.borrow().generation
    }

    /// The ids of everything that a search finds, on all its pages.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub async fn ids(&self, query: &str) -> Result<Vec<String>> {
        let mut query = Query::parse(&self.reading(Handling::Strict), query)?;
        (query.count, query.offset, query.page, query.shape) = (None, 0, None, Shape::Whole);
        self.consistent(async |snapshot: &Snapshot| {
            let found = self.find(snapshot, &query).await?;
            self.ids_of(snapshot, &found).await
        })
        .await
    }

    /// How many a search finds.
    ///
    /// # Errors
    /// Those of [`search`](Self::search).
    pub async fn count(&self, query: &str) -> Result<u64> {
        let mut query = Query::parse(&self.reading(Handling::Strict), query)?;
        (query.count, query.offset, query.page) = (Some(0), 0, None);
        self.consistent(async |snapshot: &Snapshot| {
            let found = self.find(snapshot, &query).await?;
            Ok(found.total as u64)
        })
        .await
    }

    /// What queries are read with.
    fn reading(&self, handling: Handling) -> Reading<'_> {
        Reading {
            definitions: &self.definitions,
            values: Readings {
                base: self.server(),
                now: self.now.get(),
            },
            handling,
        }
    }

    /// Tells the time, which `ap` of dates measures from.
    pub fn tell_time(&self, now: Instant) {
        self.now.set(now);
    }

    /// The base URL of the server, without a slash at its end.
    pub fn server(&self) -> &str {
        &self.opening.server
    }

    fn snapshot(&self) -> Rc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    fn versions(&self, snapshot: &Snapshot) -> Versions {
        match self.opening.keeps_all(&snapshot.manifest) {
            true => Versions::All,
            false => Versions::Current,
        }
    }

    fn replace_snapshot(&self, snapshot: Rc<Snapshot>) {
        let before = self.snapshot.replace(snapshot.clone());
        // Segment numbers begin anew in a replica that was wiped.
        if before.manifest.born != snapshot.manifest.born {
            self.segments.borrow_mut().clear();
            self.cache.borrow_mut().clear();
            self.damage.borrow_mut().clear();
            // What is begun anew here must not pass for what other tabs may still hold.
            let born = &self.opening.born;
            born.set(born.get().wrapping_add(1));
        }
        if before.manifest.repairs != snapshot.manifest.repairs {
            // What was found to be whole was so of what is not there any more.
            self.confirmed.borrow_mut().clear();
        }
        if snapshot.generation > 0 {
            self.vanished.set(false);
        }
        let live = |number: &u32| {
            let mut entries = snapshot.manifest.segments.iter();
            entries.any(|entry| entry.number == *number)
        };
        self.segments.borrow_mut().retain(|number, _| live(number));
    }
}

/// To answer from nothing would be to say that there is nothing.
fn vanished() -> Error {
    Error::new(
        Code::StoreLost,
        "What the replica held is gone: the browser has evicted it, or another tab has wiped it. Pull again.",
    )
}
