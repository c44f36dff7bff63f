//! R5 search.html#modifiers and search.html#escaping.

use serde_json::{Value, json};

use super::{Example, example};

fn coded(kind: &str, id: &str, code: &str, display: &str) -> Value {
    json!({"resourceType": kind, "id": id,
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]}})
}

pub(super) fn examples() -> Vec<Example> {
    let all = [
        hierarchies(),
        texts(),
        references(),
        missing_and_not(),
        value_sets(),
    ];
    all.into_iter().flatten().chain(escapes()).collect()
}

fn hierarchies() -> Vec<Example> {
    let codes = json!({"resourceType": "CodeSystem", "id": "sct", "url": "http://snomed.info/sct", "concept": [
        {"code": "128241005", "concept": [{"code": "235862008", "concept": [
            {"code": "3738000"}, {"code": "773113008"}, {"code": "95897009"}]}]},
        {"code": "301810000", "concept": [{"code": "312130009", "concept": [{"code": "3738000"}]}]},
    ]});
    let world = json!([
        codes,
        coded("Observation", "viral", "3738000", ""),
        coded("Observation", "infectious", "235862008", ""),
        coded("Observation", "liver", "128241005", ""),
        coded("Observation", "by-site", "312130009", ""),
        coded("Observation", "acute", "773113008", "")
    ]);
    let set = |id: &str, url: &str| json!({"resourceType": "ValueSet", "id": id, "url": url});
    let sets = json!([
        set("5", "http://acme.org/fhir/ValueSet/123/_history/5"),
        set("4", "http://acme.org/fhir/ValueSet/123/_history"),
        set("3", "http://acme.org/fhir/ValueSet/123"),
        set("2", "http://acme.org/fhir/ValueSet"),
        set("1", "http://acme.org/fhir"),
        set("0", "http://acme.org/"),
        set("x", "http://acme.org/fhir/Value")
    ]);
    vec![
        example(
            "modifierabove",
            "Observation?code:above=http://snomed.info/sct|3738000",
            world.clone(),
            &[
                "Observation/viral",
                "Observation/infectious",
                "Observation/liver",
                "Observation/by-site",
            ],
        ),
        example(
            "modifierbelow",
            "Observation?code:below=http://snomed.info/sct|235862008",
            world,
            &[
                "Observation/infectious",
                "Observation/viral",
                "Observation/acute",
            ],
        ),
        example(
            "modifierabove",
            "ValueSet?url:above=http://acme.org/fhir/ValueSet/123/_history/5",
            sets.clone(),
            &[
                "ValueSet/0",
                "ValueSet/1",
                "ValueSet/2",
                "ValueSet/3",
                "ValueSet/4",
                "ValueSet/5",
            ],
        ),
        example(
            "modifierbelow",
            "ValueSet?url:below=http://acme.org/fhir",
            sets,
            &[
                "ValueSet/1",
                "ValueSet/2",
                "ValueSet/3",
                "ValueSet/4",
                "ValueSet/5",
                "ValueSet/x",
            ],
        ),
    ]
}

fn texts() -> Vec<Example> {
    let speaks = |id: &str, code: &str| json!({"resourceType": "Patient", "id": id, "communication": [{"language": {"coding": [{"code": code}]}}]});
    let named = |id: &str, family: &str| json!({"resourceType": "Patient", "id": id, "name": [{"family": family}]});
    let families = json!([
        named("1", "Son"),
        named("2", "Sonder"),
        named("3", "Erikson"),
        named("4", "Samsonite"),
        named("5", "Smith"),
        named("6", "son")
    ]);
    vec![
        example(
            "modifiercodetext",
            "Patient?language:code-text=EN",
            json!([
                speaks("1", "en"),
                speaks("2", "en-AU"),
                speaks("3", "de"),
                speaks("4", "x-en")
            ]),
            &["Patient/1", "Patient/2"],
        ),
        example(
            "modifiercontains",
            "Patient?family:contains=son",
            families.clone(),
            &[
                "Patient/1",
                "Patient/2",
                "Patient/3",
                "Patient/4",
                "Patient/6",
            ],
        ),
        example(
            "modifierexact",
            "Patient?family:exact=Son",
            families,
            &["Patient/1"],
        ),
        example(
            "modifiertexttoken",
            "Condition?code:text=headache",
            json!([
                coded("Condition", "1", "25064002", "Headache finding"), coded("Condition", "2", "735938006", "Acute headache"),
                {"resourceType": "Condition", "id": "3", "code": {"text": "Headache, unspecified"}},
            ]),
            &["Condition/1", "Condition/3"],
        ),
    ]
}

fn references() -> Vec<Example> {
    let about = |id: &str, subject: Value| json!({"resourceType": "Observation", "id": id, "subject": subject});
    let number = |id: &str, code: &str| {
        json!({"resourceType": "Patient", "id": id, "identifier": [{"value": "12345", "type": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code}]}}]})
    };
    vec![
        example(
            "modifieridentifier",
            "Observation?subject:identifier=http://example.org/fhir/mrn|12345",
            json!([
                about("1", json!({"reference": "Patient/abc", "identifier": {"system": "http://example.org/fhir/mrn", "value": "12345"}})),
                about("2", json!({"reference": "Patient/abc"})),
                {"resourceType": "Patient", "id": "abc", "identifier": [{"system": "http://example.org/fhir/mrn", "value": "12345"}]},
            ]),
            &["Observation/1"],
        ),
        example(
            "modifiertype",
            "Observation?subject:Patient=23",
            json!([
                about("1", json!({"reference": "Patient/23"})),
                about("2", json!({"reference": "Group/23"})),
                about("3", json!({"reference": "Patient/24"})),
            ]),
            &["Observation/1"],
        ),
        example(
            "modifieroftype",
            "Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345",
            json!([number("1", "MR"), number("2", "MRT")]),
            &["Patient/1"],
        ),
    ]
}

