//! `Patient/[id]/$everything`: the patient's compartment, and what its resources refer to.

use super::history::since;
use super::parameters::{Given, encode};
use super::refused::Refused;
use super::{Answered, Serving, ok};
use crate::fhir::Identity;
use crate::host::Store;
use crate::replica::{Everything, Searching};
use crate::search::query::Shown;

/// It is asked for as a whole: pages are as large as they get.
const COUNT: (usize, usize) = (1000, 1000);

impl<S: Store> Serving<'_, S> {
    pub(super) async fn everything(&self, id: &str) -> Answered {
        let patient = Identity {
            kind: "Patient",
            id,
        };
        let found = self.replica.version_for(patient, None, self.within).await?;
        let found = found.ok_or_else(|| Refused::not_found(patient.kind))?;
        if found.bytes.is_none() {
            return Err(Refused::deleted(patient.kind));
        }
        let mut given = Given::of(&self.query)?;
        // To leave out what limits the answer would show what was not asked for.
        given.only(&["_since", "_type", "_count", "_offset", "_page"], true)?;
        let mut shown = Shown {
            kinds: Vec::new(),
            since: since(&given)?,
        };
        if let Some(kinds) = given.get("_type") {
            shown.kinds = kinds.split(',').map(str::to_string).collect();
        }
        let definitions = self.replica.definitions();
        if let Some(unknown) = shown.kinds.iter().find(|kind| !definitions.knows(kind)) {
            return Err(Refused::unknown_type(400, unknown, definitions.version()));
        }
        let mut all = format!("{patient}/*?");
        for name in ["_count", "_offset", "_page"] {
            if let Some(value) = given.get(name) {
                all.push_str(name);
                all.push('=');
                encode(&mut all, value);
                all.push('&');
            }
        }
        let _ = (given.take("_offset"), given.take("_page"));
        let everything = Everything {
            called: &given.after(&format!("{patient}/$everything")),
            shown: &shown,
        };
        let searching = Searching {
            count: COUNT,
            everything: Some(everything),
            ..self.searching()
        };
        Ok(ok(self.replica.search_for(&all, &searching).await?))
    }
}
