//! Resources by chance. Much is missing, some is odd: open periods, several names, contained
//! resources, references that lead nowhere, elements that nobody knows.

use serde_json::{Map, Value, json};

use super::pools::*;
use crate::answers::BASE;
use crate::chance::Chance;
use crate::naive::Version;

/// Some resources, each with a type and an id of its own; value sets and a code system always.
pub(crate) fn world(chance: &mut Chance, version: Version, size: u64) -> Vec<Value> {
    let mut all = terminology(chance);
    for _ in 0..size {
        let (kind, _) = chance.of(&TYPES);
        let id = chance.of(&IDS);
        let known = |other: &Value| other["resourceType"] == *kind && other["id"] == *id;
        if !all.iter().any(known) && *kind != "ValueSet" && *kind != "CodeSystem" {
            all.push(resource(chance, version, kind, id));
        }
    }
    all
}

fn resource(chance: &mut Chance, version: Version, kind: &str, id: &str) -> Value {
    let c = &mut *chance;
    let elements = match kind {
        "Patient" => patient(c),
        "Observation" => observation(c),
        "Encounter" => encounter(c, version),
        "Condition" => condition(c),
        "MedicationRequest" => medication_request(c, version),
        "Practitioner" => person(c),
        "Organization" => organization(c),
        "List" => list(c),
        "RiskAssessment" => risk(c),
        "Questionnaire" => json!({
            "url": c.of(&["http://acme.org/q", "http://acme.org/other"]),
            "version": c.of(&["1", "1.2", "10"]),
            "name": c.of(&TEXTS),
            "status": c.of(&STATES),
        }),
        _ => json!({
            "status": c.of(&STATES),
            "questionnaire": c.of(&CANONICALS),
            "authored": c.of(&DATES),
            "subject": reference(c, &["Patient"]),
        }),
    };
    let mut resource = json!({"resourceType": kind, "id": id, "meta": meta(c)});
    if c.below(2) == 0 {
        resource["text"] = json!({"status": "generated", "div":
            format!("<div xmlns=\"http://www.w3.org/1999/xhtml\"><b>{}</b>{}</div>", c.of(&TEXTS), c.of(&CODES))});
    }
    if c.below(4) == 0 {
        resource["language"] = json!(c.of(&["en", "de"]));
    }
    if c.below(5) == 0 {
        resource["contained"] = json!([{"resourceType": "Patient", "id": "in", "gender": "male"}]);
        resource["unknownElement"] = json!({"code": "a", "deep": [[1, null], {}]});
    }
    let (members, elements) = (resource.as_object_mut(), elements.as_object());
    for (members, elements) in members.into_iter().zip(elements) {
        for (name, value) in elements {
            // Every element is sometimes missing.
            if c.below(6) > 0 && !value.is_null() {
                members.insert(name.clone(), value.clone());
            }
        }
    }
    resource
}

fn meta(c: &mut Chance) -> Value {
    let mut meta = Map::new();
    meta.insert("versionId".into(), json!("1"));
    meta.insert("lastUpdated".into(), json!(c.of(&INSTANTS)));
    for name in ["tag", "security"] {
        if c.below(3) == 0 {
            meta.insert(name.into(), json!([coding(c), coding(c)]));
        }
    }
    if c.below(3) == 0 {
        meta.insert("profile".into(), json!([c.of(&CANONICALS)]));
    }
    if c.below(3) == 0 {
        meta.insert("source".into(), json!(c.of(&URLS)));
    }
    Value::Object(meta)
}

pub(super) fn coding(c: &mut Chance) -> Value {
    let mut coding = json!({"code": c.of(&CODES)});
    if c.below(4) > 0 {
        coding["system"] = json!(c.of(&SYSTEMS));
    }
    if c.below(3) == 0 {
        coding["display"] = json!(c.of(&TEXTS));
    }
    coding
}

