//! The history of a replica, told a page at a time to whoever pulls from it.
//!
//! ```text
//! documents ─► when they came ─► the newest first ─► after the last page ─► entries
//! ```
//!
//! A page goes on after the entry that the page before it ended with: its commit, its own time and its
//! name. None of these changes while nobody touches the resource, whatever is committed or merged
//! meanwhile; so nothing untouched is left out or told twice, and no page has to be remembered.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::codec::damaged;
use super::held::{Held, Names};
use super::ids::{GROUP, packed};
use super::include::kind_of;
use super::retrieve::source_of;
use super::served::is_since;
use super::sorting::sort_by;
use super::source::{Address, Source};
use super::{Replica, Snapshot, Versions};
use crate::fhir::text::put_string;
use crate::fhir::{DateRange, Identity, Instant};
use crate::host::Store;
use crate::search::term::unpack_id;
use crate::{Code, Error, Result};

/// A page ends where it has so many bytes, however many entries were asked for.
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// So many groups of states, or resources, are read at a time.
const AT_ONCE: usize = 32;

/// Which history is told, and how.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// What links and full URLs begin with, without a slash at the end.
    pub base: &'a str,
    /// What links call it: path and query, the page left out.
    pub called: &'a str,
    /// Of this type.
    pub kind: Option<&'a str>,
    /// Of this resource of it.
    pub id: Option<&'a str>,
    /// Only what has changed, or has come to the replica, at or after this time.
    pub since: Option<Instant>,
    /// Only what was current at some time of these.
    pub at: Option<DateRange>,
    /// The oldest first.
    pub ascending: bool,
    /// How many entries a page has.
    pub count: usize,
    /// Where the page begins, as the link to it says.
    pub page: Option<&'a str>,
    /// The resource in whose compartment all is that may be seen; none: everything. Deletions are then not
    /// told: see [`Replica::version_for`].
    pub within: Option<Identity<'a>>,
}

/// By what entries are ordered before their names: of many resources by the commit that brought them,
/// since times of arrival are thinned; of one resource by its versions.
type Moment = (i64, i64);

/// A version that may be told.
#[derive(Clone, Debug)]
struct Entry {
    moment: Moment,
    address: Address,
}

/// One of which is known who it is.
#[derive(Clone, Debug)]
struct Named {
    moment: Moment,
    kind: String,
    id: String,
    version: String,
    address: Address,
    arrived: Option<Instant>,
    updated: Option<Instant>,
    deleted: bool,
}

/// Where a page begins: after this.
struct After {
    moment: Moment,
    kind: String,
    id: String,
    version: String,
}

impl<S: Store> Replica<S> {
    /// A page of a history as a Bundle; `None` where no version of the resource is held, or none may be
    /// seen.
    ///
    /// # Errors
    /// [`Code::BadInput`] for a page that is none, [`Code::Damaged`] when what is stored cannot be read.
    pub async fn history_for(&self, telling: &Telling<'_>) -> Result<Option<Vec<u8>>> {
        let after = telling.page.map(After::parse).transpose()?;
        self.consistent(async |snapshot: &Snapshot| {
            let mut lacking = snapshot.manifest.lacking();
            if let Some(kind) = lacking.find(|it| telling.kind.is_none_or(|kind| kind == *it)) {
                return Err(damaged(kind));
            }
            let Some(mut entries) = self.entries(snapshot, telling).await? else {
                return Ok(None);
            };
            let total = entries.len();
            if let Some(after) = &after {
                let comes = |it: &Entry| telling.order(&it.moment, &after.moment).is_ge();
                entries.retain(comes);
            }
            sort_by(&mut entries, |a, b| telling.order(&a.moment, &b.moment));
            let page = self.page(snapshot, telling, &entries, &after).await?;
            // What is looked at one by one is not counted.
            let counted = telling.at.is_none() && telling.within.is_none();
            let total = counted.then_some(total);
            self.bundle(snapshot, telling, total, page).await.map(Some)
        })
        .await
    }

