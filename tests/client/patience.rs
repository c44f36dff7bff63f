//! What is tried again, when, and until when (W1, W2, H4).

use std::rc::Rc;

use fhir_pull::client::{Base, Client, NoToken, Patience};
use fhir_pull::host::Response;
use fhir_pull::{Code, Error, Result};
use pollster::block_on;

use crate::script::{BASE, PATIENT, Script, answer, patient, reset};

fn read(script: &Script) -> Result<Vec<u8>> {
    block_on(script.client(NoToken).read("Patient/1"))
}

fn busy(headers: &[(&str, &str)]) -> Result<Response> {
    answer(429, headers, "")
}

#[test]
fn w1_retry_after_in_seconds_is_waited_for() {
    for status in [429, 503] {
        let script = Script::new([answer(status, &[("retry-after", "7")], ""), patient()]);
        assert_eq!(read(&script).unwrap(), PATIENT.as_bytes());
        assert_eq!(script.sleeps(), [7000]);
    }
}

#[test]
fn w1_h4_retry_after_as_a_date_is_measured_by_the_servers_clock() {
    // The scripted device's clock stands at 1970.
    let date = ("date", "Fri, 01 Jan 1999 00:00:10 GMT");
    let then = ("retry-after", "Fri, 01 Jan 1999 00:00:30 GMT");
    let script = Script::new([busy(&[date, then]), patient()]);
    read(&script).unwrap();
    assert_eq!(script.sleeps(), [20_000]);
    let script = Script::new([busy(&[then]), patient()]);
    read(&script).unwrap();
    assert_eq!(script.sleeps(), [375], "without a Date it backs off");
}

#[test]
fn w1_without_retry_after_the_back_off_is_exponential_with_jitter() {
    let script = Script::new([busy(&[]), busy(&[]), busy(&[]), patient()]);
    read(&script).unwrap();
    assert_eq!(script.sleeps(), [375, 750, 1500]);
}

#[test]
fn w1_a_wait_beyond_the_bound_is_an_error_at_once_that_says_so() {
    let script = Script::new([busy(&[("retry-after", "3600")])]);
    let error = read(&script).unwrap_err();
    assert_eq!((error.code(), error.status()), (Code::Busy, Some(429)));
    assert!(error.is_retryable());
    assert!(error.message().contains("3600 s"), "{error}");
    assert_eq!(error.retry_after(), Some(3600));
    assert!(script.sleeps().is_empty());
}

#[test]
fn w1_w2_attempts_and_time_are_bounded() {
    for failure in [
        busy(&[]),
        answer(502, &[], ""),
        answer(504, &[], ""),
        reset(),
    ] {
        let script = Script::new(vec![failure.clone(); 20]);
        let error = read(&script).unwrap_err();
        assert!(error.is_retryable());
        assert!(error.message().contains("6 attempts"), "{error}");
        assert_eq!(script.requested().len(), 6);

        let script = Script::new(vec![failure; 20]).slow(50_000);
        assert!(read(&script).is_err());
        assert_eq!(script.requested().len(), 3, "two minutes have passed");
    }
}

#[test]
fn w1_patience_is_a_setting() {
    let script = Script::new([reset()]);
    let patience = Patience {
        attempts: 1,
        total_ms: 0,
    };
    let base = Base::parse(BASE).unwrap();
    let client = Client::new(base, script.clone(), script.clone(), NoToken);
    let client = Rc::new(client.with_patience(patience));
    let error = block_on(client.read("Patient/1")).unwrap_err();
    assert_eq!(error.code(), Code::Network);
    assert!(
        error
            .message()
            .starts_with("https://good.example/fhir gave no whole answer to a read")
    );
}

#[test]
fn w2_resets_gateways_and_bodies_cut_short_are_tried_again() {
    let json = [("content-type", "application/fhir+json")];
    for failure in [
        reset(),
        answer(502, &[("content-type", "text/html")], "<html>"),
        answer(504, &[], ""),
        answer(200, &json, &PATIENT[..PATIENT.len() - 1]),
        answer(200, &json, "{"),
    ] {
        let script = Script::new([failure, patient()]);
        assert_eq!(read(&script).unwrap(), PATIENT.as_bytes());
        assert_eq!(script.sleeps(), [375]);
    }
}

#[test]
fn w2_only_a_busy_server_says_when_to_come_back() {
    let script = Script::new([answer(502, &[("retry-after", "7")], ""), patient()]);
    read(&script).unwrap();
    assert_eq!(script.sleeps(), [375]);
}

#[test]
fn w2_a_body_that_is_always_cut_short_is_malformed() {
    let script = Script::new(vec![answer(200, &[], r#"{"resourceType":"Pat"#); 6]);
    let error = read(&script).unwrap_err();
    assert_eq!(error.code(), Code::Malformed);
    assert_eq!(script.left(), 0);
}

#[test]
fn w2_other_statuses_are_not_tried_again() {
    for (status, code) in [
        (400, Code::Http),
        (403, Code::Denied),
        (404, Code::NotFound),
        (406, Code::Http),
        (408, Code::Http),
        (410, Code::Gone),
        (422, Code::Http),
        (500, Code::Http),
        (501, Code::Http),
    ] {
        let script = Script::new([answer(status, &[("retry-after", "1")], "")]);
        let error = read(&script).unwrap_err();
        assert_eq!((error.code(), error.status()), (code, Some(status)));
        assert!(!error.is_retryable());
        assert!(script.sleeps().is_empty());
    }
}

#[test]
fn w3_an_abort_ends_the_call_at_once() {
    let script = Script::new([reset(), Err(Error::new(Code::Aborted, "aborted"))]);
    assert_eq!(read(&script).unwrap_err().code(), Code::Aborted);
    assert_eq!(script.sleeps().len(), 1);
}

#[test]
fn h4_an_answer_carries_the_servers_time() {
    let date = ("date", "Mon, 23 Nov 2026 01:02:03 GMT");
    let script = Script::new([answer(200, &[date], PATIENT), patient()]);
    let client = script.client(NoToken);
    let link = client.base().read("Patient/1").unwrap();
    let date = block_on(client.get(&link)).unwrap().date;
    assert_eq!(date.unwrap().to_string(), "2026-11-23T01:02:03.000Z");
    assert_eq!(block_on(client.get(&link)).unwrap().date, None);
}
