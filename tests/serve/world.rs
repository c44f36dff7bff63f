//! A replica of the ward in memory, and asking it.

use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use fhir_pull::Result;
use fhir_pull::fhir::Instant;
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Clock, Response, Store};
use fhir_pull::pull::{Committed, Imported, Observer, Source, import};
use fhir_pull::replica::{Replica, Versions};
use fhir_pull::serve::{Request, Settings, serve};
use serde_json::Value;

pub(crate) use crate::ward::{WARD, history, of_ward};

/// Where the ward was pulled from.
pub(crate) const SOURCE: &str = "https://source.test/fhir";
/// Where it is served.
pub(crate) const BASE: &str = "https://edge.test/fhir";
/// 2026-01-31T12:00:00Z
pub(crate) const NOW: Instant = Instant(1_769_860_800_000);

struct Text(Option<Vec<u8>>);

impl Source for Text {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.take())
    }
}

pub(crate) struct Deaf;

impl Observer for Deaf {
    fn imported(&mut self, _imported: &Imported) {}
    fn committed(&mut self, _commit: &Committed) {}
}

/// A clock that stands still.
#[derive(Clone, Copy)]
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        NOW.0
    }
    async fn sleep(&self, _milliseconds: u32) {}
    fn random(&self) -> f64 {
        0.5
    }
}

/// Runs what never waits.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("something waits"),
    }
}

pub(crate) async fn imported<S: Store + 'static>(replica: &Rc<Replica<S>>, text: &str) {
    let mut source = Text(Some(text.as_bytes().to_vec()));
    import(replica, &Still, &mut source, &mut Deaf)
        .await
        .unwrap();
}

/// The ward in a store, with all versions or the current ones.
pub(crate) fn ward_in<S: Store + 'static>(store: S, versions: Versions) -> Rc<Replica<S>> {
    run(async {
        let replica = Replica::open(store, SOURCE, 7, Some(versions)).await;
        let replica = Rc::new(replica.unwrap());
        // In several commits, so that histories are of several moments.
        for some in WARD.chunks(5) {
            imported(&replica, &history(some)).await;
        }
        replica
    })
}

pub(crate) fn ward() -> Rc<Replica<Memory>> {
    ward_in(Memory::new(), Versions::All)
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Reader<S> {
    replica: Rc<Replica<S>>,
    within: Option<&'static str>,
}

pub(crate) fn reader<S>(replica: &Rc<Replica<S>>) -> Reader<S> {
    Reader {
        replica: replica.clone(),
        within: None,
    }
}

/// Everybody's ward.
pub(crate) fn open() -> Reader<Memory> {
    reader(&ward())
}

fn request(method: &str, target: &str, headers: Headers<'_>, body: &str) -> Request {
    let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    Request {
        method: method.to_string(),
        target: target.to_string(),
        headers: headers.iter().map(own).collect(),
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

impl<S: Store> Reader<S> {
    pub(crate) fn within(mut self, within: &'static str) -> Reader<S> {
        self.within = Some(within);
        self
    }

    /// Asks, also by HEAD for what is asked by GET.
    pub(crate) fn ask(
        &self,
        method: &str,
        target: &str,
        headers: Headers<'_>,
        body: &str,
    ) -> Answer {
        let answer = self.ask_once(method, target, headers, body);
        if method == "GET" {
            let head = self.send(&request("HEAD", target, headers, ""));
            assert_eq!(head.0.body, b"", "HEAD {target}");
            assert_eq!(head.0.status, answer.0.status, "HEAD {target}");
            assert_eq!(head.0.headers, answer.0.headers, "HEAD {target}");
        }
        answer
    }

    /// Asks, and holds the answer against what is true of every answer.
    pub(crate) fn ask_once(
        &self,
        method: &str,
        target: &str,
        headers: Headers<'_>,
        body: &str,
    ) -> Answer {
        let answer = self.send(&request(method, target, headers, body));
        answer.assert_sound(target);
        answer
    }

    pub(crate) fn send(&self, request: &Request) -> Answer {
        let settings = Settings {
            base: BASE,
            within: self.within,
            segments: None,
            now: NOW,
        };
        Answer(run(serve(&self.replica, &settings, request)))
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], "")
    }

    pub(crate) fn get_with(&self, target: &str, headers: Headers<'_>) -> Answer {
        self.ask("GET", target, headers, "")
    }

    /// A search by POST.
    pub(crate) fn post(&self, target: &str, form: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.ask("POST", target, &headers, form)
    }

    /// The names of what all pages of a Bundle have, in their order; deletions with `-` before them.
    pub(crate) fn pages(&self, target: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = Some(format!("{BASE}/{target}"));
        while let Some(url) = next {
            let target = url.strip_prefix(BASE).expect("a link leads elsewhere");
            let answer = self.get(target);
            assert_eq!(answer.status(), 200, "{target}: {}", answer.text());
            pages.push(answer.names());
            next = answer.link("next");
            assert!(pages.len() < 100, "the pages have no end");
        }
        pages
    }

    /// The same of all pages together, sorted.
    pub(crate) fn all(&self, target: &str) -> Vec<String> {
        let mut all: Vec<String> = self.pages(target).into_iter().flatten().collect();
        all.sort();
        all
    }
}

pub(crate) struct Answer(pub(crate) Response);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).expect("no JSON")
    }

    /// What is true of every answer: its body is whole JSON and says what it is, and no cache shows it to others.
    fn assert_sound(&self, target: &str) {
        assert_eq!(
            self.header("cache-control"),
            Some("private, no-cache"),
            "{target}"
        );
        assert!(
            self.header("vary").unwrap().contains("authorization"),
            "{target}"
        );
        if self.0.body.is_empty() {
            assert_eq!(self.status(), 304, "{target}");
            return;
        }
        assert_eq!(
            self.header("content-type"),
            Some("application/fhir+json; fhirVersion=4.0"),
            "{target}"
        );
        let json = self.json();
        if self.status() >= 400 {
            assert_eq!(json["resourceType"], "OperationOutcome", "{target}");
            assert_eq!(json["issue"][0]["severity"], "error", "{target}");
            assert!(json["issue"][0]["diagnostics"].is_string(), "{target}");
        }
    }

    /// Status and code of what was refused.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert!(self.status() >= 400, "it is answered: {}", self.text());
        let code = self.json()["issue"][0]["code"]
            .as_str()
            .unwrap()
            .to_string();
        (self.status(), code)
    }

    pub(crate) fn link(&self, relation: &str) -> Option<String> {
        let json = self.json();
        let links = json["link"].as_array()?;
        let found = links.iter().find(|link| link["relation"] == relation)?;
        Some(found["url"].as_str().unwrap().to_string())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let json = self.json();
        let Some(entries) = json["entry"].as_array() else {
            return Vec::new();
        };
        let name = |entry: &Value| match &entry["resource"] {
            Value::Null => format!("-{}", entry["request"]["url"].as_str().unwrap()),
            resource if resource["resourceType"] == "OperationOutcome" => "outcome".to_string(),
            resource => format!(
                "{}/{}",
                text(&resource["resourceType"]),
                text(&resource["id"])
            ),
        };
        entries.iter().map(name).collect()
    }

    /// The same with the version of each.
    pub(crate) fn versions(&self) -> Vec<String> {
        let json = self.json();
        let Some(entries) = json["entry"].as_array() else {
            return Vec::new();
        };
        let version = |(name, entry): (String, &Value)| {
            let etag = text(&entry["response"]["etag"]);
            format!("{name} {}", etag.trim_start_matches("W/").trim_matches('"'))
        };
        self.names().into_iter().zip(entries).map(version).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}
