//! search_filter.html: its examples, and what its table of operators says of each kind of parameter.

use serde_json::{Value, json};

use super::conditions::{observation, patient};
use super::{Example, example};

pub(super) fn examples() -> Vec<Example> {
    let all = [page(), strings(), ordered(), tokens(), others(), logic()];
    all.into_iter().flatten().collect()
}

/// What the page has no meaning for, or what no parameter of R4 or R5 is called.
pub(super) const REFUSED: [&str; 12] = [
    // Two examples of the page go by parameters that are defined no more.
    "Observation?_filter=related[type eq \"has-component\"].target pr true",
    "Observation?_filter=related[type eq has-component].target re Observation/4",
    "Observation?_filter=subject.id eq 3425",
    "Patient?_filter=gender co fem",
    "Patient?_filter=gender gt a",
    "Patient?_filter=birthdate sw 20",
    "Patient?_filter=general-practitioner eq Practitioner/1",
    "Patient?_filter=name in ValueSet/v",
    "RiskAssessment?_filter=probability co 0.5",
    "Observation?_filter=code-value-quantity ne a$5",
    "Patient?_filter=name.given eq a",
    "Patient?_filter=name EQ a",
];

/// The examples of its introduction, and two that R6 has there.
fn page() -> Vec<Example> {
    let born = |id: &str, given: &str, date: &str| json!({"resourceType": "Patient", "id": id, "name": [{"given": [given]}], "birthDate": date});
    let patients = json!([
        born("1", "Peter", "2014-10-10"),
        born("2", "Peter", "2014-10-09"),
        born("3", "Peterson", "2015"),
        born("4", "Tom", "2015"),
        observation("o", "Patient/1", "1234-5"),
        observation("p", "Patient/3", "1234-5")
    ]);
    let world = json!([
        patient("p", "Peter"),
        patient("q", "Quentin"),
        observation("1", "Patient/p", "1234-5"),
        observation("2", "Patient/q", "1234-5"),
        observation("3", "Patient/p", "other")
    ]);
    let measured = |id: &str, value: u32| {
        let mut it = observation(id, "Patient/1", "12907-2");
        it["valueQuantity"] =
            json!({"value": value, "system": "http://unitsofmeasure.org", "code": "mmol/L"});
        it
    };
    let example = |query, world: &Value, finds: &[&'static str]| {
        example("filter, introduction", query, world.clone(), finds)
    };
    vec![
        example(
            "Patient?_filter=name co \"pet\"",
            &patients,
            &["Patient/1", "Patient/2", "Patient/3"],
        ),
        example(
            "Patient?_filter=given eq \"peter\" and birthdate ge 2014-10-10",
            &patients,
            &["Patient/1"],
        ),
        example(
            "Observation?_filter=code eq http://loinc.org|1234-5",
            &world,
            &["Observation/1", "Observation/2"],
        ),
        example(
            "Observation?_filter=subject.name co \"pet\"",
            &world,
            &["Observation/1", "Observation/3"],
        ),
        example(
            "Observation?_filter=code eq http://loinc.org|1234-5 and subject.name co \"peter\"",
            &world,
            &["Observation/1"],
        ),
        example(
            "Observation?_filter=subject re Patient/1 and code-value-quantity eq http://loinc.org|12907-2$ge150|http://unitsofmeasure.org|mmol/L",
            &json!([measured("1", 149), measured("2", 150)]),
            &["Observation/2"],
        ),
        example(
            "Patient?_filter=given eq \"peter\" and birthdate ge 2014-10-10 and _has:Observation:patient:code eq http://loinc.org|1234-5",
            &patients,
            &["Patient/1"],
        ),
    ]
}

