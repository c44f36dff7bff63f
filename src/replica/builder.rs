//! Builds a segment in memory: documents go in one by one, values and a head come out.

use std::rc::Rc;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::block::BlockBuilder;
use super::directory::{Directory, Record};
use super::documents::Documents;
use super::frame::Packer;
use super::ranges::RangesBuilder;
use super::segment::{BlockPlace, Column, Part, Segment};
use super::terms::TermsBuilder;
use crate::Result;
use crate::fhir::{DateRange, Identity};
use crate::search::{Definitions, Extractor, ParameterKind, Sink};

/// A document of the segment that is being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) part: usize,
    pub(super) document: u32,
}

/// A segment on its way.
#[derive(Debug, Default)]
pub(super) struct SegmentBuilder {
    parts: Vec<PartBuilder>,
    json_bytes: usize,
}

/// A segment that is complete but for its number.
#[derive(Debug)]
pub(super) struct Built {
    /// The head first.
    pub(super) values: Vec<Vec<u8>>,
    pub(super) segment: Rc<Segment>,
    /// Of each part.
    pub(super) directories: Vec<Rc<Directory>>,
    /// Bytes of JSON in each part.
    pub(super) json_bytes: Vec<u64>,
}

impl SegmentBuilder {
    /// Bytes of JSON taken in so far.
    pub(super) fn json_bytes(&self) -> usize {
        self.json_bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The latest version of a resource that was added, by type and packed id.
    pub(super) fn latest(&self, kind: &str, id: &[u8]) -> Option<(Address, Record<'_>)> {
        let number = self.number_of(kind)?;
        let part = &self.parts[number];
        let same = |document: &u32| part.directory.packed_id(*document) == id;
        let document = *part.latest.find(xxh3_64(id), same)?;
        let address = Address {
            part: number,
            document,
        };
        Some((address, part.directory.record(document)))
    }

    /// Adds a document, whose packed id is `id`. A deleted one has no bytes and is found by its id
    /// only.
    pub(super) fn add(
        &mut self,
        definitions: &Definitions,
        extractor: &mut Extractor,
        identity: Identity<'_>,
        id: &[u8],
        record: Record<'_>,
        bytes: &[u8],
    ) -> Result<Address> {
        let number = self.number_of(identity.kind).unwrap_or_else(|| {
            self.parts
                .push(PartBuilder::new(definitions, identity.kind));
            self.parts.len() - 1
        });
        let part = &mut self.parts[number];
        let document = part.name(id, record);
        if record.deleted {
            part.deleted.insert(document);
        } else {
            part.index.document = document;
            extractor.extract(definitions, identity.kind, bytes, &mut part.index)?;
        }
        part.append(bytes, identity.id);
        self.json_bytes += bytes.len();
        Ok(Address {
            part: number,
            document,
        })
    }

    /// The directories of all parts with their types.
    pub(super) fn directories(&self) -> impl Iterator<Item = (&str, &Directory)> {
        self.parts
            .iter()
            .map(|part| (part.kind.as_str(), &part.directory))
    }

    fn number_of(&self, kind: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.kind == kind)
    }