fn missing_and_not() -> Vec<Example> {
    let given = json!([
        {"resourceType": "Patient", "id": "1", "name": [{"family": "A"}, {"given": ["B"]}]},
        {"resourceType": "Patient", "id": "2", "name": [{"family": "A"}]},
        {"resourceType": "Patient", "id": "3"},
        {"resourceType": "Patient", "id": "4", "name": [{"given": [null], "_given": [{"extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}]}]},
    ]);
    let gender = json!([
        {"resourceType": "Patient", "id": "1", "gender": "male"}, {"resourceType": "Patient", "id": "2", "gender": "female"},
        {"resourceType": "Patient", "id": "3", "_gender": {"extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}},
    ]);
    let section = |id: &str, codes: &[&str]| {
        let sections: Vec<Value> = codes
            .iter()
            .map(|code| json!({"code": {"coding": [{"code": code}]}}))
            .collect();
        json!({"resourceType": "Composition", "id": id, "section": sections})
    };
    let sections = json!([
        section("1", &["48765-2", "other"]),
        section("2", &["other"]),
        section("3", &[])
    ]);
    vec![
        example(
            "modifiermissing",
            "Patient?given:missing=true",
            given.clone(),
            &["Patient/2", "Patient/3", "Patient/4"],
        ),
        example(
            "modifiermissing",
            "Patient?given:missing=false",
            given,
            &["Patient/1"],
        ),
        example(
            "modifiernot",
            "Patient?gender:not=male",
            gender,
            &["Patient/2", "Patient/3"],
        ),
        example(
            "modifiernot",
            "Composition?section=48765-2",
            sections.clone(),
            &["Composition/1"],
        ),
        example(
            "modifiernot",
            "Composition?section:not=48765-2",
            sections,
            &["Composition/2", "Composition/3"],
        ),
    ]
}

fn value_sets() -> Vec<Example> {
    let world = json!([
        {"resourceType": "ValueSet", "id": "123", "url": "http://acme.org/fhir/ValueSet/cardiac-conditions",
            "compose": {"include": [{"system": "http://snomed.info/sct", "concept": [{"code": "1"}, {"code": "2"}]}]}},
        coded("Condition", "in", "1", ""), coded("Condition", "out", "3", ""), {"resourceType": "Condition", "id": "none"},
    ]);
    vec![
        example(
            "modifierin",
            "Condition?code:in=ValueSet/123",
            world.clone(),
            &["Condition/in"],
        ),
        example(
            "modifierin",
            "Condition?code:in=http://acme.org/fhir/ValueSet/cardiac-conditions",
            world.clone(),
            &["Condition/in"],
        ),
        example(
            "modifierin",
            "Condition?code:in=http%3A%2F%2Facme.org%2Ffhir%2FValueSet%2Fcardiac-conditions",
            world.clone(),
            &["Condition/in"],
        ),
        example(
            "modifiernotin",
            "Condition?code:not-in=ValueSet/123",
            world,
            &["Condition/out", "Condition/none"],
        ),
    ]
}

fn escapes() -> Vec<Example> {
    let codes = json!([
        coded("Observation", "1", "a", ""),
        coded("Observation", "2", "b", ""),
        coded("Observation", "3", "a,b", "")
    ]);
    let set = |id: &str, url: &str| json!({"resourceType": "ValueSet", "id": id, "url": url});
    let sets = json!([
        set("1", "http://acme.org/fhir/ValueSet/123"),
        set("2", "http://acme.org/fhir/ValueSet/124"),
        set("3", "ValueSet/125"),
        set("4", "http://acme.org/fhir/ValueSet/124,ValueSet/125")
    ]);
    vec![
        example(
            "escaping",
            "Observation?code=a,b",
            codes.clone(),
            &["Observation/1", "Observation/2"],
        ),
        example(
            "escaping",
            r"Observation?code=a\,b",
            codes,
            &["Observation/3"],
        ),
        example(
            "escaping",
            "ValueSet?url=http://acme.org/fhir/ValueSet/123,http://acme.org/fhir/ValueSet/124,ValueSet/125",
            sets.clone(),
            &["ValueSet/1", "ValueSet/2", "ValueSet/3"],
        ),
        example(
            "escaping",
            "ValueSet?url=http%3A%2F%2Facme.org%2Ffhir%2FValueSet%2F123%2Chttp%3A%2F%2Facme.org%2Ffhir%2FValueSet%2F124%2CValueSet%2F125",
            sets.clone(),
            &["ValueSet/1", "ValueSet/2", "ValueSet/3"],
        ),
        example(
            "escaping",
            r"ValueSet?url=http://acme.org/fhir/ValueSet/123,http://acme.org/fhir/ValueSet/124\,ValueSet/125",
            sets,
            &["ValueSet/1", "ValueSet/4"],
        ),
    ]
}
