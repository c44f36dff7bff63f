//! A replica made of what another one hands out, without looking at a single resource.
//!
//! ```text
//! packs ─► checked ─► numbers of this replica ─► commits of values that no segment has yet (`staged`)
//!                                             └► heads, held against the manifest ─► one commit: it is all there
//! ```
//!
//! Until that last commit the replica is as it was. Everything in it came with that commit: which of the
//! other's commits brought it means nothing here.

use std::collections::HashSet;
use std::rc::Rc;

use super::checkpoint::Checkpoint;
use super::manifest::Manifest;
use super::packs::Pack;
use super::published::{Published, broken, sent, types};
use super::segment::{Segment, key};
use super::staged::Staged;
use super::{Opening, Replica, Snapshot};
use crate::host::{Commit, Key, Store};
use crate::{Code, Error, Result};

/// So many bytes of values are committed at a time.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A copy on its way. Dropped, what was committed of it can be gone on with.
pub struct Copying<S> {
    replica: Rc<Replica<S>>,
    of: Published,
    /// Whether what is held may be replaced.
    replace: bool,
    /// What is committed.
    base: Rc<Snapshot>,
    /// What will be with the next commit.
    staged: Staged,
    /// Of an earlier copy, of no use any more.
    left_over: Vec<Key>,
    values: Vec<(Key, Vec<u8>)>,
    bytes: usize,
}

impl<S: Store> Copying<S> {
    /// Begins a copy, or goes on with one of the same replica that was left.
    ///
    /// # Errors
    /// [`Code::Conflict`] where something is held that must not be replaced; those of the store.
    pub async fn begin(replica: Rc<Replica<S>>, of: Published, replace: bool) -> Result<Self> {
        replica.refresh().await?;
        let base = replica.snapshot();
        allowed(&base.manifest, replace)?;
        let numbers = u32::try_from(of.numbers()).map_err(|_| broken())?;
        let left = base.manifest.staged.clone();
        let (staged, left_over) = match left {
            Some(left) if fits(&left, &of, numbers, &base.manifest) => (left, Vec::new()),
            left => {
                let offset = base.manifest.next_segment;
                let new = Staged::new(of.lineage(), offset, numbers).ok_or_else(broken)?;
                let left_over = left.map(|left| left.left_over(&HashSet::new()));
                (new, left_over.unwrap_or_default())
            }
        };
        let reserved = staged.reserved.max(numbers);
        let staged = Staged { reserved, ..staged };
        Ok(Copying {
            replica,
            of,
            replace,
            base,
            staged,
            left_over,
            values: Vec::new(),
            bytes: 0,
        })
    }

    /// What is copied.
    pub fn of(&self) -> &Published {
        &self.of
    }

    /// Whether a value of the pack is not here yet.
    pub fn lacks(&self, pack: &Pack) -> bool {
        let here = |key: &Key| {
            self.staged
                .key(*key)
                .map(|key| self.staged.keys.contains(&key))
        };
        !pack.keys.iter().all(|key| here(key) == Some(true))
    }

    /// Takes the values of a pack as it was sent.
    ///
    /// # Errors
    /// [`Code::Malformed`] when that is not what was sent, [`Code::NewerFormat`], and those of committing.
    pub async fn take(&mut self, pack: &Pack, sent_bytes: &[u8]) -> Result<()> {
        let values = pack.open(self.of.lineage(), sent_bytes).map_err(sent)?;
        let mut taken = Vec::with_capacity(values.len());
        for (at, value) in values {
            let here = self.staged.key(at).ok_or_else(broken)?;
            if !self.staged.keys.contains(&here) {
                taken.push((here, self.own(at, value)?));
            }
        }
        for (key, value) in taken {
            self.staged.keys.insert(key);
            self.bytes += value.len();
            self.values.push((key, value));
        }
        match self.bytes >= BATCH_BYTES {
            true => self.keep().await,
            false => Ok(()),
        }
    }

