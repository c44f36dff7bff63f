//! `Composition/[id]/$document`: a document Bundle of a composition and all that it refers to.

use super::parameters::Given;
use super::refused::Refused;
use super::{Answered, Serving, ok};
use crate::fhir::Identity;
use crate::fhir::reference::references_in;
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
        let bytes = self.find(composition).await?;
        let mut parts = vec![composition];
        for part in references_in(&bytes, &[self.replica.server()]) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
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
        for (number, part) in parts.iter().enumerate() {
            let found = self.replica.version_for(*part, None, self.within).await?;
            // A document that lacks a part would look whole.
            let bytes = found.and_then(|found| found.bytes).ok_or_else(|| {
                let sentence = format!("The document refers to a {} that is not here.", part.kind);
                Refused::new(422, "incomplete", sentence)
            })?;
            out.extend_from_slice(if number == 0 { b"" } else { b"," });
            out.extend_from_slice(br#"{"fullUrl":"#);
            put_string(&mut out, &format!("{base}/{part}"));
            out.extend_from_slice(br#","resource":"#);
            out.extend(bytes);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        Ok(ok(out))
    }
}
