//! R5 search.html#ptypes: dates, numbers, quantities, references, strings, tokens, URIs, composites.

use serde_json::{Value, json};

use super::{Example, example};

pub(super) fn examples() -> Vec<Example> {
    let all = [
        dates(),
        numbers(),
        quantities(),
        references(),
        strings(),
        tokens(),
        uris(),
    ];
    all.into_iter().flatten().chain(composites()).collect()
}

/// The table of search.html#date.
fn dates() -> Vec<Example> {
    let at = |id: &str, time: &str| json!({"resourceType": "Observation", "id": id, "effectiveDateTime": time});
    let during = |id: &str, period: Value| json!({"resourceType": "Observation", "id": id, "effectivePeriod": period});
    let days = json!([
        at("midnight", "2013-01-14T00:00:00Z"), at("ten", "2013-01-14T10:00:00Z"),
        at("next", "2013-01-15T00:00:00Z"), {"resourceType": "Observation", "id": "never"},
    ]);
    let periods = json!([
        during("from-january", json!({"start": "2013-01-21"})),
        during("from-march", json!({"start": "2013-03-15"})),
        during("to-january", json!({"end": "2013-01-21"})),
    ]);
    let near = json!([
        at("same", "2013-03-14"),
        at("january", "2013-01-21"),
        at("later", "2015-06-15")
    ]);
    let whole_day = || json!([at("day", "2013-01-14")]);
    let years = json!([
        at("first", "2000-01-01"),
        at("last", "2000-12-31T23:59:59Z"),
        at("april", "2000-04-30T23:59:59Z"),
        at("next", "2001-01-01")
    ]);
    let procedure = |id: &str, patient: &str, time: &str| {
        json!({"resourceType": "Procedure", "id": id, "subject": {"reference": patient},
            "performedDateTime": time, "occurrenceDateTime": time})
    };
    let (march, january, to_january) = (
        "Observation/from-march",
        "Observation/from-january",
        "Observation/to-january",
    );
    vec![
        example(
            "date",
            "Observation?date=eq2013-01-14",
            days.clone(),
            &["Observation/midnight", "Observation/ten"],
        ),
        example(
            "date",
            "Observation?date=2013-01-14",
            days.clone(),
            &["Observation/midnight", "Observation/ten"],
        ),
        example(
            "date",
            "Observation?date=ne2013-01-14",
            days,
            &["Observation/next"],
        ),
        example(
            "date",
            "Observation?date=lt2013-01-14T10:00",
            whole_day(),
            &["Observation/day"],
        ),
        example(
            "date",
            "Observation?date=gt2013-01-14T10:00",
            whole_day(),
            &["Observation/day"],
        ),
        example(
            "date",
            "Observation?date=ge2013-03-14",
            periods.clone(),
            &[january, march],
        ),
        example(
            "date",
            "Observation?date=le2013-03-14",
            periods.clone(),
            &[january, to_january],
        ),
        example(
            "date",
            "Observation?date=sa2013-03-14",
            periods.clone(),
            &[march],
        ),
        example(
            "date",
            "Observation?date=eb2013-03-14",
            periods,
            &[to_january],
        ),
        example(
            "date",
            "Observation?date=ap2013-03-14",
            near,
            &["Observation/same"],
        ),
        example(
            "date",
            "Observation?date=2000",
            years.clone(),
            &["Observation/first", "Observation/last", "Observation/april"],
        ),
        example(
            "date",
            "Observation?date=2000-04",
            years,
            &["Observation/april"],
        ),
        example(
            "date",
            "Patient/23/Procedure?date=ge2010-01-01&date=le2011-12-31",
            json!([
                procedure("before", "Patient/23", "2009-12-31"),
                procedure("first", "Patient/23", "2010-01-01"),
                procedure("last", "Patient/23", "2011-12-31"),
                procedure("after", "Patient/23", "2012-01-01"),
                procedure("other", "Patient/24", "2010-06-01"),
            ]),
            &["Procedure/first", "Procedure/last"],
        ),
    ]
}

