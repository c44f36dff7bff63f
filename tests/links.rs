//! Links that servers hand out: kept as they are inside the base, refused outside of it.

// Clippy knows tests by their attribute; helpers are tests too.
#![allow(clippy::unwrap_used)]

use fhir_pull::client::Base;
use fhir_pull::{Code, Result};

fn base() -> Base {
    Base::parse("https://good.example/fhir").unwrap()
}

/// What `link` becomes in the answer to a search of patients.
fn resolved(link: &str) -> Result<String> {
    let request = base().search("Patient?name=x").unwrap();
    let link = base().resolve(&request, link)?;
    Ok(link.as_str().to_owned())
}

#[test]
fn p1_an_absolute_link_inside_the_base_stays_byte_for_byte() {
    let long = format!("https://good.example/fhir?_getpages={}", "a".repeat(5000));
    for link in [
        "https://good.example/fhir?_getpages=7b0e&_getpagesoffset=20&_bundletype=searchset",
        "https://good.example/fhir/Patient?code=http://loinc.org|8867-4&x=a\\,b&y=%2e%2e/..",
        "https://good.example/fhir/?page=2",
        "https://good.example/fhir//Patient?page=2",
        "HTTPS://Good.Example:443/fhir/_history?_page=ü",
        "https://good.example/fhir/%24x/a%20b;v=1:c@d",
        &long,
    ] {
        assert_eq!(resolved(link).unwrap(), link);
    }
}

#[test]
fn p1_a_relative_link_is_relative_to_its_request() {
    for (link, url) in [
        ("?page=2", "https://good.example/fhir/Patient?page=2"),
        ("Patient?page=2", "https://good.example/fhir/Patient?page=2"),
        ("/fhir?_getpages=1", "https://good.example/fhir?_getpages=1"),
        (
            "/fhir/Patient?a=b:c",
            "https://good.example/fhir/Patient?a=b:c",
        ),
        (
            "?at=12:30&u=http://x",
            "https://good.example/fhir/Patient?at=12:30&u=http://x",
        ),
    ] {
        assert_eq!(resolved(link).unwrap(), url);
    }
    let search = base().search("Patient?name=x").unwrap();
    let of_base = base().resolve(&search, "/fhir?_getpages=1").unwrap();
    let next = base().resolve(&of_base, "?_getpages=2").unwrap();
    assert_eq!(next.as_str(), "https://good.example/fhir?_getpages=2");
    assert!(base().resolve(&of_base, "Patient?page=2").is_err());
    let root = Base::parse("https://good.example").unwrap();
    let history = root.history("*", None, None).unwrap();
    let next = root.resolve(&history, "_history?page=2").unwrap();
    assert_eq!(next.as_str(), "https://good.example/_history?page=2");
}

