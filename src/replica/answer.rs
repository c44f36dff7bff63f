//! Writes a searchset Bundle from stored bytes; no resource is parsed.

use super::find::Found;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::text::put_string;
use crate::host::Store;
use crate::search::Query;

impl<S: Store> Replica<S> {
    /// The Bundle for one page of what was found.
    pub(super) async fn answer(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        found: &Found,
    ) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(found.page.len() * 1024 + 512);
        out.extend_from_slice(br#"{"resourceType":"Bundle","type":"searchset","total":"#);
        out.extend_from_slice(found.total.to_string().as_bytes());
        out.extend_from_slice(br#","link":[{"relation":"self","url":"#);
        self.put_link(&mut out, query, query.offset);
        let next = query.offset.saturating_add(found.page.len());
        if next < found.total && !found.page.is_empty() {
            out.extend_from_slice(br#"},{"relation":"next","url":"#);
            self.put_link(&mut out, query, next);
        }
        out.extend_from_slice(b"}]");
        let mut before: &[u8] = br#","entry":[{"fullUrl":"#;
        let kind = format!("{}/{}/", self.server(), query.kind);
        self.each_document(snapshot, &found.page, &mut |id, block, number| {
            out.extend_from_slice(before);
            before = br#",{"fullUrl":"#;
            put_string(&mut out, &format!("{kind}{id}"));
            out.extend_from_slice(br#","resource":"#);
            block.put(number, id, &mut out)?;
            out.extend_from_slice(br#","search":{"mode":"match"}}"#);
            Some(())
        })
        .await?;
        out.extend_from_slice(if found.page.is_empty() { b"}" } else { b"]}" });
        Ok(out)
    }

    fn put_link(&self, out: &mut Vec<u8>, query: &Query, offset: usize) {
        let mut url = format!("{}/{}", self.server(), query.text);
        if offset > 0 {
            let separator = if query.text.contains('?') { '&' } else { '?' };
            url.push(separator);
            url.push_str(&format!("_offset={offset}"));
        }
        put_string(out, &url);
    }
}
