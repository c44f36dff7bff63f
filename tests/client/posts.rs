//! Searches and operations by POST, and what is never sent twice (R6, R9).

use fhir_pull::Code;
use fhir_pull::client::NoToken;
use pollster::block_on;

use crate::script::{PATIENT, Script, Tokens, answer, page, patient, reset};

const TRANSIENT: &str =
    r#"{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient"}]}"#;

const INPUT: &[u8] = br#"{"resourceType":"Parameters"}"#;

#[test]
fn r9_a_search_by_post_keeps_the_query_out_of_the_url_and_page_2_is_a_get() {
    let script = Script::new([page("1", Some("/fhir?_getpages=a")), page("2", None)]);
    let client = script.client(NoToken);
    let mut pages = client.search_by_post("Patient?identifier=s|1").unwrap();
    while block_on(pages.next()).unwrap().is_some() {}
    assert_eq!(script.requested(), ["/Patient/_search", "?_getpages=a"]);
    let form = "identifier=s%7C1".to_owned();
    assert_eq!(script.brought(), [("POST", form), ("GET", String::new())]);
    let kind = "application/x-www-form-urlencoded".to_owned();
    assert_eq!(script.sent("content-type"), [Some(kind), None]);
}

#[test]
fn w2_r9_a_search_by_post_only_reads_and_is_tried_again() {
    let script = Script::new([reset(), answer(504, &[], ""), page("1", None)]);
    let client = script.client(NoToken);
    let mut pages = client.search_by_post("Patient?name=x").unwrap();
    assert!(block_on(pages.next()).unwrap().is_some());
    assert!(block_on(pages.next()).unwrap().is_none());
    let form = || ("POST", "name=x".to_owned());
    assert_eq!(script.brought(), [form(), form(), form()]);
}

#[test]
fn r6_an_operation_by_post_that_may_have_arrived_is_never_sent_again() {
    for failure in [
        reset(),
        answer(502, &[], ""),
        answer(504, &[], ""),
        answer(500, &[], TRANSIENT),
        answer(200, &[], "{\"resourceType\":"),
    ] {
        let script = Script::new([failure]);
        let client = script.client(NoToken);
        let error = block_on(client.operation("Patient/1/$do", Some(INPUT.into()))).unwrap_err();
        assert!(error.is_retryable());
        assert!(error.message().contains("an operation"), "{error}");
        assert_eq!(script.requested(), ["/Patient/1/$do"]);
    }
}

#[test]
fn r6_w1_w4_a_post_that_was_turned_away_is_sent_again() {
    let script = Script::new([
        answer(401, &[], ""),
        answer(503, &[], ""),
        answer(429, &[("retry-after", "3")], ""),
        patient(),
    ]);
    let client = script.client(Tokens::new(Some("old"), Some("new")));
    let done = block_on(client.operation("$do", Some(INPUT.into()))).unwrap();
    assert_eq!(done.body, PATIENT.as_bytes());
    assert_eq!(script.sleeps(), [375, 3000]);
    let input = String::from_utf8(INPUT.into()).unwrap();
    assert_eq!(script.brought(), vec![("POST", input); 4]);
    let kind = Some("application/fhir+json".to_owned());
    assert_eq!(script.sent("content-type"), vec![kind; 4]);
}

#[test]
fn r11_a_message_that_was_turned_away_is_sent_again_with_its_bundle_s_id() {
    let script = Script::new([answer(503, &[], ""), answer(200, &[], PATIENT)]);
    let client = script.client(NoToken);
    let message = r#"{"resourceType":"Bundle","id":"0831e8","type":"message","entry":[]}"#;
    block_on(client.operation("$process-message", Some(message.into()))).unwrap();
    assert_eq!(script.brought(), vec![("POST", message.to_owned()); 2]);
}

#[test]
fn w2_an_operation_by_get_only_reads_and_is_tried_again() {
    let script = Script::new([reset(), patient()]);
    let client = script.client(NoToken);
    block_on(client.operation("Patient/1/$everything?_count=10", None)).unwrap();
    let url = "/Patient/1/$everything?_count=10";
    assert_eq!(script.requested(), [url, url]);
    assert_eq!(script.brought()[1], ("GET", String::new()));
}

#[test]
fn r8_an_operation_may_answer_with_nothing_but_not_with_an_empty_200() {
    for (status, code) in [(204, None), (202, None), (200, Some(Code::NotFhir))] {
        let script = Script::new([answer(status, &[], "")]);
        let done = block_on(script.client(NoToken).operation("$do", None));
        assert_eq!(done.as_ref().err().map(|error| error.code()), code);
        assert_eq!(done.map(|done| done.body).unwrap_or_default(), b"");
    }
    let script = Script::new([answer(202, &[("content-type", "text/html")], "<p>")]);
    let error = block_on(script.client(NoToken).operation("$do", None)).unwrap_err();
    assert_eq!(error.code(), Code::NotFhir);
}

#[test]
fn h6_a_version_is_read() {
    let script = Script::new([patient(), answer(404, &[], "")]);
    let client = script.client(NoToken);
    block_on(client.vread("Patient/1/_history/2")).unwrap();
    assert_eq!(script.requested(), ["/Patient/1/_history/2"]);
    let error = block_on(client.vread("Patient/1/_history/3")).unwrap_err();
    assert!(error.message().contains("a read of a version"), "{error}");
}
