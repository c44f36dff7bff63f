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
mod batch;
mod block;
mod builder;
mod cache;
mod checkpoint;
mod codec;
mod current;
mod directory;
mod documents;
mod find;
mod frame;
mod load;
mod manifest;
mod offer;
mod ranges;
mod segment;
mod status;
mod terms;
mod write;

use std::cell::RefCell;
use std::rc::Rc;

pub use checkpoint::{Chain, Checkpoint};
pub use offer::{Applied, Offer};
pub use status::{Status, TypeStatus};
pub use write::Writer;

use crate::fhir::Identity;
use crate::host::{Store, Usage};
use crate::search::{Definitions, Query};
use crate::{Code, Error, Result};
use cache::Cache;
use manifest::Manifest;
use segment::Segment;

/// A copy of a part of one server, for one user, in one store (S3).
#[derive(Debug)]
pub struct Replica<S> {
    store: S,
    server: String,
    born: u64,
    definitions: Definitions,
    snapshot: RefCell<Rc<Snapshot>>,
    /// The heads that were read, by number.
    segments: RefCell<Vec<(u32, Rc<Segment>)>>,
    cache: RefCell<Cache>,
}

/// One generation of a replica: what a reader holds on to.
#[derive(Debug, Default)]
struct Snapshot {
    generation: u64,
    manifest: Manifest,
}

impl<S: Store> Replica<S> {
    /// Opens what `store` holds, or a new replica of `server` (its base URL without a slash at the
    /// end). `chance` is any random number; it tells a new replica from one that was wiped before.
    ///
    /// # Errors
    /// [`Code::BadInput`] when the store holds a copy of another server,
    /// [`Code::Damaged`] or [`Code::NewerFormat`] when its manifest cannot be read,
    /// [`Code::WrongKey`] when it is encrypted and `store` has another key or none.
    pub async fn open(store: S, server: &str, chance: u64) -> Result<Self> {
        let replica = Replica {
            store,
            server: server.to_string(),
            born: chance,
            definitions: Definitions::r4(),
            snapshot: RefCell::default(),
            segments: RefCell::default(),
            cache: RefCell::default(),
        };
        replica.refresh().await?;
        Ok(replica)
    }

    /// Takes over what other tabs and workers have committed; the generation now.
    ///
    /// # Errors
    /// As [`open`](Self::open), and whatever the store answers.
    pub async fn refresh(&self) -> Result<u64> {
        let head = self.store.head().await?;
        let snapshot = match head {
            None => Snapshot::default(),
            Some(head) => Snapshot {
                generation: head.generation,
                manifest: Manifest::open(&head.manifest)?,
            },
        };
        if snapshot.generation > 0 && snapshot.manifest.server != self.server {
            return Err(Error::new(
                Code::BadInput,
                "This replica is a copy of another server; give it the same server, or another name.",
            ));
        }
        let generation = snapshot.generation;
        self.replace_snapshot(Rc::new(snapshot));
        Ok(generation)
    }

    /// Answers a search with a searchset Bundle as UTF-8 JSON.
    ///
    /// # Errors
    /// Those of [`Query::parse`], and [`Code::Damaged`] when what is stored cannot be read.
    pub async fn search(&self, query: &str) -> Result<Vec<u8>> {
        let query = Query::parse(&self.definitions, &self.server, query)?;
        let snapshot = self.snapshot();
        let found = self.find(&snapshot, &query).await?;
        self.answer(&snapshot, &query, &found).await
    }

    /// The current version of a resource, byte for byte as the server sent it (L4); `None` when the
    /// replica does not hold it.
    ///
    /// # Errors
    /// [`Code::Gone`] when the server said that it was deleted.
    pub async fn read(&self, identity: Identity<'_>) -> Result<Option<Vec<u8>>> {
        let snapshot = self.snapshot();
        let Some((entry, part, document)) = self.locate(&snapshot, identity).await? else {
            return Ok(None);
        };
        let segment = self
            .segment(snapshot.manifest.segments[entry].number)
            .await?;
        if segment.parts[part].deleted.contains(document) {
            let sentence = format!("This {} was deleted on the server.", identity.kind);
            return Err(Error::new(Code::Gone, sentence));
        }
        let mut bytes = Vec::new();
        let found = [(entry, part, document)];
        self.documents(&snapshot, &found, |id, block, number| {
            block.put(number, id, &mut bytes)
        })
        .await?;
        Ok(Some(bytes))
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
        let mut query = Query::parse(&self.definitions, &self.server, query)?;
        (query.count, query.offset) = (None, 0);
        let snapshot = self.snapshot();
        let found = self.find(&snapshot, &query).await?;
        self.ids_of(&snapshot, &query.kind, &found).await
    }

    /// The base URL of the server, without a slash at its end.
    pub fn server(&self) -> &str {
        &self.server
    }

    fn snapshot(&self) -> Rc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    fn replace_snapshot(&self, snapshot: Rc<Snapshot>) {
        let before = self.snapshot.replace(snapshot.clone());
        // Segment numbers begin anew in a replica that was wiped.
        if before.manifest.born != snapshot.manifest.born {
            self.segments.borrow_mut().clear();
            self.cache.borrow_mut().clear();
        }
    }
}
