//! A term column: which documents have which terms, for token, reference and string parameters.
//!
//! ```text
//! column   = chunk*                                   some terms each, ascending, a frame each
//! chunk    = terms blocks offset{4 bytes}* block*  postings*
//! block    = postings-start term{16}                  the first of its 16 terms is written whole
//! term     = shared rest-length rest postings-length  bytes shared with the term before
//! postings = gap*                                     ascending documents
//! ```
//!
//! Terms are sorted, and the head of the segment says with which each chunk begins: one term is in
//! one chunk, a prefix in some that follow each other. Front coding keeps what matters of a finite
//! state transducer (shared beginnings, order) and is built by copying, which ingest pays for every
//! term.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_number};
use super::documents::{get_gaps, put_gaps};
use super::frame::{Packer, Place};
use super::sorting::sort_numbers;
use crate::Result;

const BLOCK: usize = 16;
/// A chunk is closed when it has grown to this: what one term costs to look up.
const CHUNK_BYTES: usize = 32 * 1024;

/// Where a chunk is, and the term that it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TermChunk {
    pub(super) first: Vec<u8>,
    pub(super) place: Place,
}

/// The chunks in which terms from `from` on may stand, as far as `last` wants.
pub(super) fn chunks_from<'a>(
    chunks: &'a [TermChunk],
    from: &'a [u8],
    mut last: impl FnMut(&[u8]) -> bool + 'a,
) -> impl Iterator<Item = &'a TermChunk> {
    let after = chunks.partition_point(|chunk| chunk.first.as_slice() <= from);
    let start = after.saturating_sub(1);
    let chunks = chunks[start..].iter().enumerate();
    let wanted = chunks.take_while(move |(at, chunk)| *at == 0 || !last(&chunk.first));
    wanted.map(|(_, chunk)| chunk)
}

/// Gathers terms in any order, documents ascending.
#[derive(Debug, Default)]
pub(super) struct TermsBuilder {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    /// The term added last: neighbours mostly have the same patient.
    last: u32,
    pairs: Vec<(u32, u32)>,
}

impl TermsBuilder {
    /// `document` has `term`.
    pub(super) fn add(&mut self, document: u32, term: &[u8]) {
        let (bytes, ends) = (&mut self.bytes, &mut self.ends);
        if (self.last as usize) < ends.len() && slice(bytes, ends, self.last) == term {
            self.pairs.push((self.last, document));
            return;
        }
        let same = |number: &u32| slice(bytes, ends, *number) == term;
        let hash = xxh3_64(term);
        let number = match self.numbers.find(hash, same) {
            Some(number) => *number,
            None => {
                let number = ends.len() as u32;
                bytes.extend_from_slice(term);
                ends.push(bytes.len() as u32);
                let rehash = |number: &u32| xxh3_64(slice(bytes, ends, *number));
                self.numbers.insert_unique(hash, number, rehash);
                number
            }
        };
        self.last = number;
        self.pairs.push((number, document));
    }

    /// Writes the column.
    pub(super) fn finish(&self, packer: &mut Packer) -> Vec<TermChunk> {
        let term = |number: u32| slice(&self.bytes, &self.ends, number);
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        sort_numbers(&mut order, &|a, b| term(a).cmp(term(b)));
        let postings = Postings::of(&self.pairs, self.ends.len());
        let mut writer = TermsWriter::default();
        for number in order {
            writer.add(term(number), postings.of_term(number), packer);
        }
        writer.finish(packer)
    }
}

/// Writes terms in their order into chunks.
#[derive(Debug, Default)]
pub(super) struct TermsWriter {
    chunks: Vec<TermChunk>,
    first: Vec<u8>,
    terms: usize,
    before: Vec<u8>,
    offsets: Vec<u8>,
    blocks: Vec<u8>,
    postings: Vec<u8>,
}

impl TermsWriter {
    /// Adds a term, which comes after all that were added, with its documents, ascending.
    pub(super) fn add(
        &mut self,
        term: &[u8],
        documents: impl IntoIterator<Item = u32>,
        packer: &mut Packer,
    ) {
        if self.blocks.len() + self.postings.len() >= CHUNK_BYTES {
            self.close(packer);
        }
        if self.terms == 0 {
            self.first = term.to_vec();
        }
        if self.terms.is_multiple_of(BLOCK) {
            self.offsets
                .extend_from_slice(&(self.blocks.len() as u32).to_le_bytes());
            put_number(&mut self.blocks, self.postings.len() as u64);
            self.before.clear();
        }
        let pairs = self.before.iter().zip(term);
        let shared = pairs.take_while(|(a, b)| a == b).count();
        let start = self.postings.len();
        put_gaps(&mut self.postings, documents);
        put_number(&mut self.blocks, shared as u64);
        put_number(&mut self.blocks, (term.len() - shared) as u64);
        self.blocks.extend_from_slice(&term[shared..]);
        put_number(&mut self.blocks, (self.postings.len() - start) as u64);
        self.before.truncate(shared);
        self.before.extend_from_slice(&term[shared..]);
        self.terms += 1;
    }

