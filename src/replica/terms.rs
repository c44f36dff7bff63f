//! A term column: which documents have which terms, for token, reference and string parameters.
//!
//! ```text
//! column   = terms blocks offset{4 bytes}* block*  postings*
//! block    = postings-start term{16}                  the first of its 16 terms is written whole
//! term     = shared rest-length rest postings-length  bytes shared with the term before
//! postings = gap*                                     ascending documents
//! ```
//!
//! Terms are sorted, so one term is a binary search over blocks and a prefix is a range. Front
//! coding keeps what matters of a finite state transducer (shared beginnings, order) and is built by
//! copying, which ingest pays for every term.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::codec::{Decoder, damaged, put_number};
use super::documents::{get_gaps, put_gaps};
use crate::Result;

const BLOCK: usize = 16;

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

    /// The column's bytes.
    pub(super) fn finish(&self) -> Vec<u8> {
        let term = |number: u32| slice(&self.bytes, &self.ends, number);
        let mut order: Vec<u32> = (0..self.ends.len() as u32).collect();
        order.sort_unstable_by(|a, b| term(*a).cmp(term(*b)));
        let postings = Postings::of(&self.pairs, self.ends.len());

        let (mut blocks, mut offsets, mut all_postings) = (Vec::new(), Vec::new(), Vec::new());
        for block in order.chunks(BLOCK) {
            offsets.extend_from_slice(&(blocks.len() as u32).to_le_bytes());
            put_number(&mut blocks, all_postings.len() as u64);
            let mut before: &[u8] = &[];
            for &number in block {
                let term = term(number);
                let shared = before.iter().zip(term).take_while(|(a, b)| a == b).count();
                let start = all_postings.len();
                put_gaps(&mut all_postings, postings.of_term(number));
                put_number(&mut blocks, shared as u64);
                put_number(&mut blocks, (term.len() - shared) as u64);
                blocks.extend_from_slice(&term[shared..]);
                put_number(&mut blocks, (all_postings.len() - start) as u64);
                before = term;
            }
        }
        let mut out = Vec::with_capacity(offsets.len() + blocks.len() + all_postings.len() + 16);
        put_number(&mut out, order.len() as u64);
        put_number(&mut out, blocks.len() as u64);
        out.extend_from_slice(&offsets);
        out.extend_from_slice(&blocks);
        out.extend_from_slice(&all_postings);
        out
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
type Visitor<'a> = dyn FnMut(&[u8], &[u8]) -> Option<bool> + 'a;

/// A term column as it is read.
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

    /// Appends the documents of every term that ends so, by looking at every term.
    pub(super) fn suffix(&self, suffix: &[u8], out: &mut Vec<u32>) -> Result<()> {
        self.visit(&[], |found, postings| {
            if found.ends_with(suffix) {
                get_gaps(postings, out)?;
            }
            Some(true)
        })
    }

    /// Calls `see` with every term in order and its documents.
    pub(super) fn each(&self, mut see: impl FnMut(&[u8], &[u32])) -> Result<()> {
        let mut documents = Vec::new();
        self.visit(&[], |term, postings| {
            documents.clear();
            get_gaps(postings, &mut documents)?;
            see(term, &documents);
            Some(true)
        })
    }

    /// Calls `see` with the terms from the block on in which `from` would stand, while it says so.
    fn visit(&self, from: &[u8], mut see: impl FnMut(&[u8], &[u8]) -> Option<bool>) -> Result<()> {
        self.visit_or_none(from, &mut see)
            .ok_or_else(|| damaged("index"))
    }

    fn visit_or_none(&self, from: &[u8], see: &mut Visitor<'_>) -> Option<()> {
        let mut term = Vec::new();
        for block in self.block_of(from)?..self.block_count {
            let mut decoder = self.block(block)?;
            let mut postings = self.postings.checked_add(decoder.small()? as usize)?;
            let end = match block + 1 < self.block_count {
                true => self.block(block + 1)?.rest.len(),
                false => self.bytes.len() - self.postings,
            };
            term.clear();
            while decoder.rest.len() > end {
                let shared = decoder.small()? as usize;
                let rest = decoder.bytes()?;
                if shared > term.len() {
                    return None;
                }
                term.truncate(shared);
                term.extend_from_slice(rest);
                let length = decoder.small()? as usize;
                let documents = self.bytes.get(postings..postings.checked_add(length)?)?;
                if !see(&term, documents)? {
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

    fn built(pairs: &[(u32, &str)]) -> Terms {
        let mut builder = TermsBuilder::default();
        for (document, term) in pairs {
            builder.add(*document, term.as_bytes());
        }
        Terms::open(builder.finish()).unwrap()
    }

    #[test]
    fn every_term_prefix_and_suffix_finds_its_documents() {
        let names: Vec<String> = (0..1000)
            .map(|n| format!("{:03}/{}", n * 7 % 500, n % 3))
            .collect();
        let pairs: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (at as u32, name.as_str()))
            .collect();
        let terms = built(&pairs);
        let mut expected: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for (document, name) in &pairs {
            expected.entry(name).or_default().push(*document);
        }
        for (name, documents) in &expected {
            let mut found = Vec::new();
            terms.exact(name.as_bytes(), &mut found).unwrap();
            assert_eq!(&found, documents, "{name}");
        }
        for prefix in ["", "0", "12", "499", "499/2", "5", "zz"] {
            let mut found = Vec::new();
            terms.prefix(prefix.as_bytes(), &mut found).unwrap();
            let wanted = expected.iter().filter(|(name, _)| name.starts_with(prefix));
            assert_eq!(
                found.len(),
                wanted.map(|(_, documents)| documents.len()).sum::<usize>(),
                "{prefix}"
            );
        }
        let mut found = Vec::new();
        terms.suffix(b"/2", &mut found).unwrap();
        assert_eq!(
            found.len(),
            names.iter().filter(|name| name.ends_with("/2")).count()
        );
        let mut seen = Vec::new();
        terms.each(|term, _| seen.push(term.to_vec())).unwrap();
        assert!(seen.is_sorted() && seen.len() == expected.len());
    }

    #[test]
    fn a_document_that_has_a_term_twice_is_found_once() {
        let terms = built(&[(0, "a"), (0, "a"), (3, "a"), (3, "b"), (3, "a")]);
        let mut found = Vec::new();
        terms.exact(b"a", &mut found).unwrap();
        assert_eq!(found, [0, 3]);
        terms.exact(b"c", &mut found).unwrap();
        assert_eq!(found, [0, 3]);
    }

    #[test]
    fn l9_any_bytes_are_a_column_or_an_error() {
        let mut builder = TermsBuilder::default();
        for document in 0..100 {
            builder.add(document, format!("term {document}").as_bytes());
        }
        let bytes = builder.finish();
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
