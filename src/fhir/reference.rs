//! Who a resource is: its type and id, and how references, URLs and history entries spell that (R7).

use std::fmt;

/// A resource of one server: type and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity<'a> {
    /// The resource type, such as `Patient`.
    pub kind: &'a str,
    /// The logical id.
    pub id: &'a str,
}

impl<'a> Identity<'a> {
    /// Reads `Type/id`, nothing before it and nothing after it.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (kind, id) = text.split_once('/')?;
        (is_type(kind) && is_id(id)).then_some(Identity { kind, id })
    }

    /// Reads the end of a relative or absolute reference, a version or query cut off:
    /// `Patient/1`, `https://example.org/fhir/Patient/1/_history/2`.
    pub fn of_url(url: &'a str) -> Option<Self> {
        // By bytes: a pull reads some of them for every resource.
        let end = url.bytes().position(|byte| matches!(byte, b'?' | b'#'));
        let (mut before, mut id) = parted(&url[..end.unwrap_or(url.len())]);
        if id == HISTORY {
            (before, id) = parted(before);
        } else if let (earlier, HISTORY) = parted(before) {
            (before, id) = parted(earlier);
        }
        let (_, kind) = parted(before);
        (is_id(id) && is_type(kind)).then_some(Identity { kind, id })
    }
}

const HISTORY: &str = "_history";

/// What stands before the last slash, and after it.
fn parted(path: &str) -> (&str, &str) {
    match path.bytes().rposition(|byte| byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => ("", path),
    }
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// The version that a versioned URL names: `.../_history/2`.
pub fn version_of_url(url: &str) -> Option<&str> {
    let version = url.rsplit_once("/_history/")?.1;
    let version = version.split(['?', '#', '/']).next()?;
    (!version.is_empty()).then_some(version)
}

/// The version that an ETag names: `W/"2"`, `"2"` or `2` (R1).
pub fn version_of_etag(etag: &str) -> Option<&str> {
    let etag = etag.trim();
    let etag = etag.strip_prefix("W/").unwrap_or(etag);
    let version = etag.trim_matches('"');
    (!version.is_empty()).then_some(version)
}

/// Whether `text` is a FHIR id: 1 to 64 of `A-Z a-z 0-9 - .`.
pub fn is_id(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    // Some servers use `_` too; it is as harmless in a URL.
    (1..=64).contains(&text.len()) && text.bytes().all(|b| allowed(b) || b == b'_')
}

/// Whether `text` has the shape of a resource type's name.
pub fn is_type(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The resources of the server at one of `bases` that a resource refers to: `Type/id` of each, as often as
/// it is named. Contained, logical and temporary ones are no resources of a server (R7).
pub fn references_in<'a>(resource: &'a [u8], bases: &[&str]) -> Vec<Identity<'a>> {
    const KEY: &[u8] = b"\"reference\"";
    let mut found = Vec::new();
    for at in memchr::memmem::find_iter(resource, KEY) {
        let rest = resource[at + KEY.len()..].trim_ascii_start();
        let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        let text = value.and_then(|value| value.strip_prefix(b"\""));
        let text = text.and_then(|text| text.split(|byte| *byte == b'"').next());
        let Some(text) = text.and_then(|text| std::str::from_utf8(text).ok()) else {
            continue;
        };
        let below = |base: &&str| text.strip_prefix(*base)?.strip_prefix('/');
        let relative = match bases.iter().find_map(below) {
            Some(rest) => rest,
            None if text.contains(':') => continue,
            None => text,
        };
        found.extend(Identity::of_url(relative));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h5_identity_is_found_in_every_spelling_of_a_url() {
        let patient = Some(Identity {
            kind: "Patient",
            id: "1",
        });
        for url in [
            "Patient/1",
            "Patient/1/_history/2",
            "https://example.org/fhir/Patient/1",
            "http://example.org/Patient/1/_history/2?x=y",
            "/fhir/Patient/1",
            "Patient/1/_history",
            "Patient/1?_format=json/x",
        ] {
            assert_eq!(Identity::of_url(url), patient, "{url}");
        }
        for url in [
            "",
            "Patient",
            "urn:uuid:5",
            "#contained",
            "patient/1",
            "Patient/a b",
            "Patient/",
        ] {
            assert_eq!(Identity::of_url(url), None, "{url}");
        }
    }

    #[test]
    fn r1_etags_weak_strong_and_unquoted_name_their_version() {
        for etag in ["W/\"7\"", "\"7\"", "7", " W/\"7\" "] {
            assert_eq!(version_of_etag(etag), Some("7"));
        }
        assert_eq!(version_of_etag("W/\"\""), None);
        assert_eq!(version_of_url("Patient/1/_history/3"), Some("3"));
        assert_eq!(version_of_url("Patient/1"), None);
    }

    #[test]
    fn ids_and_types_are_checked() {
        assert!(is_id("a-B.9"));
        assert!(!is_id(""));
        assert!(!is_id("../x"));
        assert!(!is_id(&"x".repeat(65)));
        assert!(!is_type("patient"));
        assert!(!is_type("Pa tient"));
        assert_eq!(Identity::parse("Patient/1/x"), None);
    }

    #[test]
    fn r7_references_to_resources_of_the_server_are_found_and_no_others() {
        let resource = br##"{"a":{"reference" : "Patient/1"},"b":[{"reference":"https://x.org/fhir/Group/2/_history/3"},
            {"reference":"#p"},{"reference":"urn:uuid:0"},{"reference":"https://y.org/fhir/Patient/9"},
            {"reference":"Patient?identifier=7"},{"reference":7},{"display":"\"reference\":\"Patient/8\""}],
            "c":{"reference":"https://x.org/fhirs/Patient/6"},"d":{"reference":"http://inner:80/r4/Patient/5"}}"##;
        let names = |bases: &[&str]| -> Vec<String> {
            let found = references_in(resource, bases);
            found.iter().map(Identity::to_string).collect()
        };
        assert_eq!(names(&["https://x.org/fhir"]), ["Patient/1", "Group/2"]);
        let both = ["https://x.org/fhir", "http://inner:80/r4"];
        assert_eq!(names(&both), ["Patient/1", "Group/2", "Patient/5"]);
    }
}
