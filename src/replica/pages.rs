//! Where the pages of an answer go on while pulls change what it is made of.
//!
//! A link says how many matches stand before its page, and a number under which it is remembered
//! which matches come next and which came last. Merges keep the order of documents, and a resource
//! that nobody has touched keeps its commit and what it is sorted by; so the first of these that is
//! still as it was says where the page begins: nothing untouched is left out or shown twice. Links
//! carry no value of a resource for that. A link that is remembered no more, or whose neighbours
//! have all changed, goes by its count.

use std::collections::{HashMap, VecDeque};

use super::find::Found;
use super::ids::packed;
use super::include::kind_of;
use super::retrieve::source_of;
use super::source::Address;
use super::{Replica, Snapshot};
use crate::Result;
use crate::host::Store;
use crate::search::Query;

/// So many matches on either side of a page's beginning are remembered.
pub(super) const AROUND: usize = 16;
/// And so many links, the latest.
const LINKS: usize = 256;

/// The links that were given.
#[derive(Debug, Default)]
pub(super) struct Pages {
    last: u64,
    begins: VecDeque<Begin>,
}

/// Where a page begins.
#[derive(Debug)]
struct Begin {
    number: u64,
    /// Of the query, and what it is narrowed to.
    text: String,
    within: String,
    offset: usize,
    /// The matches that come next, then those that came before, the nearest first.
    around: Vec<Neighbour>,
}

/// A match near the beginning of a page.
#[derive(Clone, Debug)]
struct Neighbour {
    kind: String,
    /// Packed.
    id: Vec<u8>,
    generation: u64,
    /// Whether the page begins with it, and not after it.
    next: bool,
}

/// A match that is where it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor {
    pub(super) address: Address,
    /// Whether the page begins with it, and not after it.
    pub(super) next: bool,
}

impl Pages {
    fn remember(&mut self, query: &Query, offset: usize, around: Vec<Neighbour>) -> u64 {
        self.last += 1;
        if self.begins.len() == LINKS {
            self.begins.pop_front();
        }
        self.begins.push_back(Begin {
            number: self.last,
            text: query.text.clone(),
            within: query.within.clone(),
            offset,
            around,
        });
        self.last
    }

    /// A number can be that of another session: text and count tell.
    fn around(&self, query: &Query) -> Option<&[Neighbour]> {
        let number = query.page?;
        let found = self.begins.iter().find(|begin| begin.number == number)?;
        let same = found.text == query.text
            && found.within == query.within
            && found.offset == query.offset;
        same.then_some(found.around.as_slice())
    }
}

impl<S: Store> Replica<S> {
    /// The matches around the beginning of the query's page that are where they were, the best first.
    pub(super) async fn anchors(&self, snapshot: &Snapshot, query: &Query) -> Result<Vec<Anchor>> {
        let around = self.pages.borrow().around(query).map(<[_]>::to_vec);
        let around = around.unwrap_or_default();
        let mut names: HashMap<&str, Vec<&[u8]>> = HashMap::new();
        for neighbour in &around {
            let ids = names.entry(&neighbour.kind).or_default();
            ids.push(&neighbour.id);
        }
        let known = self.held(snapshot, &names).await?;
        let found = around.iter().filter_map(|neighbour| {
            let held = known.current(&neighbour.kind, &neighbour.id)?;
            Some((neighbour, held.address))
        });
        let found: Vec<_> = found.collect();
        let places: Vec<Address> = found.iter().map(|(_, address)| *address).collect();
        let sources = self.sources_at(snapshot, &places).await?;
        let mut anchors = Vec::with_capacity(found.len());
        for (neighbour, address) in found {
            let source = source_of(&sources, &address)?;
            if source.generation_of(snapshot, address.document) == neighbour.generation {
                let next = neighbour.next;
                anchors.push(Anchor { address, next });
            }
        }
        Ok(anchors)
    }

    /// Remembers where the page after the one that was found begins; the number of its link.
    pub(super) async fn remember_next(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        found: &Found,
    ) -> Result<u64> {
        let before = found.page.iter().rev().take(AROUND);
        let places: Vec<Address> = found.ahead.iter().chain(before).copied().collect();
        let mut ids = Vec::with_capacity(places.len());
        self.each_id(snapshot, &places, &mut |id| ids.push(packed(&id)))
            .await?;
        let sources = self.sources_at(snapshot, &places).await?;
        let mut around = Vec::with_capacity(places.len());
        for (number, (address, id)) in places.iter().zip(ids).enumerate() {
            let source = source_of(&sources, address)?;
            around.push(Neighbour {
                kind: kind_of(snapshot, *address).to_string(),
                id,
                generation: source.generation_of(snapshot, address.document),
                next: number < found.ahead.len(),
            });
        }
        let offset = found.start + found.page.len();
        let mut pages = self.pages.borrow_mut();
        Ok(pages.remember(query, offset, around))
    }
}