    /// Closes everything. Directories and columns are packed together and apart from the blocks, so
    /// that a search reads few values before it knows what it has found.
    pub(super) fn finish(self) -> Built {
        let mut index = Packer::default();
        let mut built = Built {
            values: vec![Vec::new()],
            segment: Rc::default(),
            directories: Vec::new(),
            json_bytes: Vec::new(),
        };
        let mut parts = Vec::new();
        let mut blocks = Vec::new();
        for mut builder in self.parts {
            if builder.block.count() > 0 {
                builder.close_block();
            }
            builder.directory.finish();
            let directory = index.pack(&builder.directory.encode());
            let documents = builder.directory.len();
            built.directories.push(Rc::new(builder.directory));
            built.json_bytes.push(builder.json_bytes);
            blocks.push(builder.packer.values);
            let part = Part {
                documents,
                kind: builder.kind,
                deleted: builder.deleted,
                directory,
                columns: Vec::new(),
                blocks: builder.blocks,
            };
            parts.push((part, builder.index));
        }
        for (part, columns) in &mut parts {
            part.columns = columns.finish(&mut index);
        }
        let mut segment = Segment::default();
        // The head is value 0, then come the index values, then each part's blocks.
        let mut first_block_value = 1 + index.values.len() as u32;
        built.values.append(&mut index.values);
        for ((mut part, _), mut values) in parts.into_iter().zip(blocks) {
            part.directory.value += 1;
            for column in &mut part.columns {
                column.place.value += 1;
            }
            for block in &mut part.blocks {
                block.place.value += first_block_value;
            }
            first_block_value += values.len() as u32;
            built.values.append(&mut values);
            segment.parts.push(part);
        }
        built.values[0] = segment.encode();
        built.segment = Rc::new(segment);
        built
    }
}

#[derive(Debug)]
struct PartBuilder {
    kind: String,
    directory: Directory,
    /// The last document of each id, found by the id's hash.
    latest: HashTable<u32>,
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
            kind: kind.to_string(),
            directory: Directory::default(),
            latest: HashTable::new(),
            deleted: Documents::default(),
            index: IndexBuilder::new(definitions, kind),
            block: BlockBuilder::default(),
            first: 0,
            blocks: Vec::new(),
            packer: Packer::default(),
            json_bytes: 0,
        }
    }

    /// Enters a document into the directory.
    fn name(&mut self, id: &[u8], record: Record<'_>) -> u32 {
        let document = self.directory.push(id, record);
        let directory = &self.directory;
        let hash = xxh3_64(id);
        let same = |other: &u32| directory.packed_id(*other) == id;
        match self.latest.find_mut(hash, same) {
            Some(latest) => *latest = document,
            None => {
                let rehash = |other: &u32| xxh3_64(directory.packed_id(*other));
                self.latest.insert_unique(hash, document, rehash);
            }
        }
        document
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
        let place = self.block.close(|bytes| self.packer.pack(bytes));
        self.blocks.push(BlockPlace { first, place });
    }
}

/// The columns of one part, filled by extraction.
#[derive(Debug)]
struct IndexBuilder {
    document: u32,
    columns: Vec<(&'static str, ColumnBuilder)>,
}

#[derive(Debug)]
enum ColumnBuilder {
    Terms(TermsBuilder),
    Ranges(RangesBuilder),
}

impl IndexBuilder {
    fn new(definitions: &Definitions, kind: &str) -> Self {
        let parameters = definitions.of(kind).parameters.iter();
        let columns = parameters.map(|parameter| {
            let column = match parameter.kind {
                ParameterKind::Date => ColumnBuilder::Ranges(RangesBuilder::default()),
                _ => ColumnBuilder::Terms(TermsBuilder::default()),
            };
            (parameter.code, column)
        });
        IndexBuilder {
            document: 0,
            columns: columns.collect(),
        }
    }

    fn finish(&self, packer: &mut Packer) -> Vec<Column> {
        let columns = self.columns.iter().map(|(code, column)| {
            let bytes = match column {
                ColumnBuilder::Terms(terms) => terms.finish(),
                ColumnBuilder::Ranges(ranges) => ranges.finish(),
            };
            Column {
                code: code.to_string(),
                place: packer.pack(&bytes),
            }
        });
        columns.collect()
    }
}

impl Sink for IndexBuilder {
    #[inline]
    fn term(&mut self, parameter: usize, term: &[u8]) {
        if let Some((_, ColumnBuilder::Terms(terms))) = self.columns.get_mut(parameter) {
            terms.add(self.document, term);
        }
    }

    #[inline]
    fn range(&mut self, parameter: usize, range: DateRange) {
        if let Some((_, ColumnBuilder::Ranges(ranges))) = self.columns.get_mut(parameter) {
            ranges.add(self.document, range);
        }
    }
}