fn strings() -> Vec<Example> {
    let named = |id: &str, names: &[&str]| {
        let names: Vec<Value> = names.iter().map(|it| json!({"family": it})).collect();
        json!({"resourceType": "Patient", "id": id, "name": names})
    };
    let world = json!([
        named("1", &["Ångström"]),
        named("2", &["Angst"]),
        named("3", &["Strom", "Angst"]),
        named("4", &[])
    ]);
    let example =
        |query, finds: &[&'static str]| example("filter, String", query, world.clone(), finds);
    vec![
        example(
            "Patient?_filter=family eq angst",
            &["Patient/2", "Patient/3"],
        ),
        example(
            "Patient?_filter=family ne angst",
            &["Patient/1", "Patient/3"],
        ),
        example(
            "Patient?_filter=family co GST",
            &["Patient/1", "Patient/2", "Patient/3"],
        ),
        example("Patient?_filter=family sw st", &["Patient/3"]),
        example(
            "Patient?_filter=family ew STROM",
            &["Patient/1", "Patient/3"],
        ),
        example(
            "Patient?_filter=family gt angst",
            &["Patient/1", "Patient/3"],
        ),
        example("Patient?_filter=family ge Strom", &["Patient/3"]),
        example(
            "Patient?_filter=family lt b",
            &["Patient/1", "Patient/2", "Patient/3"],
        ),
        example(
            "Patient?_filter=family le angst",
            &["Patient/2", "Patient/3"],
        ),
    ]
}

/// Numbers, dates and quantities.
fn ordered() -> Vec<Example> {
    let during = |id: &str, start: &str, end: &str| json!({"resourceType": "Observation", "id": id, "effectivePeriod": {"start": start, "end": end}});
    let dates = json!([
        during("1", "2013-01-10", "2013-01-20"),
        during("2", "2013-01-15", "2013-02-01"),
        during("3", "2013-03-01", "2013-03-02")
    ]);
    let weighs = |id: &str, value: f64, code: &str| {
        json!({"resourceType": "Observation", "id": id, "valueQuantity": {
        "value": value, "system": "http://unitsofmeasure.org", "code": code}})
    };
    let weights = json!([
        weighs("1", 5.4, "mg"),
        weighs("2", 5.4, "g"),
        weighs("3", 6.0, "mg")
    ]);
    let likely = |id: &str, value: f64| json!({"resourceType": "RiskAssessment", "id": id, "prediction": [{"probabilityDecimal": value}]});
    let numbers = json!([likely("1", 0.5), likely("2", 0.53), likely("3", 0.9)]);
    let date = |query, finds: &[&'static str]| example("filter, Date", query, dates.clone(), finds);
    let quantity =
        |query, finds: &[&'static str]| example("filter, Quantity", query, weights.clone(), finds);
    let number =
        |query, finds: &[&'static str]| example("filter, Number", query, numbers.clone(), finds);
    vec![
        date(
            "Observation?_filter=date co 2013-01-16",
            &["Observation/1", "Observation/2"],
        ),
        date("Observation?_filter=date co 2013-01", &[]),
        date("Observation?_filter=date po 2013-01-12", &["Observation/1"]),
        date("Observation?_filter=date po 2013-02", &["Observation/2"]),
        date("Observation?_filter=date eq 2013-01", &["Observation/1"]),
        date(
            "Observation?_filter=date ne 2013-01",
            &["Observation/2", "Observation/3"],
        ),
        date("Observation?_filter=date sa 2013-02-01", &["Observation/3"]),
        date("Observation?_filter=date eb 2013-02", &["Observation/1"]),
        date("Observation?_filter=date le 2013-01-11", &["Observation/1"]),
        quantity(
            "Observation?_filter=value-quantity eq 5.4|ucum|mg",
            &["Observation/1"],
        ),
        quantity(
            "Observation?_filter=value-quantity gt 5.4|ucum|mg",
            &["Observation/3"],
        ),
        quantity(
            "Observation?_filter=value-quantity lt 6",
            &["Observation/1", "Observation/2"],
        ),
        number(
            "RiskAssessment?_filter=probability eq 0.5",
            &["RiskAssessment/1", "RiskAssessment/2"],
        ),
        number(
            "RiskAssessment?_filter=probability eq 0.50",
            &["RiskAssessment/1"],
        ),
        number(
            "RiskAssessment?_filter=probability ne 0.5",
            &["RiskAssessment/3"],
        ),
        number(
            "RiskAssessment?_filter=probability ge 0.53",
            &["RiskAssessment/2", "RiskAssessment/3"],
        ),
        number(
            "RiskAssessment?_filter=probability ap 0.5",
            &["RiskAssessment/1", "RiskAssessment/2"],
        ),
    ]
}

fn tokens() -> Vec<Example> {
    let coded = |id: &str, codes: &[&str]| {
        let concepts: Vec<Value> = codes
            .iter()
            .map(|code| json!({"system": "http://loinc.org", "code": code}))
            .collect();
        json!({"resourceType": "Observation", "id": id, "code": {"coding": concepts}})
    };
    let world = json!([
        coded("1", &["AB-1"]),
        coded("2", &["AB-1", "other"]),
        coded("3", &["other"]),
        {"resourceType": "Observation", "id": "4"},
        {"resourceType": "CodeSystem", "id": "s", "url": "http://loinc.org", "concept": [
            {"code": "top", "concept": [{"code": "other"}]}]},
        {"resourceType": "ValueSet", "id": "v", "compose": {"include": [
            {"system": "http://loinc.org", "concept": [{"code": "other"}]}]}}
    ]);
    let example =
        |query, finds: &[&'static str]| example("filter, Token", query, world.clone(), finds);
    vec![
        example(
            "Observation?_filter=code eq loinc|ab-1",
            &["Observation/1", "Observation/2"],
        ),
        example(
            "Observation?_filter=code eq \"HTTP://LOINC.ORG|AB-1\"",
            &["Observation/1", "Observation/2"],
        ),
        example("Observation?_filter=code eq |AB-1", &[]),
        // One concept, with all of its codings, is an item.
        example("Observation?_filter=code ne AB-1", &["Observation/3"]),
        example(
            "Observation?_filter=code pr true",
            &["Observation/1", "Observation/2", "Observation/3"],
        ),
        example("Observation?_filter=code pr false", &["Observation/4"]),
        example(
            "Observation?_filter=code in ValueSet/v",
            &["Observation/2", "Observation/3"],
        ),
        example(
            "Observation?_filter=code ni ValueSet/v",
            &["Observation/1", "Observation/4"],
        ),
        example(
            "Observation?_filter=code ss loinc|top",
            &["Observation/2", "Observation/3"],
        ),
        example("Observation?_filter=code sb loinc|top", &[]),
    ]
}

/// References, uris, ids, and what is asked of the resource that a reference leads to.
fn others() -> Vec<Example> {
    let world = json!([
        patient("p", "Peter"),
        patient("q", "Quentin"),
        observation("1", "Patient/p", "a"),
        observation("2", "Patient/q", "a"),
        {"resourceType": "Observation", "id": "3"},
        {"resourceType": "ValueSet", "id": "v", "url": "http://acme.org/V"}
    ]);
    let example =
        |query, finds: &[&'static str]| example("filter, Reference", query, world.clone(), finds);
    vec![
        example(
            "Observation?_filter=subject re Patient/p",
            &["Observation/1"],
        ),
        example(
            "Observation?_filter=subject re http://example.org/fhir/Patient/p",
            &["Observation/1"],
        ),
        example("Observation?_filter=subject re q", &["Observation/2"]),
        example(
            "Observation?_filter=subject[name eq peter]._id pr true",
            &["Observation/1"],
        ),
        example(
            "Observation?_filter=subject[name eq quentin or _id eq p].name sw p",
            &["Observation/1"],
        ),
        example(
            "Observation?_filter=subject.name pr false",
            &["Observation/3"],
        ),
        example(
            "Observation?_filter=subject.name ne peter",
            &["Observation/2"],
        ),
        example(
            "Observation?_filter=_id ne 1",
            &["Observation/2", "Observation/3"],
        ),
        example("ValueSet?_filter=url eq http://acme.org/v", &["ValueSet/v"]),
        example("ValueSet?_filter=url ne http://acme.org/v", &[]),
    ]
}

/// "Evaluated left to right, with no precedence."
fn logic() -> Vec<Example> {
    let world = json!([patient("1", "a"), patient("2", "b"), patient("3", "c)\"")]);
    let example =
        |query, finds: &[&'static str]| example("filter, notes", query, world.clone(), finds);
    vec![
        example(
            "Patient?_filter=given eq a or given eq b and _id eq 2",
            &["Patient/2"],
        ),
        example(
            "Patient?_filter=given eq a or (given eq b and _id eq 2)",
            &["Patient/1", "Patient/2"],
        ),
        example(
            "Patient?_filter=not (given eq a) and not(_id eq 2)",
            &["Patient/3"],
        ),
        example("Patient?_filter=given eq \"c)\\\"\"", &["Patient/3"]),
        example("Patient?_filter=given eq a&_id=1,2", &["Patient/1"]),
    ]
}
