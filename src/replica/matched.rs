//! What of each part is found so far, and the ranges that its documents have.
//!
//! Ranges are read a bounded number of chunks at a time, and only those that hold documents that are
//! still in question.

use super::Replica;
use super::ids::GROUP;
use super::load::{AT_ONCE, Form, Frames, Want};
use super::ranges::{Covered, RangeChunk, Ranges};
use super::segment::Chunks;
use super::source::{Address, Source};
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::matcher::Field;

/// A part and what of it is found so far, ascending.
pub(super) struct Matched {
    pub(super) source: Source,
    pub(super) documents: Vec<u32>,
    /// Which of the query's scopes it was found in.
    pub(super) scope: usize,
}

impl<S: Store> Replica<S> {
    /// Calls `see` with every document of every part and its ranges, in order, column by column.
    pub(super) async fn each_range(
        &self,
        matched: &[Matched],
        field: &Field,
        see: &mut dyn FnMut(usize, u32, Covered<'_>),
    ) -> Result<()> {
        let columns: Vec<Option<&str>> = match field {
            Field::Parameter(parameter) => parameter
                .sources
                .iter()
                .map(|it| Some(&*it.column))
                .collect(),
            _ => vec![None],
        };
        for column in columns {
            self.each_of_column(matched, column, see).await?;
        }
        Ok(())
    }

    /// The same for one column, or for when each document was last updated.
    async fn each_of_column(
        &self,
        matched: &[Matched],
        column: Option<&str>,
        see: &mut dyn FnMut(usize, u32, Covered<'_>),
    ) -> Result<()> {
        let mut steps = Vec::new();
        for (number, part) in matched.iter().enumerate() {
            match column {
                None => state_steps(number, part, &mut steps)?,
                Some(column) => {
                    let chunks = match self.column(&part.source, column)? {
                        Some(Chunks::Ranges(chunks)) => chunks.as_slice(),
                        _ => &[],
                    };
                    range_steps(number, part, chunks, &mut steps);
                }
            }
        }
        let mut rest = steps.as_slice();
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|step| {
                let before = bytes;
                bytes += step.want.map_or(0, |want| want.place.raw as usize * 4);
                before < AT_ONCE
            });
            let (now, later) = rest.split_at(fits.count());
            rest = later;
            let wants: Vec<Want> = now.iter().filter_map(|step| step.want).collect();
            let frames = self.load(&wants).await?;
            for step in now {
                let documents = &matched[step.part].documents[step.documents.clone()];
                step.see(documents, &frames, column.is_none(), see)?;
            }
        }
        Ok(())
    }
}

/// Some documents of a part, and the frame that holds their ranges; none where they have none.
struct Step {
    part: usize,
    documents: std::ops::Range<usize>,
    want: Option<Want>,
}

impl Step {
    fn see(
        &self,
        documents: &[u32],
        frames: &Frames,
        states: bool,
        see: &mut dyn FnMut(usize, u32, Covered<'_>),
    ) -> Result<()> {
        let Some(want) = &self.want else {
            documents
                .iter()
                .for_each(|it| see(self.part, *it, Covered::default()));
            return Ok(());
        };
        if states {
            let states = frames.states(want)?;
            for document in documents {
                let state = states.get(document % GROUP);
                let at = state.and_then(|state| state.last_updated);
                let range = at.map(DateRange::from);
                see(self.part, *document, Covered::of(range.as_slice()));
            }
            return Ok(());
        }
        let ranges: &Ranges = frames.ranges(want)?;
        for document in documents {
            see(self.part, *document, ranges.of(*document));
        }
        Ok(())
    }
}

/// Cuts the documents of a part by the groups that hold their states.
fn state_steps(number: usize, part: &Matched, steps: &mut Vec<Step>) -> Result<()> {
    let mut start = 0;
    while let Some(first) = part.documents.get(start) {
        let next = (first / GROUP + 1) * GROUP;
        let want = Some(part.source.states(*first)?);
        start = cut(number, part, start, next, want, steps);
    }
    Ok(())
}

/// Cuts the documents of a part by the chunks that hold their ranges.
fn range_steps(number: usize, part: &Matched, chunks: &[RangeChunk], steps: &mut Vec<Step>) {
    let mut start = 0;
    while let Some(first) = part.documents.get(start) {
        let (next, chunk) = chunk_of(chunks, *first);
        let want = chunk.map(|chunk| part.source.want(chunk.place, Form::Ranges));
        start = cut(number, part, start, next, want, steps);
    }
}

/// A step for the documents from `start` on that come before `next`; where the next step starts.
fn cut(
    number: usize,
    part: &Matched,
    start: usize,
    next: u32,
    want: Option<Want>,
    steps: &mut Vec<Step>,
) -> usize {
    let end = start + part.documents[start..].partition_point(|document| *document < next);
    steps.push(Step {
        part: number,
        documents: start..end,
        want,
    });
    end
}

/// The chunk in which a document's ranges are, if it has any, and where the next chunk begins.
fn chunk_of(chunks: &[RangeChunk], document: u32) -> (u32, Option<&RangeChunk>) {
    let after = chunks.partition_point(|chunk| chunk.first <= document);
    let end = chunks.get(after).map_or(u32::MAX, |chunk| chunk.first);
    (end, after.checked_sub(1).and_then(|at| chunks.get(at)))
}

impl Matched {
    /// The same part with these documents of it.
    pub(super) fn with(&self, documents: Vec<u32>) -> Matched {
        Matched {
            source: self.source.clone(),
            documents,
            scope: self.scope,
        }
    }

    /// Where its documents are.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.documents
            .iter()
            .map(|document| self.source.address(*document))
    }
}
