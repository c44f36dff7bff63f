//! Writes a searchset Bundle from stored bytes; no resource is parsed further than to its id.

use super::find::Found;
use super::{Replica, Snapshot};
use crate::Result;
use crate::fhir::head;
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
        let resources = self.resources(snapshot, &found.page).await?;
        let bytes: usize = resources.iter().map(|bytes| bytes.len() + 200).sum();
        let mut out = Vec::with_capacity(bytes + 512);
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
        for (number, bytes) in resources.iter().enumerate() {
            out.extend_from_slice(if number == 0 {
                br#","entry":[{"#
            } else {
                b",{"
            });
            if let Some(id) = head::id_of(bytes) {
                let url = format!("{}/{}/{id}", self.server, query.kind);
                out.extend_from_slice(br#""fullUrl":"#);
                put_string(&mut out, &url);
                out.push(b',');
            }
            out.extend_from_slice(br#""resource":"#);
            out.extend_from_slice(bytes);
            out.extend_from_slice(br#","search":{"mode":"match"}}"#);
        }
        out.extend_from_slice(if resources.is_empty() { b"}" } else { b"]}" });
        Ok(out)
    }

    fn put_link(&self, out: &mut Vec<u8>, query: &Query, offset: usize) {
        let mut url = format!("{}/{}", self.server, query.text);
        if offset > 0 {
            let separator = if query.text.contains('?') { '&' } else { '?' };
            url.push(separator);
            url.push_str(&format!("_offset={offset}"));
        }
        put_string(out, &url);
    }
}

/// Appends text as a JSON string.
fn put_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_json_string() {
        let mut out = Vec::new();
        put_string(&mut out, "a\"b\\c\n\u{e9}");
        assert_eq!(
            serde_json::from_slice::<String>(&out).unwrap(),
            "a\"b\\c\n\u{e9}"
        );
    }
}
