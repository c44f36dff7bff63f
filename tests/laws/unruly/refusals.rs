//! What is refused, and answers that never come whole.

use fhir_pull::host::Response;
use fhir_pull::{Code, Error, Result};
use serde_json::{Value, json};

use super::State;
use super::faults::{Capabilities, Faults, LastUpdated};
use crate::server::Manner;
use crate::server::answer::{bare, json as answered};
use crate::server::asked::Asked;
use crate::server::capabilities::whole;

impl Faults {
    /// How a server with these faults writes versions and times.
    pub(super) fn manner(&self) -> Manner {
        Manner {
            seconds: self.h1_seconds,
            late: self.h4_late,
            future: self.h4_time_ahead,
            opaque: self.h7_opaque,
        }
    }

    /// What the server would say of itself if it were honest.
    fn capabilities(&self) -> Value {
        let mut statement = whole();
        let rest = &mut statement["rest"][0];
        let without = |codes: &mut Value, missing: &dyn Fn(&str) -> bool| {
            let codes = codes.as_array_mut().unwrap();
            codes.retain(|it| !missing(it["code"].as_str().or(it["name"].as_str()).unwrap()));
        };
        without(&mut rest["interaction"], &|code| {
            code == "history-system" && self.h9_no_system_history.is_some()
        });
        for of_type in rest["resource"].as_array_mut().unwrap() {
            without(&mut of_type["interaction"], &|code| match code {
                "history-type" => self.h9_no_type_history.is_some(),
                "history-instance" => self.h9_no_instance_history.is_some(),
                _ => false,
            });
            without(&mut of_type["searchParam"], &|name| {
                name == "_lastUpdated" && self.p6_last_updated != LastUpdated::Honoured
            });
        }
        statement
    }
}

/// Says nothing of history and of search parameters.
fn modest() -> Value {
    let mut statement = whole();
    let rest = &mut statement["rest"][0];
    rest["interaction"] = json!([]);
    for of_type in rest["resource"].as_array_mut().unwrap() {
        of_type["interaction"] = json!([{ "code": "read" }, { "code": "search-type" }]);
        of_type["searchParam"] = json!([]);
    }
    statement
}

impl State {
    /// An answer that never comes, or does not come from the server (W1, W2).
    pub(super) fn lose(&mut self) -> Option<Result<Response>> {
        let Faults {
            w1_busy, w2_cut, ..
        } = self.faults;
        if (w1_busy || w2_cut) && self.once_in(12) {
            // Some are over soon, some last longer than anybody's patience.
            self.outage = *self.chance.of(&[1, 2, 9]);
        }
        if self.outage == 0 {
            return None;
        }
        self.outage -= 1;
        let busy = w1_busy && (!w2_cut || self.once_in(2));
        let response = match (busy, self.once_in(2)) {
            (true, true) => bare(503),
            (true, false) => Response {
                headers: vec![(
                    "retry-after".into(),
                    self.chance.of(&["1", "120", "3600"]).to_string(),
                )],
                ..bare(429)
            },
            (false, true) => bare(502),
            (false, false) => {
                return Some(Err(Error::new(Code::Network, "The test loses the answer.")));
            }
        };
        Some(Ok(response))
    }

    /// The status with which the server says that it does not do this.
    pub(super) fn refuses(&self, asked: &Asked) -> Option<u16> {
        let faults = &self.faults;
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        let asks_time = asked.parameters.iter().any(|(name, value)| {
            name == "_lastUpdated" || name == "_sort" && value.ends_with("_lastUpdated")
        });
        let too_many = asked.number("_count").is_some_and(|count| count > 100);
        let several = asked.get("_type").is_some_and(|types| types.contains(','));
        match path[..] {
            ["_history"] => faults.h9_no_system_history,
            [_, "_history"] => faults.h9_no_type_history,
            [_, _, "_history"] => faults.h9_no_instance_history,
            [_] if asks_time && faults.p6_last_updated == LastUpdated::Refused => Some(400),
            ["$export"] if several && faults.b5_one_type => Some(400),
            _ => None,
        }
        .or((too_many && faults.p6_count).then_some(400))
    }

    /// What is answered with one resource, or with none.
    pub(super) fn change_resource(&mut self, asked: &Asked, response: &mut Response) {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        match path[..] {
            ["metadata"] => {
                let statement = match self.faults.capabilities {
                    Capabilities::True => self.faults.capabilities(),
                    Capabilities::Modest => modest(),
                    Capabilities::Boastful => whole(),
                    Capabilities::Refused(status) => {
                        *response = bare(status);
                        return;
                    }
                };
                *response = answered(200, statement.to_string());
            }
            [_, _, "_history", _] if self.faults.h6_left_out => *response = bare(404),
            _ if response.status == 410 && self.faults.r2_not_found => *response = bare(404),
            _ => {}
        }
    }

    /// A body that ends in its middle (W2).
    pub(super) fn cut(&mut self, mut response: Response) -> Response {
        if self.faults.w2_cut && !response.body.is_empty() && self.once_in(20) {
            let length = self.chance.below(response.body.len() as u64);
            response.body.truncate(length as usize);
        }
        response
    }
}