    /// All that may be told, in no order.
    async fn entries(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
    ) -> Result<Option<Vec<Entry>>> {
        let mut entries = Vec::new();
        match (telling.kind, telling.id, telling.within) {
            (Some(kind), Some(id), within) => {
                let identity = Identity { kind, id };
                let held = self.kept_of(snapshot, identity).await?;
                let current = held.iter().rev().find(|held| held.current);
                let Some(current) = current else {
                    return Ok(None);
                };
                if !self.sees(snapshot, identity, current, within).await? {
                    return Ok(None);
                }
                let mut seen = Vec::new();
                let mut versions = Vec::new();
                for version in held.iter().rev() {
                    let state = version.state();
                    let name = (state.version, state.deleted);
                    if state.version.is_empty() || !seen.contains(&name) {
                        seen.push(name);
                        versions.push(version);
                    }
                }
                return self
                    .of_versions(snapshot, telling, &versions)
                    .await
                    .map(Some);
            }
            (kind, _, Some(within)) => {
                let kinds: Vec<String> = kind.map(str::to_string).into_iter().collect();
                let members = self.members(snapshot, within, &kinds).await?;
                let mut ids: HashMap<&str, Vec<Vec<u8>>> = HashMap::new();
                let mut addresses = members.iter();
                self.each_id(snapshot, &members, &mut |id| {
                    let kind = addresses.next().map_or("", |it| kind_of(snapshot, *it));
                    ids.entry(kind).or_default().push(packed(&id));
                })
                .await?;
                let mut names = Names::new();
                for (kind, ids) in &ids {
                    names.insert(kind, ids.iter().map(Vec::as_slice).collect());
                }
                let known = self.held(snapshot, &names).await?;
                let all = self.versions(snapshot) == Versions::All;
                let held = names
                    .iter()
                    .flat_map(|(kind, ids)| ids.iter().flat_map(|id| known.of(kind, id)));
                let kept: Vec<&Held> = held.filter(|it| all || it.current).collect();
                let sources = self.sources(snapshot, None).await?;
                for held in kept {
                    let source = source_of(&sources, &held.address)?;
                    let updated = held.state().last_updated;
                    telling.add(
                        snapshot,
                        source,
                        held.address.document,
                        updated,
                        &mut entries,
                    );
                }
            }
            (kind, _, None) => {
                for source in self.sources(snapshot, kind).await? {
                    self.of_source(snapshot, telling, &source, &mut entries)
                        .await?;
                }
            }
        }
        Ok(Some(entries))
    }

    /// The versions of one resource, in the order of their times and numbers.
    async fn of_versions(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
        versions: &[&Held],
    ) -> Result<Vec<Entry>> {
        let addresses: Vec<Address> = versions.iter().map(|held| held.address).collect();
        let sources = self.sources_at(snapshot, &addresses).await?;
        let mut entries = Vec::new();
        for held in versions {
            let source = source_of(&sources, &held.address)?;
            let state = held.state();
            let before = entries.len();
            let document = held.address.document;
            telling.add(snapshot, source, document, state.last_updated, &mut entries);
            for added in &mut entries[before..] {
                let number = state.version.parse().unwrap_or(-1);
                added.moment = (added.moment.1, number);
            }
        }
        Ok(entries)
    }

    /// What of a part may be told.
    async fn of_source(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
        source: &Source,
        entries: &mut Vec<Entry>,
    ) -> Result<()> {
        let all = self.versions(snapshot) == Versions::All;
        let is_kept = |document: &u32| match all {
            true => !source.part().holes.contains(*document),
            false => source.is_current(snapshot, *document),
        };
        let documents: Vec<u32> = (0..source.part().documents).filter(is_kept).collect();
        let groups: Vec<&[u32]> = documents.chunk_by(|a, b| a / GROUP == b / GROUP).collect();
        for some in groups.chunks(AT_ONCE) {
            let wants = some.iter().map(|group| source.states(group[0]));
            let wants = wants.collect::<Result<Vec<_>>>()?;
            let frames = self.load(&wants).await?;
            for (group, want) in some.iter().zip(&wants) {
                let states = frames.states(want)?;
                for document in *group {
                    let state = states.get(document % GROUP);
                    let updated = state.ok_or_else(|| damaged("directory"))?.last_updated;
                    telling.add(snapshot, source, *document, updated, entries);
                }
            }
        }
        Ok(())
    }

