//! From method and path to an interaction.

use super::refused::Refused;
use crate::fhir::reference::{is_id, is_type};
use crate::search::Definitions;
use crate::search::query::decode;

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Interaction {
    Metadata,
    /// `Type`, `Compartment/id/Type`, or nothing: what a query has before its `?`.
    Search(String),
    Read(String, String),
    Vread(String, String, String),
    /// Of a type, of one of its resources.
    History(Option<String>, Option<String>),
    /// Of that patient.
    Everything(String),
    /// Of that composition.
    Document(String),
}

const GET: &str = "GET, HEAD";
const POST: &str = "POST";
const BOTH: &str = "GET, HEAD, POST";

pub(super) fn route(
    definitions: &Definitions,
    method: &str,
    path: &str,
) -> Result<Interaction, Refused> {
    let mut parts = Vec::new();
    for part in path.trim_start_matches('/').split('/') {
        parts.push(decode(part)?.into_owned());
    }
    // `Patient/` is `Patient`.
    if parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (interaction, methods) = interaction(&parts).ok_or_else(Refused::nowhere)?;
    // That of a compartment stands third.
    let named = [parts.first(), parts.get(2)].into_iter().flatten();
    let mut kinds = named.filter(|part| is_type(part));
    if let Some(kind) = kinds.find(|kind| !definitions.knows(kind)) {
        return Err(Refused::unknown_type(404, kind, definitions.version()));
    }
    if let (Interaction::Search(_), [compartment, _, ..]) = (&interaction, parts.as_slice())
        && *parts.last().unwrap_or(&"") != "_search"
        && !is_compartment(definitions, compartment)
    {
        return Err(Refused::nowhere());
    }
    if !methods.split(", ").any(|known| known == method) {
        let sentence =
            "This server does not take that method here: it is read, and not written to.";
        let refused = Refused::new(405, "not-supported", sentence);
        return Err(refused.with("allow", methods));
    }
    Ok(interaction)
}

/// What a path means, and the methods that it takes.
fn interaction(parts: &[&str]) -> Option<(Interaction, &'static str)> {
    let text = |text: &str| text.to_string();
    Some(match parts {
        [] => (Interaction::Search(String::new()), GET),
        ["metadata"] => (Interaction::Metadata, GET),
        ["_search"] => (Interaction::Search(String::new()), POST),
        ["_history"] => (Interaction::History(None, None), GET),
        [kind, ..] if !is_type(kind) => return None,
        [kind] => (Interaction::Search(text(kind)), GET),
        [kind, "_search"] => (Interaction::Search(text(kind)), POST),
        [kind, "_history"] => (Interaction::History(Some(text(kind)), None), GET),
        [_, id, ..] if !is_id(id) => return None,
        [kind, id] => (Interaction::Read(text(kind), text(id)), GET),
        ["Patient", id, "$everything"] => (Interaction::Everything(text(id)), BOTH),
        ["Composition", id, "$document"] => (Interaction::Document(text(id)), BOTH),
        [kind, id, "_history"] => (Interaction::History(Some(text(kind)), Some(text(id))), GET),
        [kind, id, "_history", version] => {
            let (kind, id) = (text(kind), text(id));
            (Interaction::Vread(kind, id, text(version)), GET)
        }
        [kind, id, of, rest @ ..] if is_type(of) || *of == "*" => {
            let methods = match rest {
                [] => GET,
                ["_search"] => POST,
                _ => return None,
            };
            (Interaction::Search(format!("{kind}/{id}/{of}")), methods)
        }
        _ => return None,
    })
}

/// Whether resources of a type have compartments.
pub(super) fn is_compartment(definitions: &Definitions, kind: &str) -> bool {
    definitions.types().any(|of| {
        let mut compartments = definitions.of(of).compartments.iter();
        compartments.any(|(name, _)| **name == *kind)
    })
}
