//! Read and vread.

use fhir_pull::host::memory::Memory;
use fhir_pull::replica::Versions;

use crate::world::{of_ward, open, reader, ward_in};

#[test]
fn l4_a_read_is_the_bytes_that_came_with_its_validators() {
    let reader = open();
    let answer = reader.get("Observation/mine");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text(), of_ward("Observation", "mine", 3));
    assert_eq!(answer.header("etag"), Some("W/\"3\""));
    let modified = Some("Sun, 07 Jan 2024 08:00:00 GMT");
    assert_eq!(answer.header("last-modified"), modified);
    for target in [
        "/Observation/mine",
        "Observation/mine/",
        "Observation/%6dine",
    ] {
        assert_eq!(reader.get(target).0, answer.0, "{target}");
    }
}

#[test]
fn l4_each_version_is_read_as_it_came() {
    let reader = open();
    for version in 1..=3 {
        let answer = reader.get(&format!("Observation/mine/_history/{version}"));
        assert_eq!(answer.text(), of_ward("Observation", "mine", version));
        let etag = format!("W/\"{version}\"");
        assert_eq!(answer.header("etag"), Some(&*etag));
    }
}

#[test]
fn what_was_deleted_is_gone_and_its_earlier_version_is_there() {
    let reader = open();
    for target in ["Observation/gone", "Observation/gone/_history/2"] {
        let answer = reader.get(target);
        assert_eq!(answer.refusal(), (410, "deleted".to_string()), "{target}");
        assert_eq!(answer.header("etag"), Some("W/\"2\""));
        assert!(answer.header("last-modified").is_some());
    }
    let earlier = reader.get("Observation/gone/_history/1");
    assert_eq!(earlier.text(), of_ward("Observation", "gone", 1));
}

#[test]
fn what_is_not_there_is_not_found() {
    let reader = open();
    for target in [
        "Observation/none",
        "Patient/mine",
        "Observation/none/_history/1",
        "Observation/mine/_history/4",
        "Observation/mine/_history/0",
        "Observation/mine/_history/W%2F%223%22",
    ] {
        let refusal = reader.get(target).refusal();
        assert_eq!(refusal, (404, "not-found".to_string()), "{target}");
    }
}

#[test]
fn where_the_current_version_alone_is_kept_no_other_is_read() {
    let reader = reader(&ward_in(Memory::new(), Versions::Current));
    assert_eq!(reader.get("Observation/mine/_history/3").status(), 200);
    assert_eq!(reader.get("Observation/mine/_history/2").status(), 404);
    assert_eq!(reader.get("Observation/gone").status(), 410);
}

#[test]
fn a_read_may_ask_for_less_and_says_that_it_is_less() {
    let reader = open();
    let summary = reader.get("Observation/mine?_summary=true").json();
    assert!(summary["valueQuantity"].is_object() && summary["hasMember"].is_array());
    let elements = reader.get("Observation/mine?_elements=code").json();
    assert!(elements["code"].is_object() && elements["valueQuantity"].is_null());
    // R3
    for less in [summary, elements] {
        assert_eq!(less["meta"]["tag"][0]["code"], "SUBSETTED", "{less}");
    }
    let whole = reader.get("Observation/mine?_summary=false");
    assert_eq!(whole.text(), of_ward("Observation", "mine", 3));
    for wrong in ["count", "some"] {
        let answer = reader.get(&format!("Observation/mine?_summary={wrong}"));
        assert_eq!(answer.refusal(), (400, "invalid".to_string()), "{wrong}");
    }
}

#[test]
fn pretty_is_the_same_json_a_member_a_line() {
    let answer = open().get("Observation/mine?_pretty=true");
    let plain = open().get("Observation/mine");
    assert_eq!(answer.json(), plain.json());
    assert!(answer.text().contains("\n  \"status\": \"amended\",\n"));
    // L4: a number stays as it was written.
    assert!(answer.text().contains("\"value\": 1.70"));
}