    fn close(&mut self, packer: &mut Packer) {
        let mut out =
            Vec::with_capacity(self.offsets.len() + self.blocks.len() + self.postings.len() + 16);
        put_number(&mut out, self.terms as u64);
        put_number(&mut out, self.blocks.len() as u64);
        out.append(&mut self.offsets);
        out.append(&mut self.blocks);
        out.append(&mut self.postings);
        self.chunks.push(TermChunk {
            first: std::mem::take(&mut self.first),
            place: packer.pack(&out),
        });
        self.terms = 0;
    }

    /// The chunks of all that was added.
    pub(super) fn finish(mut self, packer: &mut Packer) -> Vec<TermChunk> {
        if self.terms > 0 {
            self.close(packer);
        }
        self.chunks
    }
}

fn slice<'a>(bytes: &'a [u8], ends: &[u32], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &bytes[start as usize..ends[number] as usize]
}

/// The documents of every term, by a counting sort of the pairs.
struct Postings {
    starts: Vec<u32>,
    documents: Vec<u32>,
}

impl Postings {
    fn of(pairs: &[(u32, u32)], terms: usize) -> Postings {
        let mut starts = vec![0; terms + 1];
        for (number, _) in pairs {
            starts[*number as usize + 1] += 1;
        }
        for term in 0..terms {
            starts[term + 1] += starts[term];
        }
        let mut next = starts.clone();
        let mut documents = vec![0; pairs.len()];
        for (number, document) in pairs {
            let at = &mut next[*number as usize];
            documents[*at as usize] = *document;
            *at += 1;
        }
        Postings { starts, documents }
    }

    /// Ascending, each once: a document that has a term twice was added twice in a row.
    fn of_term(&self, number: u32) -> impl Iterator<Item = u32> + '_ {
        let number = number as usize;
        let range = self.starts[number] as usize..self.starts[number + 1] as usize;
        let documents = &self.documents[range];
        documents.chunk_by(|a, b| a == b).map(|same| same[0])
    }
}

/// Sees a term and its encoded postings; whether to go on, or `None` for postings that are broken.
type Visitor<'s, 'a> = dyn FnMut(&[u8], &'a [u8]) -> Option<bool> + 's;

/// The documents of a term, packed.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a>(&'a [u8]);

impl Packed<'_> {
    /// Appends them; `None` for bytes that are none.
    pub(super) fn append_to(self, out: &mut Vec<u32>) -> Option<()> {
        get_gaps(self.0, out)
    }
}

/// The term at hand, in a buffer that is longer.
#[derive(Default)]
struct Term {
    bytes: Vec<u8>,
    length: usize,
}

/// So many bytes are copied at once: terms are short, and a call that copies any number takes longer.
const STEP: usize = 8;

impl Term {
    /// Its first `shared` bytes, and then the first `length` of `rest`; `None` where there are not so many.
    #[inline]
    fn end_with(&mut self, shared: usize, rest: &[u8], length: usize) -> Option<()> {
        if shared > self.length || length > rest.len() {
            return None;
        }
        self.length = shared + length;
        if self.bytes.len() < self.length + STEP {
            self.bytes.resize(self.length * 2 + STEP, 0);
        }
        let mut at = 0;
        while at < length {
            let to = &mut self.bytes[shared + at..];
            match (
                rest[at..].first_chunk::<STEP>(),
                to.first_chunk_mut::<STEP>(),
            ) {
                (Some(from), Some(to)) => *to = *from,
                _ => {
                    to[..length - at].copy_from_slice(&rest[at..length]);
                    break;
                }
            }
            at += STEP;
        }
        Some(())
    }
}

/// A chunk as it is read.
#[derive(Debug)]
pub(super) struct Terms {
    bytes: Vec<u8>,
    offsets: usize,
    blocks: usize,
    block_count: usize,
    postings: usize,
}

