//! What the server says that it can do.

use fhir_pull::host::Response;
use serde_json::{Value, json};

use super::TYPES;
use super::answer;
use super::search::CRITERIA;

pub(super) fn statement() -> Response {
    answer::json(200, whole().to_string())
}

/// The CapabilityStatement of the server without a fault.
pub(crate) fn whole() -> Value {
    let codes = |codes: &[&str]| {
        codes
            .iter()
            .map(|code| json!({ "code": code }))
            .collect::<Vec<_>>()
    };
    let parameters: Vec<Value> = CRITERIA
        .iter()
        .map(|name| json!({ "name": name }))
        .collect();
    let of_type = |kind: &&str| {
        let does = codes(&[
            "read",
            "vread",
            "history-type",
            "history-instance",
            "search-type",
        ]);
        json!({ "type": kind, "interaction": does, "searchParam": parameters })
    };
    let types: Vec<Value> = TYPES.iter().map(of_type).collect();
    let interaction = codes(&["history-system", "batch"]);
    json!({
        "resourceType": "CapabilityStatement", "status": "active", "kind": "instance",
        "fhirVersion": "4.0.1", "format": ["json"],
        "rest": [{ "mode": "server", "resource": types, "interaction": interaction }]
    })
}
