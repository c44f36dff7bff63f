//! Answers that are no FHIR, redirects, and what a refusal says (R8, S1).

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::FhirVersion;
use fhir_pull::host::Response;
use fhir_pull::{Code, Error, Result};
use pollster::block_on;

use crate::script::{BASE, PATIENT, Script, answer};

fn refused(response: Result<Response>) -> Error {
    let script = Script::new([response]);
    let error = block_on(script.client(NoToken).read("Patient/secret")).unwrap_err();
    assert_eq!(script.requested().len(), 1);
    assert!(
        error
            .message()
            .contains("https://good.example/fhir answered a read"),
        "{error}"
    );
    assert!(!error.message().contains("secret"), "{error}");
    error
}

#[test]
fn r8_a_body_that_is_no_fhir_json_is_an_error_that_says_what_it_is() {
    for (content_type, body, said) in [
        (
            "text/html; charset=utf-8",
            "<!doctype html><p>Sign in, secret</p>",
            "text/html, not FHIR JSON",
        ),
        (
            "application/fhir+xml",
            "<Patient/>",
            "application/fhir+xml, not FHIR JSON",
        ),
        ("application/fhir+json", "", "an empty body"),
        ("application/fhir+json", " \r\n ", "an empty body"),
        (
            "application/fhir+json",
            "[]",
            "application/fhir+json, not FHIR JSON",
        ),
        (
            "application/json",
            r#"{"hello":"secret"}"#,
            "JSON that is no resource",
        ),
        ("", "secret", "content of no known type"),
        ("text/<secret>", "x", "content of no known type"),
    ] {
        let error = refused(answer(200, &[("content-type", content_type)], body));
        assert_eq!(error.code(), Code::NotFhir);
        assert!(error.message().contains(said), "{error}");
    }
    assert_eq!(refused(answer(204, &[], "")).code(), Code::NotFhir);
}

#[test]
fn r8_any_content_type_will_do_for_a_body_that_is_fhir_json() {
    for content_type in [
        "application/json",
        "application/json+fhir",
        "text/plain",
        "",
    ] {
        let body = format!(" \n{PATIENT}\n");
        let script = Script::new([answer(200, &[("content-type", content_type)], &body)]);
        let read = block_on(script.client(NoToken).read("Patient/1")).unwrap();
        assert_eq!(read, body.as_bytes(), "kept as it came");
    }
}

#[test]
fn s1_a_redirect_is_refused_wherever_it_leads() {
    for status in [0, 301, 302, 303, 307, 308] {
        let error = refused(answer(
            status,
            &[("location", "https://evil.example/secret")],
            "",
        ));
        assert_eq!(error.code(), Code::RefusedLink);
        assert_eq!(error.status(), (status != 0).then_some(status));
    }
}

#[test]
fn an_outcome_is_attached_and_only_its_codes_are_told() {
    let outcome = r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"deleted","diagnostics":"secret"}]}"#;
    let error = refused(answer(410, &[], outcome));
    assert!(error.is_gone());
    assert!(
        error
            .message()
            .ends_with("The server says: error, deleted."),
        "{error}"
    );
    assert_eq!(error.outcome(), Some(outcome.as_bytes()));
    let error = refused(answer(404, &[], "<html>secret</html>"));
    assert_eq!(error.outcome(), None);
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let script = Script::new([]);
    let client = script.client(NoToken);
    assert!(block_on(client.read("Patient/../secret")).is_err());
    assert!(client.search("../secret").is_err());
    assert!(client.history("secret", None, None).is_err());
    assert!(script.requested().is_empty());
}

#[test]
fn r8_the_release_of_fhir_is_named_where_it_is_known_and_where_fhir_is_asked_for() {
    let script = Script::new([answer(200, &[], PATIENT), answer(200, &[], PATIENT)]);
    let base = Base::parse(BASE).unwrap();
    let client = Client::new(base, script.clone(), script.clone(), NoToken);
    let client = client.speaking(Some(FhirVersion::R4B));
    block_on(client.read("Patient/1")).unwrap();
    let bulk = client
        .base()
        .export_status("https://good.example/fhir/status")
        .unwrap();
    let _ = block_on(client.export_manifest(&bulk, 0, &mut |_| ()));
    let accepted = ["application/fhir+json; fhirVersion=4.3", "application/json"];
    assert_eq!(
        script.sent("accept"),
        accepted.map(|it| Some(it.to_owned()))
    );
}
