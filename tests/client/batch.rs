//! Many reads in one request (R1, R2).

use fhir_pull::client::{BatchAnswer, NoToken, Wanted};
use fhir_pull::host::Response;
use fhir_pull::{Code, Result};
use pollster::block_on;

use crate::script::{Script, answer, reset};

fn plain(reference: &str) -> Wanted<'_> {
    Wanted {
        reference,
        held: None,
    }
}

fn answered(entries: &[&str]) -> Result<Response> {
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"batch-response","entry":[{}]}}"#,
        entries.join(",")
    );
    answer(200, &[], &body)
}

#[test]
fn r1_r2_each_read_of_a_batch_has_its_own_answer_by_its_place() {
    let outcome = r#""resource":{"resourceType":"OperationOutcome"}"#;
    let entries = [
        r#"{"resource":{"resourceType":"Patient","id":"1","x":1.0},"response":{"status":"200 OK"}}"#,
        r#"{"response":{"status":"304"}}"#,
        &format!(r#"{{{outcome},"response":{{"status":"410 Gone"}}}}"#),
        r#"{"response":{"status":"404"}}"#,
        r#"{"response":{"status":"403"}}"#,
        r#"{"response":{"status":"500"}}"#,
        r#"{"resource":{"resourceType":"Patient","id":"other"},"response":{"status":"200"}}"#,
        &format!(r#"{{{outcome},"response":{{"status":"200"}}}}"#),
        "{}",
        "7",
    ];
    let script = Script::new([answered(&entries)]);
    let mut wanted = vec![plain("Patient/1")];
    wanted.push(Wanted {
        reference: "Patient/2",
        held: Some("a\\b"),
    });
    wanted.extend((3..11).map(|_| plain("Patient/3")));
    let answers = block_on(script.client(NoToken).batch(&wanted)).unwrap();
    let patient = br#"{"resourceType":"Patient","id":"1","x":1.0}"#;
    let expected = [
        BatchAnswer::Resource(patient.to_vec()),
        BatchAnswer::NotModified,
        BatchAnswer::Gone,
        BatchAnswer::NotFound,
        BatchAnswer::Denied,
        BatchAnswer::Other(500),
        BatchAnswer::Other(200),
        BatchAnswer::Other(200),
        BatchAnswer::Other(0),
        BatchAnswer::Other(0),
    ];
    assert_eq!(answers, expected);
    let (method, sent) = &script.brought()[0];
    assert_eq!((*method, &*script.requested()[0]), ("POST", ""));
    let begin = r#"{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient/1"}},{"request":{"method":"GET","url":"Patient/2","ifNoneMatch":"W/\"a\\b\""}},"#;
    assert!(sent.starts_with(begin), "{sent}");
    assert_eq!(sent.matches(r#""url":"Patient/3""#).count(), 8);
}

#[test]
fn w2_a_batch_of_reads_is_tried_again() {
    let script = Script::new([reset(), answered(&[r#"{"response":{"status":"404"}}"#])]);
    let answers = block_on(script.client(NoToken).batch(&[plain("Patient/1")])).unwrap();
    assert_eq!(answers, [BatchAnswer::NotFound]);
}

#[test]
fn l9_a_batch_with_more_or_fewer_answers_is_an_error() {
    for entries in [&[][..], &["{}"], &["{}", "{}", "{}"]] {
        let script = Script::new([answered(entries)]);
        let wanted = [plain("Patient/1"), plain("Patient/2")];
        let error = block_on(script.client(NoToken).batch(&wanted)).unwrap_err();
        assert_eq!(error.code(), Code::NotFhir);
    }
}

#[test]
fn an_empty_batch_asks_nothing_and_a_wrong_reference_sends_nothing() {
    let script = Script::new([]);
    let client = script.client(NoToken);
    assert_eq!(block_on(client.batch(&[])), Ok(vec![]));
    for reference in ["Patient", "Patient?x", "../x", "Patient/1/_history/2"] {
        let error = block_on(client.batch(&[plain(reference)])).unwrap_err();
        assert_eq!(error.code(), Code::BadInput);
    }
    assert!(script.requested().is_empty());
}