    /// A value as it is stored here: a head names the values that are shared by their keys here, and no
    /// commits.
    fn own(&self, at: Key, value: &[u8]) -> Result<Vec<u8>> {
        if at.0 & 0xf_ffff != 0 {
            return Ok(value.to_vec());
        }
        let mut head = Segment::open(value).map_err(sent)?;
        for shared in &mut head.shared {
            *shared = self.staged.key(*shared).ok_or_else(broken)?;
        }
        for part in &mut head.parts {
            part.runs.clear();
        }
        Ok(head.encode())
    }

    /// Commits what came, so that a later copy goes on from there.
    ///
    /// # Errors
    /// Those of [`Copying::begin`] where another writer has changed what it stands on, and of the store.
    pub async fn keep(&mut self) -> Result<()> {
        if self.values.is_empty() && self.left_over.is_empty() {
            return Ok(());
        }
        let puts = std::mem::take(&mut self.values);
        self.bytes = 0;
        loop {
            let mut manifest = self.begun();
            manifest.staged = Some(self.staged.clone());
            match self
                .commit(manifest, puts.clone(), self.left_over.clone())
                .await
            {
                Ok(()) => break,
                Err(error) if error.is_conflict() => self.stand_anew().await?,
                Err(error) => return Err(error),
            }
        }
        self.left_over.clear();
        Ok(())
    }

