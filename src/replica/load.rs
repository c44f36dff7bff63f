//! Brings frames from the store: all that a step needs in one read, each checked and decoded once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use super::Replica;
use super::block::Block;
use super::cache::{Cached, Loaded, Name};
use super::codec::damaged;
use super::frame::Place;
use super::ids::Ids;
use super::lookup::Lookup;
use super::ranges::Ranges;
use super::segment::{Segment, key};
use super::states::States;
use super::terms::Terms;
use crate::Result;
use crate::host::{Key, Store};

/// So many bytes of frames are worked on at a time.
pub(super) const AT_ONCE: usize = 8 * 1024 * 1024;

/// Whose a frame is: a segment by its number, and one of its parts; none for the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) segment: u32,
    pub(super) part: Option<usize>,
}

impl Owner {
    pub(super) fn head(segment: u32) -> Owner {
        Owner {
            segment,
            part: None,
        }
    }
}

/// A frame to load: whose it is, where, and what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Want {
    pub(super) owner: Owner,
    pub(super) key: Key,
    pub(super) place: Place,
    pub(super) form: Form,
}

/// These keys in their order, each once. They are sorted as numbers, which are sorted elsewhere too.
pub(super) fn each_once(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    let mut numbers: Vec<u64> = keys.map(|key| key.0).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.into_iter().map(Key).collect()
}

/// How to decode a frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Block,
    Ids,
    States,
    Lookup,
    Terms,
    Ranges,
}

impl Want {
    fn name(&self) -> Name {
        (self.key, self.place.offset)
    }
}

/// What was loaded, by the wants that it was loaded for.
#[derive(Debug, Default)]
pub(super) struct Frames(HashMap<Name, Loaded>);

/// A frame of the wanted kind, or an error where nothing was loaded for the want.
macro_rules! frame_of {
    ($method:ident, $kind:ident) => {
        pub(super) fn $method(&self, want: &Want) -> Result<&$kind> {
            match self.0.get(&want.name()) {
                Some(Loaded::$kind(found)) => Ok(found),
                _ => Err(damaged("segment")),
            }
        }
    };
}

impl Frames {
    frame_of!(block, Block);
    frame_of!(ids, Ids);
    frame_of!(states, States);
    frame_of!(lookup, Lookup);
    frame_of!(terms, Terms);
    frame_of!(ranges, Ranges);
}

impl<S: Store> Replica<S> {
    /// The frames of `wants`. What is missing or broken is noted, so that the next pull repairs it.
    pub(super) async fn load(&self, wants: &[Want]) -> Result<Frames> {
        let mut frames = Frames::default();
        let mut missing: Vec<&Want> = Vec::new();
        for want in wants {
            if let Entry::Vacant(vacant) = frames.0.entry(want.name()) {
                let cached = self.cache.borrow_mut().get(want.name());
                match cached {
                    Some(Cached::Decoded(loaded)) => drop(vacant.insert(loaded)),
                    Some(Cached::Stored(stored)) => {
                        let loaded = self.decode(want, &stored, Some(&stored))?;
                        vacant.insert(loaded);
                    }
                    None => missing.push(want),
                }
            }
        }
        let keys = each_once(missing.iter().map(|want| want.key));
        if keys.is_empty() {
            return Ok(frames);
        }
        let values = self.store.read(&keys).await?;
        self.count_reads(&values);
        for want in missing {
            if frames.0.contains_key(&want.name()) {
                continue;
            }
            let at = keys.binary_search(&want.key).ok();
            let value = at.and_then(|at| values.get(at)?.as_deref());
            let stored = value
                .ok_or_else(|| damaged("segment"))
                .and_then(|value| want.place.stored(value))
                .inspect_err(|_| self.note_damage(want.owner))?;
            let loaded = self.decode(want, stored, None)?;
            frames.0.insert(want.name(), loaded);
        }
        Ok(frames)
    }

    fn count_reads(&self, values: &[Option<Vec<u8>>]) {
        let mut reads = self.reads.get();
        for value in values.iter().flatten() {
            reads.values += 1;
            reads.bytes += value.len() as u64;
        }
        self.reads.set(reads);
    }

    /// Inflates and decodes a frame, and keeps it; `kept` is how the cache has it already.
    fn decode(&self, want: &Want, stored: &[u8], kept: Option<&Rc<[u8]>>) -> Result<Loaded> {
        let mut reads = self.reads.get();
        reads.frames += 1;
        self.reads.set(reads);
        let raw = want.place.inflate(stored);
        let loaded = raw
            .and_then(|raw| decode(want.form, raw))
            .inspect_err(|_| self.note_damage(want.owner))?;
        let is_kept = matches!(want.form, Form::Block) && want.place.stored <= want.place.raw / 2;
        let kept = is_kept.then(|| kept.cloned().unwrap_or_else(|| stored.into()));
        let mut cache = self.cache.borrow_mut();
        cache.put(want.name(), loaded.clone(), kept);
        Ok(loaded)
    }

    /// Whole values, past the cache: for merging.
    pub(super) async fn values(&self, keys: &[Key]) -> Result<HashMap<Key, Vec<u8>>> {
        let values = self.store.read(keys).await?;
        let found = keys.iter().zip(values);
        Ok(found
            .filter_map(|(key, value)| Some((*key, value?)))
            .collect())
    }

    /// The heads of these segments, in their order.
    pub(super) async fn heads(&self, numbers: &[u32]) -> Result<Vec<Rc<Segment>>> {
        let missing: Vec<u32> = {
            let known = self.segments.borrow();
            let unknown = |number: &&u32| !known.contains_key(number);
            numbers.iter().filter(unknown).copied().collect()
        };
        if !missing.is_empty() {
            let keys: Vec<Key> = missing.iter().map(|number| key(*number, 0)).collect();
            let values = self.store.read(&keys).await?;
            self.count_reads(&values);
            for (number, value) in missing.into_iter().zip(values) {
                let head = value.ok_or_else(|| damaged("segment"));
                let head = head
                    .and_then(|head| Segment::open(&head))
                    .inspect_err(|_| self.note_damage(Owner::head(number)))?;
                self.segments.borrow_mut().insert(number, Rc::new(head));
            }
        }
        let known = self.segments.borrow();
        let head = |number| known.get(number).cloned().ok_or_else(|| damaged("segment"));
        numbers.iter().map(head).collect()
    }
}

fn decode(form: Form, bytes: Vec<u8>) -> Result<Loaded> {
    Ok(match form {
        Form::Block => Loaded::Block(Rc::new(Block::open(bytes)?)),
        Form::Ids => Loaded::Ids(Rc::new(Ids::open(&bytes)?)),
        Form::States => Loaded::States(Rc::new(States::open(&bytes)?)),
        Form::Lookup => Loaded::Lookup(Rc::new(Lookup::open(bytes)?)),
        Form::Terms => Loaded::Terms(Rc::new(Terms::open(bytes)?)),
        Form::Ranges => Loaded::Ranges(Rc::new(Ranges::open(&bytes)?)),
    })
}
