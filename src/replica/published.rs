//! What a replica hands to others who want all of it: its manifest, and its values in packs.
//!
//! ```text
//! published = "FPRP" format generation manifest pack* checksum        packs: see `packs`
//! ```
//!
//! The manifest says what a copy needs and no more: where a feed goes on by the source's clock and which
//! way it takes, but no link that the source gave, and nothing of what pulling cost. What was lost and pulled
//! again is merged away before, so that all that is named is there.

use std::collections::HashMap;

use super::checkpoint::{Checkpoint, Cost};
use super::codec::{Decoder, damaged, put_bytes, put_number};
use super::load::each_once;
use super::manifest::Manifest;
use super::packs::{Pack, packed};
use super::segment::{Chunks, Part, Segment, key, seal, unseal};
use super::sorting::sort_by;
use super::{Replica, Snapshot};
use crate::fhir::Instant;
use crate::host::{Key, Store};
use crate::{Code, Error, Result};

const MAGIC: &[u8; 4] = b"FPRP";
const FORMAT: u8 = 1;

/// What one generation of a replica consists of, for others.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// How often it was committed to.
    pub generation: u64,
    /// Where its values are, each in one of these.
    pub packs: Vec<Pack>,
    pub(super) manifest: Manifest,
}

impl Published {
    /// Tells the replica from any other, and from itself after it was wiped.
    pub fn lineage(&self) -> u64 {
        self.manifest.born
    }

    /// The base of the server that it is a copy of.
    pub fn server(&self) -> &str {
        &self.manifest.server
    }

    /// How far its feeds have been followed.
    pub fn checkpoints(&self) -> &[Checkpoint] {
        &self.manifest.checkpoints
    }

    /// The resource types that it has.
    pub fn types(&self) -> Vec<String> {
        types(&[&self.manifest])
    }

    /// When what came to it last came, by its source's clock: what comes later has a later time.
    pub fn arrived(&self) -> Option<Instant> {
        self.manifest.arrivals.newest()
    }

    /// Until when anything of its source is known.
    pub fn known_until(&self) -> Option<Instant> {
        let feeds = self.manifest.checkpoints.iter();
        feeds.map(|it| it.as_of).max().flatten().max(self.arrived())
    }

    /// As it is sent.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        put_number(&mut out, self.generation);
        put_bytes(&mut out, &self.manifest.encode());
        put_number(&mut out, self.packs.len() as u64);
        for pack in &self.packs {
            pack.put(&mut out);
        }
        seal(out)
    }

    /// Reads what was sent.
    ///
    /// # Errors
    /// [`Code::NotFhir`] for something else, [`Code::Malformed`] when it is cut short or broken,
    /// [`Code::NewerFormat`] and [`Code::OlderFormat`] when another version of this package wrote it.
    pub fn open(bytes: &[u8]) -> Result<Published> {
        if !bytes.starts_with(MAGIC) {
            return Err(Error::new(
                Code::NotFhir,
                "What was to be cloned is no replica: something else came, perhaps an HTML page. Check that the \
                 URL is the base of a server that hands out its segments.",
            ));
        }
        let body = unseal(bytes, MAGIC, FORMAT, "manifest").map_err(sent)?;
        let mut decoder = Decoder::new(body);
        let (Some(generation), Some(manifest)) = (decoder.number(), decoder.bytes()) else {
            return Err(broken());
        };
        let manifest = Manifest::open(manifest).map_err(sent)?;
        let packs = Published::packs(&mut decoder).ok_or_else(broken)?;
        let published = Published {
            generation,
            packs,
            manifest,
        };
        match published.is_sound() {
            true => Ok(published),
            false => Err(broken()),
        }
    }

    fn packs(decoder: &mut Decoder<'_>) -> Option<Vec<Pack>> {
        (0..decoder.count()?).map(|_| Pack::get(decoder)).collect()
    }

    /// Whether it can be, as far as it tells by itself: times that are times, each value in one pack.
    fn is_sound(&self) -> bool {
        let feeds = self.manifest.checkpoints.iter();
        let times = feeds.flat_map(|it| [it.cursor, it.as_of]);
        let mut times = times.chain([self.arrived()]).flatten();
        let keys = || self.packs.iter().flat_map(|pack| &pack.keys);
        let each = each_once(keys().copied());
        times.all(Instant::has_four_digits) && each.len() == keys().count()
    }

    /// One more than the highest number of a segment that it names.
    pub(super) fn numbers(&self) -> u64 {
        let keys = self.packs.iter().flat_map(|pack| &pack.keys);
        let of_keys = keys.map(|key| key.0 >> 20);
        let entries = self.manifest.segments.iter();
        let numbers = of_keys.chain(entries.map(|entry| u64::from(entry.number)));
        numbers.max().map_or(0, |most| most + 1)
    }
}

