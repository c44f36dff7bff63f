//! A FHIR server in memory: versions and deletes in a log, type history and search with pages.
//!
//! It is as plain as it can be, so that it can be trusted; faults are put around it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::{Request, Response, Transport};
use fhir_pull::replica::Offer;

use crate::chance::Chance;

pub(crate) const BASE: &str = "https://model.test/fhir";
pub(crate) const TYPES: [&str; 2] = ["Patient", "Observation"];

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) at: i64,
    /// `None`: deleted.
    pub(crate) body: Option<String>,
}

impl Version {
    /// As a pull offers it; `number` is its number as text.
    pub(crate) fn offer<'a>(&'a self, number: &'a str) -> Offer<'a> {
        Offer {
            identity: Identity {
                kind: self.kind,
                id: &self.id,
            },
            version: number,
            last_updated: Some(Instant(self.at)),
            bytes: self.body.as_deref().map(str::as_bytes),
            partial: false,
        }
    }
}

/// The server's whole life so far, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Life {
    pub(crate) log: Vec<Version>,
    now: i64,
    /// How many entries a page has.
    page: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(pub(crate) Rc<RefCell<Life>>);

impl Server {
    pub(crate) fn new(page: usize) -> Server {
        let life = Life {
            log: Vec::new(),
            now: 1_700_000_000_000,
            page,
        };
        Server(Rc::new(RefCell::new(life)))
    }

    /// So many random changes: creates, updates, deletes and creations after a delete.
    pub(crate) fn live(&self, chance: &mut Chance, changes: u64) {
        let mut life = self.0.borrow_mut();
        for _ in 0..changes {
            let kind = *chance.of(&TYPES);
            let id = format!("r{}", chance.below(12));
            let mut versions = life
                .log
                .iter()
                .filter(|version| version.kind == kind && version.id == id);
            let number = versions.clone().count() as u32 + 1;
            let exists = versions
                .next_back()
                .is_some_and(|version| version.body.is_some());
            // Ties in time happen.
            life.now += chance.below(3) as i64 * 1000;
            let at = life.now;
            let deletes = exists && chance.below(4) == 0;
            let body = (!deletes).then(|| body(chance, kind, &id, number, at));
            life.log.push(Version {
                kind,
                id,
                number,
                at,
                body,
            });
        }
    }

    /// What is there now, by `Type/id`; `None` for what was deleted.
    pub(crate) fn current(&self) -> BTreeMap<String, Option<String>> {
        let life = self.0.borrow();
        let named = life.log.iter().map(|version| {
            (
                format!("{}/{}", version.kind, version.id),
                version.body.clone(),
            )
        });
        named.collect()
    }

    fn answer(&self, url: &str) -> Response {
        let life = self.0.borrow();
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path: Vec<&str> = path
            .strip_prefix(BASE)
            .unwrap()
            .trim_matches('/')
            .split('/')
            .collect();
        let parameter = |name: &str| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_string())
        };
        // A chain of pages is a view of the log as it was when the chain began.
        let until = parameter("_until").map_or(life.log.len(), |until| until.parse().unwrap());
        let from: usize = parameter("_from").map_or(0, |from| from.parse().unwrap());
        let log = &life.log[..until];
        let (kind, entries): (_, Vec<String>) = match path[..] {
            [kind, "_history"] => {
                let since =
                    parameter("_since").map_or(i64::MIN, |since| Instant::parse(&since).unwrap().0);
                let shown = log
                    .iter()
                    .rev()
                    .filter(|version| version.kind == kind && version.at >= since);
                ("history", shown.map(history_entry).collect())
            }
            [kind] => {
                let mut latest: BTreeMap<&str, &Version> = BTreeMap::new();
                latest.extend(
                    log.iter()
                        .filter(|version| version.kind == kind)
                        .map(|version| (version.id.as_str(), version)),
                );
                let found = latest.values().filter_map(|version| version.body.as_ref());
                (
                    "searchset",
                    found
                        .map(|body| {
                            format!("{{\"resource\":{body},\"search\":{{\"mode\":\"match\"}}}}")
                        })
                        .collect(),
                )
            }
            [kind, id] => return read(log, kind, id),
            _ => {
                return Response {
                    status: 404,
                    ..Response::default()
                };
            }
        };
        let end = entries.len().min(from + life.page);
        let next = match end < entries.len() {
            true => {
                let since =
                    parameter("_since").map_or(String::new(), |since| format!("_since={since}&"));
                let next = format!(
                    "{BASE}/{}?{since}_until={until}&_from={end}",
                    path.join("/")
                );
                format!(r#","link":[{{"relation":"next","url":"{next}"}}]"#)
            }
            false => String::new(),
        };
        let now = Instant(life.now);
        let body = format!(
            r#"{{"resourceType":"Bundle","type":"{kind}","meta":{{"lastUpdated":"{now}"}}{next},"entry":[{}]}}"#,
            entries[from.min(end)..end].join(",")
        );
        Response {
            status: 200,
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }
}

