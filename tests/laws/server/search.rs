//! Searches by the criteria that the tests use, and `$everything`.

use std::collections::BTreeMap;

use fhir_pull::fhir::Instant;
use serde_json::Value;

use super::answer::{Answer, Bundle, Entry, bare, resource};
use super::asked::Asked;
use super::{Life, TYPES, Version};

/// What a search can be asked for; anything else is left out of the self link.
pub(super) const CRITERIA: [&str; 5] = ["_id", "_lastUpdated", "patient", "subject", "code"];
/// How it is to be answered, and how its pages go on.
const RESULTS: [&str; 7] = [
    "_sort",
    "_summary",
    "_elements",
    "_total",
    "_count",
    "_until",
    "_from",
];

pub(super) fn answer(life: &Life, asked: &Asked, kind: &str) -> Answer {
    let mut used = asked.clone();
    used.parameters.retain(|(name, _)| {
        [&CRITERIA[..], &RESULTS[..]]
            .concat()
            .contains(&name.as_str())
    });
    let latest = latest(life, &used);
    let mut found: Vec<&Version> = latest
        .into_values()
        .filter(|version| matches(version, kind, &used))
        .collect();
    match used.get("_sort") {
        Some("_lastUpdated") => found.sort_by_key(|version| version.at),
        Some("-_lastUpdated") => found.sort_by_key(|version| std::cmp::Reverse(version.at)),
        _ => {}
    }
    let mut entries: Vec<Entry> = found.into_iter().map(Entry::of_search).collect();
    if used.get("_elements").is_some() {
        entries
            .iter_mut()
            .for_each(|entry| entry.resource = entry.resource.as_deref().map(subset));
    }
    let mut bundle = Bundle::page(life, &used, "searchset", entries);
    if used.get("_summary") == Some("count") {
        (bundle.entries, bundle.next) = (Vec::new(), None);
    }
    Answer::Bundle(bundle)
}

/// The patient and what has it as its subject.
pub(super) fn everything(life: &Life, asked: &Asked, id: &str) -> Answer {
    match life.versions("Patient", id).last() {
        Some(patient) if patient.body.is_some() => {}
        other => {
            return Answer::Other(other.map_or(bare(404), |it| resource(life, Some(it), asked)));
        }
    }
    let latest = latest(life, asked);
    let of_patient = Asked::below(&format!("Observation?patient={id}"));
    let of_patient = |version: &&Version| {
        version.kind == "Patient" && version.id == id
            || matches(version, "Observation", &of_patient)
    };
    let found = latest
        .into_values()
        .rev()
        .filter(|version| version.body.is_some());
    let entries = found.filter(of_patient).map(Entry::of_search).collect();
    Answer::Bundle(Bundle::page(life, asked, "searchset", entries))
}

/// The latest version of each resource, as the chain of pages sees it.
fn latest<'a>(life: &'a Life, asked: &Asked) -> BTreeMap<(usize, &'a str), &'a Version> {
    let until = asked.number("_until").unwrap_or(life.log.len());
    let place = |kind| TYPES.iter().rposition(|it| *it == kind).unwrap();
    let named = life.log[..until]
        .iter()
        .map(|it| ((place(it.kind), it.id.as_str()), it));
    named.collect()
}

/// Whether the version is there and meets all criteria.
pub(crate) fn matches(version: &Version, kind: &str, asked: &Asked) -> bool {
    let Some(body) = version.body.as_ref().filter(|_| version.kind == kind) else {
        return false;
    };
    let body: Value = serde_json::from_str(body).unwrap();
    let subject = body["subject"]["reference"].as_str().unwrap_or_default();
    asked
        .parameters
        .iter()
        .all(|(name, value)| match name.as_str() {
            "_id" => value.split(',').any(|id| id == version.id),
            "_lastUpdated" => in_time(version.at, value),
            "patient" | "subject" => {
                value == subject || Some(value.as_str()) == subject.strip_prefix("Patient/")
            }
            "code" => {
                let coding = &body["code"]["coding"][0];
                let (system, code) = value.rsplit_once('|').unwrap_or(("", value));
                coding["code"] == code && (system.is_empty() || coding["system"] == system)
            }
            _ => true,
        })
}

fn in_time(at: i64, criterion: &str) -> bool {
    let (prefix, instant) = criterion.split_at(2);
    let bound = Instant::parse(instant).unwrap().0;
    match prefix {
        "ge" => at >= bound,
        "gt" => at > bound,
        "le" => at <= bound,
        "lt" => at < bound,
        _ => panic!("{criterion}"),
    }
}

/// Only id and meta, and a tag that says so.
pub(crate) fn subset(body: &str) -> String {
    let mut whole: Value = serde_json::from_str(body).unwrap();
    whole["meta"]["tag"] = serde_json::json!([{ "code": "SUBSETTED" }]);
    let Value::Object(members) = &mut whole else {
        panic!("{body}");
    };
    members.retain(|name, _| ["resourceType", "id", "meta"].contains(&name.as_str()));
    whole.to_string()
}
