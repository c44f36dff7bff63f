//! The CapabilityStatement is honest: each thing that it names is asked for, and is answered.

use fhir_pull::host::memory::Memory;
use fhir_pull::replica::Versions;
use serde_json::Value;

use crate::world::{BASE, Reader, SOURCE, open, reader, ward_in};

const STRICT: [(&str, &str); 1] = [("prefer", "handling=strict")];

fn texts<'v>(value: &'v Value, of: &str) -> Vec<&'v str> {
    let list = value.as_array().into_iter().flatten();
    let text = |it: &'v Value| if of.is_empty() { it } else { &it[of] };
    list.map(|it| text(it).as_str().unwrap()).collect()
}

/// Values of a type of parameter, of which one at least is right.
fn values(kind: &str) -> &'static [&'static str] {
    match kind {
        "number" => &["1"],
        "date" => &["2024"],
        "string" => &["x"],
        "token" => &["x"],
        "reference" => &["Patient/a"],
        "quantity" => &["1"],
        "uri" => &["http://example.org/x"],
        "composite" => &[
            "x$x",
            "x$1",
            "x$2024",
            "x$Patient/a",
            "2024$x",
            "1$1",
            "Patient/a$x",
            "Patient/a$2024",
            "x$x$x",
            "http://example.org/x$x",
            "x$http://example.org/x",
            "1$x",
            "2024$2024",
            "x$x$1",
            "x$1$1",
            "Patient/a$Patient/a",
            "http://example.org/x$http://example.org/x",
        ],
        "special" => &["x", "_id eq x", "1|1|1|km"],
        _ => &[],
    }
}

fn asked(reader: &Reader<Memory>, target: &str) -> u16 {
    reader
        .ask("GET", &target.replace(' ', "%20"), &STRICT, "")
        .status()
}

#[test]
fn each_thing_that_it_names_is_answered() {
    let reader = open();
    let statement = reader.get("metadata").json();
    assert_eq!(statement["fhirVersion"], "4.0.1");
    assert_eq!(statement["implementation"]["url"], BASE);
    assert_eq!(texts(&statement["format"], ""), ["application/fhir+json"]);
    let rest = &statement["rest"][0];
    let types = rest["resource"].as_array().unwrap();
    assert!(types.len() > 140);
    for of in types {
        let kind = of["type"].as_str().unwrap();
        let interactions = texts(&of["interaction"], "code");
        assert_eq!(
            interactions,
            [
                "read",
                "vread",
                "history-instance",
                "history-type",
                "search-type"
            ]
        );
        let missing = (404, "not-found".to_string());
        for target in [
            format!("{kind}/none"),
            format!("{kind}/none/_history/1"),
            format!("{kind}/none/_history"),
        ] {
            assert_eq!(reader.get(&target).refusal(), missing, "{target}");
        }
        assert_eq!(asked(&reader, &format!("{kind}/_history")), 200);
        for parameter in of["searchParam"].as_array().unwrap() {
            let (name, of) = (
                parameter["name"].as_str().unwrap(),
                parameter["type"].as_str().unwrap(),
            );
            let answers = values(of)
                .iter()
                .map(|value| asked(&reader, &format!("{kind}?{name}={value}")));
            assert!(
                answers.into_iter().any(|status| status == 200),
                "{kind}?{name}, which is a {of}"
            );
        }
        for include in texts(&of["searchInclude"], "") {
            assert_eq!(
                asked(&reader, &format!("{kind}?_include={include}")),
                200,
                "{kind}: {include}"
            );
        }
        for include in texts(&of["searchRevInclude"], "") {
            assert_eq!(
                asked(&reader, &format!("{kind}?_revinclude={include}")),
                200,
                "{kind}: {include}"
            );
        }
        for operation in texts(&of["operation"], "name") {
            let id = if kind == "Patient" { "a" } else { "letter" };
            assert_eq!(
                asked(&reader, &format!("{kind}/{id}/${operation}")),
                200,
                "{kind}: {operation}"
            );
        }
        assert_eq!(of["versioning"], "versioned");
        assert_eq!(of["conditionalRead"], "full-support");
    }
    assert_eq!(
        texts(&rest["interaction"], "code"),
        ["history-system", "search-system"]
    );
    assert_eq!(asked(&reader, "_history"), 200);
    assert_eq!(asked(&reader, "?_id=a"), 200);
    let compartments = texts(&rest["compartment"], "");
    assert!(compartments.contains(&"http://hl7.org/fhir/CompartmentDefinition/patient"));
    for compartment in compartments {
        let name = compartment.rsplit('/').next().unwrap();
        let kinds = types.iter().map(|it| it["type"].as_str().unwrap());
        let kind = kinds
            .into_iter()
            .find(|kind| kind.to_lowercase() == name)
            .unwrap();
        assert_eq!(asked(&reader, &format!("{kind}/x/*")), 200, "{compartment}");
    }
}

#[test]
fn what_it_says_of_versions_is_so() {
    let says = |reader: &Reader<Memory>| {
        let statement = reader.get("metadata").json();
        let types = statement["rest"][0]["resource"].as_array().unwrap().clone();
        let said: Vec<bool> = types
            .iter()
            .map(|it| it["readHistory"].as_bool().unwrap())
            .collect();
        assert!(said.iter().all(|it| *it == said[0]));
        (said[0], reader.get("Observation/mine/_history/1").status())
    };
    assert_eq!(says(&open()), (true, 200));
    let current = reader(&ward_in(Memory::new(), Versions::Current));
    assert_eq!(says(&current), (false, 404));
}

#[test]
fn what_it_does_not_name_is_refused() {
    let statement = open().get("metadata").json();
    let text = statement.to_string();
    for word in [
        "\"create\"",
        "\"update\"",
        "\"delete\"",
        "\"patch\"",
        "batch",
        "transaction",
        "xml",
        SOURCE,
    ] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(open().ask("POST", "", &[], "{}").status(), 405);
    assert_eq!(open().ask("PUT", "Patient/a", &[], "{}").status(), 405);
    assert_eq!(asked(&open(), "Observation?shoe-size=44"), 400);
}

#[test]
fn who_is_narrowed_is_told_what_they_may_ask() {
    let replica = crate::world::ward();
    let narrowed = reader(&replica).within("Patient/a");
    let statement = narrowed.get("metadata").json();
    for of in statement["rest"][0]["resource"].as_array().unwrap() {
        let kind = of["type"].as_str().unwrap();
        for parameter in of["searchParam"].as_array().unwrap() {
            let (name, of) = (
                parameter["name"].as_str().unwrap(),
                parameter["type"].as_str().unwrap(),
            );
            let mut answers = values(of)
                .iter()
                .map(|value| asked(&narrowed, &format!("{kind}?{name}={value}")));
            assert!(
                answers.any(|status| status == 200),
                "{kind}?{name}, which is a {of}"
            );
        }
    }
    assert_eq!(narrowed.get("metadata?mode=full").json(), statement);
}