#[test]
fn l6_p7_s1_a_link_that_leaves_the_base_is_refused() {
    for link in [
        // another origin
        "https://evil.example/fhir",
        "https://good.example.evil/fhir",
        "https://evilgood.example/fhir",
        "https://sub.good.example/fhir",
        "https://good.example./fhir",
        "https://good.example:8443/fhir",
        "https://good.example:80/fhir",
        "https://localhost/fhir",
        "https://127.0.0.1/fhir",
        "https://[::1]/fhir",
        "//good.example/fhir",
        "//evil.example/fhir",
        "///evil.example/fhir",
        "https:evil.example/fhir",
        "https:/evil.example/fhir",
        "https:///evil.example/fhir",
        // another scheme
        "http://good.example/fhir",
        "http://good.example:443/fhir",
        "ftp://good.example/fhir",
        "javascript:alert(1)",
        "data:text/plain,x",
        "urn:uuid:7",
        "blob:https://good.example/fhir",
        // a user before the host
        "https://good.example@evil.example/fhir",
        "https://good.example:443@evil.example/fhir",
        "https://user@good.example/fhir",
        "https://good.example%40evil.example/fhir",
        "https://evil.example#@good.example/fhir",
        "https://evil.example?@good.example/fhir",
        "https://evil.example\\@good.example/fhir",
        "https://good.example\\@evil.example/fhir",
        // a sibling, a parent
        "https://good.example",
        "https://good.example/",
        "https://good.example/fhir2",
        "https://good.example/fhir2/Patient",
        "https://good.example/fhir-b?x",
        "https://good.example/FHIR",
        "https://good.example/%66hir",
        "https://good.example//fhir",
        "/",
        "/fhir2",
        "/other?x=/fhir/",
        // dot segments, encoded and not
        "https://good.example/fhir/..",
        "https://good.example/fhir/../fhir2",
        "https://good.example/fhir/%2e%2e/b",
        "https://good.example/fhir/.%2E/b",
        "https://good.example/fhir/%252e%252e/b",
        "https://good.example/fhir/..;/b",
        "https://good.example/fhir/..%2fb",
        "https://good.example/fhir/..%5cb",
        "../fhir2/Patient",
        "..",
        "./Patient",
        "x/../../../b",
        "/fhir/../fhir2",
        // what a browser repairs
        "\\\\evil.example/fhir",
        "/\\evil.example/fhir",
        "/fhir\\..\\b",
        "\thttps://good.example/fhir",
        "ht\ttps://evil.example",
        "https://good.example/fhir/.\t./b",
        "https://good.example/fhir\n",
        " ?page=2",
        "?page=2 ",
        "?a=\r\nhost:x",
        "?a=\0",
        "\u{feff}\u{a0}?a",
        "?page#x",
        "#",
        "",
    ] {
        let error = resolved(link).expect_err(link);
        assert_eq!(error.code(), Code::RefusedLink, "{link}");
        assert!(
            error
                .message()
                .starts_with("https://good.example/fhir answered a search")
        );
    }
}

#[test]
fn l6_a_base_that_is_a_whole_host_is_left_by_no_link_either() {
    let root = Base::parse("https://good.example").unwrap();
    let request = root.search("Patient").unwrap();
    assert!(root.resolve(&request, "/Patient?page=2").is_ok());
    for link in [
        "//evil.example/",
        "//good.example/",
        "/\\evil.example/",
        "https://good.example:444/",
    ] {
        assert!(root.resolve(&request, link).is_err(), "{link}");
    }
}

#[test]
fn l6_no_mixture_of_hostile_pieces_comes_out_of_the_base() {
    let pieces = [
        "https:",
        "http:",
        "//",
        "/",
        "\\",
        "good.example",
        "evil",
        "fhir",
        "@",
        ":",
        ".",
        "..",
        "%2e",
        "%2F",
        "?",
        "#",
        ";",
        "\t",
        " ",
        "2",
    ];
    let (mut inside, mut mixtures) = (0, vec![String::new()]);
    for start in [
        "https://good.example",
        "https://good.example/fhir",
        "/fhir",
        "",
    ] {
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    mixtures.push(format!("{start}{one}{two}{three}"));
                }
            }
        }
    }
    for link in &mixtures {
        let Ok(url) = resolved(link) else { continue };
        inside += 1;
        let place = url.split('?').next().unwrap();
        let rest = place.strip_prefix("https://good.example/fhir").expect(link);
        assert!(rest.is_empty() || rest.starts_with('/'), "{link:?}");
        assert!(!rest.contains(['\\', '#', '\t', ' ', '%']), "{link:?}");
        let segments = rest.split('/').map(|segment| segment.split(';').next());
        assert!(
            !segments.flatten().any(|s| s == "." || s == ".."),
            "{link:?}"
        );
        assert!(!url.contains(['#', '\t', ' ']), "{link:?}");
    }
    assert!(inside > 500, "the test would prove nothing: {inside}");
}

#[test]
fn p7_a_refused_link_is_named_by_its_origin_and_nothing_more() {
    let error = resolved("http://fhir-inner:8080/fhir?patient=secret").unwrap_err();
    assert!(
        error.message().contains("(http://fhir-inner:8080)"),
        "{error}"
    );
    assert!(!error.message().contains("secret"), "{error}");
    let error = resolved("https://token-secret@evil.example/").unwrap_err();
    assert!(error.message().contains("it names a user"), "{error}");
    assert!(!error.message().contains("secret"), "{error}");
}
