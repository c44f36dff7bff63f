//! The body of an answer, read by everything that reads one.
#![no_main]

use fhir_pull::fhir::bundle::Entry;
use fhir_pull::fhir::json::Scanner;
use fhir_pull::fhir::reference::{version_of_etag, version_of_url};
use fhir_pull::fhir::{DateRange, FhirVersion, Identity, Instant, Outcome, Page, Resource};
use fhir_pull::host::http_date;
use fhir_pull_fuzz::naive::{is_json, tree};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    json(body);
    page(body);
    outcome(body);
    if let Ok(resource) = Resource::read(body) {
        assert_eq!(resource.bytes, body.trim_ascii());
    }
    if let Ok(text) = std::str::from_utf8(body) {
        texts(text);
    }
});

/// What the scanner passes over is JSON, and but for its depth all JSON is passed over.
fn json(body: &[u8]) {
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    let mut scanner = Scanner::new(body);
    let passed = scanner.skip().and_then(|_| scanner.end()).is_ok();
    let deep = body.iter().filter(|byte| b"[{".contains(byte)).count() > 500;
    assert!(
        passed == is_json(body) || deep,
        "JSON: {} and {}",
        passed,
        !passed
    );
    if passed {
        let mut scanner = Scanner::new(body);
        let value = scanner.pass().expect("what was validated is passed over");
        assert_eq!(value, text.trim_matches([' ', '\n', '\r', '\t']).as_bytes());
    }
}

fn page(body: &[u8]) {
    let Ok(page) = Page::read(body) else {
        return;
    };
    assert!(is_json(body), "a page that is no JSON");
    for entry in &page.entries {
        if let Some(resource) = &entry.resource {
            whole(body, resource);
        }
        named(entry);
        let _ = (entry.version(), entry.is_delete(), entry.is_outcome());
        assert!(entry.last_updated().is_none_or(|at| again(at) == Some(at)));
    }
}

/// An entry's resource is a slice of the body that reads as it did there, also to another reader.
fn whole(body: &[u8], resource: &Resource<'_>) {
    assert!(body.as_ptr_range().start <= resource.bytes.as_ptr_range().start);
    assert!(resource.bytes.as_ptr_range().end <= body.as_ptr_range().end);
    let alone = Resource::read(resource.bytes).expect("a resource in a page is one alone");
    assert_eq!((alone.bytes, alone.head), (resource.bytes, resource.head));
    if let Some(tree) = tree(resource.bytes) {
        let head = resource.head;
        let said = |name: &str, ours: Option<&str>| {
            assert!(
                ours.is_none() || tree[name].as_str() == ours,
                "another {name}"
            );
        };
        said("resourceType", head.kind);
        said("id", head.id);
    }
}

/// An identity can be written and read: it is what URLs and keys are made of.
fn named(entry: &Entry<'_>) {
    if let Some(identity) = entry.identity() {
        assert_eq!(Identity::parse(&identity.to_string()), Some(identity));
        assert_eq!(Identity::of_url(&identity.to_string()), Some(identity));
    }
}

/// No more of an outcome is told than its codes.
fn outcome(body: &[u8]) {
    if let Some(outcome) = Outcome::read(body) {
        assert!(is_json(body), "an outcome that is no JSON");
        assert!(outcome.to_string().len() < 80);
    }
}

/// The little texts that answers hold, in headers too.
fn texts(text: &str) {
    for text in text.lines() {
        if let Some(identity) = Identity::of_url(text) {
            assert_eq!(Identity::parse(&identity.to_string()), Some(identity));
        }
        if let Some(range) = DateRange::parse(text) {
            assert!(range.low <= range.high);
        }
        if let Some(at) = Instant::parse(text) {
            assert_eq!(again(at), Some(at));
            assert!(DateRange::parse(text).is_some_and(|range| range.low == at.0));
        }
        let _ = (version_of_etag(text), version_of_url(text));
        let _ = (FhirVersion::parse(text), http_date::parse(text));
    }
}

/// An instant goes to the server as text, in `_since`, and has to come back as it went.
fn again(at: Instant) -> Option<Instant> {
    Instant::parse(&at.to_string())
}