impl Transport for Server {
    async fn send(&self, request: &Request) -> Result<Response> {
        Ok(self.answer(&request.url))
    }
}

fn read(log: &[Version], kind: &str, id: &str) -> Response {
    let version = log
        .iter()
        .rfind(|version| version.kind == kind && version.id == id);
    let status = match version.map(|version| &version.body) {
        None => 404,
        Some(None) => 410,
        Some(Some(_)) => 200,
    };
    let body = version
        .and_then(|version| version.body.clone())
        .unwrap_or_default();
    Response {
        status,
        headers: Vec::new(),
        body: body.into_bytes(),
    }
}

fn history_entry(version: &Version) -> String {
    let Version {
        kind,
        id,
        number,
        at,
        body,
    } = version;
    let at = Instant(*at);
    match body {
        Some(body) => format!(
            r#"{{"fullUrl":"{BASE}/{kind}/{id}","resource":{body},"request":{{"method":"PUT","url":"{kind}/{id}"}},"response":{{"status":"200","etag":"W/\"{number}\"","lastModified":"{at}"}}}}"#
        ),
        None => format!(
            r#"{{"request":{{"method":"DELETE","url":"{kind}/{id}"}},"response":{{"status":"204","etag":"W/\"{number}\"","lastModified":"{at}"}}}}"#
        ),
    }
}

pub(crate) fn body(chance: &mut Chance, kind: &str, id: &str, number: u32, at: i64) -> String {
    let meta = format!(
        r#""meta":{{"versionId":"{number}","lastUpdated":"{}"}}"#,
        Instant(at)
    );
    let year = 1940 + chance.below(80);
    if kind == "Patient" {
        let family = chance.of(&[
            "Müller",
            "Muller",
            "Ångström",
            "Smith",
            "Smithson",
            "O'Neil",
        ]);
        let given = chance.of(&["Ana", "Zoë", "José María"]);
        return format!(
            r#"{{"resourceType":"Patient","id":"{id}",{meta},"name":[{{"family":"{family}","given":["{given}"]}}],"birthDate":"{year}-0{}"}}"#,
            1 + chance.below(9)
        );
    }
    let code = chance.of(&["a", "b", "c"]);
    let system = chance.of(&["http://one.test", "http://two.test"]);
    let subject = chance.below(12);
    let effective = match chance.below(4) {
        0 => format!(
            r#""effectiveDateTime":"{year}-03-0{}","#,
            1 + chance.below(9)
        ),
        1 => format!(
            r#""effectivePeriod":{{"start":"{year}-02","end":"{}"}},"#,
            year + 1
        ),
        2 => format!(r#""effectivePeriod":{{"start":"{year}"}},"#),
        _ => String::new(),
    };
    format!(
        r#"{{"resourceType":"Observation","id":"{id}",{meta},"code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}},"subject":{{"reference":"Patient/r{subject}"}},{effective}"valueQuantity":{{"value":{}.10}}}}"#,
        chance.below(100)
    )
}
