//! Many reads in one request: a Bundle of type `batch` (http.html, batch and transaction).

use super::ask::Ask;
use super::client::Client;
use super::credentials::Credentials;
use crate::fhir::reference::Identity;
use crate::fhir::text::put_string;
use crate::fhir::{Page, bundle::Entry};
use crate::host::{Clock, Transport};
use crate::{Code, Error, Result};

/// One read of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// `Type/id`.
    pub reference: &'a str,
    /// The version that is held: the resource is only wanted if it has another one by now (R1).
    pub held: Option<&'a str>,
}

/// What the server answered to one read of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchAnswer {
    /// The resource as it came.
    Resource(Vec<u8>),
    /// 304: what is held is current.
    NotModified,
    /// 410: it was deleted.
    Gone,
    /// 404: the server does not know it, or does not say.
    NotFound,
    /// 401 or 403.
    Denied,
    /// Another status, or success without the resource that was asked for.
    Other(u16),
}

impl BatchAnswer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            BatchAnswer::Resource(_) => 200,
            BatchAnswer::NotModified => 304,
            BatchAnswer::Gone => 410,
            BatchAnswer::NotFound => 404,
            BatchAnswer::Denied => 403,
            BatchAnswer::Other(status) => *status,
        }
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// Reads all that is wanted with one request; the answers are in its order.
    ///
    /// # Errors
    /// [`Code::BadInput`] for what is no `Type/id`, those of [`Client::ask`] for the request as a
    /// whole, and [`Code::NotFhir`] when the answer has not one entry for each read.
    pub async fn batch(&self, wanted: &[Wanted<'_>]) -> Result<Vec<BatchAnswer>> {
        for one in wanted {
            self.base().read(one.reference)?;
        }
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let link = self.base().itself();
        let answer = self.ask(&Ask::post_resource(&link, bundle(wanted))).await?;
        let page = Page::read(&answer.body)?;
        if page.entries.len() != wanted.len() {
            let sentence = format!(
                "{} answered a batch of {} reads with {} entries, so that nobody knows what is \
                 whose. Read them one by one.",
                self.base(),
                wanted.len(),
                page.entries.len()
            );
            return Err(Error::new(Code::NotFhir, sentence));
        }
        let answers = wanted.iter().zip(&page.entries);
        Ok(answers.map(|(one, entry)| judge(one, entry)).collect())
    }
}

fn bundle(wanted: &[Wanted<'_>]) -> Vec<u8> {
    let mut bundle = br#"{"resourceType":"Bundle","type":"batch","entry":["#.to_vec();
    for (number, one) in wanted.iter().enumerate() {
        if number > 0 {
            bundle.push(b',');
        }
        bundle.extend_from_slice(br#"{"request":{"method":"GET","url":"#);
        put_string(&mut bundle, one.reference);
        if let Some(version) = one.held {
            bundle.extend_from_slice(br#","ifNoneMatch":"#);
            put_string(&mut bundle, &format!("W/\"{version}\""));
        }
        bundle.extend_from_slice(b"}}");
    }
    bundle.extend_from_slice(b"]}");
    bundle
}

fn judge(one: &Wanted<'_>, entry: &Entry<'_>) -> BatchAnswer {
    // `response.status` is the code, and may have its words behind it: "404 Not Found".
    let status = entry.status.unwrap_or_default();
    let status = status.split(' ').next().unwrap_or_default();
    let resource = entry.resource.filter(|resource| {
        let who = resource.head.identity();
        who.is_some() && who == Identity::parse(one.reference)
    });
    match (status.parse().unwrap_or(0), resource) {
        (200..=299, Some(resource)) => BatchAnswer::Resource(resource.bytes.to_vec()),
        (304, _) => BatchAnswer::NotModified,
        (410, _) => BatchAnswer::Gone,
        (404, _) => BatchAnswer::NotFound,
        (401 | 403, _) => BatchAnswer::Denied,
        (status, _) => BatchAnswer::Other(status),
    }
}