impl Terms {
    pub(super) fn open(bytes: Vec<u8>) -> Result<Terms> {
        let mut decoder = Decoder::new(&bytes);
        let header = (|| Some((decoder.count()?, decoder.count()?)))();
        let (terms, block_bytes) = header.ok_or_else(|| damaged("index"))?;
        let block_count = terms.div_ceil(BLOCK);
        let offsets = bytes.len() - decoder.rest.len();
        let blocks = offsets + block_count * 4;
        let postings = blocks + block_bytes;
        if postings > bytes.len() {
            return Err(damaged("index"));
        }
        Ok(Terms {
            bytes,
            offsets,
            blocks,
            block_count,
            postings,
        })
    }

    /// How many bytes it takes in memory.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Appends the documents of exactly this term.
    pub(super) fn exact(&self, term: &[u8], out: &mut Vec<u32>) -> Result<()> {
        self.visit(term, |found, postings| match found.cmp(term) {
            std::cmp::Ordering::Less => Some(true),
            std::cmp::Ordering::Equal => get_gaps(postings, out).map(|()| false),
            std::cmp::Ordering::Greater => Some(false),
        })
    }

    /// How many bytes the documents of exactly this term take.
    pub(super) fn weight(&self, term: &[u8]) -> Result<usize> {
        let mut weight = 0;
        self.visit(term, |found, postings| {
            if found == term {
                weight = postings.len();
            }
            Some(found < term)
        })?;
        Ok(weight)
    }

    /// Appends the documents of every term that begins so; not sorted, and twice where a document
    /// has two of them.
    pub(super) fn prefix(&self, prefix: &[u8], out: &mut Vec<u32>) -> Result<()> {
        self.visit(prefix, |found, postings| {
            if found.starts_with(prefix) {
                return get_gaps(postings, out).map(|()| true);
            }
            Some(found < prefix)
        })
    }

    /// Appends the documents of every term that `is` one, by looking at every term.
    pub(super) fn matching(&self, is: &dyn Fn(&[u8]) -> bool, out: &mut Vec<u32>) -> Result<()> {
        self.each_postings(&mut |term, postings| match is(term) {
            true => postings.append_to(out),
            false => Some(()),
        })
    }

    /// Calls `see` with every term in order and its documents.
    pub(super) fn each(&self, mut see: impl FnMut(&[u8], &[u32])) -> Result<()> {
        let mut documents = Vec::new();
        self.each_postings(&mut |term, postings| {
            documents.clear();
            postings.append_to(&mut documents)?;
            see(term, &documents);
            Some(())
        })
    }

    /// Calls `see` with every term in order and its documents, still packed.
    pub(super) fn each_postings<'a>(
        &'a self,
        see: &mut dyn FnMut(&[u8], Packed<'a>) -> Option<()>,
    ) -> Result<()> {
        self.visit(&[], |term, postings| {
            see(term, Packed(postings)).map(|()| true)
        })
    }

    /// Calls `see` with the terms from the block on in which `from` would stand, while it says so.
    fn visit<'a>(
        &'a self,
        from: &[u8],
        mut see: impl FnMut(&[u8], &'a [u8]) -> Option<bool>,
    ) -> Result<()> {
        self.visit_or_none(from, &mut see)
            .ok_or_else(|| damaged("index"))
    }