    /// Those that are on the page, and one more where there is a next one.
    async fn page(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
        entries: &[Entry],
        after: &Option<After>,
    ) -> Result<Vec<Named>> {
        let mut page = Vec::new();
        for same in entries.chunk_by(|a, b| a.moment == b.moment) {
            let mut named = self.named(snapshot, same).await?;
            sort_by(&mut named, |a, b| telling.order(&a.name(), &b.name()));
            for entry in named {
                let passed = after.as_ref().is_some_and(|after| {
                    let names = telling.order(&entry.name(), &after.name());
                    telling
                        .order(&entry.moment, &after.moment)
                        .then(names)
                        .is_le()
                });
                if passed || !self.is_told(snapshot, telling, &entry).await? {
                    continue;
                }
                page.push(entry);
                if page.len() > telling.count {
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }

    /// Who some are.
    async fn named(&self, snapshot: &Snapshot, entries: &[Entry]) -> Result<Vec<Named>> {
        let addresses: Vec<Address> = entries.iter().map(|entry| entry.address).collect();
        let sources = self.sources_at(snapshot, &addresses).await?;
        let mut named = Vec::with_capacity(entries.len());
        for some in entries.chunks(AT_ONCE * GROUP as usize) {
            let mut wants = Vec::with_capacity(some.len() * 2);
            for entry in some {
                let source = source_of(&sources, &entry.address)?;
                wants.push(source.ids(entry.address.document)?);
                wants.push(source.states(entry.address.document)?);
            }
            let frames = self.load(&wants).await?;
            for (entry, pair) in some.iter().zip(wants.chunks_exact(2)) {
                let (address, at) = (entry.address, entry.address.document % GROUP);
                let id = unpack_id(frames.ids(&pair[0])?.get(at));
                let (Some(id), Some(state)) = (id, frames.states(&pair[1])?.get(at)) else {
                    return Err(damaged("directory"));
                };
                let source = source_of(&sources, &address)?;
                let generation = source.generation_of(snapshot, address.document);
                named.push(Named {
                    moment: entry.moment,
                    kind: kind_of(snapshot, address).to_string(),
                    id,
                    version: state.version.to_string(),
                    address,
                    arrived: snapshot.manifest.arrivals.of(generation),
                    updated: state.last_updated,
                    deleted: state.deleted,
                });
            }
        }
        Ok(named)
    }

    /// Whether an entry is told at all, as far as only itself and its other versions tell.
    async fn is_told(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
        entry: &Named,
    ) -> Result<bool> {
        if telling.at.is_none() && telling.within.is_none() {
            return Ok(true);
        }
        let identity = entry.identity();
        let held = self.kept_of(snapshot, identity).await?;
        let Some(own) = held.iter().find(|it| it.address == entry.address) else {
            return Err(damaged("directory"));
        };
        if let Some(at) = telling.at {
            let began = |it: &Held| it.state().last_updated.map_or(i64::MIN, |it| it.0);
            let later = held.iter().map(began).filter(|it| *it > began(own));
            let ended = later.min().unwrap_or(i64::MAX);
            // A deletion is no version that was current.
            if entry.deleted || began(own) > at.high || ended <= at.low {
                return Ok(false);
            }
        }
        self.sees(snapshot, identity, own, telling.within).await
    }

    async fn bundle(
        &self,
        snapshot: &Snapshot,
        telling: &Telling<'_>,
        total: Option<usize>,
        page: Vec<Named>,
    ) -> Result<Vec<u8>> {
        let (mut entries, mut told) = (Vec::new(), 0);
        let fits = page.len().min(telling.count);
        for some in page[..fits].chunks(AT_ONCE) {
            if entries.len() > MOST_BYTES {
                break;
            }
            let living = some.iter().filter(|entry| !entry.deleted);
            let living: Vec<Address> = living.map(|entry| entry.address).collect();
            let mut resources = Vec::with_capacity(living.len());
            self.each_document(snapshot, &living, &mut |id, block, number| {
                let mut resource = Vec::new();
                block.put(number, id, &mut resource)?;
                resources.push(resource);
                Some(())
            })
            .await?;
            let mut resources = resources.iter();
            for entry in some {
                let resource = match entry.deleted {
                    true => None,
                    false => resources.next().map(Vec::as_slice),
                };
                entries.extend_from_slice(if told == 0 { b"" } else { b"," });
                entry.put(telling.base, resource, &mut entries);
                told += 1;
            }
        }
        let last = page[..told].last().filter(|_| told < page.len());
        let mut out = br#"{"resourceType":"Bundle","#.to_vec();
        if let Some(known) = self.known_until(&snapshot.manifest) {
            out.extend_from_slice(format!(r#""meta":{{"lastUpdated":"{known}"}},"#).as_bytes());
        }
        out.extend_from_slice(br#""type":"history","#);
        if let Some(total) = total {
            out.extend_from_slice(format!(r#""total":{total},"#).as_bytes());
        }
        out.extend_from_slice(br#""link":[{"relation":"self","url":"#);
        let url = format!("{}/{}", telling.base, telling.called);
        put_string(
            &mut out,
            &telling.page.map_or(url.clone(), |it| paged(&url, it)),
        );
        if let Some(last) = last {
            out.extend_from_slice(br#"},{"relation":"next","url":"#);
            put_string(&mut out, &paged(&url, &last.page()));
        }
        out.extend_from_slice(b"}]");
        if told > 0 {
            out.extend_from_slice(br#","entry":["#);
            out.extend(entries);
            out.push(b']');
        }
        out.push(b'}');
        Ok(out)
    }
}

fn paged(url: &str, page: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}_page={page}")
}

impl Telling<'_> {
    fn order<T: Ord>(&self, a: &T, b: &T) -> Ordering {
        match self.ascending {
            true => a.cmp(b),
            false => b.cmp(a),
        }
    }

    /// Adds a document, if it may be told by its times.
    fn add(
        &self,
        snapshot: &Snapshot,
        source: &Source,
        document: u32,
        updated: Option<Instant>,
        entries: &mut Vec<Entry>,
    ) {
        let generation = source.generation_of(snapshot, document);
        let arrived = snapshot.manifest.arrivals.of(generation);
        if self
            .since
            .is_none_or(|since| is_since(since, arrived, updated))
        {
            entries.push(Entry {
                moment: (
                    i64::try_from(generation).unwrap_or(i64::MAX),
                    updated.map_or(i64::MIN, |it| it.0),
                ),
                address: source.address(document),
            });
        }
    }
}

impl Named {
    fn identity(&self) -> Identity<'_> {
        Identity {
            kind: &self.kind,
            id: &self.id,
        }
    }

    fn name(&self) -> (&str, &str, &str) {
        (&self.kind, &self.id, &self.version)
    }

    /// The page that begins after it, as a link says it.
    fn page(&self) -> String {
        let (kind, id, version) = self.name();
        let (first, second) = self.moment;
        let text = format!("{first}/{second}/{kind}/{id}/{version}");
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The time of a living resource is when it came, where that was later: who goes on from it misses
    /// nothing that came late.
    fn put(&self, base: &str, resource: Option<&[u8]>, out: &mut Vec<u8>) {
        let at = match resource {
            Some(_) => self.arrived.max(self.updated),
            None => self.updated,
        };
        put_entry(out, base, self.identity(), &self.version, at, resource);
    }
}

/// Appends an entry of a history.
pub(super) fn put_entry(
    out: &mut Vec<u8>,
    base: &str,
    identity: Identity<'_>,
    version: &str,
    at: Option<Instant>,
    resource: Option<&[u8]>,
) {
    out.extend_from_slice(br#"{"fullUrl":"#);
    put_string(out, &format!("{base}/{identity}"));
    if let Some(resource) = resource {
        out.extend_from_slice(br#","resource":"#);
        out.extend_from_slice(resource);
    }
    let (method, status) = match resource {
        None => ("DELETE", "204"),
        Some(_) => ("PUT", "200"),
    };
    let request = format!(
        r#","request":{{"method":"{method}","url":"{identity}"}},"response":{{"status":"{status}""#
    );
    out.extend_from_slice(request.as_bytes());
    if !version.is_empty() {
        out.extend_from_slice(br#","etag":"#);
        put_string(out, &format!("W/\"{version}\""));
    }
    if let Some(at) = at {
        out.extend_from_slice(format!(r#","lastModified":"{at}""#).as_bytes());
    }
    out.extend_from_slice(b"}}");
}

impl After {
    fn parse(page: &str) -> Result<After> {
        After::read(page).ok_or_else(|| {
            Error::new(
                Code::BadInput,
                "There is no such page of the history; begin at its first page.",
            )
        })
    }

    fn read(page: &str) -> Option<After> {
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let bytes = page.as_bytes().chunks(2).map(|pair| match pair {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        });
        let text = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
        let mut parts = text.splitn(5, '/');
        let mut part = || parts.next();
        Some(After {
            moment: (part()?.parse().ok()?, part()?.parse().ok()?),
            kind: part()?.to_string(),
            id: part()?.to_string(),
            version: part()?.to_string(),
        })
    }

    fn name(&self) -> (&str, &str, &str) {
        (&self.kind, &self.id, &self.version)
    }
}
