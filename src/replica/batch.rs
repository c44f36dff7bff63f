//! A batch: what is gathered for one commit.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::builder::{Built, Directory, SegmentBuilder, Slot, latest};
use super::checkpoint::Checkpoint;
use super::current::{Ties, is_news, just_after};
use super::documents::Documents;
use super::held::{Known, Names};
use super::offer::{Applied, Offer};
use super::source::Address;
use super::states::State;
use super::{Snapshot, Versions};
use crate::Result;
use crate::fhir::Instant;
use crate::search::{Definitions, Extractor};

/// What is gathered for one commit.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) builder: SegmentBuilder,
    pub(super) superseded: Superseded,
    pub(super) checkpoints: Vec<Checkpoint>,
    /// Type and packed id of stored resources that the server has named again unchanged: what it
    /// tells of them later in the same batch is older.
    confirmed: HashSet<Vec<u8>>,
    /// Where all versions are kept: which the batch holds.
    versions: HashSet<u64>,
}

/// Documents that the commit makes past.
#[derive(Default)]
pub(super) struct Superseded {
    pub(super) stored: Vec<Stored>,
    /// By part.
    pub(super) own: Vec<Documents>,
}

/// A document in the store, and whether it says "deleted".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) address: Address,
    pub(super) deleted: bool,
}

/// What an offer is judged against, beside the batch itself.
pub(super) struct Before<'a> {
    pub(super) known: &'a Known,
    pub(super) flying: Option<&'a Flying>,
    pub(super) keep: Versions,
}

/// The batch whose commit is under way.
pub(super) struct Flying {
    pub(super) built: std::rc::Rc<Built>,
    /// The number of its entry in the manifest that is to come.
    pub(super) entry: usize,
    pub(super) versions: HashSet<u64>,
    /// By part: what of it is not current.
    pub(super) past: Vec<Documents>,
}

impl Flying {
    fn latest(&self, kind: &str, id: &[u8]) -> Option<(Stored, State<'_>)> {
        let (slot, state) = latest(&self.built.directories, kind, id)?;
        // Another writer may have had a newer one.
        let past = self.past.get(slot.part);
        if past.is_some_and(|past| past.contains(slot.document)) {
            return None;
        }
        let address = Address {
            entry: self.entry,
            part: slot.part,
            document: slot.document,
        };
        let deleted = state.deleted;
        Some((Stored { address, deleted }, state))
    }
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.builder.is_empty()
    }

    pub(super) fn note(&mut self, checkpoint: Checkpoint) {
        put(&mut self.checkpoints, checkpoint);
    }

    /// Whether a commit on top of `base` would say nothing new.
    pub(super) fn changes_nothing(&self, base: &Snapshot) -> bool {
        let known = |noted: &Checkpoint| {
            let mut committed = base.manifest.checkpoints.iter();
            let before = committed.find(|it| it.feed == noted.feed);
            before.is_some_and(|before| !noted.says_more_than(before))
        };
        self.builder.is_empty() && self.checkpoints.iter().all(known)
    }

    /// The versions that the batch holds, for the batch after it.
    pub(super) fn take_versions(&mut self) -> HashSet<u64> {
        std::mem::take(&mut self.versions)
    }

    /// Takes the offer in if it is news; `id` is its packed id. Where all versions are kept, one that
    /// is not news is taken in as a past one, if it is not held.
    pub(super) fn offer(
        &mut self,
        definitions: &Definitions,
        extractor: &mut Extractor,
        offer: &Offer<'_>,
        id: &[u8],
        before: &Before<'_>,
    ) -> Result<Applied> {
        let mut state = State {
            version: offer.version,
            last_updated: offer.last_updated,
            deleted: offer.bytes.is_none(),
            partial: offer.partial,
        };
        if state.deleted && state.last_updated.is_none() && state.version.is_empty() {
            state.last_updated = self.right_after(offer.identity.kind, id, before);
        }
        let current = self.judge(offer.identity.kind, id, state, before);
        if !current && !self.is_kept(offer.identity.kind, id, state, before) {
            return Ok(Applied::Unchanged);
        }
        if before.keep == Versions::All {
            let name = version_name(offer.identity.kind, id, state);
            self.versions.insert(name);
        }
        let bytes = offer.bytes.unwrap_or_default();
        let identity = offer.identity;
        let slot = self
            .builder
            .add(definitions, extractor, identity, id, state, bytes, current)?;
        if !current {
            self.superseded.own_is_past(slot);
        }
        Ok(if state.deleted {
            Applied::Deleted
        } else {
            Applied::Stored
        })
    }

    /// The time of a deletion of which none is told: just after what is held. Else a version that is older
    /// than the deletion and comes later could not be told to be older.
    fn right_after(&self, kind: &str, id: &[u8], before: &Before<'_>) -> Option<Instant> {
        let in_batch = self.builder.latest(kind, id).map(|(_, state)| state);
        let flying = || before.flying?.latest(kind, id).map(|(_, state)| state);
        let stored = || before.known.current(kind, id).map(|held| held.state());
        let held = in_batch.or_else(flying).or_else(stored)?;
        let time = held.last_updated.filter(|_| !held.deleted)?;
        Some(just_after(time))
    }

    /// Whether an offer becomes the current version; what was current before is then past.
    fn judge(&mut self, kind: &str, id: &[u8], state: State<'_>, before: &Before<'_>) -> bool {
        if let Some((slot, latest)) = self.builder.latest(kind, id) {
            let news = is_news(latest, state, Ties::FirstWins);
            if news {
                self.superseded.own_is_past(slot);
            }
            return news;
        }
        let flying = before.flying.and_then(|flying| flying.latest(kind, id));
        let stored = || {
            let held = before.known.current(kind, id)?;
            let state = held.state();
            let (address, deleted) = (held.address, state.deleted);
            Some((Stored { address, deleted }, state))
        };
        let Some((stored, held)) = flying.or_else(stored) else {
            return true;
        };
        let name = [kind.as_bytes(), b"/", id].concat();
        let ties = match self.confirmed.contains(&name) {
            true => Ties::FirstWins,
            false => Ties::LastWins,
        };
        if !is_news(held, state, ties) {
            self.confirmed.insert(name);
            return false;
        }
        self.superseded.stored.push(stored);
        true
    }

    /// Whether a version that is not current is one to keep.
    fn is_kept(&self, kind: &str, id: &[u8], state: State<'_>, before: &Before<'_>) -> bool {
        if before.keep == Versions::Current || state.partial {
            return false;
        }
        let name = version_name(kind, id, state);
        let flying = before.flying.map(|flying| &flying.versions);
        let in_batches = self.versions.contains(&name)
            || flying.is_some_and(|versions| versions.contains(&name));
        let mut held = before.known.of(kind, id).iter();
        !in_batches && !held.any(|held| version_name(kind, id, held.state()) == name)
    }

    /// Who is in the batch, to be asked for.
    pub(super) fn names(&self) -> Names<'_> {
        names(self.builder.directories())
    }

    /// Decides anew what supersedes what, after another writer's commit.
    pub(super) fn judge_again(&mut self, known: &Known) {
        self.superseded
            .judge_again(self.builder.directories(), known);
    }
}

