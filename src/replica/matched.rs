//! What of each part is found so far, and the ranges that its documents have.
//!
//! Ranges are read a bounded number of chunks at a time, and only those that hold documents that are
//! still in question.

use super::Replica;
use super::codec::damaged;
use super::ids::GROUP;
use super::load::{AT_ONCE, Form, Frames, Want};
use super::ranges::{RangeChunk, Ranges};
use super::source::Source;
use crate::Result;
use crate::fhir::DateRange;
use crate::host::Store;
use crate::search::matcher::Field;

/// A part and what of it is found so far, ascending.
pub(super) struct Matched {
    pub(super) source: Source,
    pub(super) documents: Vec<u32>,
}

impl<S: Store> Replica<S> {
    /// Calls `see` with every document of every part and its ranges, in order.
    pub(super) async fn each_range(
        &self,
        matched: &[Matched],
        field: &Field,
        see: &mut dyn FnMut(usize, u32, &[DateRange]),
    ) -> Result<()> {
        let mut steps = Vec::new();
        for (number, part) in matched.iter().enumerate() {
            range_steps(number, part, field, &mut steps)?;
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
                step.see(documents, &frames, field, see)?;
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
        field: &Field,
        see: &mut dyn FnMut(usize, u32, &[DateRange]),
    ) -> Result<()> {
        let Some(want) = &self.want else {
            documents.iter().for_each(|it| see(self.part, *it, &[]));
            return Ok(());
        };
        if *field == Field::LastUpdated {
            let states = frames.states(want)?;
            for document in documents {
                let state = states.get(document % GROUP);
                let at = state.and_then(|state| state.last_updated);
                let range = at.map(DateRange::from);
                see(self.part, *document, range.as_slice());
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

/// Cuts the documents of a part by the frames that hold their ranges.
fn range_steps(number: usize, part: &Matched, field: &Field, steps: &mut Vec<Step>) -> Result<()> {
    let documents = &part.documents;
    let mut start = 0;
    while start < documents.len() {
        let first = documents[start];
        let (end, want) = match field {
            Field::LastUpdated => {
                let next = (first / GROUP + 1) * GROUP;
                (next, Some(part.source.states(first)?))
            }
            Field::Parameter(code, _) => {
                let chunks = part.source.part().ranges(code);
                let chunks = chunks.ok_or_else(|| damaged("index"))?;
                let (end, chunk) = chunk_of(chunks, first);
                let want = chunk.map(|chunk| part.source.want(chunk.place, Form::Ranges));
                (end, want)
            }
            Field::Id => return Err(damaged("index")),
        };
        let count = documents[start..].partition_point(|document| *document < end);
        steps.push(Step {
            part: number,
            documents: start..start + count,
            want,
        });
        start += count;
    }
    Ok(())
}

/// The chunk in which a document's ranges are, if it has any, and where the next chunk begins.
fn chunk_of(chunks: &[RangeChunk], document: u32) -> (u32, Option<&RangeChunk>) {
    let after = chunks.partition_point(|chunk| chunk.first <= document);
    let end = chunks.get(after).map_or(u32::MAX, |chunk| chunk.first);
    (end, after.checked_sub(1).and_then(|at| chunks.get(at)))
}
