//! What of each part is found so far, and the ranges that its documents have.
//!
//! Ranges are read a bounded number of chunks at a time, and only those that hold documents that are
//! still in question. Between which ends all ranges of a chunk lie is known once it is read: most chunks of what
//! comes in the order of time need no look at their documents.

use super::Replica;
use super::codec::damaged;
use super::ids::GROUP;
use super::load::{AT_ONCE, Form, Want};
use super::ranges::{Covered, RangeChunk, Ranges};
use super::segment::Chunks;
use super::source::{Address, Source};
use super::states::States;
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

/// Whoever looks at the ranges of documents, column by column.
pub(super) trait Looks {
    /// Whether ranges between these ends are of no interest.
    fn skips(&self, _ends: DateRange) -> bool {
        false
    }

    /// Some documents of a part in their order, the first of them the part's `at`-th, and where their ranges are.
    fn look(&mut self, part: usize, at: usize, documents: &[u32], ranges: Chunk<'_>);

    /// Whether the last chunks are looked at first.
    fn is_backwards(&self) -> bool {
        false
    }
}

/// Where the ranges of some documents are.
#[derive(Clone, Copy)]
pub(super) enum Chunk<'a> {
    /// In a chunk of a column.
    Ranges(&'a Ranges),
    /// When they were last updated.
    States(&'a States),
    /// They have none.
    Nothing,
}

impl Chunk<'_> {
    /// Calls `see` with each of `documents`, which are ascending, and its ranges.
    #[inline]
    pub(super) fn each(self, documents: &[u32], mut see: impl FnMut(u32, Covered<'_>)) {
        match self {
            Chunk::Ranges(ranges) => ranges.each(documents, see),
            Chunk::States(states) => {
                for document in documents {
                    let range = states.updated(document % GROUP).map(DateRange::from);
                    see(*document, Covered::of(range.as_slice()));
                }
            }
            Chunk::Nothing => documents
                .iter()
                .for_each(|document| see(*document, Covered::default())),
        }
    }

    /// The same for who looks at few, or does more with each than to look.
    pub(super) fn show(self, documents: &[u32], see: &mut dyn FnMut(u32, Covered<'_>)) {
        self.each(documents, see);
    }

    /// Between which ends all ranges lie; `None` where there are none.
    fn ends(self) -> Option<DateRange> {
        match self {
            Chunk::Ranges(ranges) => ranges.ends(),
            Chunk::States(states) => states.ends(),
            Chunk::Nothing => None,
        }
    }
}

impl<S: Store> Replica<S> {
    /// Shows the ranges of every document of every part, column by column.
    pub(super) async fn each_range(
        &self,
        matched: &[Matched],
        field: &Field,
        eye: &mut dyn Looks,
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
            self.each_of_column(matched, column, eye).await?;
        }
        Ok(())
    }

    /// The same for one column, or for when each document was last updated.
    async fn each_of_column(
        &self,
        matched: &[Matched],
        column: Option<&str>,
        eye: &mut dyn Looks,
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
        if eye.is_backwards() {
            steps.reverse();
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
                let chunk = match &step.want {
                    None => Chunk::Nothing,
                    Some(want) if column.is_none() => Chunk::States(frames.states(want)?),
                    Some(want) => Chunk::Ranges(frames.ranges(want)?),
                };
                if chunk.ends().is_none_or(|ends| !eye.skips(ends)) {
                    let documents = &matched[step.part].documents[step.documents.clone()];
                    eye.look(step.part, step.documents.start, documents, chunk);
                }
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

    /// Of each document of the part, whether it is one of these.
    pub(super) fn marked(&self) -> Result<Vec<bool>> {
        let mut marked = vec![false; self.source.part().documents as usize];
        for document in &self.documents {
            let mark = marked.get_mut(*document as usize);
            *mark.ok_or_else(|| damaged("index"))? = true;
        }
        Ok(marked)
    }

    /// Where its documents are.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Address> + '_ {
        self.documents
            .iter()
            .map(|document| self.source.address(*document))
    }
}
