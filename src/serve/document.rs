//! `Composition/[id]/$document`: a document Bundle of a composition and all that it refers to.

use super::parameters::Given;
use super::refused::Refused;
use super::{Answered, Serving, ok};
use crate::fhir::Identity;
use crate::fhir::text::put_string;
use crate::host::Store;

impl<S: Store> Serving<'_, S> {
    pub(super) async fn document(&self, id: &str) -> Answered {
        let mut given = Given::of(&self.query)?;
        if given
            .take("persist")
            .is_some_and(|persist| persist != "false")
        {
            let sentence = "A document is made and not kept: this server is not written to.";
            return Err(Refused::new(400, "not-supported", sentence));
        }
        given.only(&[], true)?;
        let composition = Identity {
            kind: "Composition",
            id,
        };
        let found = self
            .replica
            .with_references(composition, self.within)
            .await?;
        let (found, parts) = found.ok_or_else(|| Refused::not_found(composition.kind))?;
        let Some(bytes) = found.bytes else {
            return Err(Refused::deleted(composition.kind));
        };
        let base = self.settings.base;
        let (now, called) = (self.settings.now, format!("{base}/{composition}/$document"));
        let mut out =
            br#"{"resourceType":"Bundle","identifier":{"system":"urn:ietf:rfc:3986","value":"#
                .to_vec();
        put_string(&mut out, &format!("{called}?at={now}"));
        out.extend_from_slice(br#"},"type":"document","timestamp":""#);
        out.extend_from_slice(now.to_string().as_bytes());
        out.extend_from_slice(br#"","link":[{"relation":"self","url":"#);
        put_string(&mut out, &called);
        out.extend_from_slice(br#"}],"entry":["#);
        put_part(&mut out, base, &composition.to_string(), &bytes);
        for (part, bytes) in &parts {
            // A document that lacks a part would look whole.
            let bytes = bytes.as_deref().ok_or_else(|| {
                let kind = part.split('/').next().unwrap_or_default();
                let sentence = format!("The document refers to a {kind} that is not here.");
                Refused::new(422, "incomplete", sentence)
            })?;
            out.push(b',');
            put_part(&mut out, base, part, bytes);
        }
        out.extend_from_slice(b"]}");
        Ok(ok(out))
    }
}

fn put_part(out: &mut Vec<u8>, base: &str, part: &str, bytes: &[u8]) {
    out.extend_from_slice(br#"{"fullUrl":"#);
    put_string(out, &format!("{base}/{part}"));
    out.extend_from_slice(br#","resource":"#);
    out.extend_from_slice(bytes);
    out.push(b'}');
}
