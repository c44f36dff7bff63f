//! Writes changes as what leaves: a JSON array of them, or the resources as NDJSON.

use crate::fhir::text::put_string;
use crate::replica::Change;

/// The resources that were not deleted, a line each, as NDJSON has it: byte for byte as they came,
/// but that a line end becomes a space. In JSON it can stand between tokens only, never in a string.
pub fn lines(changes: &[Change]) -> Vec<u8> {
    let mut out = Vec::new();
    for resource in changes.iter().filter_map(|change| change.bytes.as_ref()) {
        let byte = |byte: &u8| {
            if matches!(byte, b'\n' | b'\r') {
                b' '
            } else {
                *byte
            }
        };
        out.extend(resource.iter().map(byte));
        out.push(b'\n');
    }
    out
}

/// All of them as JavaScript's `Change[]`, in UTF-8 JSON.
pub fn array(changes: &[Change]) -> Vec<u8> {
    let mut out = vec![b'['];
    for change in changes {
        if out.len() > 1 {
            out.push(b',');
        }
        // Types and ids hold nothing that JSON escapes.
        let (kind, id, deleted) = (&change.kind, &change.id, change.bytes.is_none());
        let head = format!(
            r#"{{"generation":{},"type":"{kind}","id":"{id}","deleted":{deleted}"#,
            change.generation
        );
        out.extend_from_slice(head.as_bytes());
        if !change.version.is_empty() {
            out.extend_from_slice(br#","versionId":"#);
            put_string(&mut out, &change.version);
        }
        if let Some(at) = change.last_updated {
            out.extend_from_slice(format!(r#","lastUpdated":"{at}""#).as_bytes());
        }
        if let Some(resource) = &change.bytes {
            out.extend_from_slice(br#","resource":"#);
            out.extend_from_slice(resource);
        }
        out.push(b'}');
    }
    out.push(b']');
    out
}
