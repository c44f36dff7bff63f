//! What is held of given resources: found by the hashes of their ids, verified, all in three reads.

use std::collections::HashMap;

use super::asked::{Asked, Set};
use super::codec::damaged;
use super::ids::{GROUP, packed};
use super::lookup::{chunk_of, hash};
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

/// A document that may be of a resource asked for, and below it, in the number, which of the ids that is.
#[derive(Clone, Copy)]
struct Candidate(u64);

impl Candidate {
    fn number(document: u32, id: usize) -> u64 {
        u64::from(document) << 32 | id as u64
    }

    fn document(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn id<'a>(self, ids: &[&'a [u8]]) -> Result<&'a [u8]> {
        let id = ids.get(self.0 as u32 as usize);
        id.copied().ok_or_else(|| damaged("directory"))
    }
}

/// Ids by their hash.
struct Wanted<'a> {
    ids: &'a [&'a [u8]],
    /// The upper half of a hash, and below that where the id stands among them; ascending.
    places: Vec<u64>,
    /// Where those begin that have the same first bits.
    starts: Vec<u32>,
    /// How far a hash is shifted to leave those bits.
    shift: u32,
}

impl<'a> Wanted<'a> {
    fn of(ids: &'a [&'a [u8]], hashes: &[u64]) -> Self {
        let places = hashes.iter().enumerate();
        let places = places.map(|(at, hash)| hash & UPPER | at as u64);
        let mut places: Vec<u64> = places.collect();
        places.sort_unstable();
        // About as many as there are ids, so that few share one.
        let bits = (places.len().max(2) as u32).ilog2();
        let shift = 64 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (at, place) in places.iter().enumerate() {
            while starts.len() as u64 <= place >> shift {
                starts.push(at as u32);
            }
        }
        starts.resize((1 << bits) + 1, places.len() as u32);
        Wanted {
            ids,
            places,
            starts,
            shift,
        }
    }

    /// Where an id stands among them.
    fn place(&self, id: &[u8]) -> Option<usize> {
        let hash = hash(id);
        let bits = (hash >> self.shift) as usize;
        let (start, end) = (self.starts[bits] as usize, self.starts[bits + 1] as usize);
        let alike = self.places[start..end].iter();
        let same = alike.filter(|place| *place & UPPER == hash & UPPER);
        let mut places = same.map(|place| *place as u32 as usize);
        places.find(|at| self.ids[*at] == id)
    }
}

const UPPER: u64 = u64::MAX << 32;

impl<S: Store> Replica<S> {
    /// Every version that `snapshot` holds of these resources.
    pub(super) async fn held(&self, snapshot: &Snapshot, names: &Names<'_>) -> Result<Known> {
        let mut known = Known::default();
        for (kind, ids) in names {
            let sources = self.sources(snapshot, Some(kind)).await?;
            let candidates = self.candidates(&sources, ids).await?;
            let mut wants = Vec::new();
            for (source, candidates) in sources.iter().zip(&candidates) {
                for candidate in candidates {
                    wants.push(source.ids(candidate.document())?);
                    wants.push(source.states(candidate.document())?);
                }
            }
            if wants.is_empty() {
                continue;
            }
            let frames = self.load(&wants).await?;
            let of_kind = known.0.entry(kind.to_string()).or_default();
            let mut pairs = wants.chunks_exact(2);
            for (source, candidates) in sources.iter().zip(&candidates) {
                for (candidate, pair) in candidates.iter().zip(&mut pairs) {
                    let (document, id) = (candidate.document(), candidate.id(ids)?);
                    let at = document % GROUP;
                    if frames.ids(&pair[0])?.get(at) != id {
                        continue;
                    }
                    let state = frames.states(&pair[1])?.get(at);
                    let state = state.ok_or_else(|| damaged("directory"))?;
                    let held = Held {
                        address: source.address(document),
                        current: source.is_current(snapshot, document),
                        version: state.version.to_string(),
                        last_updated: state.last_updated,
                        deleted: state.deleted,
                        partial: state.partial,
                    };
                    let of_id = of_kind.entry(id.to_vec()).or_default();
                    if !of_id.contains(&held) {
                        of_id.push(held);
                    }
                }
            }
        }
        Ok(known)
    }

