//! Reads that bring nothing where what is held is current, and what an answer's headers say (R1).

use fhir_pull::client::{Ask, Held, NoToken};
use fhir_pull::fhir::Instant;
use fhir_pull::{Code, Result};
use pollster::block_on;

use crate::script::{PATIENT, Script, answer, patient};

fn read_unless(script: &Script, held: &Held<'_>) -> Result<Option<u16>> {
    let client = script.client(NoToken);
    let link = client.base().read("Patient/1")?;
    let answer = block_on(client.get_unless(&link, held))?;
    Ok(answer.map(|answer| answer.status))
}

#[test]
fn r1_a_version_held_is_revalidated_and_304_brings_nothing() {
    let held = Held {
        version: Some("7"),
        last_modified: Instant::parse("2026-01-01T00:00:00Z"),
    };
    let script = Script::new([answer(304, &[], ""), patient()]);
    assert_eq!(read_unless(&script, &held), Ok(None));
    assert_eq!(read_unless(&script, &held), Ok(Some(200)));
    let version = Some("W/\"7\"".to_owned());
    assert_eq!(script.sent("if-none-match"), [version.clone(), version]);
    assert_eq!(script.sent("if-modified-since"), [None, None]);
}

#[test]
fn r1_where_only_a_time_is_known_it_is_sent() {
    let held = Held {
        version: None,
        last_modified: Instant::parse("2026-11-23T01:02:03.999Z"),
    };
    let script = Script::new([answer(304, &[], "")]);
    assert_eq!(read_unless(&script, &held), Ok(None));
    let time = "Mon, 23 Nov 2026 01:02:03 GMT".to_owned();
    assert_eq!(script.sent("if-modified-since"), [Some(time)]);
}

#[test]
fn r1_with_nothing_held_it_is_a_plain_read_and_a_304_is_no_answer() {
    let script = Script::new([patient(), answer(304, &[], "")]);
    assert_eq!(read_unless(&script, &Held::default()), Ok(Some(200)));
    let error = read_unless(&script, &Held::default()).unwrap_err();
    assert_eq!((error.code(), error.status()), (Code::Http, Some(304)));
}

#[test]
fn r2_a_conditional_read_of_what_was_deleted_says_so() {
    let held = Held {
        version: Some("7"),
        last_modified: None,
    };
    let script = Script::new([answer(410, &[], "")]);
    assert!(read_unless(&script, &held).unwrap_err().is_gone());
}

#[test]
fn s1_a_version_that_would_break_out_of_its_header_is_never_sent() {
    for version in ["", "a\"b", "a b", "a\r\nx: y", "ü"] {
        let held = Held {
            version: Some(version),
            last_modified: None,
        };
        let error = read_unless(&Script::new([]), &held).unwrap_err();
        assert_eq!(error.code(), Code::BadInput);
    }
}

#[test]
fn r1_an_answer_tells_its_version_its_time_and_where_it_is() {
    for etag in ["W/\"3\"", "\"3\"", "3"] {
        let headers = [
            ("etag", etag),
            ("last-modified", "Mon, 23 Nov 2026 01:02:03 GMT"),
            ("location", "Patient/1/_history/3"),
        ];
        let script = Script::new([answer(201, &headers, PATIENT)]);
        let client = script.client(NoToken);
        let link = client.base().read("Patient/1").unwrap();
        let answer = block_on(client.get(&link)).unwrap();
        assert_eq!(answer.status, 201);
        assert_eq!(answer.version.as_deref(), Some("3"));
        assert_eq!(answer.last_modified, Instant::parse("2026-11-23T01:02:03Z"));
        assert_eq!(answer.location.as_deref(), Some("Patient/1/_history/3"));
    }
}

#[test]
fn p6_strict_handling_can_be_asked_for() {
    let script = Script::new([patient(), patient()]);
    let client = script.client(NoToken);
    let link = client.base().search("Patient?name=x").unwrap();
    block_on(client.ask(&Ask::get(&link).prefer("handling=strict"))).unwrap();
    block_on(client.get(&link)).unwrap();
    let strict = Some("handling=strict".to_owned());
    assert_eq!(script.sent("prefer"), [strict, None]);
}
