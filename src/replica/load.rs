//! Brings frames from the store: all that a step needs in one read, each checked and decoded once.

use std::rc::Rc;

use super::block::Block;
use super::cache::Loaded;
use super::codec::damaged;
use super::directory::{Directory, packed};
use super::frame::Place;
use super::ranges::Ranges;
use super::segment::Segment;
use super::terms::Terms;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::Identity;
use crate::host::{Key, Store};
use crate::search::term::unpack_id;

/// A frame to load: of which segment, where, and what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Want {
    pub(super) segment: u32,
    pub(super) place: Place,
    pub(super) form: Form,
}

/// How to decode a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Block,
    /// With the number of its documents.
    Directory(u32),
    Terms,
    Ranges,
}

/// The key of a segment's value.
pub(super) fn key(segment: u32, value: u32) -> Key {
    Key(u64::from(segment) << 20 | u64::from(value))
}

impl<S: Store> Replica<S> {
    /// The frames of `wants`, in their order.
    pub(super) async fn load(&self, wants: &[Want]) -> Result<Vec<Loaded>> {
        let cached = |want: &Want| self.cache.borrow_mut().get(want.segment, want.place);
        let mut found: Vec<Option<Loaded>> = wants.iter().map(cached).collect();
        let missing = || {
            wants
                .iter()
                .zip(&found)
                .filter(|(_, found)| found.is_none())
        };
        let mut keys: Vec<Key> = missing()
            .map(|(want, _)| key(want.segment, want.place.value))
            .collect();
        if !keys.is_empty() {
            keys.sort_unstable();
            keys.dedup();
            let values = self.store.read(&keys).await?;
            for (want, found) in wants.iter().zip(&mut found) {
                if found.is_some() {
                    continue;
                }
                // Two wants may be for one frame: the second finds it in the cache.
                if let Some(loaded) = cached(want) {
                    *found = Some(loaded);
                    continue;
                }
                let at = keys
                    .binary_search(&key(want.segment, want.place.value))
                    .ok();
                let value = at.and_then(|at| values.get(at)?.as_deref());
                let value = value.ok_or_else(|| damaged("segment"))?;
                let loaded = decode(want.form, want.place.open(value)?)?;
                self.cache
                    .borrow_mut()
                    .put(want.segment, want.place, loaded.clone());
                *found = Some(loaded);
            }
        }
        found
            .into_iter()
            .map(|found| found.ok_or_else(|| damaged("segment")))
            .collect()
    }

    /// The heads of these segments, in their order.
    pub(super) async fn segments(&self, numbers: &[u32]) -> Result<Vec<Rc<Segment>>> {
        let known = |number: &u32| {
            self.segments
                .borrow()
                .iter()
                .any(|(known, _)| known == number)
        };
        let missing: Vec<u32> = numbers
            .iter()
            .copied()
            .filter(|number| !known(number))
            .collect();
        if !missing.is_empty() {
            let keys: Vec<Key> = missing.iter().map(|number| key(*number, 0)).collect();
            let heads = self.store.read(&keys).await?;
            for (number, head) in missing.into_iter().zip(heads) {
                let head = head.ok_or_else(|| damaged("segment"))?;
                let segment = Rc::new(Segment::open(&head)?);
                self.segments.borrow_mut().push((number, segment));
            }
        }
        let segments = self.segments.borrow();
        let segment = |number: &u32| {
            let found = segments.iter().find(|(known, _)| known == number);
            found
                .map(|(_, segment)| segment.clone())
                .ok_or_else(|| damaged("segment"))
        };
        numbers.iter().map(segment).collect()
    }

    /// The head of one segment.
    pub(super) async fn segment(&self, number: u32) -> Result<Rc<Segment>> {
        let segments = self.segments(&[number]).await?;
        segments
            .into_iter()
            .next()
            .ok_or_else(|| damaged("segment"))
    }

