//! The server with its faults, and with a life that goes on while it is asked.
//!
//! | file | thought |
//! | --- | --- |
//! | `faults` | the switches |
//! | `refusals` | what is refused, and answers that never come whole |
//! | `entries` | what becomes of a page's entries |
//! | `links` | what becomes of its next link |

mod entries;
pub(crate) mod faults;
mod links;
mod refusals;

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::host::{Request, Response, Transport};

use crate::chance::Chance;
use crate::server::Server;
use crate::server::answer::{Answer, Entry, bare};
use crate::server::asked::Asked;
use faults::{Faults, Order};

#[derive(Clone, Debug)]
pub(crate) struct Unruly {
    pub(crate) server: Server,
    state: Rc<RefCell<State>>,
}

#[derive(Debug)]
struct State {
    faults: Faults,
    chance: Chance,
    /// Whether the server lives while it is asked.
    living: bool,
    /// The links that were given a number, and what they stand for.
    numbered: Vec<String>,
    /// Next links that were given out.
    given: Vec<String>,
    /// The last entry of the page before, and of which path that was.
    before: Option<(String, Entry)>,
    /// So many requests more are lost.
    outage: u64,
    /// The requests since it was last looked.
    requests: Vec<String>,
}

impl Unruly {
    /// A server of so many entries a page. Its chance is its own: what a client asks changes nothing of
    /// what is drawn elsewhere.
    pub(crate) fn new(page: usize, faults: Faults, chance: Chance) -> Unruly {
        let server = Server::new(page);
        server.0.borrow_mut().manner = faults.manner();
        let state = State {
            faults,
            chance,
            living: true,
            numbered: Vec::new(),
            given: Vec::new(),
            before: None,
            outage: 0,
            requests: Vec::new(),
        };
        Unruly {
            server,
            state: Rc::new(RefCell::new(state)),
        }
    }

    /// From now on nothing happens on the server but that time goes by, and only lasting faults are left.
    pub(crate) fn rest(&self) {
        self.server.0.borrow_mut().now += 60_000;
        let mut state = self.state.borrow_mut();
        (state.living, state.outage) = (false, 0);
        state.faults = state.faults.lasting();
    }

    pub(crate) fn faults(&self) -> Faults {
        self.state.borrow().faults.clone()
    }

    /// The requests since the last look.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.borrow_mut().requests)
    }

    /// Time goes by, and sometimes something happens.
    fn live(&self, state: &mut State) {
        if state.living && state.chance.below(3) == 0 {
            let while_away = *state.chance.of(&[0, 0, 0, 5_000, 90_000]);
            self.server.0.borrow_mut().now += while_away;
            let changes = state.chance.below(3);
            self.server.live(&mut state.chance, changes);
        }
    }

    fn answer(&self, request: &Request) -> Result<Response> {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        self.live(state);
        state
            .requests
            .push(format!("{} {}", request.method, request.url));
        let mut asked = Asked::of(request);
        if let Some(lost) = state.lose() {
            return lost;
        }
        if state.expires(&request.url) {
            return Ok(bare(*state.chance.of(&[404, 410])));
        }
        let empty = state.opened(&mut asked);
        if let Some(status) = state.refuses(&asked) {
            return Ok(bare(status));
        }
        state.rewrite(&mut asked);
        let mut answer = self.server.answer(&asked);
        match &mut answer {
            Answer::Bundle(bundle) => {
                if empty {
                    bundle.entries.clear();
                    bundle.next = Some(asked.url());
                }
                state.change_entries(&asked, bundle);
                state.change_links(&request.url, bundle, empty);
            }
            Answer::Other(response) => state.change_resource(&asked, response),
        }
        Ok(state.cut(answer.written()))
    }
}

impl State {
    /// One time out of so many.
    fn once_in(&mut self, times: u64) -> bool {
        self.chance.below(times) == 0
    }

    /// Asks the plain server for what this one is able to tell.
    fn rewrite(&mut self, asked: &mut Asked) {
        let is_history = asked.path.last().is_some_and(|last| last == "_history");
        if self.faults.h1_seconds
            && let Some(since) = asked.get("_since")
        {
            let seconds = format!("{}Z", &since[..19]);
            asked.set("_since", Some(seconds));
        }
        if self.faults.p6_last_updated == faults::LastUpdated::Dropped {
            asked.set("_lastUpdated", None);
        }
        if self.faults.h8_drift {
            asked.set("_until", None);
        }
        if self.faults.p2_short {
            let count = 1 + self.chance.below(3);
            asked.set("_count", Some(count.to_string()));
        }
        if is_history && self.faults.h2_order != Order::NewestFirst {
            asked.set("_sort", Some("_lastUpdated".to_string()));
        }
    }
}

impl Transport for Unruly {
    async fn send(&self, request: &Request) -> Result<Response> {
        self.answer(request)
    }
}
