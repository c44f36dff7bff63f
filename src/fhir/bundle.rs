//! A page of a search or history: one scan gives every entry's bytes and head, borrowed.

use std::borrow::Cow;

use super::head::{Head, Resource, meta, plain};
use super::instant::Instant;
use super::json::{Broken, Kind, Scanner};
use super::reference::{Identity, version_of_etag, version_of_url};
use crate::{Code, Error, Result};

/// One Bundle that a server answered with.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// `Bundle.type`: `searchset`, `history`, ...
    pub kind: Option<&'a str>,
    /// `Bundle.total`: may be an estimate and does not count includes (P5).
    pub total: Option<u64>,
    /// `Bundle.meta.lastUpdated`: the server's own time of the answer (H4).
    pub last_updated: Option<Instant>,
    /// Where the next page is; its absence is the only end of a chain (P2).
    pub next: Option<Cow<'a, str>>,
    /// What the server understood of the request (P6).
    pub self_link: Option<Cow<'a, str>>,
    /// In the server's order.
    pub entries: Vec<Entry<'a>>,
}

/// One entry of a Bundle.
#[derive(Clone, Debug, Default)]
pub struct Entry<'a> {
    /// `fullUrl`.
    pub full_url: Option<Cow<'a, str>>,
    /// The resource, absent for a delete (H5) and sometimes otherwise (H6).
    pub resource: Option<Resource<'a>>,
    /// `request.method` of a history entry.
    pub method: Option<&'a str>,
    /// `request.url` of a history entry.
    pub request_url: Option<Cow<'a, str>>,
    /// `response.status`: `200`, `404 Not Found`.
    pub status: Option<&'a str>,
    /// `response.etag`.
    pub etag: Option<Cow<'a, str>>,
    /// `response.location`.
    pub location: Option<Cow<'a, str>>,
    /// `response.lastModified`.
    pub last_modified: Option<Instant>,
    /// `search.mode`: match, include or outcome.
    pub mode: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// Reads an entry that stands by itself.
    ///
    /// # Errors
    /// [`Code::Malformed`] when it is no JSON.
    pub fn read(bytes: &'a [u8]) -> Result<Entry<'a>> {
        let mut scanner = Scanner::of_body(bytes)?;
        let read = entry(&mut scanner)?;
        scanner.end()?;
        Ok(read)
    }

    /// Whether the entry says that its resource was deleted.
    pub fn is_delete(&self) -> bool {
        self.method == Some("DELETE")
    }

    /// Whether this is a server's remark about the search and no data (P5).
    pub fn is_outcome(&self) -> bool {
        let kind = self.resource.and_then(|resource| resource.head.kind);
        self.mode == Some("outcome") || kind == Some("OperationOutcome")
    }

    /// Who the entry is about: by its resource, else by whichever URL names it (H5).
    pub fn identity(&self) -> Option<Identity<'_>> {
        if let Some(resource) = &self.resource {
            return resource.head.identity();
        }
        let urls = [&self.request_url, &self.full_url, &self.location];
        urls.into_iter()
            .flatten()
            .find_map(|url| Identity::of_url(url))
    }

    /// The version that the entry is about, wherever it is said (H5).
    pub fn version(&self) -> Option<&str> {
        let of_resource = self.resource.and_then(|resource| resource.head.version);
        let urls = || {
            [&self.location, &self.request_url, &self.full_url]
                .into_iter()
                .flatten()
        };
        of_resource
            .or_else(|| self.etag.as_deref().and_then(version_of_etag))
            .or_else(|| urls().find_map(|url| version_of_url(url)))
    }

    /// When that version came to be, by the server's clock.
    pub fn last_updated(&self) -> Option<Instant> {
        let of_resource = self
            .resource
            .and_then(|resource| resource.head.last_updated);
        of_resource.or(self.last_modified)
    }

    /// When the server came to know of it, which may be later: a repository that has it from another
    /// server says so in a history. What is followed goes by this time (H4).
    pub fn known_since(&self) -> Option<Instant> {
        self.last_updated().max(self.last_modified)
    }
}

