//! Ids and resources of given documents, in the order asked, a bounded number of bytes at a time.

use super::block::Block;
use super::codec::damaged;
use super::ids::GROUP;
use super::load::{AT_ONCE, Want};
use super::source::{Address, Source};
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;
use crate::search::term::unpack_id;

impl<S: Store> Replica<S> {
    /// Calls `take` with the id, the block and the number in it of each document.
    pub(super) async fn each_document(
        &self,
        snapshot: &Snapshot,
        documents: &[Address],
        take: &mut dyn FnMut(&str, &Block, usize) -> Option<()>,
    ) -> Result<()> {
        let sources = self.sources_at(snapshot, documents).await?;
        let mut rest = documents;
        while !rest.is_empty() {
            let mut bytes = 0;
            let mut steps: Vec<(Want, Want, usize, u32)> = Vec::new();
            for address in rest {
                let source = source_of(&sources, address)?;
                let (block, number) = source.block(address.document)?;
                // Neighbours are mostly in one block.
                let same = steps.last().is_some_and(|(_, last, ..)| {
                    last.key == block.key && last.place.offset == block.place.offset
                });
                bytes += if same { 0 } else { block.place.raw as usize };
                if bytes > AT_ONCE && !steps.is_empty() {
                    break;
                }
                let ids = source.ids(address.document)?;
                steps.push((ids, block, number, address.document % GROUP));
            }
            rest = &rest[steps.len()..];
            let wants = steps.iter().flat_map(|(ids, block, ..)| [*ids, *block]);
            let frames = self.load(&wants.collect::<Vec<_>>()).await?;
            for (ids, block, number, at) in steps {
                let id = unpack_id(frames.ids(&ids)?.get(at));
                let taken = id.and_then(|id| Some((id, frames.block(&block).ok()?)));
                let taken = taken.and_then(|(id, block)| take(&id, block, number));
                if taken.is_none() {
                    self.note_damage(block.owner);
                    return Err(damaged("segment"));
                }
            }
        }
        Ok(())
    }

    /// Calls `take` with the id of each document.
    pub(super) async fn each_id(
        &self,
        snapshot: &Snapshot,
        documents: &[Address],
        take: &mut dyn FnMut(String),
    ) -> Result<()> {
        let sources = self.sources_at(snapshot, documents).await?;
        for some in documents.chunks(64 * GROUP as usize) {
            let want = |it: &Address| source_of(&sources, it)?.ids(it.document);
            let wants = some.iter().map(want).collect::<Result<Vec<_>>>()?;
            let frames = self.load(&wants).await?;
            for (address, want) in some.iter().zip(&wants) {
                let id = unpack_id(frames.ids(want)?.get(address.document % GROUP));
                take(id.ok_or_else(|| damaged("directory"))?);
            }
        }
        Ok(())
    }

    /// The parts that the documents are in.
    pub(super) async fn sources_at(
        &self,
        snapshot: &Snapshot,
        documents: &[Address],
    ) -> Result<Vec<Source>> {
        let mut entries: Vec<usize> = Vec::new();
        for address in documents {
            if !entries.contains(&address.entry) {
                entries.push(address.entry);
            }
        }
        self.sources_of(snapshot, |entry, _| entries.contains(&entry))
            .await
    }

    /// The resource of one document, byte for byte.
    pub(super) async fn resource(&self, snapshot: &Snapshot, address: Address) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.each_document(snapshot, &[address], &mut |id, block, number| {
            block.put(number, id, &mut bytes)
        })
        .await?;
        Ok(bytes)
    }
}

/// The part that a document is in.
pub(super) fn source_of<'a>(sources: &'a [Source], address: &Address) -> Result<&'a Source> {
    let wanted = (address.entry, address.part);
    let at = sources.binary_search_by_key(&wanted, |source| (source.entry, source.at));
    at.ok()
        .and_then(|at| sources.get(at))
        .ok_or_else(|| damaged("segment"))
}
