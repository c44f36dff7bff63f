//! The commits of a replica in their order, for whoever passes them on.
//!
//! What is told is where things stand: of each resource the latest change, deletions included, at
//! the commit that brought it. Merging moves documents and keeps which commit they came with, so a
//! reader that comes back after a year, with the last generation that it has seen to its end, is
//! told all that has happened since, each resource once.

use std::collections::HashSet;
use std::rc::Rc;

use super::codec::damaged;
use super::ids::GROUP;
use super::source::Source;
use super::{Replica, Snapshot};
use crate::fhir::Instant;
use crate::host::Store;
use crate::search::term::unpack_id;
use crate::{Code, Error, Result};

/// About so many bytes of JSON are told at a time.
const AT_ONCE: usize = 1024 * 1024;
/// And no more documents than this: deletions have no bytes.
const MOST: usize = 4096;
/// So many are read at a time: what is told goes beyond the bound by these at most.
const STEP: usize = 64;

/// The latest change of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The commit that brought it. A reader who has had all of one goes on after it.
    pub generation: u64,
    /// The resource type.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// `meta.versionId`; empty: unknown.
    pub version: String,
    /// When it came to be, by the server's clock.
    pub last_updated: Option<Instant>,
    /// The resource; `None` when it was deleted.
    pub bytes: Option<Vec<u8>>,
}

/// Goes through the changes after a generation.
pub struct Changes<S> {
    replica: Rc<Replica<S>>,
    /// All of this generation was told.
    told: u64,
    /// A later one that is told in part.
    begun: Begun,
}

/// What was told already of a generation.
#[derive(Default)]
struct Begun {
    generation: u64,
    /// Type and id.
    told: HashSet<(String, String)>,
}

impl<S: Store> Changes<S> {
    /// The changes after `generation`; all from 0 on.
    pub fn since(replica: Rc<Replica<S>>, generation: u64) -> Self {
        Changes {
            replica,
            told: generation,
            begun: Begun::default(),
        }
    }

    /// The next changes, or `None` when there are no more now; later there may be.
    ///
    /// # Errors
    /// Those of the store. The same changes are told by the next call.
    pub async fn next(&mut self) -> Result<Option<Vec<Change>>> {
        let (told, begun) = (self.told, &self.begun);
        let replica = &self.replica;
        let (changes, complete) = replica
            .consistent(async |snapshot: &Snapshot| replica.changes(snapshot, told, begun).await)
            .await?;
        let Some(generation) = changes.last().map(|change| change.generation) else {
            return Ok(None);
        };
        if complete {
            (self.told, self.begun) = (generation, Begun::default());
        } else {
            if self.begun.generation != generation {
                self.begun = Begun {
                    generation,
                    ..Begun::default()
                };
                self.told = generation - 1;
            }
            let last = changes.iter().filter(|it| it.generation == generation);
            let names = last.map(|change| (change.kind.clone(), change.id.clone()));
            self.begun.told.extend(names);
        }
        Ok(Some(changes))
    }
}

impl<S: Store> Replica<S> {
    /// The first changes after `told` that are not in `begun`, and whether the last commit among
    /// them is told to its end.
    async fn changes(
        &self,
        snapshot: &Snapshot,
        told: u64,
        begun: &Begun,
    ) -> Result<(Vec<Change>, bool)> {
        if told > snapshot.generation {
            return Err(Error::new(
                Code::BadInput,
                "The replica was begun anew since these changes were read; read them from 0 on.",
            ));
        }
        // Told without what was lost, they would look whole; what is pulled again is told then.
        if let Some(kind) = snapshot.manifest.lacking().next() {
            return Err(damaged(kind));
        }
        let sources = self.sources(snapshot, None).await?;
        let generations = sources
            .iter()
            .flat_map(|source| generations(source, snapshot));
        let mut generations: Vec<u64> = generations.filter(|it| *it > told).collect();
        generations.sort_unstable();
        generations.dedup();
        let mut changes = Vec::new();
        let mut bytes = 0;
        for generation in generations {
            let of_sources = sources
                .iter()
                .map(|it| documents_of(it, snapshot, generation));
            for (source, documents) in sources.iter().zip(of_sources) {
                let groups = documents.chunk_by(|a, b| a / GROUP == b / GROUP);
                for group in groups.flat_map(|group| group.chunks(STEP)) {
                    let told = self
                        .tell(snapshot, source, group, generation, begun, &mut changes)
                        .await?;
                    bytes += told;
                    if bytes >= AT_ONCE || changes.len() >= MOST {
                        return Ok((changes, false));
                    }
                }
            }
            if bytes >= AT_ONCE / 2 {
                return Ok((changes, true));
            }
        }
        Ok((changes, true))
    }

    /// Adds the changes of some documents of one group, as far as they fit; how many bytes.
    async fn tell(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        documents: &[u32],
        generation: u64,
        begun: &Begun,
        changes: &mut Vec<Change>,
    ) -> Result<usize> {
        let Some(first) = documents.first() else {
            return Ok(0);
        };
        let (ids, states) = (source.ids(*first)?, source.states(*first)?);
        let frames = self.load(&[ids, states]).await?;
        let (ids, states) = (frames.ids(&ids)?, frames.states(&states)?);
        let (mut wanted, mut bytes) = (Vec::new(), 0);
        let begins_at = changes.len();
        let kind = &source.part().kind;
        for document in documents {
            let at = document % GROUP;
            let id = unpack_id(ids.get(at));
            let (Some(id), Some(state)) = (id, states.get(at)) else {
                return Err(damaged("directory"));
            };
            let is_begun = begun.generation == generation;
            if is_begun && begun.told.contains(&(kind.clone(), id.clone())) {
                continue;
            }
            if !state.deleted {
                wanted.push(source.address(*document));
            }
            changes.push(Change {
                generation,
                kind: kind.clone(),
                id,
                version: state.version.to_string(),
                last_updated: state.last_updated,
                bytes: (!state.deleted).then(Vec::new),
            });
        }
        let mut added = changes[begins_at..]
            .iter_mut()
            .filter_map(|change| change.bytes.as_mut());
        self.each_document(snapshot, &wanted, &mut |id, block, number| {
            let out = added.next()?;
            block.put(number, id, out)?;
            bytes += out.len();
            Some(())
        })
        .await?;
        Ok(bytes)
    }
}

/// The commits that documents of a source came with.
fn generations(source: &Source, snapshot: &Snapshot) -> Vec<u64> {
    let runs = &source.part().runs;
    match runs.is_empty() {
        true => vec![snapshot.manifest.segments[source.entry].generation],
        false => runs.iter().map(|run| run.generation).collect(),
    }
}

/// The current documents of a source that came with a commit, ascending.
fn documents_of(source: &Source, snapshot: &Snapshot, generation: u64) -> Vec<u32> {
    let part = source.part();
    let documents = match part
        .runs
        .iter()
        .position(|run| run.generation == generation)
    {
        Some(at) => {
            let next = part.runs.get(at + 1);
            part.runs[at].first..next.map_or(part.documents, |run| run.first)
        }
        None if part.runs.is_empty()
            && snapshot.manifest.segments[source.entry].generation == generation =>
        {
            0..part.documents
        }
        None => 0..0,
    };
    documents
        .filter(|document| source.is_current(snapshot, *document))
        .collect()
}