    /// The live documents of these packed ids.
    pub(super) async fn live_of(&self, asked: &Asked<'_>, ids: &[&[u8]]) -> Result<Set> {
        let candidates = self.candidates(asked.sources, ids).await?;
        let group = |it: &Candidate| it.document() / GROUP;
        let mut wants = Vec::new();
        for (source, candidates) in asked.sources.iter().zip(&candidates) {
            for of_group in candidates.chunk_by(|a, b| group(a) == group(b)) {
                wants.push(source.ids(of_group[0].document())?);
            }
        }
        let frames = self.load(&wants).await?;
        let mut wants = wants.iter();
        let mut all = Set::with_capacity(candidates.len());
        for (source, candidates) in asked.sources.iter().zip(&candidates) {
            let mut live = Vec::with_capacity(candidates.len());
            let groups = candidates.chunk_by(|a, b| group(a) == group(b));
            for (of_group, want) in groups.zip(&mut wants) {
                let known = frames.ids(want)?;
                for candidate in of_group {
                    let document = candidate.document();
                    let is_it = known.get(document % GROUP) == candidate.id(ids)?
                        && asked.is_live(source, document);
                    if is_it && live.last() != Some(&document) {
                        live.push(document);
                    }
                }
            }
            all.push(live);
        }
        Ok(all)
    }

    /// The documents of each source that may have one of these ids, ascending.
    async fn candidates(&self, sources: &[Source], ids: &[&[u8]]) -> Result<Vec<Vec<Candidate>>> {
        let hashes: Vec<u64> = ids.iter().map(|id| hash(id)).collect();
        let mut all = Vec::with_capacity(sources.len());
        let mut wanted = None;
        for source in sources {
            let mut candidates = match source.part().documents as usize > ids.len() {
                true => self.looked_up(source, &hashes).await?,
                // Fewer documents than ids: these are looked for among the ids.
                false => {
                    self.among(
                        source,
                        wanted.get_or_insert_with(|| Wanted::of(ids, &hashes)),
                    )
                    .await?
                }
            };
            candidates.sort_unstable();
            all.push(candidates.into_iter().map(Candidate).collect());
        }
        Ok(all)
    }

    /// The candidates of a source by its lookup.
    async fn looked_up(&self, source: &Source, hashes: &[u64]) -> Result<Vec<u64>> {
        // Of each chunk that is needed once, at its number.
        let mut wants = vec![None; source.part().lookup.len()];
        let count = wants.len();
        for hash in hashes {
            if let Some(want @ None) = wants.get_mut(chunk_of(*hash, count)) {
                *want = source.lookup(*hash);
            }
        }
        let all: Vec<_> = wants.iter().flatten().copied().collect();
        let frames = self.load(&all).await?;
        let open = |want: &Option<_>| want.as_ref().map(|want| frames.lookup(want)).transpose();
        let chunks = wants.iter().map(open).collect::<Result<Vec<_>>>()?;
        let mut candidates = Vec::new();
        for (id, hash) in hashes.iter().enumerate() {
            let Some(Some(lookup)) = chunks.get(chunk_of(*hash, count)) else {
                continue;
            };
            let found = lookup.find(*hash, count);
            // A document beyond the part can only come from damage.
            let found = found.filter(|document| *document < source.part().documents);
            candidates.extend(found.map(|document| Candidate::number(document, id)));
        }
        Ok(candidates)
    }

    /// The candidates of a source by its ids.
    async fn among(&self, source: &Source, wanted: &Wanted<'_>) -> Result<Vec<u64>> {
        let starts = (0..source.part().documents).step_by(GROUP as usize);
        let starts: Vec<u32> = starts.collect();
        let wants = starts.iter().map(|start| source.ids(*start));
        let wants = wants.collect::<Result<Vec<_>>>()?;
        let frames = self.load(&wants).await?;
        let mut candidates = Vec::new();
        for (start, want) in starts.into_iter().zip(&wants) {
            let ids = frames.ids(want)?;
            for at in 0..ids.len() {
                if let Some(id) = wanted.place(ids.get(at)) {
                    candidates.push(Candidate::number(start + at, id));
                }
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