    /// Makes the copy what the replica holds; the generation that it is, and the types that it has or that
    /// were held before.
    ///
    /// # Errors
    /// [`Code::Malformed`] when what came does not fit together, and those of [`Copying::keep`].
    pub async fn finish(mut self, checkpoints: Vec<Checkpoint>) -> Result<(u64, Vec<String>)> {
        self.keep().await?;
        let kept = match self.checked().await {
            Ok(kept) => kept,
            Err(error) => {
                // Nobody can go on with it.
                self.replica.drop_left_over().await?;
                return Err(error);
            }
        };
        loop {
            let mut deletes = self.staged.left_over(&kept);
            for entry in &self.base.manifest.segments {
                // Of a head that is lost nobody knows what it had.
                if let Ok(heads) = self.replica.heads(&[entry.number]).await {
                    let keys = heads.iter().flat_map(|head| head.keys(entry.number));
                    deletes.extend(keys);
                }
            }
            let manifest = self.whole(&checkpoints);
            let types = types(&[&self.base.manifest, &manifest]);
            match self.commit(manifest, Vec::new(), deletes).await {
                Ok(()) => return Ok((self.base.generation, types)),
                Err(error) if error.is_conflict() => self.stand_anew().await?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Holds the heads against the manifest; the keys that the copy consists of.
    async fn checked(&self) -> Result<HashSet<Key>> {
        let mut kept = HashSet::new();
        for entry in &self.of.manifest.segments {
            let number = self.staged.number(entry.number).ok_or_else(broken)?;
            let values = self.replica.store.read(&[key(number, 0)]).await?;
            let head = values.into_iter().flatten().next().ok_or_else(broken)?;
            let head = Segment::open(&head).map_err(sent)?;
            let parts = head.parts.iter().map(|it| (&it.kind, it.documents));
            if !parts.eq(entry.parts.iter().map(|it| (&it.kind, it.documents))) {
                return Err(broken());
            }
            for key in head.keys(number) {
                // Each value belongs to one segment.
                if !self.staged.keys.contains(&key) || !kept.insert(key) {
                    return Err(broken());
                }
            }
        }
        Ok(kept)
    }

    /// The manifest that the next commit is made of.
    fn begun(&self) -> Manifest {
        let mut manifest = self.base.manifest.clone();
        let opening = &self.replica.opening;
        if self.base.generation == 0 {
            manifest.born = opening.born.get();
            manifest.server = opening.server.clone();
        }
        manifest.all_versions = opening.keeps_all(&self.base.manifest);
        manifest.next_segment = manifest.next_segment.max(self.staged.end());
        manifest
    }

    fn whole(&self, checkpoints: &[Checkpoint]) -> Manifest {
        let mut manifest = self.begun();
        let of = &self.of.manifest;
        let generation = self.base.generation + 1;
        let segments = of.segments.iter().filter_map(|entry| {
            let mut entry = entry.clone();
            entry.number = self.staged.number(entry.number)?;
            entry.generation = generation;
            Some(entry)
        });
        manifest.segments = segments.collect();
        manifest.all_versions = Opening::keeps_all(&self.replica.opening, of);
        manifest.checkpoints = checkpoints.to_vec();
        // What others have begun on top of what was there does not fit to what is there now.
        manifest.repairs += 1;
        manifest.staged = None;
        if let Some(at) = self.of.known_until() {
            manifest.arrivals.note(generation, at);
        }
        manifest
    }

    async fn commit(
        &mut self,
        manifest: Manifest,
        puts: Vec<(Key, Vec<u8>)>,
        deletes: Vec<Key>,
    ) -> Result<()> {
        let commit = Commit {
            expected: self.base.generation,
            manifest: manifest.encode(),
            puts,
            deletes,
        };
        self.replica.store.commit(commit).await?;
        self.base = Rc::new(Snapshot {
            generation: self.base.generation + 1,
            manifest,
        });
        self.replica.replace_snapshot(self.base.clone());
        Ok(())
    }

    /// Goes on from what another writer has committed, where the copy still stands on it.
    async fn stand_anew(&mut self) -> Result<()> {
        let before = self.base.clone();
        self.replica.refresh().await?;
        self.base = self.replica.snapshot();
        let manifest = &self.base.manifest;
        allowed(manifest, self.replace)?;
        let is_same = before.generation == 0 || manifest.born == before.manifest.born;
        // The numbers that it counts on and has not reserved yet may be another's by now.
        let (offset, end) = (self.staged.offset, self.staged.end());
        let own = manifest.staged.as_ref().filter(|it| it.offset == offset);
        let reserved = own.map_or(offset, Staged::end);
        let has_numbers = reserved == end || manifest.next_segment <= reserved;
        if !is_same || !has_numbers || manifest.staged != before.manifest.staged {
            return Err(Error::new(
                Code::Conflict,
                "Another tab or worker has changed the replica while it was cloned into; clone again.",
            ));
        }
        Ok(())
    }
}

/// Whether a copy may be made in the place of what is held.
fn allowed(manifest: &Manifest, replace: bool) -> Result<()> {
    if replace || (manifest.segments.is_empty() && manifest.checkpoints.is_empty()) {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        "The replica holds something already, so that nothing was cloned into it: pull, clone into a new one, or \
         say that what is held is to be replaced (replace).",
    ))
}

/// Whether what is left of an earlier copy belongs to this one.
fn fits(left: &Staged, of: &Published, numbers: u32, manifest: &Manifest) -> bool {
    let has_room = numbers <= left.reserved || manifest.next_segment == left.end();
    let end = Staged::new(left.lineage, left.offset, numbers);
    left.lineage == of.lineage() && has_room && end.is_some()
}

impl<S: Store> Replica<S> {
    /// Removes what is left of a copy that nobody goes on with; whether there was something and it worked.
    pub(super) async fn drop_left_over(&self) -> Result<bool> {
        let snapshot = self.snapshot();
        let mut next = Snapshot::clone(&snapshot);
        let Some(left) = next.manifest.staged.take() else {
            return Ok(false);
        };
        next.generation += 1;
        let commit = Commit {
            expected: snapshot.generation,
            manifest: next.manifest.encode(),
            deletes: left.left_over(&HashSet::new()),
            ..Commit::default()
        };
        match self.store.commit(commit).await {
            Ok(()) => self.replace_snapshot(Rc::new(next)),
            Err(error) if error.is_conflict() => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}