/// The table of search.html#number.
fn numbers() -> Vec<Example> {
    let risk = |id: &str, probability: f64| json!({"resourceType": "RiskAssessment", "id": id, "prediction": [{"probabilityDecimal": probability}]});
    let about_hundred = json!([
        risk("94.9", 94.9),
        risk("95", 95.0),
        risk("99.4", 99.4),
        risk("99.5", 99.5),
        risk("99.995", 99.995),
        risk("100", 100.0),
        risk("100.4", 100.4),
        risk("100.5", 100.5),
        risk("105", 105.0),
    ]);
    let all = about_hundred;
    vec![
        example(
            "number",
            "RiskAssessment?probability=100",
            all.clone(),
            &[
                "RiskAssessment/99.5",
                "RiskAssessment/99.995",
                "RiskAssessment/100",
                "RiskAssessment/100.4",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=100.00",
            all.clone(),
            &["RiskAssessment/99.995", "RiskAssessment/100"],
        ),
        example(
            "number",
            "RiskAssessment?probability=1e2",
            all.clone(),
            &[
                "RiskAssessment/95",
                "RiskAssessment/99.4",
                "RiskAssessment/99.5",
                "RiskAssessment/99.995",
                "RiskAssessment/100",
                "RiskAssessment/100.4",
                "RiskAssessment/100.5",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=lt100",
            all.clone(),
            &[
                "RiskAssessment/94.9",
                "RiskAssessment/95",
                "RiskAssessment/99.4",
                "RiskAssessment/99.5",
                "RiskAssessment/99.995",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=le100&probability=gt99.9",
            all.clone(),
            &["RiskAssessment/99.995", "RiskAssessment/100"],
        ),
        example(
            "number",
            "RiskAssessment?probability=gt100",
            all.clone(),
            &[
                "RiskAssessment/100.4",
                "RiskAssessment/100.5",
                "RiskAssessment/105",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=ge100",
            all.clone(),
            &[
                "RiskAssessment/100",
                "RiskAssessment/100.4",
                "RiskAssessment/100.5",
                "RiskAssessment/105",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=ne100",
            all,
            &[
                "RiskAssessment/94.9",
                "RiskAssessment/95",
                "RiskAssessment/99.4",
                "RiskAssessment/100.5",
                "RiskAssessment/105",
            ],
        ),
        example(
            "number",
            "RiskAssessment?probability=gt0.8",
            json!([risk("more", 0.81), risk("same", 0.8), risk("less", 0.1)]),
            &["RiskAssessment/more"],
        ),
    ]
}

fn quantities() -> Vec<Example> {
    const UCUM: &str = "http://unitsofmeasure.org";
    let of = |id: &str, value: f64, system: &str, code: &str, unit: &str| {
        let mut quantity = json!({"value": value});
        for (name, text) in [("system", system), ("code", code), ("unit", unit)] {
            if !text.is_empty() {
                quantity[name] = json!(text);
            }
        }
        json!({"resourceType": "Observation", "id": id, "valueQuantity": quantity})
    };
    let some = json!([
        of("mg", 5.4, UCUM, "mg", "milligrams"),
        of("near", 5.43, UCUM, "mg", ""),
        of("far", 5.9, UCUM, "mg", ""),
        of("unit", 5.4, "", "", "mg"),
        of("other", 5.4, "http://other", "mg", ""),
        of("gram", 5.4, UCUM, "g", ""),
        of("small", 0.0054, UCUM, "g", ""),
        of("less", 0.00539, UCUM, "g", ""),
    ]);
    vec![
        example(
            "quantity",
            "Observation?value-quantity=5.4|http://unitsofmeasure.org|mg",
            some.clone(),
            &["Observation/mg", "Observation/near"],
        ),
        example(
            "quantity",
            "Observation?value-quantity=5.40e-3|http://unitsofmeasure.org|g",
            some.clone(),
            &["Observation/small"],
        ),
        example(
            "quantity",
            "Observation?value-quantity=5.4||mg",
            some.clone(),
            &[
                "Observation/mg",
                "Observation/near",
                "Observation/unit",
                "Observation/other",
            ],
        ),
        example(
            "quantity",
            "Observation?value-quantity=5.4",
            some.clone(),
            &[
                "Observation/mg",
                "Observation/near",
                "Observation/unit",
                "Observation/other",
                "Observation/gram",
            ],
        ),
        example(
            "quantity",
            "Observation?value-quantity=le5.4|http://unitsofmeasure.org|mg",
            some.clone(),
            &["Observation/mg"],
        ),
        example(
            "quantity",
            "Observation?value-quantity=ap5.4|http://unitsofmeasure.org|mg",
            some,
            &["Observation/mg", "Observation/near", "Observation/far"],
        ),
    ]
}

fn references() -> Vec<Example> {
    let about = |id: &str, reference: &str| json!({"resourceType": "Observation", "id": id, "subject": {"reference": reference}});
    let some = json!([
        about("relative", "Patient/123"),
        about("absolute", "http://example.org/fhir/Patient/123"),
        about("group", "Group/123"),
        about("elsewhere", "http://other.org/fhir/Patient/123"),
        about("other", "Patient/124"),
        about("versioned", "Patient/123/_history/2"),
    ]);
    let own = [
        "Observation/relative",
        "Observation/absolute",
        "Observation/versioned",
    ];
    vec![
        example(
            "reference",
            "Observation?subject=Patient/123",
            some.clone(),
            &own,
        ),
        example(
            "reference",
            "Observation?subject=http://example.org/fhir/Patient/123",
            some.clone(),
            &own,
        ),
        example(
            "reference",
            "Observation?subject=123",
            some.clone(),
            &[own[0], own[1], own[2], "Observation/group"],
        ),
        example("reference", "Observation?patient=123", some.clone(), &own),
        example(
            "reference",
            "Observation?subject=Patient/123/_history/2",
            some.clone(),
            &[own[2]],
        ),
        example(
            "reference",
            "Observation?subject=http://other.org/fhir/Patient/123",
            some,
            &["Observation/elsewhere"],
        ),
    ]
}

fn strings() -> Vec<Example> {
    let named = |id: &str, given: &str| json!({"resourceType": "Patient", "id": id, "name": [{"given": [given]}]});
    let some = json!([
        named("1", "Eve"),
        named("2", "Evelyn"),
        named("3", "Severine"),
        named("4", "EVE"),
        named("5", "Ève")
    ]);
    vec![
        example(
            "string",
            "Patient?given=eve",
            some.clone(),
            &["Patient/1", "Patient/2", "Patient/4", "Patient/5"],
        ),
        example(
            "string",
            "Patient?given:contains=eve",
            some.clone(),
            &[
                "Patient/1",
                "Patient/2",
                "Patient/3",
                "Patient/4",
                "Patient/5",
            ],
        ),
        example("string", "Patient?given:exact=Eve", some, &["Patient/1"]),
    ]
}

fn tokens() -> Vec<Example> {
    let coded = |id: &str, system: &str, code: &str| json!({"resourceType": "Condition", "id": id, "code": {"coding": [{"system": system, "code": code}]}});
    let conditions = json!([
        coded("1", "http://acme.org/conditions/codes", "ha125"),
        coded("2", "http://other", "ha125"),
        coded("3", "http://acme.org/conditions/codes", "ha126")
    ]);
    let patients = json!([
        {"resourceType": "Patient", "id": "1", "active": true, "gender": "male",
            "identifier": [{"system": "http://acme.org/patient", "value": "2345"}]},
        {"resourceType": "Patient", "id": "2", "active": false, "gender": "female",
            "identifier": [{"system": "http://other", "value": "2345"}, {"system": "http://acme.org/patient", "value": "1"}]},
        {"resourceType": "Patient", "id": "3", "identifier": [{"value": "2345"}]},
    ]);
    vec![
        example(
            "token",
            "Patient?identifier=http://acme.org/patient|2345",
            patients.clone(),
            &["Patient/1"],
        ),
        example(
            "token",
            "Patient?identifier=2345",
            patients.clone(),
            &["Patient/1", "Patient/2", "Patient/3"],
        ),
        example(
            "token",
            "Patient?identifier=|2345",
            patients.clone(),
            &["Patient/3"],
        ),
        example(
            "token",
            "Patient?identifier=http://acme.org/patient|",
            patients.clone(),
            &["Patient/1", "Patient/2"],
        ),
        example(
            "token",
            "Patient?gender=male",
            patients.clone(),
            &["Patient/1"],
        ),
        example(
            "token",
            "Patient?gender=http://hl7.org/fhir/administrative-gender|male",
            patients.clone(),
            &["Patient/1"],
        ),
        example(
            "token",
            "Patient?gender:not=male",
            patients.clone(),
            &["Patient/2", "Patient/3"],
        ),
        example("token", "Patient?active=true", patients, &["Patient/1"]),
        example(
            "token",
            "Condition?code=http://acme.org/conditions/codes|ha125",
            conditions.clone(),
            &["Condition/1"],
        ),
        example(
            "token",
            "Condition?code=ha125",
            conditions,
            &["Condition/1", "Condition/2"],
        ),
    ]
}

fn uris() -> Vec<Example> {
    let set = |id: &str, url: &str| json!({"resourceType": "ValueSet", "id": id, "url": url});
    let some = json!([
        set("1", "http://acme.org/fhir/ValueSet/123"),
        set("2", "http://acme.org/fhir/ValueSet/1234"),
        set("3", "urn:oid:1.2.3.4.5"),
        set("4", "http://acme.org/fhir/ValueSet/123/_history/5"),
        set("5", "http://acme.org/fhirs")
    ]);
    vec![
        example(
            "uri",
            "ValueSet?url=http://acme.org/fhir/ValueSet/123",
            some.clone(),
            &["ValueSet/1"],
        ),
        example(
            "uri",
            "ValueSet?url:below=http://acme.org/fhir/",
            some.clone(),
            &["ValueSet/1", "ValueSet/2", "ValueSet/4"],
        ),
        example(
            "uri",
            "ValueSet?url:above=http://acme.org/fhir/ValueSet/123/_history/5",
            some.clone(),
            &["ValueSet/1", "ValueSet/4"],
        ),
        example(
            "uri",
            "ValueSet?url=urn:oid:1.2.3.4.5",
            some,
            &["ValueSet/3"],
        ),
    ]
}

fn composites() -> Vec<Example> {
    let pressure = |id: &str, systolic: f64, diastolic: f64| {
        let part = |code: &str, value: f64| json!({"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": {"value": value}});
        json!({"resourceType": "Observation", "id": id, "component": [part("8480-6", systolic), part("8462-4", diastolic)]})
    };
    let potassium = |id: &str, value: f64| {
        json!({"resourceType": "Observation", "id": id, "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
            "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "mmol/L"}})
    };
    let group = |id: &str, code: &str, value: &str| {
        json!({"resourceType": "Group", "id": id, "characteristic": [{"code": {"coding": [{"code": code}]},
            "valueCodeableConcept": {"coding": [{"code": value}]}}]})
    };
    let focus = |id: &str, code: &str| {
        json!({"resourceType": "Questionnaire", "id": id, "useContext": [{"code": {"code": "focus"},
            "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": code}]}}]})
    };
    vec![
        example(
            "combining",
            "DiagnosticReport?result.code-value-quantity=http://loinc.org|2823-3$gt5.4|http://unitsofmeasure.org|mmol/L",
            json!([potassium("high", 5.5), potassium("low", 5.4),
                {"resourceType": "DiagnosticReport", "id": "1", "result": [{"reference": "Observation/low"}, {"reference": "Observation/high"}]},
                {"resourceType": "DiagnosticReport", "id": "2", "result": [{"reference": "Observation/low"}]}]),
            &["DiagnosticReport/1"],
        ),
        // The second has a value below 60, but of the other component.
        example(
            "combining",
            "Observation?component-code-value-quantity=http://loinc.org|8480-6$lt60",
            json!([pressure("low", 59.0, 40.0), pressure("normal", 120.0, 59.0)]),
            &["Observation/low"],
        ),
        example(
            "combining",
            "Group?characteristic-value=gender$mixed",
            json!([
                group("1", "gender", "mixed"),
                group("2", "gender", "female"),
                group("3", "owner", "mixed")
            ]),
            &["Group/1"],
        ),
        example(
            "combining",
            "Group?characteristic-value=gender$mixed,owner$Eve",
            json!([
                group("1", "gender", "mixed"),
                group("2", "gender", "Eve"),
                group("3", "owner", "Eve")
            ]),
            &["Group/1", "Group/3"],
        ),
        example(
            "combining",
            "Questionnaire?context-type-value=focus$http://snomed.info/sct|408934002",
            json!([focus("1", "408934002"), focus("2", "1")]),
            &["Questionnaire/1"],
        ),
    ]
}
