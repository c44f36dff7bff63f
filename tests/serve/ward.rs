//! The ward that is served: every version of its resources.

/// A version: kind, id, number, the day of January 2024 it is of, and what else it has.
pub(crate) type Put<'a> = (&'a str, &'a str, u32, u32, &'a str);

/// The ward, oldest first; a version without content is a deletion. Of patient `a` all but what says `b`.
pub(crate) const WARD: [Put<'_>; 18] = [
    (
        "Patient",
        "a",
        1,
        1,
        r#","name":[{"family":"Arm"}],"generalPractitioner":[{"reference":"Practitioner/d"}]"#,
    ),
    (
        "Patient",
        "b",
        1,
        1,
        r#","name":[{"family":"Bein"}],"generalPractitioner":[{"reference":"Practitioner/d"}]"#,
    ),
    (
        "Practitioner",
        "d",
        1,
        1,
        r#","name":[{"family":"Doktor"}]"#,
    ),
    (
        "Encounter",
        "e",
        1,
        2,
        r#","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/a"}"#,
    ),
    (
        "Encounter",
        "f",
        1,
        2,
        r#","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/b"}"#,
    ),
    // Written down for the wrong patient first.
    (
        "Observation",
        "moved",
        1,
        3,
        r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/b"}"#,
    ),
    (
        "Observation",
        "moved",
        2,
        4,
        r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/a"},"encounter":{"reference":"Encounter/e"}"#,
    ),
    (
        "Observation",
        "left",
        1,
        3,
        r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/a"}"#,
    ),
    (
        "Observation",
        "left",
        2,
        4,
        r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/b"},"encounter":{"reference":"Encounter/f"}"#,
    ),
    (
        "Observation",
        "mine",
        1,
        5,
        r#","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/a"},"performer":[{"reference":"Practitioner/d"}],"valueQuantity":{"value":1.50}"#,
    ),
    (
        "Observation",
        "mine",
        2,
        6,
        r#","status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/a"},"performer":[{"reference":"Practitioner/d"}],"valueQuantity":{"value":1.60}"#,
    ),
    (
        "Observation",
        "mine",
        3,
        7,
        r#","status":"amended","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/a"},"performer":[{"reference":"Practitioner/d"}],"hasMember":[{"reference":"Observation/theirs"}],"valueQuantity":{"value":1.70}"#,
    ),
    (
        "Observation",
        "theirs",
        1,
        6,
        r#","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/b"},"hasMember":[{"reference":"Observation/mine"}]"#,
    ),
    (
        "Observation",
        "gone",
        1,
        5,
        r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/a"}"#,
    ),
    ("Observation", "gone", 2, 8, ""),
    (
        "Composition",
        "letter",
        1,
        9,
        r#","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/a"},"date":"2024-01-09","author":[{"reference":"Practitioner/d"}],"title":"Letter","section":[{"entry":[{"reference":"Observation/mine"},{"reference":"Observation/moved"}]}]"#,
    ),
    (
        "Composition",
        "torn",
        1,
        9,
        r#","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/a"},"date":"2024-01-09","author":[{"reference":"Practitioner/d"}],"title":"Letter","section":[{"entry":[{"reference":"Observation/gone"}]}]"#,
    ),
    (
        "Composition",
        "own",
        1,
        9,
        r#","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/a"},"date":"2024-01-09","author":[{"reference":"Patient/a"}],"title":"Note""#,
    ),
];

/// A version as its server sent it: indented in a way of its own (L4).
pub(crate) fn resource((kind, id, version, day, rest): Put<'_>) -> String {
    format!(
        "{{\"resourceType\":\"{kind}\", \"id\":\"{id}\",\n\"meta\":{{\"versionId\":\"{version}\",\"lastUpdated\":\"2024-01-{day:02}T08:00:00.250Z\"}}{rest}}}"
    )
}

/// A version of the ward.
pub(crate) fn of_ward(kind: &str, id: &str, version: u32) -> String {
    let found = WARD
        .iter()
        .find(|it| (it.0, it.1, it.2) == (kind, id, version));
    resource(*found.unwrap())
}

/// A history of versions, as a server gives it.
pub(crate) fn history(versions: &[Put<'_>]) -> String {
    let entries = versions.iter().rev().map(|version| {
        let (kind, id, number, day, rest) = *version;
        let response = format!(
            r#""response":{{"status":"200","etag":"W/\"{number}\"","lastModified":"2024-01-{day:02}T08:00:00.250Z"}}"#
        );
        match rest {
            "" => format!(r#"{{"request":{{"method":"DELETE","url":"{kind}/{id}"}},{response}}}"#),
            _ => format!(
                r#"{{"resource":{},"request":{{"method":"PUT","url":"{kind}/{id}"}},{response}}}"#,
                resource(*version)
            ),
        }
    });
    let entries: Vec<String> = entries.collect();
    format!(
        r#"{{"resourceType":"Bundle","type":"history","entry":[{}]}}"#,
        entries.join(",")
    )
}
