//! A FHIR server in memory: versions and deletes in a log, and what FHIR's REST interface tells of them.
//!
//! It is as plain as it can be, so that it can be trusted; faults are put around it (`unruly`).
//!
//! | file | thought |
//! | --- | --- |
//! | `asked` | a request, taken apart |
//! | `life` | what happens on the server: versions, deletes, time |
//! | `answer` | Bundles and resources, before they are written as JSON |
//! | `history`, `search` | the entries that they find |
//! | `capabilities`, `batch`, `bulk` | the CapabilityStatement, batches of reads, bulk export |

pub(crate) mod answer;
pub(crate) mod asked;
mod batch;
mod bulk;
pub(crate) mod capabilities;
mod history;
mod life;
pub(crate) mod search;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::host::{Request, Response, Transport};

use crate::chance::Chance;
use answer::{Answer, bare, resource};
use asked::Asked;
pub(crate) use life::{Life, Manner, Version, body};

pub(crate) const BASE: &str = "https://model.test/fhir";
pub(crate) const TYPES: [&str; 2] = ["Patient", "Observation"];

#[derive(Clone, Debug, Default)]
pub(crate) struct Server(pub(crate) Rc<RefCell<Life>>);

impl Server {
    /// A server that gives at most so many entries on a page.
    pub(crate) fn new(page: usize) -> Server {
        Server(Rc::new(RefCell::new(Life::new(page))))
    }

    /// So many random changes: creates, updates, deletes and creations after a delete.
    pub(crate) fn live(&self, chance: &mut Chance, changes: u64) {
        for _ in 0..changes {
            self.0.borrow_mut().change(chance);
        }
    }

    /// `Type/id` is there from now on, if it was not before.
    pub(crate) fn bring(&self, chance: &mut Chance, name: &str) {
        while self.current().get(name).is_none_or(Option::is_none) {
            self.live(chance, 1);
        }
    }

    /// What is there now, by `Type/id`; `None` for what was deleted.
    pub(crate) fn current(&self) -> BTreeMap<String, Option<String>> {
        let life = self.0.borrow();
        let named = life
            .log
            .iter()
            .map(|version| (version.name(), version.body.clone()));
        named.collect()
    }

    /// The answer, not yet written.
    pub(crate) fn answer(&self, asked: &Asked) -> Answer {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let mut life = self.0.borrow_mut();
        match (asked.method, &path[..]) {
            ("POST", []) => Answer::Other(batch::answer(&life, asked)),
            (_, ["$export" | "$export-poll" | "$export-file", ..]) => {
                Answer::Other(bulk::answer(&mut life, asked))
            }
            ("GET", path) => get(&life, asked, path),
            _ => Answer::Other(bare(405)),
        }
    }
}

fn get(life: &Life, asked: &Asked, path: &[&str]) -> Answer {
    match path {
        ["metadata"] => Answer::Other(capabilities::statement()),
        ["_history"] => history::answer(life, asked, None, None),
        [kind, "_history"] => history::answer(life, asked, Some(kind), None),
        [kind, id, "_history"] => history::answer(life, asked, Some(kind), Some(id)),
        [kind, id, "_history", version] => {
            let version = life
                .versions(kind, id)
                .find(|it| life.tag(it.number) == *version);
            Answer::Other(resource(life, version, asked))
        }
        ["Patient", id, "$everything"] => search::everything(life, asked, id),
        [kind, id] => Answer::Other(resource(life, life.versions(kind, id).last(), asked)),
        [kind] if TYPES.contains(kind) => search::answer(life, asked, kind),
        _ => Answer::Other(bare(404)),
    }
}

impl Transport for Server {
    async fn send(&self, request: &Request) -> Result<Response> {
        Ok(self.answer(&Asked::of(request)).written())
    }
}