fn concept(c: &mut Chance) -> Value {
    match c.below(6) {
        0 => json!({"text": c.of(&TEXTS)}),
        1 => json!({"coding": [coding(c), coding(c)], "text": c.of(&TEXTS)}),
        2 => json!({"extension": [{"url": "http://acme.org/absent", "valueCode": "unknown"}]}),
        _ => json!({"coding": [coding(c)]}),
    }
}

fn identifiers(c: &mut Chance) -> Value {
    let all = (0..c.below(3)).map(|_| {
        let mut identifier = json!({"value": c.of(&["1", "2", "x|y"])});
        if c.below(3) > 0 {
            identifier["system"] = json!(c.of(&SYSTEMS));
        }
        if c.below(2) == 0 {
            identifier["type"] = json!({"coding": [{"system": V2_0203, "code": c.of(&IDENTIFIER_TYPES)}], "text": c.of(&TEXTS)});
        }
        identifier
    });
    all.collect()
}

fn reference(c: &mut Chance, kinds: &[&str]) -> Value {
    let (kind, id) = (c.of(kinds), c.of(&IDS));
    let mut reference = match c.below(12) {
        0 => json!({"reference": format!("{BASE}/{kind}/{id}")}),
        1 => json!({"reference": format!("{kind}/{id}/_history/{}", c.below(2) + 1)}),
        2 => json!({"reference": format!("http://other.org/fhir/{kind}/{id}")}),
        3 => json!({"reference": "#in"}),
        4 => json!({"reference": "urn:uuid:0b1f2b3c-0000-4000-8000-000000000001", "type": kind}),
        5 => {
            json!({"identifier": {"system": c.of(&SYSTEMS), "value": c.of(&["1", "2"])}, "type": kind})
        }
        _ => json!({"reference": format!("{kind}/{id}")}),
    };
    if c.below(4) == 0 {
        reference["display"] = json!(c.of(&TEXTS));
    }
    if c.below(6) == 0 {
        reference["identifier"] = json!({"system": c.of(&SYSTEMS), "value": c.of(&["1", "2"])});
    }
    reference
}

fn period(c: &mut Chance) -> Value {
    let mut ends = [*c.of(&DATES), *c.of(&DATES)];
    ends.sort_unstable();
    match c.below(5) {
        0 => json!({"start": ends[0]}),
        1 => json!({"end": ends[1]}),
        2 => json!({"extension": [{"url": "http://acme.org/absent", "valueCode": "unknown"}]}),
        _ => json!({"start": ends[0], "end": ends[1]}),
    }
}

fn quantity(c: &mut Chance) -> Value {
    let (system, code) = c.of(&UNITS);
    match c.below(5) {
        0 => json!({"value": c.of(&NUMBERS)}),
        1 => json!({"value": c.of(&NUMBERS), "unit": code}),
        2 => json!({"unit": code, "code": code}),
        _ => json!({"value": c.of(&NUMBERS), "system": system, "code": code, "unit": "one"}),
    }
}

fn range(c: &mut Chance) -> Value {
    let mut ends = [*c.of(&NUMBERS), *c.of(&NUMBERS)];
    ends.sort_by(f64::total_cmp);
    match c.below(3) {
        0 => json!({"low": {"value": ends[0]}}),
        1 => json!({"high": {"value": ends[1], "code": "mg"}}),
        _ => {
            json!({"low": {"value": ends[0], "code": "mg"}, "high": {"value": ends[1], "code": "mg"}})
        }
    }
}

fn person(c: &mut Chance) -> Value {
    let names = (0..c.below(3)).map(|_| match c.below(4) {
        0 => json!({"text": c.of(&TEXTS)}),
        1 => json!({"family": c.of(&TEXTS), "given": [c.of(&TEXTS), c.of(&TEXTS)], "use": "official"}),
        2 => json!({"given": [null, c.of(&TEXTS)], "_given": [{"id": "x"}, null]}),
        _ => json!({"family": c.of(&TEXTS), "prefix": ["Dr."], "period": {"start": "2000"}}),
    });
    let names: Vec<Value> = names.collect();
    let telecom = (0..c.below(3)).map(|_| match c.below(3) {
        0 => json!({"system": "phone", "value": "555", "use": "home"}),
        1 => json!({"system": "email", "value": "a@b.org"}),
        _ => json!({"value": "555", "use": "work"}),
    });
    let telecom: Vec<Value> = telecom.collect();
    json!({
        "active": c.below(2) == 0,
        "identifier": identifiers(c),
        "name": names,
        "telecom": telecom,
        "gender": c.of(&["male", "female"]),
        "birthDate": c.of(&["2019", "2019-05", "2019-05-14", "1969-07-20"]),
    })
}

