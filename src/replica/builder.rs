//! Builds a segment in memory: documents go in one by one, values and a head come out.

use std::rc::Rc;

use hashbrown::HashTable;

use super::assemble::{Packed, assemble, close_block, pack_directory};
use super::block::BlockBuilder;
use super::documents::Documents;
use super::frame::Packer;
use super::ids::Ids;
use super::lookup::{LookupBuilder, hash};
use super::ranges::RangesWriter;
use super::segment::{BlockPlace, Chunks, Column, Part, Segment};
use super::states::{State, States};
use super::terms::TermsBuilder;
use crate::Result;
use crate::fhir::{DateRange, Identity};
use crate::search::extract::Measure;
use crate::search::parameter::Form;
use crate::search::{Definitions, Extractor, Sink};

/// A document of the segment that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) part: usize,
    pub(super) document: u32,
}

/// A segment on its way.
#[derive(Debug, Default)]
pub(super) struct SegmentBuilder {
    parts: Vec<PartBuilder>,
    json_bytes: usize,
}

/// A segment that is complete but for its number and its place in the store.
#[derive(Debug)]
pub(super) struct Built {
    /// The head first.
    pub(super) values: Vec<Vec<u8>>,
    pub(super) segment: Rc<Segment>,
    /// Of each part.
    pub(super) directories: Vec<Directory>,
    /// Bytes of JSON in each part.
    pub(super) json_bytes: Vec<u64>,
}

/// Who the documents of a part are, in memory.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) kind: String,
    pub(super) ids: Ids,
    pub(super) states: States,
    /// The current document of each id, found by the id's hash.
    latest: HashTable<u32>,
}

impl Directory {
    fn push(&mut self, id: &[u8], state: State<'_>, current: bool) -> u32 {
        let document = self.ids.len();
        self.ids.push(id);
        self.states.push(state);
        let ids = &self.ids;
        match self
            .latest
            .find_mut(hash(id), |other| ids.get(*other) == id)
        {
            Some(latest) if current => *latest = document,
            Some(_) => {}
            None if current => {
                let rehash = |other: &u32| hash(ids.get(*other));
                self.latest.insert_unique(hash(id), document, rehash);
            }
            None => {}
        }
        document
    }

    fn latest(&self, id: &[u8]) -> Option<(u32, State<'_>)> {
        let same = |other: &u32| self.ids.get(*other) == id;
        let document = *self.latest.find(hash(id), same)?;
        Some((document, self.states.get(document)?))
    }
}

/// The current version of a resource among the documents of some parts.
pub(super) fn latest<'a>(
    directories: impl IntoIterator<Item = &'a Directory>,
    kind: &str,
    id: &[u8],
) -> Option<(Slot, State<'a>)> {
    let mut parts = directories.into_iter().enumerate();
    let (part, directory) = parts.find(|(_, directory)| directory.kind == kind)?;
    let (document, state) = directory.latest(id)?;
    Some((Slot { part, document }, state))
}

impl SegmentBuilder {
    /// Bytes of JSON taken in so far.
    pub(super) fn json_bytes(&self) -> usize {
        self.json_bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Documents taken in so far.
    pub(super) fn documents(&self) -> u32 {
        self.parts.iter().map(|part| part.directory.ids.len()).sum()
    }

    /// The current version of a resource among those that were added.
    pub(super) fn latest(&self, kind: &str, id: &[u8]) -> Option<(Slot, State<'_>)> {
        latest(self.directories(), kind, id)
    }

    /// Adds a document, whose packed id is `id`. A deleted one has no bytes; it and one that is not
    /// `current` are found by their ids only.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another thing that a document is made of"
    )]
    pub(super) fn add(
        &mut self,
        definitions: &Definitions,
        extractor: &mut Extractor,
        identity: Identity<'_>,
        id: &[u8],
        state: State<'_>,
        bytes: &[u8],
        current: bool,
    ) -> Result<Slot> {
        let number = self.number_of(identity.kind).unwrap_or_else(|| {
            self.parts
                .push(PartBuilder::new(definitions, identity.kind));
            self.parts.len() - 1
        });
        let part = &mut self.parts[number];
        let document = part.directory.push(id, state, current);
        part.lookup.add(hash(id), document);
        if state.deleted {
            part.deleted.insert(document);
        } else if current {
            part.index.document = document;
            extractor.extract(definitions, identity.kind, bytes, &mut part.index)?;
        }
        part.append(bytes, identity.id);
        self.json_bytes += bytes.len();
        Ok(Slot {
            part: number,
            document,
        })
    }

    /// The directories of all parts.
    pub(super) fn directories(&self) -> impl Iterator<Item = &Directory> {
        self.parts.iter().map(|part| &part.directory)
    }

    fn number_of(&self, kind: &str) -> Option<usize> {
        let mut parts = self.parts.iter();
        parts.position(|part| part.directory.kind == kind)
    }

    /// Closes everything.
    pub(super) fn finish(self) -> Built {
        let mut index = Packer::default();
        let (mut directories, mut json_bytes) = (Vec::new(), Vec::new());
        let (mut packed, mut columns) = (Vec::new(), Vec::new());
        for mut builder in self.parts {
            builder.close_block();
            let mut part = Part {
                kind: builder.directory.kind.clone(),
                documents: builder.directory.ids.len(),
                indexed: builder.indexed,
                deleted: builder.deleted,
                blocks: builder.blocks,
                ..Part::default()
            };
            let Directory { ids, states, .. } = &builder.directory;
            pack_directory(&mut part, ids, states, builder.lookup, &mut index);
            directories.push(builder.directory);
            json_bytes.push(builder.json_bytes);
            packed.push(Packed {
                part,
                blocks: builder.packer.values,
            });
            columns.push(builder.index);
        }
        for (packed, columns) in packed.iter_mut().zip(columns) {
            packed.part.columns = columns.finish(&mut index);
        }
        let (segment, values) = assemble(index, packed, Vec::new());
        Built {
            values,
            segment: Rc::new(segment),
            directories,
            json_bytes,
        }
    }
}

