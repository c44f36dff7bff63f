//! Bulk export as requests (B1, B2, B3, B5, L6, S1).

use fhir_pull::client::{Base, Client, Link, NoToken};
use fhir_pull::fhir::{ExportManifest, Instant};
use fhir_pull::host::Response;
use fhir_pull::{Code, Result};
use pollster::block_on;

use crate::script::{BASE, Script, Tokens, answer, reset};

const STATUS: &str = "https://good.example/fhir/bulk/7";
const HOUR: u32 = 3_600_000;

fn status(client_base: &Base) -> Link {
    client_base.export_status(STATUS).unwrap()
}

fn started(location: &str) -> Result<Response> {
    answer(202, &[("content-location", location)], "")
}

fn under_way(headers: &[(&str, &str)]) -> Result<Response> {
    answer(202, headers, "")
}

fn ready() -> Result<Response> {
    let body =
        r#"{"transactionTime":"2021-01-01T00:00:00Z","requiresAccessToken":true,"output":[]}"#;
    answer(200, &[("content-type", "application/json")], body)
}

/// Asks for an hour at most; gives what was heard of the progress, too.
fn poll(script: &Script) -> (Result<ExportManifest>, Vec<String>) {
    let client = script.client(NoToken);
    let link = status(client.base());
    let mut heard = Vec::new();
    let mut hear = |progress: &str| heard.push(progress.to_owned());
    let manifest = block_on(client.export_manifest(&link, HOUR, &mut hear));
    (manifest, heard)
}

#[test]
fn b1_an_export_is_started_asynchronously_and_tells_where_to_ask() {
    let script = Script::new([started(STATUS), started("bulk/7")]);
    let client = script.client(NoToken);
    let link = client.base().export("", &[], None).unwrap();
    for _ in 0..2 {
        assert_eq!(
            block_on(client.start_export(&link)).unwrap().as_str(),
            STATUS
        );
    }
    assert_eq!(script.requested(), ["/$export", "/$export"]);
    let asynchronous = Some("respond-async".to_owned());
    assert_eq!(script.sent("prefer"), [asynchronous.clone(), asynchronous]);
    let json = Some("application/fhir+json".to_owned());
    assert_eq!(script.sent("accept"), [json.clone(), json]);
}

#[test]
fn b5_types_are_joined_by_an_encoded_comma_and_a_time_has_no_plus() {
    let base = Base::parse(BASE).unwrap();
    let since = Instant::parse("2020-01-01T02:00:00+02:00");
    let export = |of, types: &[&str]| {
        let link = base.export(of, types, since)?;
        Ok(link.as_str().strip_prefix(BASE).unwrap().to_owned())
    };
    let since = "_since=2020-01-01T00:00:00.000Z";
    assert_eq!(
        export("Patient", &["Patient", "Observation"]),
        Ok(format!(
            "/Patient/$export?_type=Patient%2CObservation&{since}"
        ))
    );
    assert_eq!(
        export("Group/1", &[]),
        Ok(format!("/Group/1/$export?{since}"))
    );
    for (of, types) in [("../x", &[][..]), ("x", &[]), ("", &["Patient&x=y"])] {
        let error: fhir_pull::Error = export(of, types).unwrap_err();
        assert_eq!(error.code(), Code::BadInput);
    }
}

#[test]
fn b1_p7_s1_a_status_outside_the_base_is_refused() {
    for location in [
        "https://evil.example/fhir/bulk/7",
        "http://good.example/fhir/bulk/7",
        "https://good.example/bulk/7",
        "//evil.example/7",
    ] {
        let script = Script::new([started(location)]);
        let client = script.client(NoToken);
        let link = client.base().export("", &[], None).unwrap();
        let error = block_on(client.start_export(&link)).unwrap_err();
        assert_eq!(error.code(), Code::RefusedLink, "{location}");
        assert!(client.base().export_status(location).is_err());
    }
}

