//! What is held of given resources: found by the hashes of their ids, verified, all in three reads.

use std::collections::HashMap;

use super::asked::{Asked, Set};
use super::codec::damaged;
use super::ids::{GROUP, packed};
use super::lookup::{chunk_of, hash};
use super::sorting::sort_by;
use super::source::{Address, Source};
use super::states::State;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::{Identity, Instant};
use crate::host::Store;

/// A version of a resource that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) address: Address,
    /// Whether it is the current one.
    pub(super) current: bool,
    version: String,
    last_updated: Option<Instant>,
    deleted: bool,
    partial: bool,
}

impl Held {
    pub(super) fn state(&self) -> State<'_> {
        State {
            version: &self.version,
            last_updated: self.last_updated,
            deleted: self.deleted,
            partial: self.partial,
        }
    }
}

/// Who is asked for: a type and packed ids of it.
pub(super) type Names<'a> = HashMap<&'a str, Vec<&'a [u8]>>;

/// The versions that are held, by type and packed id. Who is not in it is not held.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<String, HashMap<Vec<u8>, Vec<Held>>>);

impl Known {
    /// The versions held of a resource.
    pub(super) fn of(&self, kind: &str, id: &[u8]) -> &[Held] {
        let of_kind = self.0.get(kind).and_then(|ids| ids.get(id));
        of_kind.map_or(&[], Vec::as_slice)
    }

    /// The current version of a resource.
    pub(super) fn current(&self, kind: &str, id: &[u8]) -> Option<&Held> {
        self.of(kind, id).iter().rev().find(|held| held.current)
    }
}

/// A document that may be of a resource asked for.
struct Candidate<'a> {
    id: &'a [u8],
    source: usize,
    document: u32,
}

impl<S: Store> Replica<S> {
    /// Every version that `snapshot` holds of these resources.
    pub(super) async fn held(&self, snapshot: &Snapshot, names: &Names<'_>) -> Result<Known> {
        let mut known = Known::default();
        for (kind, ids) in names {
            let sources = self.sources(snapshot, Some(kind)).await?;
            let candidates = self.candidates(&sources, ids).await?;
            if candidates.is_empty() {
                continue;
            }
            let mut wants = Vec::with_capacity(candidates.len() * 2);
            for candidate in &candidates {
                let source = &sources[candidate.source];
                wants.push(source.ids(candidate.document)?);
                wants.push(source.states(candidate.document)?);
            }
            let frames = self.load(&wants).await?;
            let of_kind = known.0.entry(kind.to_string()).or_default();
            for (candidate, pair) in candidates.iter().zip(wants.chunks_exact(2)) {
                let at = candidate.document % GROUP;
                if frames.ids(&pair[0])?.get(at) != candidate.id {
                    continue;
                }
                let state = frames.states(&pair[1])?.get(at);
                let state = state.ok_or_else(|| damaged("directory"))?;
                let source = &sources[candidate.source];
                let held = Held {
                    address: source.address(candidate.document),
                    current: source.is_current(snapshot, candidate.document),
                    version: state.version.to_string(),
                    last_updated: state.last_updated,
                    deleted: state.deleted,
                    partial: state.partial,
                };
                let of_id = of_kind.entry(candidate.id.to_vec()).or_default();
                if !of_id.contains(&held) {
                    of_id.push(held);
                }
            }
        }
        Ok(known)
    }

    /// The live documents of these packed ids.
    pub(super) async fn live_of(&self, asked: &Asked<'_>, ids: &[&[u8]]) -> Result<Set> {
        let mut candidates = self.candidates(asked.sources, ids).await?;
        let place = |it: &Candidate<'_>| (it.source, it.document);
        sort_by(&mut candidates, |a, b| place(a).cmp(&place(b)));
        let group = |it: &Candidate<'_>| (it.source, it.document / GROUP);
        let groups = || candidates.chunk_by(|a, b| group(a) == group(b));
        let want = |of: &[Candidate<'_>]| asked.sources[of[0].source].ids(of[0].document);
        let wants = groups().map(want).collect::<Result<Vec<_>>>()?;
        let frames = self.load(&wants).await?;
        let mut live: Set = asked.sources.iter().map(|_| Vec::new()).collect();
        for (of_group, want) in groups().zip(&wants) {
            let known = frames.ids(want)?;
            for Candidate {
                id,
                source,
                document,
            } in of_group
            {
                let is_it = known.get(document % GROUP) == *id
                    && asked.is_live(&asked.sources[*source], *document);
                if is_it && live[*source].last() != Some(document) {
                    live[*source].push(*document);
                }
            }
        }
        Ok(live)
    }

    async fn candidates<'a>(
        &self,
        sources: &[Source],
        ids: &[&'a [u8]],
    ) -> Result<Vec<Candidate<'a>>> {
        let hashes: Vec<u64> = ids.iter().map(|id| hash(id)).collect();
        let mut wants = Vec::new();
        for source in sources {
            // Of each chunk that is needed once, at its number.
            let mut chunks = vec![None; source.part().lookup.len()];
            for hash in &hashes {
                let chunk = chunk_of(*hash, chunks.len());
                if let Some(want @ None) = chunks.get_mut(chunk) {
                    *want = source.lookup(*hash);
                }
            }
            wants.push(chunks);
        }
        let all: Vec<_> = wants.iter().flatten().flatten().copied().collect();
        let frames = self.load(&all).await?;
        let mut candidates = Vec::new();
        for (number, (source, wants)) in sources.iter().zip(&wants).enumerate() {
            let open = |want: &Option<_>| want.as_ref().map(|want| frames.lookup(want)).transpose();
            let chunks = wants.iter().map(open).collect::<Result<Vec<_>>>()?;
            for (id, hash) in ids.iter().zip(&hashes) {
                let chunk = chunk_of(*hash, chunks.len());
                let Some(Some(lookup)) = chunks.get(chunk) else {
                    continue;
                };
                let found = lookup.find(*hash, chunks.len());
                // A document beyond the part can only come from damage.
                let found = found.filter(|document| *document < source.part().documents);
                candidates.extend(found.map(|document| Candidate {
                    id,
                    source: number,
                    document,
                }));
            }
        }
        Ok(candidates)
    }

    /// The versions that `snapshot` holds of one resource, in the order in which they came.
    pub(super) async fn versions_of(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
    ) -> Result<Vec<Held>> {
        let id = packed(identity.id);
        let names = HashMap::from([(identity.kind, vec![id.as_slice()])]);
        let known = self.held(snapshot, &names).await?;
        Ok(known.of(identity.kind, &id).to_vec())
    }
}
