//! `Composition/[id]/$document`.

use crate::world::{BASE, of_ward, open};

#[test]
fn a_document_is_the_composition_first_and_then_all_that_it_refers_to() {
    let answer = open().get("Composition/letter/$document");
    let bundle = answer.json();
    assert_eq!(bundle["type"], "document");
    let parts = [
        "Composition/letter",
        "Patient/a",
        "Practitioner/d",
        "Observation/mine",
        "Observation/moved",
    ];
    assert_eq!(answer.names(), parts);
    for (entry, part) in bundle["entry"].as_array().unwrap().iter().zip(parts) {
        assert_eq!(entry["fullUrl"], format!("{BASE}/{part}"));
    }
    // bdl-9, bdl-10: a document has an identifier with a system, and a date.
    assert!(
        bundle["identifier"]["system"].is_string() && bundle["identifier"]["value"].is_string()
    );
    assert_eq!(bundle["timestamp"], "2026-01-31T12:00:00.000Z");
    // L4
    assert!(answer.text().contains(&of_ward("Observation", "mine", 3)));
    let posted = open().ask("POST", "Composition/letter/$document", &[], "");
    assert_eq!(posted.names(), parts);
    assert_eq!(
        open()
            .get("Composition/letter/$document?persist=false")
            .names(),
        parts
    );
}

#[test]
fn a_document_that_lacks_a_part_is_none() {
    let refusal = open().get("Composition/torn/$document").refusal();
    assert_eq!(refusal, (422, "incomplete".to_string()));
    assert_eq!(open().get("Composition/none/$document").refusal().0, 404);
}
