//! Merges directories: ids and states in their new order, and a lookup of them.

use super::super::assemble::pack_directory;
use super::super::codec::damaged;
use super::super::frame::Packer;
use super::super::ids::{GROUP, Ids};
use super::super::lookup::{LookupBuilder, hash};
use super::super::segment::{Part, Run};
use super::super::states::States;
use super::super::{Replica, Snapshot};
use super::plan::{Input, Place};
use crate::Result;
use crate::host::Store;

/// So many groups are read at a time.
const GROUPS: usize = 32;

impl<S: Store> Replica<S> {
    /// Fills in who the documents of `part` are; how many of them are current deletions.
    pub(super) async fn merge_directory(
        &self,
        snapshot: &Snapshot,
        inputs: &[Input],
        part: &mut Part,
        index: &mut Packer,
    ) -> Result<u32> {
        let (mut ids, mut states) = (Ids::default(), States::default());
        let mut lookup = LookupBuilder::default();
        let mut current_deletions = 0;
        for input in inputs {
            let source = &input.source;
            let groups = (0..source.part().documents).step_by(GROUP as usize);
            let groups: Vec<u32> = groups.collect();
            for some in groups.chunks(GROUPS) {
                let mut wants = Vec::with_capacity(some.len() * 2);
                for group in some {
                    wants.push(source.ids(*group)?);
                    wants.push(source.states(*group)?);
                }
                let frames = self.load(&wants).await?;
                for (group, pair) in some.iter().zip(wants.chunks_exact(2)) {
                    let (old_ids, old_states) = (frames.ids(&pair[0])?, frames.states(&pair[1])?);
                    let end = source.part().documents.min(group + GROUP);
                    for document in *group..end {
                        let number = ids.len();
                        match input.places[document as usize] {
                            Place::Gone => continue,
                            Place::Hole => {
                                ids.push(&[]);
                                states.push_hole();
                                part.holes.insert(number);
                                continue;
                            }
                            Place::At(_) => {}
                        }
                        let (id, state) = (
                            old_ids.get(document - group),
                            old_states.get(document - group),
                        );
                        let state = state.ok_or_else(|| damaged("directory"))?;
                        ids.push(id);
                        states.push(state);
                        lookup.add(hash(id), number);
                        let current = source.is_current(snapshot, document);
                        if state.deleted {
                            part.deleted.insert(number);
                            current_deletions += u32::from(current);
                        }
                        if !current {
                            part.superseded.insert(number);
                        }
                        let generation = source.generation_of(snapshot, document);
                        if part
                            .runs
                            .last()
                            .is_none_or(|run| run.generation < generation)
                        {
                            part.runs.push(Run {
                                first: number,
                                generation,
                            });
                        }
                    }
                }
            }
        }
        pack_directory(part, &ids, &states, lookup, index);
        Ok(current_deletions)
    }
}
