//! Chains of pages (P1, P2, P3, P4, P7).

use fhir_pull::client::{Chain, NoToken, Pages};
use fhir_pull::{Code, Result};
use pollster::block_on;

use crate::script::{Script, answer, page, reset};

type Scripted = Pages<Script, Script, NoToken>;

fn search(script: &Script) -> Scripted {
    script.client(NoToken).search("Patient?name=x").unwrap()
}

/// Reads on to the end or the first error.
fn rest(pages: &mut Scripted) -> (usize, Result<()>) {
    let mut read = 0;
    loop {
        match block_on(pages.next()) {
            Ok(Some(_)) => read += 1,
            Ok(None) => return (read, Ok(())),
            Err(error) => return (read, Err(error)),
        }
    }
}

#[test]
fn p1_next_links_are_followed_as_they_are() {
    let script = Script::new([
        page(
            "1",
            Some("https://good.example/fhir?_getpages=a%7C|b&x=%2e%2e"),
        ),
        page("2", Some("?_getpages=\\u0026c")),
        page("3", Some("/fhir/Patient?page=4")),
        page("4", None),
    ]);
    let mut pages = search(&script);
    assert_eq!(rest(&mut pages), (4, Ok(())));
    assert_eq!(
        script.requested(),
        [
            "/Patient?name=x",
            "?_getpages=a%7C|b&x=%2e%2e",
            "?_getpages=&c",
            "/Patient?page=4"
        ]
    );
}

#[test]
fn p2_an_empty_page_with_a_next_link_is_not_the_end() {
    let script = Script::new([page("", Some("?2")), page("", Some("?3")), page("1", None)]);
    let mut pages = search(&script);
    assert_eq!(rest(&mut pages), (3, Ok(())));
    assert_eq!(
        block_on(pages.next()).unwrap(),
        None,
        "the end stays the end"
    );
}

#[test]
fn p3_a_link_seen_before_is_a_cycle_and_its_page_is_still_given_out() {
    for (second, third) in [
        ("?2", "?2"),
        ("?2", "?name=x"),
        ("/fhir/Patient?name=x", "?3"),
    ] {
        let script = Script::new([page("1", Some(second)), page("2", Some(third))]);
        let mut pages = search(&script);
        let (read, end) = rest(&mut pages);
        assert_eq!(read, script.requested().len());
        let error = end.unwrap_err();
        assert_eq!(error.code(), Code::LinkCycle);
        assert!(
            error
                .message()
                .starts_with("https://good.example/fhir answered a search")
        );
        assert_eq!(block_on(pages.next()), Err(error), "and stays one");
    }
}

#[test]
fn p7_a_next_link_outside_the_base_is_refused_and_never_requested() {
    for next in [
        "https://evil.example/fhir?2",
        "http://good.example/fhir?2",
        "//evil.example/",
        "../x?2",
        "/fhir2?2",
    ] {
        let script = Script::new([page("1", Some(next))]);
        let (read, end) = rest(&mut search(&script));
        assert_eq!(
            (read, end.unwrap_err().code()),
            (1, Code::RefusedLink),
            "{next}"
        );
        assert_eq!(script.requested().len(), 1);
    }
}

#[test]
fn w2_after_an_error_the_next_call_asks_for_the_same_page() {
    let mut answers = vec![page("1", Some("?2"))];
    answers.extend(vec![reset(); 6]);
    answers.extend([
        page("2", Some("?3")),
        answer(200, &[], r#"{"resourceType":"Bundle",}"#),
        page("3", None),
    ]);
    let script = Script::new(answers);
    let mut pages = search(&script);
    assert!(block_on(pages.next()).unwrap().is_some());
    assert_eq!(block_on(pages.next()).unwrap_err().code(), Code::Network);
    assert!(block_on(pages.next()).unwrap().is_some());
    assert_eq!(block_on(pages.next()).unwrap_err().code(), Code::Malformed);
    assert_eq!(rest(&mut pages), (1, Ok(())));
    assert_eq!(
        script
            .requested()
            .iter()
            .filter(|url| *url == "/Patient?3")
            .count(),
        2
    );
}

#[test]
fn p4_an_expired_link_says_that_it_is_gone() {
    for (status, code) in [(404, Code::NotFound), (410, Code::Gone)] {
        let script = Script::new([page("1", Some("?2")), answer(status, &[], "")]);
        let (read, end) = rest(&mut search(&script));
        assert_eq!((read, end.unwrap_err().code()), (1, code));
    }
}

#[test]
fn r8_a_page_that_is_no_bundle_is_an_error() {
    let script = Script::new([answer(200, &[], r#"{"resourceType":"Patient"}"#)]);
    let (read, end) = rest(&mut search(&script));
    assert_eq!((read, end.unwrap_err().code()), (0, Code::NotFhir));
}

#[test]
fn h10_a_history_has_its_parameters_once_and_its_links_are_left_alone() {
    let script = Script::new([page("1", Some("_history?page=2")), page("2", None)]);
    let client = script.client(NoToken);
    let since = Some("2020-01-01T00:00:00Z");
    let mut pages = client.history("Patient/1", since, Some(10)).unwrap();
    assert_eq!(rest(&mut pages), (2, Ok(())));
    assert_eq!(
        script.requested(),
        [
            "/Patient/1/_history?_since=2020-01-01T00:00:00Z&_count=10",
            "/Patient/1/_history?page=2"
        ]
    );
}

#[test]
fn p3_p7_a_chain_that_refuses_a_link_is_where_it_was() {
    let client = Script::default().client(NoToken);
    let base = client.base();
    let first = base.search("Patient").unwrap();
    let mut chain = Chain::new(base, first.clone());
    assert!(chain.follow("https://evil.example/").is_err());
    assert!(chain.follow("?").is_ok());
    let second = chain.follow("?2").unwrap();
    assert_eq!(chain.follow("?2").unwrap_err().code(), Code::LinkCycle);
    assert_eq!(
        chain.follow("/fhir/Patient").unwrap_err().code(),
        Code::LinkCycle
    );
    assert_eq!(chain.latest(), &second);
}