#[test]
fn b1_a_server_that_does_not_export_says_so() {
    let bundle = r#"{"resourceType":"Bundle"}"#;
    for answered in [
        answer(202, &[], ""),
        answer(200, &[("content-location", STATUS)], bundle),
    ] {
        let script = Script::new([answered]);
        let client = script.client(NoToken);
        let link = client.base().export("", &[], None).unwrap();
        let error = block_on(client.start_export(&link)).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported);
    }
}

#[test]
fn b1_it_is_asked_as_often_as_the_server_wants_and_its_progress_is_heard() {
    let script = Script::new([
        under_way(&[("retry-after", "120"), ("x-progress", "10 %")]),
        under_way(&[("retry-after", "0")]),
        under_way(&[("x-progress", "90 %")]),
        answer(429, &[("retry-after", "600")], ""),
        ready(),
    ]);
    let (manifest, heard) = poll(&script);
    let time = Instant::parse("2021-01-01T00:00:00Z");
    assert_eq!(manifest.unwrap().transaction_time, time);
    assert_eq!(heard, ["10 %", "90 %"]);
    assert_eq!(script.sleeps(), [120_000, 500, 1500, 600_000]);
    let json = Some("application/json".to_owned());
    assert_eq!(script.sent("accept"), vec![json; 5]);
}

#[test]
fn b1_what_passes_is_asked_again_and_what_does_not_is_an_error() {
    let outcome = |code: &str| {
        format!(
            r#"{{"resourceType":"OperationOutcome","issue":[{{"severity":"error","code":"{code}"}}]}}"#
        )
    };
    let script = Script::new([
        answer(500, &[], &outcome("transient")),
        answer(504, &[], ""),
        reset(),
        answer(503, &[("retry-after", "9")], ""),
        ready(),
    ]);
    poll(&script).0.unwrap();
    assert_eq!(script.sleeps(), [375, 750, 1500, 9000]);
    for (status, body, code) in [
        (500, outcome("exception"), Code::Http),
        (500, String::new(), Code::Http),
        (404, String::new(), Code::NotFound),
        (410, String::new(), Code::Gone),
        (400, outcome("transient"), Code::Http),
    ] {
        let script = Script::new([answer(status, &[], &body)]);
        let error = poll(&script).0.unwrap_err();
        assert_eq!(error.code(), code, "{status}");
        assert!(error.message().contains("the status of an export"));
    }
}

#[test]
fn b1_asking_is_bounded_in_time_and_can_go_on_later() {
    let slow = [("retry-after", "1800")];
    let script = Script::new([under_way(&slow), under_way(&slow), under_way(&slow)]);
    let error = poll(&script).0.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Code::Busy, true));
    assert_eq!((script.sleeps().len(), script.left()), (2, 0));

    let script = Script::new(vec![reset(); 200]);
    let error = poll(&script).0.unwrap_err();
    assert_eq!(error.code(), Code::Network);
    assert!(script.sleeps().iter().sum::<u32>() <= HOUR);
    assert!(script.left() > 0);
}

