//! Headers and tokens (R8, W4, L6).

use fhir_pull::Code;
use fhir_pull::client::{Base, NoToken};
use pollster::block_on;

use crate::script::{NoRefresh, Script, Tokens, answer, patient, reset};

#[test]
fn r8_fhir_json_is_asked_for_and_no_token_is_sent_without_one() {
    let script = Script::new([patient(), patient()]);
    let client = script.client(NoToken);
    block_on(client.read("Patient/1")).unwrap();
    block_on(client.capabilities()).unwrap();
    assert_eq!(script.requested(), ["/Patient/1", "/metadata"]);
    let json = Some("application/fhir+json".to_owned());
    assert_eq!(script.sent("accept"), [json.clone(), json]);
    assert_eq!(script.sent("authorization"), [None, None]);
}

#[test]
fn w4_one_401_leads_to_one_refresh_and_one_repetition() {
    let script = Script::new([answer(401, &[], ""), patient()]);
    let tokens = Tokens::new(Some("old"), Some("new"));
    block_on(script.client(tokens.clone()).read("Patient/1")).unwrap();
    assert_eq!(tokens.refused(), ["old"]);
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    assert_eq!(script.sent("authorization"), [bearer("old"), bearer("new")]);
    assert!(script.sleeps().is_empty());
}

#[test]
fn w4_a_second_401_is_denied_even_after_other_failures() {
    for answers in [
        vec![answer(401, &[], ""), answer(401, &[], "")],
        vec![
            answer(401, &[], ""),
            answer(503, &[], ""),
            answer(401, &[], ""),
        ],
        vec![reset(), answer(401, &[], ""), reset(), answer(401, &[], "")],
    ] {
        let script = Script::new(answers);
        let tokens = Tokens::new(Some("old"), Some("new"));
        let error = block_on(script.client(tokens.clone()).read("Patient/1")).unwrap_err();
        assert_eq!((error.code(), error.status()), (Code::Denied, Some(401)));
        assert_eq!((tokens.refreshes(), script.left()), (1, 0));
    }
}

#[test]
fn w4_with_no_token_to_be_had_a_401_is_not_repeated() {
    let script = Script::new([answer(401, &[], "")]);
    let tokens = Tokens::new(None, None);
    let error = block_on(script.client(tokens.clone()).read("Patient/1")).unwrap_err();
    assert_eq!(error.code(), Code::Denied);
    assert_eq!(tokens.refused(), [""]);
}

#[test]
fn w4_a_refresh_that_fails_is_the_calls_error_and_the_next_call_asks_again() {
    let script = Script::new([answer(401, &[], ""), patient()]);
    let client = script.client(NoRefresh);
    let error = block_on(client.read("Patient/1")).unwrap_err();
    assert_eq!(error.message(), "The token server did not answer.");
    assert!(error.is_retryable());
    assert!(block_on(client.read("Patient/1")).is_ok());
}

#[test]
fn s1_a_token_that_would_break_out_of_its_header_is_never_sent() {
    for token in ["", "a b", "a\r\nx: y", "a\0", "tökén"] {
        let script = Script::new([]);
        let client = script.client(Tokens::new(Some(token), None));
        let error = block_on(client.read("Patient/1")).unwrap_err();
        assert_eq!(error.code(), Code::BadInput);
        assert!(script.requested().is_empty());
    }
}

#[test]
fn l6_a_link_of_another_base_gets_no_request_and_no_token() {
    for other in [
        "https://evil.example/fhir",
        "https://good.example/fhir2",
        "https://good.example",
    ] {
        let script = Script::new([]);
        let link = Base::parse(other).unwrap().read("Patient/1").unwrap();
        let error = block_on(script.client(Tokens::new(Some("old"), None)).get(&link)).unwrap_err();
        assert_eq!(error.code(), Code::RefusedLink, "{other}");
        assert!(script.requested().is_empty());
    }
}
