//! Bundles and resources, before they are written as JSON: what faults change.

use fhir_pull::fhir::Instant;
use fhir_pull::host::Response;

use super::asked::Asked;
use super::{BASE, Life, Version};

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Bundle(Bundle),
    Other(Response),
}

/// One page of a history or search.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) kind: &'static str,
    /// The server's clock.
    pub(crate) now: i64,
    pub(crate) total: Option<usize>,
    pub(crate) self_link: String,
    pub(crate) next: Option<String>,
    pub(crate) entries: Vec<Entry>,
}

/// One entry, every part of it as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What it is about, whatever is written of it.
    pub(crate) version: Version,
    pub(crate) full_url: Option<String>,
    pub(crate) resource: Option<String>,
    /// Method and URL.
    pub(crate) request: Option<(&'static str, String)>,
    /// Status, ETag and time.
    pub(crate) response: Option<(&'static str, String, i64)>,
    pub(crate) mode: Option<&'static str>,
}

impl Entry {
    pub(super) fn of_history(life: &Life, version: &Version) -> Entry {
        let (method, status) = match version.body {
            Some(_) => ("PUT", "200"),
            None => ("DELETE", "204"),
        };
        let etag = etag(&life.tag(version.number));
        Entry {
            full_url: version
                .body
                .as_ref()
                .map(|_| format!("{BASE}/{}", version.name())),
            resource: version.body.clone(),
            request: Some((method, version.name())),
            response: Some((status, etag, version.at)),
            mode: None,
            version: version.clone(),
        }
    }

    pub(super) fn of_search(version: &Version) -> Entry {
        Entry {
            full_url: Some(format!("{BASE}/{}", version.name())),
            resource: version.body.clone(),
            request: None,
            response: None,
            mode: Some("match"),
            version: version.clone(),
        }
    }

    fn written(&self) -> String {
        let mut members = Vec::new();
        members.extend(
            self.full_url
                .as_ref()
                .map(|url| format!(r#""fullUrl":"{url}""#)),
        );
        members.extend(
            self.resource
                .as_ref()
                .map(|body| format!(r#""resource":{body}"#)),
        );
        members.extend(
            self.mode
                .map(|mode| format!(r#""search":{{"mode":"{mode}"}}"#)),
        );
        members.extend(
            self.request
                .as_ref()
                .map(|(method, url)| format!(r#""request":{{"method":"{method}","url":"{url}"}}"#)),
        );
        members.extend(self.response.as_ref().map(|(status, etag, at)| {
            let (etag, at) = (etag.replace('"', "\\\""), Instant(*at));
            format!(r#""response":{{"status":"{status}","etag":"{etag}","lastModified":"{at}"}}"#)
        }));
        format!("{{{}}}", members.join(","))
    }
}

impl Bundle {
    /// The page of `entries` that was asked for.
    pub(super) fn page(
        life: &Life,
        asked: &Asked,
        kind: &'static str,
        entries: Vec<Entry>,
    ) -> Bundle {
        let total = entries.len();
        let size = asked.number("_count").unwrap_or(life.page).min(life.page);
        let from = asked.number("_from").unwrap_or(0).min(total);
        let end = (from + size).min(total);
        let mut next = asked.clone();
        // A chain of pages is a view of the log as it was when the chain began.
        next.set(
            "_until",
            Some(asked.number("_until").unwrap_or(life.log.len()).to_string()),
        );
        next.set("_from", Some(end.to_string()));
        Bundle {
            kind,
            now: life.now,
            total: Some(total),
            self_link: asked.url(),
            next: (end < total).then(|| next.url()),
            entries: entries.into_iter().skip(from).take(end - from).collect(),
        }
    }

    fn written(&self) -> String {
        let now = Instant(self.now);
        let link =
            |relation: &str, url: &str| format!(r#"{{"relation":"{relation}","url":"{url}"}}"#);
        let mut links = vec![link("self", &self.self_link)];
        links.extend(self.next.as_ref().map(|next| link("next", next)));
        let total = self
            .total
            .map_or(String::new(), |total| format!(r#","total":{total}"#));
        let entries: Vec<String> = self.entries.iter().map(Entry::written).collect();
        format!(
            r#"{{"resourceType":"Bundle","type":"{}","meta":{{"lastUpdated":"{now}"}}{total},"link":[{}],"entry":[{}]}}"#,
            self.kind,
            links.join(","),
            entries.join(",")
        )
    }
}

impl Answer {
    pub(crate) fn written(self) -> Response {
        match self {
            Answer::Bundle(bundle) => json(200, bundle.written()),
            Answer::Other(response) => response,
        }
    }
}

pub(crate) fn bare(status: u16) -> Response {
    Response {
        status,
        ..Response::default()
    }
}

pub(crate) fn json(status: u16, body: String) -> Response {
    Response {
        headers: vec![("content-type".into(), "application/fhir+json".into())],
        body: body.into_bytes(),
        ..bare(status)
    }
}

pub(super) fn etag(tag: &str) -> String {
    format!("W/\"{tag}\"")
}

/// A read or vread.
pub(super) fn resource(life: &Life, version: Option<&Version>, asked: &Asked) -> Response {
    let Some(version) = version else {
        return bare(404);
    };
    let etag = etag(&life.tag(version.number));
    let mut response = match &version.body {
        None => bare(410),
        Some(_) if asked.if_none_match.as_ref() == Some(&etag) => bare(304),
        Some(body) => json(200, body.clone()),
    };
    response.headers.push(("etag".into(), etag));
    response
        .headers
        .push(("last-modified".into(), http_date(version.at)));
    response.headers.push(("date".into(), http_date(life.now)));
    response
}

/// As HTTP writes a date: `Tue, 14 Nov 2023 22:13:20 GMT`.
fn http_date(at: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = Instant(at).to_string();
    let month: usize = text[5..7].parse().unwrap();
    let day = DAYS[(at.div_euclid(86_400_000)).rem_euclid(7) as usize];
    let (year, month, time) = (&text[..4], MONTHS[month - 1], &text[11..19]);
    format!("{day}, {} {month} {year} {time} GMT", &text[8..10])
}