#[derive(Debug)]
struct PartBuilder {
    directory: Directory,
    indexed: u64,
    lookup: LookupBuilder,
    deleted: Documents,
    index: IndexBuilder,
    block: BlockBuilder,
    first: u32,
    blocks: Vec<BlockPlace>,
    packer: Packer,
    json_bytes: u64,
}

impl PartBuilder {
    fn new(definitions: &Definitions, kind: &str) -> Self {
        PartBuilder {
            directory: Directory {
                kind: kind.to_string(),
                ..Directory::default()
            },
            indexed: definitions.of(kind).indexed,
            lookup: LookupBuilder::default(),
            deleted: Documents::default(),
            index: IndexBuilder::new(definitions, kind),
            block: BlockBuilder::default(),
            first: 0,
            blocks: Vec::new(),
            packer: Packer::default(),
            json_bytes: 0,
        }
    }

    fn append(&mut self, bytes: &[u8], id: &str) {
        self.block.push(bytes, id);
        self.json_bytes += bytes.len() as u64;
        if self.block.is_full() {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        let first = self.first;
        self.first += self.block.count();
        close_block(&mut self.block, first, &mut self.blocks, &mut self.packer);
    }
}

/// The columns of one part, filled by extraction.
#[derive(Debug)]
pub(super) struct IndexBuilder {
    pub(super) document: u32,
    columns: Vec<(Rc<str>, ColumnBuilder)>,
}

#[derive(Debug)]
enum ColumnBuilder {
    Terms(TermsBuilder),
    Ranges(Vec<(u32, DateRange)>),
    Numbers(NumbersBuilder),
}

/// Numbers with their units, of which there are few.
#[derive(Debug, Default)]
struct NumbersBuilder {
    units: Vec<Vec<u8>>,
    numbers: Vec<(u32, DateRange, u32)>,
}

impl NumbersBuilder {
    fn add(&mut self, document: u32, measure: Measure<'_>) {
        let known = self.units.iter().position(|unit| unit == measure.unit);
        let unit = known.unwrap_or_else(|| {
            self.units.push(measure.unit.to_vec());
            self.units.len() - 1
        });
        self.numbers.push((document, measure.range(), unit as u32));
    }
}

impl IndexBuilder {
    pub(super) fn new(definitions: &Definitions, kind: &str) -> Self {
        let columns = definitions.of(kind).columns.iter().map(|column| {
            let builder = match column.form {
                Form::Terms => ColumnBuilder::Terms(TermsBuilder::default()),
                Form::Dates => ColumnBuilder::Ranges(Vec::new()),
                Form::Numbers => ColumnBuilder::Numbers(NumbersBuilder::default()),
            };
            (column.name.clone(), builder)
        });
        IndexBuilder {
            document: 0,
            columns: columns.collect(),
        }
    }

    /// The columns that hold anything.
    pub(super) fn finish(self, packer: &mut Packer) -> Vec<Column> {
        let columns = self.columns.into_iter().map(|(code, column)| Column {
            code: code.to_string(),
            chunks: column.finish(packer),
        });
        columns.filter(|column| !column.chunks.is_empty()).collect()
    }
}

impl ColumnBuilder {
    fn finish(self, packer: &mut Packer) -> Chunks {
        let mut writer = RangesWriter::default();
        match self {
            ColumnBuilder::Terms(terms) => return Chunks::Terms(terms.finish(packer)),
            ColumnBuilder::Ranges(ranges) => {
                for (document, range) in ranges {
                    writer.add(document, range, None, packer);
                }
            }
            ColumnBuilder::Numbers(NumbersBuilder { units, numbers }) => {
                for (document, range, unit) in numbers {
                    let unit = units.get(unit as usize).map(Vec::as_slice);
                    writer.add(document, range, unit, packer);
                }
            }
        }
        Chunks::Ranges(writer.finish(packer))
    }
}

impl Sink for IndexBuilder {
    #[inline]
    fn term(&mut self, column: usize, term: &[u8]) {
        if let Some((_, ColumnBuilder::Terms(terms))) = self.columns.get_mut(column) {
            terms.add(self.document, term);
        }
    }

    #[inline]
    fn range(&mut self, column: usize, range: DateRange) {
        if let Some((_, ColumnBuilder::Ranges(ranges))) = self.columns.get_mut(column) {
            ranges.push((self.document, range));
        }
    }

    fn number(&mut self, column: usize, measure: Measure<'_>) {
        if let Some((_, ColumnBuilder::Numbers(numbers))) = self.columns.get_mut(column) {
            numbers.add(self.document, measure);
        }
    }
}
