//! Formats, and what is done about what cannot be answered.

use crate::world::open;

#[test]
fn json_of_this_version_is_given_to_who_takes_it() {
    for accept in [
        "*/*",
        "application/*",
        "application/fhir+json",
        "application/fhir+json; fhirVersion=4.0",
        "application/fhir+json;fhirVersion=\"4.0\"",
        "application/json",
        "APPLICATION/FHIR+JSON; charset=utf-8",
        "application/fhir+xml, application/fhir+json;q=0.1",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ] {
        let answer = open().get_with("Patient/a", &[("accept", accept)]);
        assert_eq!(answer.status(), 200, "{accept}");
    }
    for accept in [
        "application/fhir+xml",
        "text/html",
        "application/fhir+json; fhirVersion=5.0",
        "application/fhir+json;q=0",
        "application/fhir+turtle, text/plain",
    ] {
        let refusal = open()
            .get_with("Patient/a", &[("accept", accept)])
            .refusal();
        assert_eq!(refusal, (406, "not-supported".to_string()), "{accept}");
    }
}

#[test]
fn the_address_says_more_than_the_header() {
    for (format, status) in [
        ("json", 200),
        ("application/json", 200),
        ("application/fhir+json", 200),
        ("application%2Ffhir%2Bjson", 200),
        ("text/json", 200),
        ("xml", 406),
        ("application/fhir%2Bxml", 406),
        ("html", 406),
    ] {
        for target in [
            "Patient/a",
            "Patient",
            "metadata",
            "_history",
            "Patient/a/$everything",
        ] {
            let target = format!("{target}?_format={format}");
            let answer = open().get_with(&target, &[("accept", "application/fhir+xml")]);
            assert_eq!(answer.status(), status, "{target}");
        }
    }
    assert_eq!(
        open()
            .get_with("Patient?_format=xml", &[("accept", "*/*")])
            .status(),
        406
    );
}

#[test]
fn pretty_is_kept_in_links_and_holds_for_what_is_refused_too() {
    let answer = open().get("Patient?_pretty=true&_count=1");
    assert!(answer.text().contains("\n  \"type\": \"searchset\""));
    assert!(answer.link("next").unwrap().contains("_pretty=true"));
    let refused = open().get("Patient/none?_pretty=true");
    assert!(refused.text().contains("\n    {\n"), "{}", refused.text());
}

#[test]
fn what_is_not_known_is_left_out_and_said_or_refused_as_is_preferred() {
    for (target, strict) in [
        ("Observation?shoe-size=44", 400),
        ("Observation/mine?shoe-size=44", 400),
        ("Observation/_history?shoe-size=44", 400),
        ("metadata?shoe-size=44", 400),
    ] {
        let lenient = open().get(target);
        assert_eq!(lenient.status(), 200, "{target}");
        for prefer in [
            "handling=strict",
            "respond-async, handling=strict",
            "return=minimal; Handling=Strict",
        ] {
            let answer = open().get_with(target, &[("prefer", prefer)]);
            assert_eq!(
                answer.refusal(),
                (strict, "not-supported".to_string()),
                "{target}"
            );
        }
        let answer = open().get_with(target, &[("prefer", "handling=lenient")]);
        assert_eq!(answer.0.body.len(), lenient.0.body.len());
    }
    let answer = open().get("Observation?shoe-size=44&_id=mine");
    // P6: the link tells what was used.
    assert_eq!(
        answer.link("self").unwrap(),
        "https://edge.test/fhir/Observation?_id=mine"
    );
    assert_eq!(answer.names(), ["Observation/mine", "outcome"]);
    assert!(answer.text().contains("shoe-size"));
}
