//! `Patient/[id]/$everything`.

use crate::world::{BASE, open};

const EVERYTHING: &str = "Patient/a/$everything";

#[test]
fn it_is_the_compartment_and_what_that_refers_to() {
    let reader = open();
    let expected = [
        "Composition/letter",
        "Composition/own",
        "Composition/torn",
        "Encounter/e",
        "Observation/mine",
        "Observation/moved",
        "Observation/theirs",
        "Patient/a",
        "Practitioner/d",
    ];
    assert_eq!(reader.all(EVERYTHING), expected);
    let answer = reader.get(EVERYTHING);
    assert_eq!(answer.json()["type"], "searchset");
    assert_eq!(answer.link("self"), Some(format!("{BASE}/{EVERYTHING}")));
}

#[test]
fn it_may_be_asked_for_less_and_by_pages() {
    let reader = open();
    let some = reader.all("Patient/a/$everything?_type=Observation");
    assert_eq!(
        some,
        [
            "Observation/mine",
            "Observation/moved",
            "Observation/theirs"
        ]
    );
    // What is referred to by what is not shown.
    let some = reader.all("Patient/a/$everything?_type=Practitioner,Patient");
    assert_eq!(some, ["Patient/a", "Practitioner/d"]);
    let one = reader.all("Patient/a/$everything?_type=Practitioner&_count=1");
    assert!(one.iter().all(|name| name == "Practitioner/d") && !one.is_empty());
    let pages = reader.pages("Patient/a/$everything?_count=2");
    assert!(pages.len() >= 3);
    let mut matches: Vec<String> = pages.concat();
    matches.sort();
    matches.dedup();
    assert_eq!(matches, reader.all(EVERYTHING));
    let none = reader.all("Patient/a/$everything?_since=2024-02-01T00:00:00Z");
    assert_eq!(none, [""; 0]);
    // The last commits brought what is of the last days.
    let since = reader.all("Patient/a/$everything?_since=2024-01-09T08:00:00Z");
    assert_eq!(
        since,
        ["Composition/letter", "Composition/own", "Composition/torn"]
    );
    let since = reader.get("Patient/a/$everything?_since=2020-01-01T00:00:00Z&_count=1");
    let next = since.link("next").unwrap();
    assert!(
        next.contains("_since=2020-01-01T00:00:00Z") && next.contains("_count=1"),
        "{next}"
    );
}

#[test]
fn its_input_may_be_parameters() {
    let reader = open();
    let body = r#"{"resourceType":"Parameters","parameter":[{"name":"_type","valueCode":"Observation"},{"name":"_count","valueInteger":1}]}"#;
    let headers = [("content-type", "application/fhir+json")];
    let posted = reader.ask("POST", EVERYTHING, &headers, body);
    let got = reader.get("Patient/a/$everything?_type=Observation&_count=1");
    assert_eq!((posted.status(), posted.names()), (200, got.names()));
    assert_eq!(
        reader.ask("POST", EVERYTHING, &[], "").names(),
        reader.get(EVERYTHING).names()
    );
}

#[test]
fn a_value_stays_a_value() {
    // Were it a part of the search, it would be a parameter of it.
    let answer = open().get("Patient/a/$everything?_type=Observation%26_id=theirs");
    assert_eq!(answer.refusal().0, 400);
    let answer = open().get("Patient/a/$everything?_count=1%26_summary=count");
    assert_eq!(answer.refusal().0, 400);
}

#[test]
fn of_nobody_there_is_nothing() {
    assert_eq!(open().get("Patient/none/$everything").refusal().0, 404);
}