impl<'a> Page<'a> {
    /// Reads a whole body.
    ///
    /// # Errors
    /// [`Code::Malformed`] when it is cut short or is no JSON, [`Code::NotFhir`] when it is JSON
    /// but no Bundle.
    pub fn read(bytes: &'a [u8]) -> Result<Page<'a>> {
        let mut page = Page::default();
        let mut kind = None;
        let mut scanner = Scanner::of_body(bytes)?;
        if scanner.kind()? != Kind::Object {
            return Err(not_a_bundle());
        }
        scanner.object(|scanner, key| {
            match key {
                b"resourceType" => kind = plain(scanner)?,
                b"type" => page.kind = plain(scanner)?,
                b"total" => page.total = number(scanner)?,
                b"meta" => {
                    let mut head = Head::default();
                    meta(scanner, &mut head)?;
                    page.last_updated = head.last_updated;
                }
                b"link" => each(scanner, |scanner| {
                    link(scanner, &mut page.next, &mut page.self_link)
                })?,
                b"entry" => each(scanner, |scanner| {
                    let entry = entry(scanner)?;
                    page.entries.push(entry);
                    Ok(())
                })?,
                _ => {
                    scanner.skip()?;
                }
            }
            Ok::<(), Broken>(())
        })?;
        scanner.end()?;
        if kind != Some("Bundle") {
            return Err(not_a_bundle());
        }
        Ok(page)
    }
}

fn not_a_bundle() -> Error {
    Error::new(
        Code::NotFhir,
        "The answer is JSON but not a FHIR Bundle; check the server's base URL.",
    )
}

/// Visits the elements of an array; a value that is no array is passed over.
pub(super) fn each<'a>(
    scanner: &mut Scanner<'a>,
    element: impl FnMut(&mut Scanner<'a>) -> std::result::Result<(), Broken>,
) -> std::result::Result<(), Broken> {
    if scanner.kind()? != Kind::Array {
        return scanner.skip().map(drop);
    }
    scanner.array(element)
}

/// Visits the members of an object; a value that is no object is passed over.
pub(super) fn members<'a>(
    scanner: &mut Scanner<'a>,
    member: impl FnMut(&mut Scanner<'a>, &'a [u8]) -> std::result::Result<(), Broken>,
) -> std::result::Result<(), Broken> {
    if scanner.kind()? != Kind::Object {
        return scanner.skip().map(drop);
    }
    scanner.object(member)
}

pub(super) fn number(scanner: &mut Scanner<'_>) -> std::result::Result<Option<u64>, Broken> {
    let text = std::str::from_utf8(scanner.skip()?).unwrap_or_default();
    Ok(text.parse().ok())
}

pub(super) fn text<'a>(
    scanner: &mut Scanner<'a>,
) -> std::result::Result<Option<Cow<'a, str>>, Broken> {
    Ok(scanner.string_or_skip()?.map(|text| text.decode()))
}

fn link<'a>(
    scanner: &mut Scanner<'a>,
    next: &mut Option<Cow<'a, str>>,
    self_link: &mut Option<Cow<'a, str>>,
) -> std::result::Result<(), Broken> {
    let (mut relation, mut url) = (None, None);
    members(scanner, |scanner, key| {
        match key {
            b"relation" => relation = plain(scanner)?,
            b"url" => url = text(scanner)?,
            _ => {
                scanner.skip()?;
            }
        }
        Ok(())
    })?;
    match relation {
        Some("next") => *next = url,
        Some("self") => *self_link = url,
        _ => {}
    }
    Ok(())
}

