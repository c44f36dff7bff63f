//! Writes a searchset Bundle from stored bytes; no resource is parsed that leaves whole.

use super::find::Found;
use super::include::kind_of;
use super::source::Address;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::text::put_string;
use crate::host::Store;
use crate::search::Query;
use crate::search::query::Shown;

/// Why something is in an answer (R5 valueset-search-entry-mode).
#[derive(Clone, Copy)]
enum Mode {
    Match,
    Include,
}

impl<S: Store> Replica<S> {
    /// The Bundle for one page of what was found.
    pub(super) async fn answer(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        found: &Found,
        base: &str,
    ) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(found.page.len() * 1024 + 512);
        out.extend_from_slice(br#"{"resourceType":"Bundle","#);
        let kinds = query.scopes.iter().map(|scope| scope.kind.as_str());
        // Where nothing says as of when it is whole, as after an import, who goes on from here has to go on from
        // when the last commit came: what comes next may be older than what is here.
        let as_of = self.as_of(&snapshot.manifest, kinds);
        let known = || {
            self.known_until(&snapshot.manifest)
                .filter(|_| query.followed)
        };
        if let Some(as_of) = as_of.or_else(known) {
            out.extend_from_slice(format!(r#""meta":{{"lastUpdated":"{as_of}"}},"#).as_bytes());
        }
        out.extend_from_slice(br#""type":"searchset","#);
        // How much of all pages is shown is not known before they are made.
        if query.shown == Shown::default() {
            out.extend_from_slice(format!(r#""total":{},"#, found.total).as_bytes());
        }
        out.extend_from_slice(br#""link":[{"relation":"self","url":"#);
        put_link(&mut out, base, query, query.offset, query.page);
        let next = found.start.saturating_add(found.page.len());
        if next < found.total && !found.page.is_empty() {
            let number = self.remember_next(snapshot, query, found).await?;
            out.extend_from_slice(br#"},{"relation":"next","url":"#);
            put_link(&mut out, base, query, next, Some(number));
        }
        if let (true, Some(count)) = (found.start > 0, query.count) {
            out.extend_from_slice(br#"},{"relation":"previous","url":"#);
            let previous = found.start.saturating_sub(count);
            // A number that none has: the page goes by its count, and its link is known for a replica's.
            let page = (previous > 0).then_some(0);
            put_link(&mut out, base, query, previous, page);
        }
        out.extend_from_slice(b"}]");
        let mut entries = Entries {
            before: br#","entry":["#,
        };
        let mut page = found.page.clone();
        self.keep_shown(snapshot, &query.shown, &mut page).await?;
        self.put_entries(
            snapshot,
            query,
            &page,
            (Mode::Match, base),
            (&mut entries, &mut out),
        )
        .await?;
        if !query.includes.is_empty() {
            let mut included = self.included(snapshot, query, &found.page).await?;
            self.keep_shown(snapshot, &query.shown, &mut included)
                .await?;
            self.put_entries(
                snapshot,
                query,
                &included,
                (Mode::Include, base),
                (&mut entries, &mut out),
            )
            .await?;
        }
        if !query.ignored.is_empty() {
            entries.begin(&mut out);
            put_outcome(&query.ignored, &mut out);
        }
        entries.end(&mut out);
        out.push(b'}');
        Ok(out)
    }

    /// Appends an entry for each document.
    async fn put_entries(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        documents: &[Address],
        (mode, base): (Mode, &str),
        (entries, out): (&mut Entries, &mut Vec<u8>),
    ) -> Result<()> {
        let mut resource = Vec::new();
        let mut addresses = documents.iter();
        self.each_document(snapshot, documents, &mut |id, block, number| {
            let kind = kind_of(snapshot, *addresses.next()?);
            entries.begin(out);
            out.extend_from_slice(br#"{"fullUrl":"#);
            put_string(out, &format!("{base}/{kind}/{id}"));
            out.extend_from_slice(br#","resource":"#);
            if query.shape.is_whole() {
                block.put(number, id, out)?;
            } else {
                resource.clear();
                block.put(number, id, &mut resource)?;
                query
                    .shape
                    .put(self.definitions.of(kind), &resource, out)
                    .ok()?;
            }
            out.extend_from_slice(match mode {
                Mode::Match => br#","search":{"mode":"match"}}"#.as_slice(),
                Mode::Include => br#","search":{"mode":"include"}}"#,
            });
            Some(())
        })
        .await
    }
}

/// A link to a page of the query.
fn put_link(out: &mut Vec<u8>, base: &str, query: &Query, offset: usize, page: Option<u64>) {
    let mut url = format!("{base}/{}", query.text);
    let mut separator = if query.text.contains('?') { '&' } else { '?' };
    let page = page.map(|page| ("_page", page));
    let offset = (offset > 0).then_some(("_offset", offset as u64));
    for (name, number) in offset.into_iter().chain(page) {
        url.push_str(&format!("{separator}{name}={number}"));
        separator = '&';
    }
    put_string(out, &url);
}

/// The array of entries, which an answer without any does not have.
struct Entries {
    before: &'static [u8],
}

impl Entries {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(std::mem::replace(&mut self.before, b","));
    }

    fn end(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.before == b"," { b"]" } else { b"" });
    }
}

/// What was left out of the query, as an entry of its own.
fn put_outcome(ignored: &[String], out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"resource":{"resourceType":"OperationOutcome","issue":["#);
    for (at, name) in ignored.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b"," });
        out.extend_from_slice(br#"{"severity":"warning","code":"not-supported","diagnostics":"#);
        put_string(
            out,
            &format!("The search parameter `{name}` was left out: a replica cannot answer it."),
        );
        out.push(b'}');
    }
    out.extend_from_slice(br#"]},"search":{"mode":"outcome"}}"#);
}