    fn visit_or_none<'a>(&'a self, from: &[u8], see: &mut Visitor<'_, 'a>) -> Option<()> {
        let mut term = Term::default();
        for block in self.block_of(from)?..self.block_count {
            let mut decoder = self.block(block)?;
            let mut postings = self.postings.checked_add(decoder.small()? as usize)?;
            let end = match block + 1 < self.block_count {
                true => self.block(block + 1)?.rest.len(),
                false => self.bytes.len() - self.postings,
            };
            term.length = 0;
            while decoder.rest.len() > end {
                let shared = decoder.short()? as usize;
                let length = decoder.short()? as usize;
                term.end_with(shared, decoder.rest, length)?;
                decoder.rest = &decoder.rest[length..];
                let length = decoder.short()? as usize;
                let documents = self.bytes.get(postings..postings.checked_add(length)?)?;
                if !see(&term.bytes[..term.length], documents)? {
                    return Some(());
                }
                postings += length;
            }
        }
        Some(())
    }

    /// The last block whose first term is not after `term`.
    fn block_of(&self, term: &[u8]) -> Option<usize> {
        let (mut low, mut high) = (0, self.block_count);
        while high - low > 1 {
            let middle = (low + high) / 2;
            let mut decoder = self.block(middle)?;
            decoder.number()?;
            decoder.number()?;
            if decoder.bytes()? <= term {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    }

    /// At the start of a block; the decoder reaches to the end of the column.
    fn block(&self, block: usize) -> Option<Decoder<'_>> {
        let at = self.offsets + block * 4;
        let offset = Decoder::new(self.bytes.get(at..at + 4)?).fixed32()?;
        let start = self.blocks.checked_add(offset as usize)?;
        self.bytes.get(start..).map(Decoder::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// A column with its chunks open.
    struct Built(Vec<TermChunk>, Vec<Terms>);

    fn built(pairs: &[(u32, &str)]) -> Built {
        let mut builder = TermsBuilder::default();
        for (document, term) in pairs {
            builder.add(*document, term.as_bytes());
        }
        let mut packer = Packer::default();
        let chunks = builder.finish(&mut packer);
        let open = |chunk: &TermChunk| {
            let value = &packer.values[chunk.place.value as usize];
            Terms::open(chunk.place.open(value).unwrap()).unwrap()
        };
        let terms = chunks.iter().map(open).collect();
        Built(chunks, terms)
    }

    impl Built {
        fn at<'a>(&'a self, chunk: &TermChunk) -> &'a Terms {
            let at = self.0.iter().position(|known| known == chunk);
            &self.1[at.unwrap()]
        }

        fn exact(&self, term: &str) -> Vec<u32> {
            let mut found = Vec::new();
            let term = term.as_bytes();
            for chunk in chunks_from(&self.0, term, |first| first > term) {
                self.at(chunk).exact(term, &mut found).unwrap();
            }
            found
        }

        fn prefix(&self, prefix: &str) -> Vec<u32> {
            let mut found = Vec::new();
            let prefix = prefix.as_bytes();
            let past = |first: &[u8]| first > prefix && !first.starts_with(prefix);
            for chunk in chunks_from(&self.0, prefix, past) {
                self.at(chunk).prefix(prefix, &mut found).unwrap();
            }
            found
        }
    }

    #[test]
    fn every_term_prefix_and_suffix_finds_its_documents_in_one_chunk_or_many() {
        for count in [1000, 60_000] {
            let names: Vec<String> = (0..count)
                .map(|n| format!("{:03}/{}", n * 7 % (count / 2), n % 3))
                .collect();
            let pairs: Vec<_> = names
                .iter()
                .enumerate()
                .map(|(at, name)| (at as u32, name.as_str()))
                .collect();
            let terms = built(&pairs);
            assert_eq!(terms.0.len() > 1, count > 1000);
            let mut expected: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
            for (document, name) in &pairs {
                expected.entry(name).or_default().push(*document);
            }
            for (name, documents) in &expected {
                assert_eq!(&terms.exact(name), documents, "{name}");
            }
            for prefix in ["", "0", "12", "499", "499/2", "5", "zz"] {
                let wanted = expected.iter().filter(|(name, _)| name.starts_with(prefix));
                let wanted: usize = wanted.map(|(_, documents)| documents.len()).sum();
                assert_eq!(terms.prefix(prefix).len(), wanted, "{prefix}");
            }
            let (mut found, mut seen) = (Vec::new(), Vec::new());
            for chunk in &terms.1 {
                chunk
                    .matching(&|term| term.ends_with(b"/2"), &mut found)
                    .unwrap();
                chunk.each(|term, _| seen.push(term.to_vec())).unwrap();
            }
            let wanted = names.iter().filter(|name| name.ends_with("/2"));
            assert_eq!(found.len(), wanted.count());
            assert!(seen.is_sorted() && seen.len() == expected.len());
        }
    }

    #[test]
    fn a_document_that_has_a_term_twice_is_found_once() {
        let terms = built(&[(0, "a"), (0, "a"), (3, "a"), (3, "b"), (3, "a")]);
        assert_eq!(terms.exact("a"), [0, 3]);
        assert_eq!(terms.exact("c"), [0; 0]);
        assert_eq!(built(&[]).exact("a"), [0; 0]);
    }

    #[test]
    fn l9_any_bytes_are_a_column_or_an_error() {
        let mut builder = TermsBuilder::default();
        for document in 0..100 {
            builder.add(document, format!("term {document}").as_bytes());
        }
        let mut packer = Packer::default();
        let chunks = builder.finish(&mut packer);
        let bytes = chunks[0].place.open(&packer.values[0]).unwrap();
        for at in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                if let Ok(terms) = Terms::open(broken) {
                    let _ = terms.exact(b"term 50", &mut Vec::new());
                    let _ = terms.each(|_, _| ());
                }
            }
            let _ =
                Terms::open(bytes[..at].to_vec()).map(|terms| terms.prefix(b"", &mut Vec::new()));
        }
    }
}
