//! Merges columns: terms in their order with the postings of all parts, ranges one part after the
//! other. Chunks are read as they are needed, some at a time. What other definitions have indexed is
//! indexed anew.

use std::collections::VecDeque;

use super::super::builder::IndexBuilder;
use super::super::frame::Packer;
use super::super::load::Form;
use super::super::ranges::{RangeChunk, RangesWriter};
use super::super::segment::{Chunks, Column, Part};
use super::super::terms::{TermChunk, TermsWriter};
use super::super::{Replica, Snapshot};
use super::plan::Input;
use crate::Result;
use crate::host::Store;
use crate::search::Extractor;

/// So many chunks of a column are read at a time: they are neighbours in a value or two.
const CHUNKS: usize = 8;

impl<S: Store> Replica<S> {
    /// Fills in the columns of `part`: merged where all were indexed by the definitions of today, else
    /// from the resources themselves.
    pub(super) async fn merge_columns(
        &self,
        snapshot: &Snapshot,
        inputs: &[Input],
        part: &mut Part,
        index: &mut Packer,
    ) -> Result<()> {
        let parts = || inputs.iter().map(|input| input.source.part());
        part.indexed = self.definitions.of(&part.kind).indexed;
        if !parts().all(|it| it.indexed == part.indexed) {
            part.columns = self.index(snapshot, &part.kind, inputs, index).await?;
            return Ok(());
        }
        let mut names: Vec<&str> = Vec::new();
        for column in parts().flat_map(|part| &part.columns) {
            if !names.contains(&column.code.as_str()) {
                names.push(&column.code);
            }
        }
        for name in names {
            let (mut terms, mut ranges) = (Vec::new(), Vec::new());
            for input in inputs {
                match input.source.part().chunks(name) {
                    Some(Chunks::Terms(chunks)) => terms.push((input, chunks.as_slice())),
                    Some(Chunks::Ranges(chunks)) => ranges.push((input, chunks.as_slice())),
                    None => {}
                }
            }
            let chunks = match ranges.is_empty() {
                true => Chunks::Terms(self.merge_terms(&terms, index).await?),
                false => Chunks::Ranges(self.merge_ranges(&ranges, index).await?),
            };
            if !chunks.is_empty() {
                let code = name.to_string();
                part.columns.push(Column { code, chunks });
            }
        }
        Ok(())
    }

    /// Reads what stays, and extracts from it.
    async fn index(
        &self,
        snapshot: &Snapshot,
        kind: &str,
        inputs: &[Input],
        index: &mut Packer,
    ) -> Result<Vec<Column>> {
        let mut builder = IndexBuilder::new(&self.definitions, kind);
        let mut extractor = Extractor::new(self.server());
        let (mut places, mut numbers) = (Vec::new(), Vec::new());
        for input in inputs {
            for document in 0..input.source.part().documents {
                if let Some(number) = input.indexed(document) {
                    places.push(input.source.address(document));
                    numbers.push(number);
                }
            }
        }
        let (mut resource, mut numbers) = (Vec::new(), numbers.into_iter());
        self.each_document(snapshot, &places, &mut |id, block, at| {
            resource.clear();
            block.put(at, id, &mut resource)?;
            builder.document = numbers.next()?;
            let extracted = extractor.extract(&self.definitions, kind, &resource, &mut builder);
            extracted.ok()
        })
        .await?;
        Ok(builder.finish(index))
    }

    async fn merge_terms(
        &self,
        inputs: &[(&Input, &[TermChunk])],
        index: &mut Packer,
    ) -> Result<Vec<TermChunk>> {
        let mut cursors: Vec<Cursor<'_>> = inputs
            .iter()
            .map(|(input, chunks)| Cursor {
                input,
                chunks,
                terms: VecDeque::new(),
            })
            .collect();
        let mut writer = TermsWriter::default();
        let mut documents = Vec::new();
        loop {
            for cursor in &mut cursors {
                if cursor.terms.is_empty() {
                    cursor.fill(self).await?;
                }
            }
            let heads = cursors.iter().filter_map(|cursor| cursor.terms.front());
            let Some(term) = heads.map(|(term, _)| term).min().cloned() else {
                return Ok(writer.finish(index));
            };
            documents.clear();
            for cursor in &mut cursors {
                let same = cursor.terms.front().is_some_and(|(it, _)| *it == term);
                if let Some((_, found)) = same.then(|| cursor.terms.pop_front()).flatten() {
                    documents.extend(found);
                }
            }
            if !documents.is_empty() {
                writer.add(&term, documents.iter().copied(), index);
            }
        }
    }

    async fn merge_ranges(
        &self,
        inputs: &[(&Input, &[RangeChunk])],
        index: &mut Packer,
    ) -> Result<Vec<RangeChunk>> {
        let mut writer = RangesWriter::default();
        for (input, chunks) in inputs {
            for some in chunks.chunks(CHUNKS) {
                let want = |chunk: &RangeChunk| input.source.want(chunk.place, Form::Ranges);
                let wants: Vec<_> = some.iter().map(want).collect();
                let frames = self.load(&wants).await?;
                for want in &wants {
                    for (document, range, unit) in frames.ranges(want)?.iter() {
                        if let Some(number) = input.indexed(document) {
                            writer.add(number, range, unit, index);
                        }
                    }
                }
            }
        }
        Ok(writer.finish(index))
    }
}

/// The terms of one part that are still to come.
struct Cursor<'a> {
    input: &'a Input,
    chunks: &'a [TermChunk],
    /// With the new numbers of their documents.
    terms: VecDeque<(Vec<u8>, Vec<u32>)>,
}

impl Cursor<'_> {
    /// Reads on until there is a term, or no more chunk.
    async fn fill<S: Store>(&mut self, replica: &Replica<S>) -> Result<()> {
        while self.terms.is_empty() && !self.chunks.is_empty() {
            let (now, later) = self.chunks.split_at(self.chunks.len().min(CHUNKS));
            self.chunks = later;
            let want = |chunk: &TermChunk| self.input.source.want(chunk.place, Form::Terms);
            let wants: Vec<_> = now.iter().map(want).collect();
            let frames = replica.load(&wants).await?;
            for want in &wants {
                frames.terms(want)?.each(|term, documents| {
                    let documents = documents.iter().filter_map(|it| self.input.indexed(*it));
                    let documents: Vec<u32> = documents.collect();
                    if !documents.is_empty() {
                        self.terms.push_back((term.to_vec(), documents));
                    }
                })?;
            }
        }
        Ok(())
    }
}
