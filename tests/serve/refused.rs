//! What is refused, with the status that HTTP has for it and an OperationOutcome (R5 http.html).

use fhir_pull::serve::{LARGEST_BODY, LONGEST_TARGET};

use crate::world::{open, reader, ward};

#[track_caller]
fn assert_refused(target: &str, status: u16, code: &str) {
    let refusal = open().get(target).refusal();
    assert_eq!(refusal, (status, code.to_string()), "{target}");
}

#[test]
fn a_path_that_means_nothing_is_not_found() {
    for target in [
        "nothing",
        "patient/a",
        "Patientt/a",
        "Unicorn",
        "Unicorn/1",
        "Unicorn/_history",
        "Unicorn/1/_history/1",
        "Patient/a/b/c/d",
        "Patient//a",
        "Patient/a%2Fb",
        "Patient/a/Unicorn",
        "Patient/a/nothing",
        "Patient/ü",
        "Patient/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Patient/a/_history/1/2",
        "_history/1",
        "metadata/1",
        "Patient/$everything",
        "Patient/a/$validate",
        "Observation/mine/$everything",
        "Observation/$lastn",
        "Composition/$document",
        "$export",
        "Organization/1/Observation",
        "../Patient/a",
        ".well-known/smart-configuration",
    ] {
        assert_refused(target, 404, "not-supported");
    }
}

#[test]
fn what_cannot_be_read_is_a_bad_request() {
    for target in [
        "Observation?date=yesterday",
        "Observation?_count=many",
        "Observation?_count=-1",
        "Observation?_summary=some",
        "Observation?_lastUpdated=2024-13-45",
        "Observation?subject=",
        "Observation?%FF=1",
        "Observation?code=%F",
        "Observation/%zz",
        "Observation?_include=Observation",
        "Observation?value-quantity=much",
        "Observation?_filter=((",
        "Observation/_history?_since=2024",
        "Observation/_history?_at=then",
        "Observation/_history?_count=x",
        "Observation/_history?_count=1&_count=2",
        "Observation/_history?_page=zz",
        "Observation/_history?_page=00",
        "Observation/mine?_format=json&_format=json",
        "Patient/a/$everything?_since=then",
    ] {
        assert_refused(target, 400, "invalid");
    }
    for target in [
        "Observation/_history?_sort=code",
        "metadata?mode=terminology",
        "Patient/a/$everything?start=2024-01-01",
        "Composition/letter/$document?persist=true",
        "Patient/a/$everything?_type=Unicorn",
        "Patient/a/$everything?_type=observation",
    ] {
        assert_refused(target, 400, "not-supported");
    }
}

#[test]
fn a_method_that_is_not_taken_is_told_which_are() {
    let cases = [
        ("Patient/a", "GET, HEAD"),
        ("Patient", "GET, HEAD"),
        ("metadata", "GET, HEAD"),
        ("_history", "GET, HEAD"),
        ("Patient/_history", "GET, HEAD"),
        ("Patient/a/_history", "GET, HEAD"),
        ("Patient/a/_history/1", "GET, HEAD"),
        ("Patient/a/Observation", "GET, HEAD"),
        ("", "GET, HEAD"),
        ("Patient/_search", "POST"),
        ("_search", "POST"),
        ("Patient/a/Observation/_search", "POST"),
        ("Patient/a/$everything", "GET, HEAD, POST"),
        ("Composition/letter/$document", "GET, HEAD, POST"),
    ];
    for (target, allowed) in cases {
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "",
        ] {
            let answer = open().ask(method, target, &[], "");
            let takes = allowed.split(", ").any(|it| it == method);
            // A system is not searched without a question.
            if takes {
                assert_ne!(answer.status(), 405, "{method} {target}");
                continue;
            }
            assert_eq!(
                answer.refusal(),
                (405, "not-supported".to_string()),
                "{method} {target}"
            );
            assert_eq!(answer.header("allow"), Some(allowed), "{method} {target}");
        }
    }
}

#[test]
fn what_is_too_long_is_refused_unread() {
    let longest = format!("Patient?name={}", "x".repeat(LONGEST_TARGET - 13));
    assert_eq!(open().get(&longest).status(), 200);
    assert_refused(&format!("{longest}x"), 414, "too-long");
    let form = format!("name={}", "x".repeat(LARGEST_BODY - 5));
    assert_eq!(open().post("Patient/_search", &form).status(), 200);
    let refusal = open()
        .post("Patient/_search", &format!("{form}x"))
        .refusal();
    assert_eq!(refusal, (413, "too-long".to_string()));
}

#[test]
fn a_body_has_to_be_of_the_media_type_that_is_taken() {
    let ask = |target: &str, media: &str, body: &str| {
        let headers = [("content-type", media)];
        open().ask("POST", target, &headers, body).status()
    };
    let form = "application/x-www-form-urlencoded";
    assert_eq!(ask("Patient/_search", form, "_id=a"), 200);
    assert_eq!(
        ask(
            "Patient/_search",
            "Application/X-WWW-Form-URLencoded; charset=UTF-8",
            "_id=a"
        ),
        200
    );
    for media in ["application/json", "text/plain", "", "multipart/form-data"] {
        assert_eq!(ask("Patient/_search", media, "_id=a"), 415, "{media}");
    }
    let body = r#"{"resourceType":"Parameters","parameter":[{"name":"_count","valueInteger":2}]}"#;
    for media in ["application/fhir+json", "application/json; charset=utf-8"] {
        assert_eq!(ask("Patient/a/$everything", media, body), 200, "{media}");
    }
    assert_eq!(ask("Patient/a/$everything", form, "_count=2"), 415);
    // Nothing is of no type.
    assert_eq!(ask("Patient/_search?_id=a", "", ""), 200);
    assert_eq!(ask("Patient/a/$everything", "", ""), 200);
}

#[test]
fn input_that_is_no_parameters_is_a_bad_request() {
    for body in [
        "{",
        "[]",
        "null",
        "{}",
        r#"{"resourceType":"Patient"}"#,
        r#"{"resourceType":"Parameters","parameter":[{"name":"_type"}]}"#,
        r#"{"resourceType":"Parameters","parameter":[{"valueInteger":1}]}"#,
        r#"{"resourceType":"Parameters","parameter":["_type"]}"#,
        r#"{"resourceType":"Parameters"} x"#,
    ] {
        let headers = [("content-type", "application/fhir+json")];
        let answer = open().ask("POST", "Patient/a/$everything", &headers, body);
        assert_eq!(answer.refusal(), (400, "structure".to_string()), "{body}");
    }
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let mut request = fhir_pull::serve::Request {
        method: "POST".to_string(),
        target: "Patient/_search".to_string(),
        headers: vec![(headers[0].0.to_string(), headers[0].1.to_string())],
        body: b"name=\xff".to_vec(),
    };
    assert_eq!(
        open().send(&request).refusal(),
        (400, "invalid".to_string())
    );
    request.body = b"name=%ff".to_vec();
    assert_eq!(
        open().send(&request).refusal(),
        (400, "invalid".to_string())
    );
}

#[test]
fn a_compartment_that_there_is_not_shows_nothing_at_all() {
    for within in [
        "",
        "Patient",
        "Patient/",
        "Patient/a/b",
        "patient/a",
        "Organization/1",
        "Unicorn/1",
        "*",
    ] {
        let narrowed = reader(&ward()).within(within);
        for target in ["Patient", "Patient/a", "metadata", "_history"] {
            let refusal = narrowed.get(target).refusal();
            assert_eq!(
                refusal,
                (500, "exception".to_string()),
                "{within}: {target}"
            );
        }
    }
}
