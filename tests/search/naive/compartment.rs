//! Compartments: which resources belong to a patient, an encounter, and so on
//! (R5 compartmentdefinition.html, search.html#searchcontexts).

use super::evaluate::{Item, evaluate};
use super::reference::{Target, is_id, target};
use super::{Condition, Refusal, Server};

impl Server {
    /// `Patient/1/Observation`, or `Patient/1/*` for all types that the compartment has.
    pub(super) fn compartment<'s>(
        &'s self,
        of: &str,
        id: &str,
        kind: &str,
    ) -> Result<Vec<(String, Vec<Condition<'s>>)>, Refusal> {
        if !is_id(id) {
            return Err(Refusal::BadInput("this is no id of a compartment".into()));
        }
        let itself = Target::Own {
            kind: of.to_string(),
            id: id.to_string(),
            version: None,
        };
        let known = |kind: &str| self.definitions.get(kind)?.compartments.get(of);
        if kind != "*" {
            let codes = known(kind);
            let not_in = || Refusal::Unsupported(format!("{kind} is not in the compartment"));
            let belongs = self.belongs(kind, codes.ok_or_else(not_in)?, itself);
            return Ok(vec![(kind.to_string(), vec![belongs])]);
        }
        let all = self
            .definitions
            .names()
            .filter_map(|kind| Some((kind, known(kind)?)));
        let all = all.map(|(kind, codes)| {
            (
                kind.to_string(),
                vec![self.belongs(kind, codes, itself.clone())],
            )
        });
        let all: Vec<_> = all.collect();
        let none = || Refusal::Unsupported(format!("{of} has no compartment"));
        (!all.is_empty()).then_some(all).ok_or_else(none)
    }

    fn belongs<'s>(&'s self, kind: &str, codes: &'s [String], itself: Target) -> Condition<'s> {
        let kind = kind.to_string();
        Box::new(move |resource| {
            codes.iter().any(|code| {
                if code == "{def}" {
                    return self.is_target(&itself, resource);
                }
                let Some(parameter) = self.definitions.parameter(&kind, code) else {
                    return false;
                };
                let items = evaluate(&parameter.path, &Item::of(resource), resource);
                let mut targets = items
                    .iter()
                    .filter_map(|item| target(&self.base, &item.value));
                targets.any(|target| unversioned(target) == itself)
            })
        })
    }
}

fn unversioned(target: Target) -> Target {
    match target {
        Target::Own { kind, id, .. } => Target::Own {
            kind,
            id,
            version: None,
        },
        other => other,
    }
}