#[test]
fn b2_r8_what_is_ready_and_no_manifest_is_an_error() {
    let html = answer(200, &[("content-type", "text/html")], "<p>");
    assert_eq!(
        poll(&Script::new([html])).0.unwrap_err().code(),
        Code::Malformed
    );
    let patient = answer(200, &[], r#"{"resourceType":"Patient"}"#);
    assert_eq!(
        poll(&Script::new([patient])).0.unwrap_err().code(),
        Code::NotFhir
    );
}

#[test]
fn b1_an_export_is_cancelled_by_delete_and_one_that_is_gone_is_no_error() {
    for (status_code, cancelled) in [
        (202, None),
        (204, None),
        (404, None),
        (410, None),
        (403, Some(Code::Denied)),
    ] {
        let script = Script::new([answer(status_code, &[], "")]);
        let client = script.client(NoToken);
        let done = block_on(client.cancel_export(&status(client.base())));
        assert_eq!(done.err().map(|error| error.code()), cancelled);
        assert_eq!(script.brought()[0].0, "DELETE");
        assert_eq!(script.requested(), ["/bulk/7"]);
    }
}

#[test]
fn b3_l6_s1_files_are_inside_the_base_or_where_the_application_allows_them() {
    let base = Base::parse(BASE).unwrap();
    let base = base
        .with_aliases(vec!["http://inner/fhir".to_owned()])
        .unwrap();
    let base = base
        .with_file_origins(vec!["https://files.example:8443/".to_owned()])
        .unwrap();
    let status = status(&base);
    let file = |url: &str| {
        let link = base.export_file(&status, url)?;
        Ok(link.as_str().to_owned())
    };
    for (url, link) in [
        (
            "https://good.example/fhir/f/1?a",
            "https://good.example/fhir/f/1?a",
        ),
        ("/fhir/f/1", "https://good.example/fhir/f/1"),
        ("http://inner/fhir/f/1", "https://good.example/fhir/f/1"),
        (
            "https://files.example:8443/1?sig=%2F",
            "https://files.example:8443/1?sig=%2F",
        ),
    ] {
        assert_eq!(file(url), Ok(link.to_owned()), "{url}");
    }
    for url in [
        "http://files.example:8443/1",
        "https://files.example/1",
        "https://files.example:8443@evil.example/1",
        "https://files.example:8443.evil.example/1",
        "https://evil.example/1",
        "https://good.example/other/1",
        "http://good.example/fhir/1",
    ] {
        let error: fhir_pull::Error = file(url).unwrap_err();
        assert_eq!(error.code(), Code::RefusedLink, "{url}");
    }
}

#[test]
fn s1_an_origin_for_files_is_an_origin_and_https_where_the_base_is() {
    let allow = |base: &str, origin: &str| {
        let base = Base::parse(base).unwrap();
        base.with_file_origins(vec![origin.to_owned()]).is_ok()
    };
    assert!(allow(BASE, "https://files.example"));
    assert!(allow("http://localhost:1/fhir", "http://localhost:2"));
    for origin in [
        "http://files.example",
        "https://files.example/a",
        "https://files.example?a",
        "https://u@files.example",
        "files.example",
        "",
    ] {
        assert!(!allow(BASE, origin), "{origin}");
    }
}

#[test]
fn b3_l6_the_token_goes_to_files_inside_the_base_and_never_elsewhere() {
    let script = Script::new([
        answer(200, &[], "{}"),
        answer(200, &[], "{}"),
        answer(401, &[], ""),
    ]);
    let base = Base::parse(BASE).unwrap();
    let base = base
        .with_file_origins(vec!["https://files.example".to_owned()])
        .unwrap();
    let tokens = Tokens::new(Some("secret"), Some("new"));
    let client = Client::new(base, script.clone(), script.clone(), tokens.clone());
    let status = status(client.base());
    let inside = client.base().export_file(&status, "/fhir/f/1").unwrap();
    let elsewhere = client
        .base()
        .export_file(&status, "https://files.example/1");
    let elsewhere = elsewhere.unwrap();
    block_on(client.stream(&inside, true)).unwrap();
    block_on(client.stream(&elsewhere, true)).unwrap();
    let refused = block_on(client.stream(&elsewhere, true));
    assert_eq!(refused.err().map(|error| error.code()), Some(Code::Denied));
    let bearer = Some("Bearer secret".to_owned());
    assert_eq!(script.sent("authorization"), [bearer, None, None]);
    assert_eq!(tokens.refreshes(), 0);
    let lines = Some("application/fhir+ndjson".to_owned());
    assert_eq!(script.sent("accept"), vec![lines; 3]);

    let strict = script.client(NoToken);
    let error = block_on(strict.stream(&elsewhere, false)).err().unwrap();
    assert_eq!(error.code(), Code::RefusedLink, "another client's origin");
}