fn entry<'a>(scanner: &mut Scanner<'a>) -> std::result::Result<Entry<'a>, Broken> {
    let mut entry = Entry::default();
    members(scanner, |scanner, key| {
        match key {
            b"fullUrl" => entry.full_url = text(scanner)?,
            b"resource" if scanner.kind()? == Kind::Object => {
                entry.resource = Some(Resource::scan(scanner)?);
            }
            b"request" => members(scanner, |scanner, key| {
                match key {
                    b"method" => entry.method = plain(scanner)?,
                    b"url" => entry.request_url = text(scanner)?,
                    _ => {
                        scanner.skip()?;
                    }
                }
                Ok(())
            })?,
            b"response" => members(scanner, |scanner, key| {
                match key {
                    b"status" => entry.status = plain(scanner)?,
                    b"etag" => entry.etag = text(scanner)?,
                    b"location" => entry.location = text(scanner)?,
                    b"lastModified" => {
                        entry.last_modified = plain(scanner)?.and_then(Instant::parse);
                    }
                    _ => {
                        scanner.skip()?;
                    }
                }
                Ok(())
            })?,
            b"search" => members(scanner, |scanner, key| {
                match key {
                    b"mode" => entry.mode = plain(scanner)?,
                    _ => {
                        scanner.skip()?;
                    }
                }
                Ok(())
            })?,
            _ => {
                scanner.skip()?;
            }
        }
        Ok(())
    })?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTORY: &[u8] = br#"{
      "entry": [
        {"fullUrl":"https://x.org/fhir/Patient/1",
         "resource":{"resourceType":"Patient","id":"1","meta":{"versionId":"2","lastUpdated":"2020-01-02T00:00:00Z"},"n":1.0},
         "request":{"method":"PUT","url":"Patient/1"},"response":{"status":"200","etag":"W/\"2\""}},
        {"request":{"method":"DELETE","url":"Patient/9/_history/4"},
         "response":{"status":"204","lastModified":"2020-01-03T00:00:00.5Z"}},
        {"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome"}}
      ],
      "type":"history","total":3,"resourceType":"Bundle",
      "link":[{"relation":"self","url":"https://x.org/fhir/_history"},{"url":"?_getpages=a\u0026b","relation":"next"}],
      "meta":{"lastUpdated":"2020-01-04T00:00:00Z"}}"#;

    #[test]
    fn one_scan_gives_links_and_entries_in_any_order_of_members() {
        let page = Page::read(HISTORY).unwrap();
        assert_eq!(page.kind, Some("history"));
        assert_eq!(page.total, Some(3));
        assert_eq!(page.next.as_deref(), Some("?_getpages=a&b"));
        assert_eq!(page.last_updated, Instant::parse("2020-01-04T00:00:00Z"));
        assert_eq!(page.entries.len(), 3);
        let patient = page.entries[0].resource.unwrap();
        assert!(patient.bytes.ends_with(b"\"n\":1.0}"));
        assert!(page.entries[2].is_outcome());
    }

    #[test]
    fn h5_a_delete_has_its_identity_version_and_time_from_request_and_response() {
        let page = Page::read(HISTORY).unwrap();
        let delete = &page.entries[1];
        assert!(delete.is_delete());
        assert_eq!(delete.identity().unwrap().to_string(), "Patient/9");
        assert_eq!(delete.version(), Some("4"));
        assert_eq!(delete.status, Some("204"));
        assert_eq!(
            delete.last_updated(),
            Instant::parse("2020-01-03T00:00:00.5Z")
        );
    }

    #[test]
    fn l9_every_cut_of_a_page_is_an_error_and_never_a_shorter_page() {
        let whole = HISTORY.len();
        for end in 0..whole {
            let error = Page::read(&HISTORY[..end]).unwrap_err();
            assert_eq!(error.code(), Code::Malformed, "{end}");
        }
    }

    #[test]
    fn r8_json_that_is_no_bundle_says_so() {
        for body in ["[]", "7", "{}", r#"{"resourceType":"Patient"}"#] {
            assert_eq!(
                Page::read(body.as_bytes()).unwrap_err().code(),
                Code::NotFhir
            );
        }
    }
}