/// The resource types of all of these, each once.
pub(super) fn types(of: &[&Manifest]) -> Vec<String> {
    let segments = of.iter().flat_map(|manifest| &manifest.segments);
    let parts = segments.flat_map(|it| &it.parts);
    let mut types: Vec<String> = Vec::new();
    for part in parts {
        // They are few.
        if let Err(place) = types.binary_search(&part.kind) {
            types.insert(place, part.kind.clone());
        }
    }
    types
}

/// What is wrong with something that was sent, in words that fit.
pub(super) fn sent(error: Error) -> Error {
    match error.code() {
        Code::NewerFormat => Error::new(
            Code::NewerFormat,
            "What was to be cloned was written by a newer version of fhir-pull; update this one. Nothing was \
             changed.",
        ),
        Code::OlderFormat => Error::new(
            Code::OlderFormat,
            "What was to be cloned was written by an older version of fhir-pull; update the server that hands it \
             out. Nothing was changed.",
        ),
        Code::Damaged | Code::WrongKey => broken(),
        _ => error,
    }
}

/// What was sent is not what was asked for.
pub(super) fn broken() -> Error {
    Error::new(
        Code::Malformed,
        "What was to be cloned came cut short or broken: its checksum is wrong, or its parts do not fit \
         together. Try again later.",
    )
}

impl<S: Store> Replica<S> {
    /// What this generation consists of.
    ///
    /// # Errors
    /// [`Code::Damaged`] when something was lost and is not pulled again yet, and those of the store.
    pub async fn published(&self) -> Result<Published> {
        // Others may write to the store and never tell.
        self.refresh().await?;
        self.merge_what_was_lost().await?;
        self.consistent(async |snapshot: &Snapshot| {
            let mut values = Vec::new();
            let numbers = snapshot.manifest.segments.iter().map(|it| it.number);
            let numbers: Vec<u32> = numbers.collect();
            for (head, number) in self.heads(&numbers).await?.iter().zip(&numbers) {
                values.append(&mut sizes(head, *number));
            }
            sort_by(&mut values, |(a, _), (b, _)| a.cmp(b));
            let mut manifest = snapshot.manifest.clone();
            manifest.staged = None;
            if snapshot.generation == 0 {
                manifest.server = self.server().to_string();
            }
            for checkpoint in &mut manifest.checkpoints {
                checkpoint.as_of = self.confirmed_as_of(&checkpoint.feed, checkpoint.as_of);
                (checkpoint.chain, checkpoint.cost) = (None, Cost::default());
            }
            Ok(Published {
                generation: snapshot.generation,
                packs: packed(&values),
                manifest,
            })
        })
        .await
    }

    /// The bytes of a pack; `None` where the replica is another one by now, or has one of its values no more.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn pack(&self, lineage: u64, pack: &Pack) -> Result<Option<Vec<u8>>> {
        if self.snapshot().manifest.born != lineage {
            self.refresh().await?;
            if self.snapshot().manifest.born != lineage {
                return Ok(None);
            }
        }
        let values = self.store.read(&pack.keys).await?;
        let values: Option<Vec<Vec<u8>>> = values.into_iter().collect();
        Ok(values.map(|values| pack.encode(lineage, &values)))
    }

    /// Merges segments of which something was lost and has been pulled again since: their heads name
    /// what is not there.
    async fn merge_what_was_lost(&self) -> Result<()> {
        loop {
            let snapshot = self.snapshot();
            if let Some(kind) = snapshot.manifest.lacking().next() {
                return Err(damaged(kind));
            }
            let segments = &snapshot.manifest.segments;
            let lost = segments
                .iter()
                .position(|it| it.parts.iter().any(|part| part.lost));
            let Some(at) = lost else {
                return Ok(());
            };
            match self.merge(&snapshot, at..at + 1).await {
                Err(error) if error.is_conflict() => drop(self.refresh().await?),
                merged => merged?,
            }
        }
    }
}

/// The values of a segment, and about how many bytes they have: as far as what is in use of them goes.
fn sizes(head: &Segment, number: u32) -> Vec<(Key, u64)> {
    let mut ends: HashMap<Key, u64> = HashMap::new();
    ends.insert(key(number, 0), head.encode().len() as u64);
    for part in &head.parts {
        let mut note = |key: Key, end: u64| {
            let known = ends.entry(key).or_default();
            *known = end.max(*known);
        };
        for place in places(part) {
            note(key(number, place.value), place.end());
        }
        for block in &part.blocks {
            if let Some(key) = head.block_key(number, block) {
                note(key, block.place.end());
            }
        }
    }
    let size = |key| ends.get(&key).copied().unwrap_or(0);
    head.keys(number).map(|key| (key, size(key))).collect()
}

/// Where the index of a part is.
fn places(part: &Part) -> Vec<super::frame::Place> {
    let mut places = [&part.ids[..], &part.states, &part.lookup].concat();
    for column in &part.columns {
        match &column.chunks {
            Chunks::Terms(chunks) => places.extend(chunks.iter().map(|chunk| chunk.place)),
            Chunks::Ranges(chunks) => places.extend(chunks.iter().map(|chunk| chunk.place)),
        }
    }
    places
}
