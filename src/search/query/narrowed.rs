//! A query of somebody who may see one compartment and nothing else.
//!
//! It is not enough to leave out what is found outside: `_has` and chains ask of resources that are
//! never shown, and whether something is found then tells what they hold. So whatever a query asks of
//! other resources it asks of those of the compartment, as if there were no others.

use super::conditions::in_compartment;
use super::{Query, known};
use crate::fhir::Identity;
use crate::search::condition::{Condition, Target};
use crate::search::definitions::Definitions;
use crate::{Code, Error, Result};

impl Query {
    /// Narrows it to the compartment of a resource.
    ///
    /// # Errors
    /// [`Code::Unsupported`] for what goes by the content of a List, ValueSet or CodeSystem, which may be
    /// anybody's.
    pub fn narrow(&mut self, definitions: &Definitions, to: Identity<'_>) -> Result<()> {
        known(definitions, to.kind)?;
        self.within = to.to_string();
        self.scopes
            .iter_mut()
            .try_for_each(|scope| narrow(definitions, to, scope))
    }
}

fn narrow(definitions: &Definitions, to: Identity<'_>, target: &mut Target) -> Result<()> {
    for condition in &mut target.all {
        narrow_condition(definitions, to, condition)?;
    }
    let inside = in_compartment(definitions, &target.kind, to.kind, to.id);
    // Of a type that is in no such compartment nothing is inside.
    let inside = inside.unwrap_or_else(|| Condition::Either(Vec::new()));
    target.all.push(inside);
    Ok(())
}

fn narrow_condition(
    definitions: &Definitions,
    to: Identity<'_>,
    condition: &mut Condition,
) -> Result<()> {
    let each = |all: &mut [Condition]| {
        all.iter_mut()
            .try_for_each(|it| narrow_condition(definitions, to, it))
    };
    match condition {
        Condition::Any { .. }
        | Condition::Missing(_)
        | Condition::Read { .. }
        | Condition::Says { .. } => Ok(()),
        Condition::All(all) | Condition::Either(all) => each(all),
        Condition::Not(it) => narrow_condition(definitions, to, it),
        Condition::RefersTo { targets, .. } => targets
            .iter_mut()
            .try_for_each(|target| narrow(definitions, to, target)),
        Condition::ReferredBy { from, .. } => narrow(definitions, to, from),
        Condition::Listed(_) | Condition::InValueSet { .. } | Condition::Related { .. } => {
            Err(Error::new(
                Code::Unsupported,
                "What is in a List, ValueSet or CodeSystem is not asked by somebody whose access is narrowed.",
            ))
        }
    }
}
