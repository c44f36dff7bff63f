//! R5 search.html#specialconditions and search.html#standard: chains, lists, common parameters.

use serde_json::{Value, json};

use super::{Example, example};
use crate::naive::Version;

pub(super) fn patient(id: &str, given: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"given": [given]}]})
}

pub(super) fn observation(id: &str, patient: &str, code: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "subject": {"reference": patient},
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]}})
}

pub(super) fn examples() -> Vec<Example> {
    let all = [
        combined(),
        canonicals(),
        chains(),
        reverse_chains(),
        lists(),
    ];
    all.into_iter().flatten().chain(common()).collect()
}

/// search.html#combining and search.html#missing
fn combined() -> Vec<Example> {
    let speaks = |id: &str, codes: &[&str]| {
        let all: Vec<Value> = codes
            .iter()
            .map(|code| json!({"language": {"coding": [{"code": code}]}}))
            .collect();
        json!({"resourceType": "Patient", "id": id, "communication": all})
    };
    let world = json!([
        speaks("1", &["FR", "NL"]),
        speaks("2", &["FR"]),
        speaks("3", &["NL", "EN"]),
        speaks("4", &["EN"])
    ]);
    let status = |id: &str, code: &str| {
        json!({"resourceType": "AllergyIntolerance", "id": id, "clinicalStatus": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": code}]}})
    };
    let allergies = json!([status("1", "active"), status("2", "resolved"), {"resourceType": "AllergyIntolerance", "id": "3"}]);
    vec![
        example(
            "combining",
            "Patient?language=FR&language=NL",
            world.clone(),
            &["Patient/1"],
        ),
        example(
            "combining",
            "Patient?language=FR,NL",
            world.clone(),
            &["Patient/1", "Patient/2", "Patient/3"],
        ),
        example(
            "combining",
            "Patient?language=FR,NL&language=EN",
            world,
            &["Patient/3"],
        ),
        example(
            "missing",
            "AllergyIntolerance?clinical-status=http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical|active",
            allergies.clone(),
            &["AllergyIntolerance/1"],
        ),
        example(
            "missing",
            "AllergyIntolerance?clinical-status:missing=true",
            allergies.clone(),
            &["AllergyIntolerance/3"],
        ),
        example(
            "missing",
            "AllergyIntolerance?clinical-status=http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical|active&clinical-status:missing=true",
            allergies,
            &[],
        ),
    ]
}

/// search.html#versions and search.html#mimetype
fn canonicals() -> Vec<Example> {
    let response = |id: &str, of: &str| json!({"resourceType": "QuestionnaireResponse", "id": id, "questionnaire": of});
    let world = json!([
        response(
            "1.0",
            "http://example.org/fhir/questionnaire/patient-intake|1.0"
        ),
        response(
            "1.1",
            "http://example.org/fhir/questionnaire/patient-intake|1.1"
        ),
        response(
            "2.0",
            "http://example.org/fhir/questionnaire/patient-intake|2.0"
        ),
        response("other", "http://example.org/fhir/questionnaire/other|1.0")
    ]);
    let (one, two, three) = (
        "QuestionnaireResponse/1.0",
        "QuestionnaireResponse/1.1",
        "QuestionnaireResponse/2.0",
    );
    let document = |id: &str, kind: &str| json!({"resourceType": "DocumentReference", "id": id, "content": [{"attachment": {"contentType": kind}}]});
    let documents = json!([
        document("1", "text/xml"),
        document("2", "text/xml; charset=UTF-8"),
        document("3", "text/xmlx")
    ]);
    vec![
        example(
            "versions",
            "QuestionnaireResponse?questionnaire:below=http://example.org/fhir/questionnaire/patient-intake",
            world.clone(),
            &[one, two, three],
        ),
        example(
            "versions",
            "QuestionnaireResponse?questionnaire:below=http://example.org/fhir/questionnaire/patient-intake|1",
            world.clone(),
            &[one, two],
        ),
        example(
            "versions",
            "QuestionnaireResponse?questionnaire=http://example.org/fhir/questionnaire/patient-intake|1.0",
            world,
            &[one],
        ),
        example(
            "mimetype",
            "DocumentReference?contenttype=text/xml",
            documents.clone(),
            &["DocumentReference/1"],
        ),
        example(
            "mimetype",
            "DocumentReference?contenttype:below=text/xml",
            documents,
            &["DocumentReference/1", "DocumentReference/2"],
        ),
    ]
}

fn chains() -> Vec<Example> {
    let report = |id: &str, subject: &str| json!({"resourceType": "DiagnosticReport", "id": id, "subject": {"reference": subject}});
    let world = json!([patient("p", "Peter"), patient("q", "Quentin"), {"resourceType": "Device", "id": "d", "name": "Peter",
        "deviceName": [{"name": "Peter"}]}, report("1", "Patient/p"), report("2", "Patient/q"), report("3", "Patient/gone")]);
    let practitioner = |id: &str, given: &str, state: &str| json!({"resourceType": "Practitioner", "id": id, "name": [{"given": [given]}], "address": [{"state": state}]});
    let cared_for = |id: &str, by: &[&str]| {
        let all: Vec<Value> = by.iter().map(|by| json!({"reference": by})).collect();
        json!({"resourceType": "Patient", "id": id, "generalPractitioner": all})
    };
    vec![
        example(
            "chaining",
            "DiagnosticReport?subject.name=peter",
            world.clone(),
            &["DiagnosticReport/1"],
        ),
        example(
            "chaining",
            "DiagnosticReport?subject:Patient.name=peter",
            world,
            &["DiagnosticReport/1"],
        ),
        // "No one practitioner need satisfy both conditions."
        example(
            "chaining",
            "Patient?general-practitioner.name=Joe&general-practitioner.address-state=MN",
            json!([
                practitioner("joe", "Joe", "CA"),
                practitioner("jane", "Jane", "MN"),
                cared_for("1", &["Practitioner/joe", "Practitioner/jane"]),
                cared_for("2", &["Practitioner/joe"]),
            ]),
            &["Patient/1"],
        ),
    ]
}

fn reverse_chains() -> Vec<Example> {
    let event = |id: &str, of: &str, who: &str| {
        json!({"resourceType": "AuditEvent", "id": id, "entity": [{"what": {"reference": of}}],
            "agent": [{"who": {"reference": who}}]})
    };
    let world = json!([
        patient("1", "A"),
        patient("2", "B"),
        patient("3", "C"),
        observation("a", "Patient/1", "123"),
        observation("b", "Patient/1", "456"),
        observation("c", "Patient/2", "456"),
        event("x", "Observation/c", "Practitioner/MyUserId"),
        event("y", "Observation/a", "Practitioner/other")
    ]);
    vec![
        example(
            "has",
            "Patient?_has:Observation:patient:code=123",
            world.clone(),
            &["Patient/1"],
        ),
        example(
            "has",
            "Patient?_has:Observation:patient:code=123,456",
            world.clone(),
            &["Patient/1", "Patient/2"],
        ),
        example(
            "has",
            "Patient?_has:Observation:patient:code=123&_has:Observation:patient:code=456",
            world.clone(),
            &["Patient/1"],
        ),
        example(
            "has",
            "Patient?_has:Observation:patient:_has:AuditEvent:entity:agent=MyUserId",
            world,
            &["Patient/2"],
        ),
    ]
}

fn lists() -> Vec<Example> {
    let woman =
        |id: &str, gender: &str| json!({"resourceType": "Patient", "id": id, "gender": gender});
    let world = json!([woman("1", "female"), woman("2", "male"), woman("3", "female"), observation("o", "Patient/1", "1"),
        {"resourceType": "List", "id": "42", "entry": [{"item": {"reference": "Patient/1"}}, {"item": {"reference": "Patient/2"}},
            {"item": {"reference": "Observation/o"}}, {"item": {"reference": "Observation/gone"}}]}]);
    vec![
        example(
            "list",
            "?_list=42",
            world.clone(),
            &["Patient/1", "Patient/2", "Observation/o"],
        ),
        example(
            "list",
            "Patient?_list=42",
            world.clone(),
            &["Patient/1", "Patient/2"],
        ),
        example(
            "list",
            "Patient?_list=42&gender=female",
            world,
            &["Patient/1"],
        ),
    ]
}

/// search.html#type and search.html#all
fn common() -> Vec<Example> {
    let with =
        |id: &str, meta: Value| json!({"resourceType": "Observation", "id": id, "meta": meta});
    let updated = |id: &str, when: &str| with(id, json!({"lastUpdated": when}));
    let tagged = json!([
        with(
            "1",
            json!({"tag": [{"system": "http://acme.org/codes", "code": "needs-review"}]})
        ),
        with(
            "2",
            json!({"security": [{"system": "http://acme.org/codes", "code": "key"}]})
        ),
        with(
            "3",
            json!({"profile": ["http://hl7.org/fhir/StructureDefinition/bp"]})
        ),
        with(
            "4",
            json!({"source": "http://example.com/Organization/123"})
        )
    ]);
    vec![
        example("type", "?_type=Observation,Condition&_id=1,2", json!([observation("1", "Patient/1", "1"), patient("1", "A"),
            {"resourceType": "Condition", "id": "2"}, {"resourceType": "Condition", "id": "3"}]), &["Observation/1", "Condition/2"]),
        example("id", "Patient?_id=23", json!([patient("23", "A"), patient("24", "A"), observation("23", "Patient/1", "1")]), &["Patient/23"]),
        example("lastUpdated", "Observation?_lastUpdated=gt2010-10-01",
            json!([updated("1", "2010-10-02T00:00:00Z"), updated("2", "2010-10-01T23:59:59Z")]), &["Observation/1"]),
        example("tag", "Observation?_tag=http://acme.org/codes|needs-review", tagged.clone(), &["Observation/1"]),
        example("security", "Observation?_security=http://acme.org/codes|key", tagged.clone(), &["Observation/2"]),
        example("profile", "Observation?_profile=http://hl7.org/fhir/StructureDefinition/bp", tagged.clone(), &["Observation/3"]),
        example("source", "Observation?_source=http://example.com/Organization/123", tagged, &["Observation/4"]),
        example("language", "Observation?_language=es", json!([
            {"resourceType": "Observation", "id": "1", "language": "es"}, {"resourceType": "Observation", "id": "2", "language": "en"},
        ]), &["Observation/1"]).only(Version::R5),
        example("text", "Observation?_text=metastases", json!([
            {"resourceType": "Observation", "id": "1", "text": {"div": "<div>Two <b>metastases</b>.</div>"}},
            {"resourceType": "Observation", "id": "2", "text": {"div": "<div class='metastases'>None</div>"}},
        ]), &["Observation/1"]),
    ]
}