    /// The heads of all segments of a snapshot, in its order.
    pub(super) async fn all_segments(&self, snapshot: &Snapshot) -> Result<Vec<Rc<Segment>>> {
        let numbers = snapshot.manifest.segments.iter().map(|entry| entry.number);
        self.segments(&numbers.collect::<Vec<_>>()).await
    }

    /// The directories of all parts of type `kind`, or of all parts: entry, part, directory.
    pub(super) async fn directories(
        &self,
        snapshot: &Snapshot,
        kind: Option<&str>,
    ) -> Result<Vec<(usize, usize, Rc<Directory>)>> {
        let segments = self.all_segments(snapshot).await?;
        let mut places = Vec::new();
        let mut wants = Vec::new();
        for (entry, segment) in segments.iter().enumerate() {
            for (number, part) in segment.parts.iter().enumerate() {
                if kind.is_none_or(|kind| kind == part.kind) {
                    places.push((entry, number));
                    wants.push(Want {
                        segment: snapshot.manifest.segments[entry].number,
                        place: part.directory,
                        form: Form::Directory(part.documents),
                    });
                }
            }
        }
        let loaded = self.load(&wants).await?;
        let pairs = places.into_iter().zip(loaded);
        pairs
            .map(|((entry, part), loaded)| match loaded {
                Loaded::Directory(directory) => Ok((entry, part, directory)),
                _ => Err(damaged("directory")),
            })
            .collect()
    }

    /// Where the current version of a resource is: entry of the manifest, part, document.
    pub(super) async fn locate(
        &self,
        snapshot: &Snapshot,
        identity: Identity<'_>,
    ) -> Result<Option<(usize, usize, u32)>> {
        let id = packed(identity.id);
        let directories = self.directories(snapshot, Some(identity.kind)).await?;
        for (entry, part, directory) in directories.into_iter().rev() {
            let dead = &snapshot.manifest.segments[entry].parts[part].dead;
            let current = directory
                .find(&id)
                .find(|document| !dead.contains(*document));
            if let Some(document) = current {
                return Ok(Some((entry, part, document)));
            }
        }
        Ok(None)
    }

    /// Calls `take` with each document's id and block, in the order asked.
    pub(super) async fn documents(
        &self,
        snapshot: &Snapshot,
        documents: &[(usize, usize, u32)],
        mut take: impl FnMut(&str, &Block, usize) -> Option<()>,
    ) -> Result<()> {
        let segments = self.all_segments(snapshot).await?;
        let mut wants = Vec::with_capacity(documents.len() * 2);
        let mut numbers = Vec::with_capacity(documents.len());
        for (entry, part, document) in documents {
            let part = &segments[*entry].parts[*part];
            let (block, number) = part.block_of(*document).ok_or_else(|| damaged("segment"))?;
            let segment = snapshot.manifest.segments[*entry].number;
            numbers.push((*document, number));
            wants.push(Want {
                segment,
                place: part.directory,
                form: Form::Directory(part.documents),
            });
            wants.push(Want {
                segment,
                place: block.place,
                form: Form::Block,
            });
        }
        let loaded = self.load(&wants).await?;
        for (pair, (document, number)) in loaded.as_chunks::<2>().0.iter().zip(numbers) {
            let taken = match pair {
                [Loaded::Directory(directory), Loaded::Block(block)] => {
                    let id = unpack_id(directory.packed_id(document));
                    id.and_then(|id| take(&id, block, number))
                }
                _ => None,
            };
            taken.ok_or_else(|| damaged("segment"))?;
        }
        Ok(())
    }
}

fn decode(form: Form, bytes: Vec<u8>) -> Result<Loaded> {
    Ok(match form {
        Form::Block => Loaded::Block(Rc::new(Block::open(bytes)?)),
        Form::Directory(documents) => {
            Loaded::Directory(Rc::new(Directory::open(&bytes, documents)?))
        }
        Form::Terms => Loaded::Terms(Rc::new(Terms::open(bytes)?)),
        Form::Ranges => Loaded::Ranges(Rc::new(Ranges::open(&bytes)?)),
    })
}
