//! Read and vread, also on condition (R5 http.html#read, #cread).

use super::parameters::Given;
use super::refused::Refused;
use super::{Answered, Serving, ok, put_header};
use crate::fhir::reference::version_of_etag;
use crate::fhir::{Identity, Instant};
use crate::host::{Response, Store, http_date};
use crate::replica::Version;
use crate::search::query::{Handling, Shape};

impl<S: Store> Serving<'_, S> {
    /// The current version, or the one that is named.
    pub(super) async fn read(&self, identity: Identity<'_>, version: Option<&str>) -> Answered {
        let mut given = Given::of(&self.query)?;
        let strict = self.wanted.handling == Handling::Strict;
        given.only(&["_summary", "_elements"], strict)?;
        let shape = ["_summary", "_elements"].iter().find_map(|name| {
            let value = given.get(name)?;
            Some(Shape::parse(name, value))
        });
        let shape = shape.transpose()?.unwrap_or_default();
        if shape == Shape::Count {
            let sentence = "One resource is not counted: `_summary=count` is for searches.";
            return Err(Refused::new(400, "invalid", sentence));
        }
        let found = self
            .replica
            .version_for(identity, version, self.within)
            .await?;
        let Some(found) = found else {
            return Err(Refused::not_found(identity.kind));
        };
        let Some(bytes) = &found.bytes else {
            let mut refused = Refused::deleted(identity.kind);
            refused.headers = validators(&found);
            return Err(refused);
        };
        if self.is_known(&found) {
            return Ok(Response {
                status: 304,
                headers: validators(&found),
                body: Vec::new(),
            });
        }
        let mut response = match shape.is_whole() {
            true => ok(bytes.clone()),
            false => {
                let mut out = Vec::with_capacity(bytes.len());
                let definition = self.replica.definitions().of(identity.kind);
                shape
                    .put(definition, bytes, &mut out)
                    .map_err(crate::Error::from)?;
                ok(out)
            }
        };
        for (name, value) in validators(&found) {
            put_header(&mut response, &name, value);
        }
        Ok(response)
    }

    /// Whether whoever asks has this version already (R1).
    fn is_known(&self, found: &Version) -> bool {
        if let Some(tags) = self.request.header("if-none-match") {
            return names(tags, &found.id);
        }
        let since = self.request.header("if-modified-since");
        match (since.and_then(http_date::parse), found.last_updated) {
            // A header has seconds only.
            (Some(Instant(since)), Some(Instant(updated))) => {
                updated.div_euclid(1000) <= since.div_euclid(1000)
            }
            _ => false,
        }
    }
}

/// Whether the value of an `If-None-Match` names this version.
pub(super) fn names(tags: &str, version: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || version_of_etag(tag) == Some(version) && !version.is_empty())
}

/// What a version is known by.
fn validators(version: &Version) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    // What a header cannot carry is left out.
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    if !version.id.is_empty() && version.id.bytes().all(plain) {
        headers.push(("etag".to_string(), format!("W/\"{}\"", version.id)));
    }
    if let Some(updated) = version.last_updated {
        headers.push(("last-modified".to_string(), http_date::write(updated)));
    }
    headers
}