fn patient(c: &mut Chance) -> Value {
    let mut patient = person(c);
    match c.below(4) {
        0 => patient["deceasedBoolean"] = json!(c.below(2) == 0),
        1 => patient["deceasedDateTime"] = json!(c.of(&DATES)),
        _ => {}
    }
    patient["address"] = json!([{"city": c.of(&TEXTS), "line": [c.of(&TEXTS), "1"]}, {"country": "DE", "text": c.of(&TEXTS)}]);
    patient["communication"] = json!([{"language": concept(c)}]);
    patient["generalPractitioner"] = json!([
        reference(c, &["Practitioner", "Organization"]),
        reference(c, &["Practitioner"])
    ]);
    patient["managingOrganization"] = reference(c, &["Organization"]);
    patient["link"] = json!([{"other": reference(c, &["Patient"]), "type": "seealso"}]);
    patient
}

fn observation(c: &mut Chance) -> Value {
    let components =
        (0..c.below(3)).map(|_| json!({"code": concept(c), "valueQuantity": quantity(c)}));
    let components: Vec<Value> = components.collect();
    let mut observation = json!({
        "status": c.of(&STATES),
        "identifier": identifiers(c),
        "category": [concept(c)],
        "code": concept(c),
        "subject": reference(c, &["Patient", "Patient", "Group", "Location"]),
        "encounter": reference(c, &["Encounter"]),
        "performer": [reference(c, &["Practitioner", "Organization", "Patient"])],
        "hasMember": [reference(c, &["Observation"])],
        "component": components,
    });
    match c.below(4) {
        0 => observation["effectivePeriod"] = period(c),
        1 => observation["effectiveInstant"] = json!(c.of(&INSTANTS)),
        2 => {
            observation["effectiveTiming"] = json!({"event": [c.of(&DATES), c.of(&DATES)], "repeat": {"boundsPeriod": {"end": "2020"}}})
        }
        _ => observation["effectiveDateTime"] = json!(c.of(&DATES)),
    }
    match c.below(6) {
        0 => observation["valueString"] = json!(c.of(&TEXTS)),
        1 => observation["valueCodeableConcept"] = concept(c),
        2 => observation["valueDateTime"] = json!(c.of(&DATES)),
        3 => observation["valuePeriod"] = period(c),
        _ => observation["valueQuantity"] = quantity(c),
    }
    observation
}

fn encounter(c: &mut Chance, version: Version) -> Value {
    let (class, when) = match version {
        Version::R5 => (json!([concept(c)]), "actualPeriod"),
        _ => (coding(c), "period"),
    };
    json!({
        "status": c.of(&STATES), "identifier": identifiers(c), "class": class, "type": [concept(c)],
        "subject": reference(c, &["Patient", "Group"]), when: period(c),
        "partOf": reference(c, &["Encounter"]), "location": [{"location": reference(c, &["Location"])}],
    })
}

fn condition(c: &mut Chance) -> Value {
    let age = json!({"value": c.of(&NUMBERS), "system": "http://unitsofmeasure.org", "code": "mg"});
    let mut condition = json!({
        "clinicalStatus": concept(c), "category": [concept(c)], "code": concept(c),
        "subject": reference(c, &["Patient", "Group"]), "encounter": reference(c, &["Encounter"]),
        "recordedDate": c.of(&DATES), "abatementPeriod": period(c),
    });
    match c.below(4) {
        0 => condition["onsetAge"] = age,
        1 => condition["onsetRange"] = range(c),
        2 => condition["onsetPeriod"] = period(c),
        _ => condition["onsetDateTime"] = json!(c.of(&DATES)),
    }
    condition
}

