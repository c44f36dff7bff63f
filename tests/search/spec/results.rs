//! R5 search.html#modifyingresults: order and includes.

use serde_json::{Value, json};

use super::{Example, example};

pub(super) fn examples() -> Vec<Example> {
    let mut all = includes();
    all.push(sorted());
    all
}

fn sorted() -> Example {
    let of = |id: &str, status: &str, date: &str, category: &str| {
        json!({"resourceType": "Observation", "id": id, "status": status, "effectiveDateTime": date,
            "category": [{"coding": [{"code": category}]}]})
    };
    let world = json!([of("4", "final", "2020-01-01", "b"), of("1", "amended", "2019", "z"), of("3", "final", "2020-01-01", "a"),
        of("2", "final", "2021", "x"), {"resourceType": "Observation", "id": "5", "status": "final"}]);
    example(
        "sort",
        "Observation?_sort=status,-date,category",
        world,
        &[
            "Observation/1",
            "Observation/2",
            "Observation/3",
            "Observation/4",
            "Observation/5",
        ],
    )
}

fn includes() -> Vec<Example> {
    let reference = |to: &str| json!({"reference": to});
    let named = |kind: &str, id: &str| json!({"resourceType": kind, "id": id});
    let request = |id: &str, patient: &str, by: &str| json!({"resourceType": "MedicationRequest", "id": id, "subject": reference(patient), "requester": reference(by)});
    let provenance = |id: &str, of: &str| json!({"resourceType": "Provenance", "id": id, "target": [reference(of)]});
    let panel = |id: &str, members: &[&str]| {
        let members: Vec<Value> = members.iter().map(|member| reference(member)).collect();
        json!({"resourceType": "Observation", "id": id, "hasMember": members})
    };
    let world = json!([request("1", "Patient/p", "Practitioner/d"), request("2", "Patient/gone", "Practitioner/d"), named("Patient", "p"), named("Patient", "q"),
        named("Practitioner", "d"), provenance("x", "MedicationRequest/1"), provenance("y", "MedicationRequest/gone"),
        {"resourceType": "MedicationDispense", "id": "m", "authorizingPrescription": [reference("MedicationRequest/1")]}]);
    let panels = json!([
        panel("1", &["Observation/2"]),
        panel("2", &["Observation/3"]),
        panel("3", &["Observation/1"]),
        panel("4", &[])
    ]);
    vec![
        example(
            "include",
            "MedicationRequest?_include=MedicationRequest:patient",
            world.clone(),
            &["MedicationRequest/1", "MedicationRequest/2", "Patient/p"],
        ),
        example(
            "include",
            "MedicationRequest?_revinclude=Provenance:target",
            world.clone(),
            &["MedicationRequest/1", "MedicationRequest/2", "Provenance/x"],
        ),
        example(
            "include",
            "MedicationDispense?_include=MedicationDispense:prescription&_include:iterate=MedicationRequest:requester",
            world.clone(),
            &[
                "MedicationDispense/m",
                "MedicationRequest/1",
                "Practitioner/d",
            ],
        ),
        // Not iterated, the second finds nothing to begin from.
        example(
            "include",
            "MedicationDispense?_include=MedicationDispense:prescription&_include=MedicationRequest:requester",
            world.clone(),
            &["MedicationDispense/m", "MedicationRequest/1"],
        ),
        example(
            "include",
            "MedicationRequest?_id=1&_include=*",
            world.clone(),
            &["MedicationRequest/1", "Patient/p", "Practitioner/d"],
        ),
        example(
            "include",
            "MedicationRequest?_id=1&_include=MedicationRequest:requester:Patient",
            world,
            &["MedicationRequest/1"],
        ),
        example(
            "include",
            "Observation?_id=1&_include=Observation:has-member",
            panels.clone(),
            &["Observation/1", "Observation/2"],
        ),
        example(
            "include",
            "Observation?_id=1&_include:iterate=Observation:has-member",
            panels,
            &["Observation/1", "Observation/2", "Observation/3"],
        ),
    ]
}
