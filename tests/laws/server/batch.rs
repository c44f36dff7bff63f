//! A batch of GETs in one POST, each with the version that is held already.

use fhir_pull::host::Response;
use serde_json::{Value, json};

use super::Life;
use super::answer::{self, bare};
use super::asked::Asked;

pub(super) fn answer(life: &Life, asked: &Asked) -> Response {
    let Ok(batch) = serde_json::from_slice::<Value>(&asked.body) else {
        return bare(400);
    };
    if batch["type"] != "batch" {
        return bare(400);
    }
    let each = batch["entry"].as_array().into_iter().flatten();
    let entries: Vec<String> = each.map(|entry| one(life, &entry["request"])).collect();
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"batch-response","entry":[{}]}}"#,
        entries.join(",")
    );
    answer::json(200, body)
}

fn one(life: &Life, request: &Value) -> String {
    let asked = Asked {
        if_none_match: request["ifNoneMatch"].as_str().map(str::to_string),
        ..Asked::below(request["url"].as_str().unwrap_or_default())
    };
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let response = match request["method"].as_str() {
        Some("GET") => super::get(life, &asked, &path).written(),
        _ => bare(405),
    };
    let mut said = json!({ "status": response.status.to_string() });
    if let Some(etag) = response.header("etag") {
        said["etag"] = etag.into();
    }
    match response.status {
        // As it is written: its bytes are what a replica must hold.
        200 => format!(
            r#"{{"resource":{},"response":{said}}}"#,
            String::from_utf8(response.body).unwrap()
        ),
        _ => format!(r#"{{"response":{said}}}"#),
    }
}