fn medication_request(c: &mut Chance, version: Version) -> Value {
    let (name, medication) = match version {
        Version::R5 => ("medication", json!({"concept": concept(c)})),
        _ => ("medicationCodeableConcept", concept(c)),
    };
    json!({
        "status": c.of(&STATES), "intent": c.of(&STATES), name: medication,
        "subject": reference(c, &["Patient", "Group"]), "encounter": reference(c, &["Encounter"]),
        "authoredOn": c.of(&DATES), "requester": reference(c, &["Practitioner", "Organization", "Patient"]),
    })
}

fn organization(c: &mut Chance) -> Value {
    json!({
        "active": c.below(2) == 0, "identifier": identifiers(c), "type": [concept(c)], "name": c.of(&TEXTS),
        "alias": [c.of(&TEXTS)], "address": [{"city": c.of(&TEXTS)}], "partOf": reference(c, &["Organization"]),
    })
}

fn list(c: &mut Chance) -> Value {
    let kinds = ["Patient", "Observation", "Condition"];
    let entries = (0..c.below(5)).map(|_| json!({"item": reference(c, &kinds)}));
    let entries: Vec<Value> = entries.collect();
    json!({
        "status": c.of(&STATES), "mode": "working", "title": c.of(&TEXTS), "code": concept(c),
        "subject": reference(c, &["Patient", "Group"]), "entry": entries,
    })
}

fn risk(c: &mut Chance) -> Value {
    let prediction = match c.below(3) {
        0 => {
            json!({"probabilityRange": range(c)})
        }
        _ => json!({"probabilityDecimal": c.of(&NUMBERS)}),
    };
    json!({
        "status": c.of(&STATES), "subject": reference(c, &["Patient", "Group"]), "occurrenceDateTime": c.of(&DATES),
        "prediction": [prediction, {"probabilityDecimal": c.of(&NUMBERS)}],
    })
}

fn terminology(c: &mut Chance) -> Vec<Value> {
    let use_context = json!([{"code": coding(c), "valueQuantity": quantity(c)},
        {"code": coding(c), "valueRange": {"low": {"value": 1, "code": "mg"}, "high": {"value": 5, "code": "mg"}}}]);
    vec![
        json!({"resourceType": "CodeSystem", "id": "cs", "url": "http://acme.org/codes", "name": c.of(&TEXTS), "status": "active",
            "concept": [{"code": "top", "concept": [{"code": "mid", "concept": [{"code": "low"}]}, {"code": "a"}]}, {"code": "b"}]}),
        json!({"resourceType": "ValueSet", "id": "v0", "url": "http://acme.org/ValueSet/v0", "version": "1", "name": c.of(&TEXTS),
            "status": "active", "date": c.of(&DATES), "useContext": use_context, "compose": {
            "include": [{"system": "http://acme.org/codes", "concept": [{"code": "a"}, {"code": "low"}]}, {"system": "http://loinc.org"}],
            "exclude": [{"system": "http://loinc.org", "concept": [{"code": "b"}]}]}}),
        json!({"resourceType": "ValueSet", "id": "v1", "url": "http://acme.org/ValueSet/v1", "title": c.of(&TEXTS), "status": "draft",
            "expansion": {"contains": [{"system": "http://loinc.org", "code": "a", "contains": [{"system": "http://acme.org/codes", "code": "mid"}]},
                {"system": "http://loinc.org", "code": "b", "abstract": true}]}}),
        json!({"resourceType": "ValueSet", "id": "v2", "url": "urn:oid:1.2.3", "status": "draft", "compose": {"include": [
            {"valueSet": ["http://acme.org/ValueSet/v0"], "system": "http://acme.org/codes"}, {"valueSet": ["http://acme.org/ValueSet/v1"]}]}}),
        json!({"resourceType": "ValueSet", "id": "v3", "url": "http://acme.org/ValueSet/v0/x", "_status": {"id": "x"}}),
    ]
}