/// The resources of some parts.
pub(super) fn names<'a>(directories: impl IntoIterator<Item = &'a Directory>) -> Names<'a> {
    let of_part = |directory: &'a Directory| {
        let documents = 0..directory.ids.len();
        let ids = documents.map(|document| directory.ids.get(document));
        (directory.kind.as_str(), ids.collect())
    };
    directories.into_iter().map(of_part).collect()
}

/// Puts a checkpoint in the place of its feed's.
pub(super) fn put(checkpoints: &mut Vec<Checkpoint>, checkpoint: Checkpoint) {
    let mut known = checkpoints.iter_mut();
    match known.find(|known| known.feed == checkpoint.feed) {
        Some(known) => *known = checkpoint,
        None => checkpoints.push(checkpoint),
    }
}

/// One number for a version of a resource. Where the server numbers its versions, the number tells;
/// else the time.
fn version_name(kind: &str, id: &[u8], state: State<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let time = state.last_updated.filter(|_| state.version.is_empty());
    let time = time.map(|at| at.0);
    (kind, id, state.version, state.deleted, time).hash(&mut hasher);
    hasher.finish()
}

impl Superseded {
    fn own_is_past(&mut self, slot: Slot) {
        if self.own.len() <= slot.part {
            self.own.resize_with(slot.part + 1, Documents::default);
        }
        self.own[slot.part].insert(slot.document);
    }

    pub(super) fn judge_again<'b>(
        &mut self,
        ours: impl Iterator<Item = &'b Directory>,
        known: &Known,
    ) {
        self.stored.clear();
        for (part, directory) in ours.enumerate() {
            for document in 0..directory.ids.len() {
                let past = self.own.get(part);
                if past.is_some_and(|past| past.contains(document)) {
                    continue;
                }
                let id = directory.ids.get(document);
                let held = known.current(&directory.kind, id);
                let (Some(held), Some(state)) = (held, directory.states.get(document)) else {
                    continue;
                };
                match is_news(held.state(), state, Ties::LastWins) {
                    true => self.stored.push(Stored {
                        address: held.address,
                        deleted: held.state().deleted,
                    }),
                    // The other writer has this version or a newer one: ours is past on arrival.
                    false => self.own_is_past(Slot { part, document }),
                }
            }
        }
    }
}
