//! Whole answers: subsets, value sets, canonicals, and what is refused.

use serde_json::json;

use crate::naive::{Refusal, Server, Version};

/// R5 search.html#summary and search.html#elements.
#[test]
fn a_subset_has_what_was_asked_for_and_is_marked() {
    let observation = json!({
        "resourceType": "Observation", "id": "1", "meta": {"tag": [{"code": "x"}]},
        "text": {"div": "<div>a</div>"}, "status": "final", "_status": {"id": "s"},
        "code": {"text": "c"}, "note": [{"text": "n"}], "subject": {"reference": "Patient/1"},
        "component": [{"id": "d", "code": {"text": "k"}, "valueString": "v", "interpretation": [{}]}],
        "valueQuantity": {"value": 1},
    });
    let patient = json!({"resourceType": "Patient", "id": "1", "gender": "male", "photo": [{}]});
    let resources = vec![observation.clone(), patient.clone()];
    let server = Server::new(Version::R4, "http://x.org", 0, resources);
    let page = |query: &str| server.page(&format!("Observation?{query}")).unwrap();
    let subsetted = json!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"});
    // The members of the first match; all subsets have meta, where the mark is.
    let members = |query: &str| {
        let part = page(query).matches.remove(0);
        assert_eq!(
            part["meta"]["tag"],
            json!([{"code": "x"}, subsetted]),
            "{query}"
        );
        let members = part.as_object().unwrap().keys().cloned();
        let members =
            members.filter(|name| !["id", "meta", "resourceType"].contains(&name.as_str()));
        members.collect::<Vec<String>>().join(" ")
    };
    assert_eq!(
        members("_summary=true"),
        "_status code component status subject valueQuantity"
    );
    let component = &page("_summary=true").matches[0]["component"];
    assert_eq!(
        *component,
        json!([{"code": {"text": "k"}, "valueString": "v"}])
    );
    assert_eq!(members("_summary=text"), "_status code status text");
    assert_eq!(
        members("_summary=data"),
        "_status code component note status subject valueQuantity"
    );
    assert_eq!(members("_elements=note"), "_status code note status");
    assert_eq!(
        members("_elements=value,subject"),
        "_status code status subject valueQuantity"
    );
    assert_eq!(page("_summary=false").matches[0], observation);
    assert_eq!(page("_summary=count").matches, [json!(null); 0]);
    assert_eq!(
        page("_count=0&_include=Observation:subject").included,
        [json!(null); 0]
    );

    // Without a type before it an element is one of the matches; a summary is of all.
    let included = |query: &str| page(&format!("_include=Observation:subject&{query}")).included;
    assert_eq!(included("_elements=note"), [patient]);
    assert_eq!(
        included("_elements=Patient.gender,note")[0].get("photo"),
        None
    );
    assert_eq!(included("_summary=true")[0].get("photo"), None);
    assert_eq!(page("_elements=Patient.gender").matches, [observation]);
}

/// R5 search.html#modifierin: what a value set lists, in all the ways that are understood.
#[test]
fn a_value_set_is_its_expansion_or_what_its_compose_lists() {
    let set = |id: &str, content: serde_json::Value| {
        let mut set =
            json!({"resourceType": "ValueSet", "id": id, "url": format!("http://x.org/{id}")});
        for (name, part) in content.as_object().unwrap() {
            set[name] = part.clone();
        }
        set
    };
    let coded = |code: &str, system: &str| json!({"resourceType": "Condition", "id": code, "code": {"coding": [{"system": system, "code": code}]}});
    let include =
        json!([{"system": "s", "concept": [{"code": "a"}, {"code": "b"}]}, {"system": "t"}]);
    let resources = vec![
        set(
            "listed",
            json!({"compose": {"include": include, "exclude": [{"system": "s", "concept": [{"code": "b"}]}]}}),
        ),
        set(
            "both",
            json!({"compose": {"include": [{"system": "t", "valueSet": ["http://x.org/listed"]}]}}),
        ),
        set(
            "expanded",
            json!({"compose": {"include": include}, "expansion": {"contains": [
            {"system": "s", "code": "b", "abstract": true, "contains": [{"system": "s", "code": "c"}]}]}}),
        ),
        set(
            "filtered",
            json!({"compose": {"include": [{"system": "s", "filter": [{}]}]}}),
        ),
        set("empty", json!({})),
        coded("a", "s"),
        coded("b", "s"),
        coded("c", "s"),
        coded("d", "t"),
    ];
    let server = Server::new(Version::R4, "http://x.org/fhir", 0, resources);
    let found = |set: &str| {
        let answer = server.search(&format!("Condition?code:in=http://x.org/{set}"));
        answer.map(|answer| answer.matches.join(" "))
    };
    assert_eq!(found("listed").unwrap(), "Condition/a Condition/d");
    assert_eq!(found("both").unwrap(), "Condition/d");
    assert_eq!(found("expanded").unwrap(), "Condition/c");
    for refused in ["filtered", "empty", "unknown"] {
        assert!(
            matches!(found(refused), Err(Refusal::Unsupported(_))),
            "{refused}"
        );
    }
}

#[test]
fn a_canonical_leads_to_resources_of_the_types_that_are_meant() {
    let resources = vec![
        json!({"resourceType": "QuestionnaireResponse", "id": "r", "questionnaire": "http://x.org/q|1"}),
        json!({"resourceType": "Questionnaire", "id": "old", "url": "http://x.org/q", "version": "0"}),
        json!({"resourceType": "Questionnaire", "id": "q", "url": "http://x.org/q", "version": "1"}),
        json!({"resourceType": "ValueSet", "id": "v", "url": "http://x.org/q", "version": "1"}),
    ];
    let server = Server::new(Version::R4, "http://x.org/fhir", 0, resources);
    let include = "QuestionnaireResponse?_include=QuestionnaireResponse:questionnaire";
    let included = server.search(include).unwrap().included;
    assert_eq!(Vec::from_iter(included), ["Questionnaire/q"]);
    let chain = "QuestionnaireResponse?questionnaire:Questionnaire._id";
    assert_eq!(server.search(&format!("{chain}=q")).unwrap().total, 1);
    assert_eq!(server.search(&format!("{chain}=old")).unwrap().total, 0);
}

#[test]
fn what_means_nothing_is_bad_input_and_what_is_not_known_is_unsupported() {
    let server = Server::new(Version::R4, "http://x.org/fhir", 0, Vec::new());
    let bad = [
        "Patient?gender=",
        "Patient?gender=a,,b",
        "Patient?birthdate=soon",
        "Patient?name=a\\b",
        "Patient?gender=%zz",
        "Patient?_count=-1",
        "Patient?_summary=all",
        "Patient?name:missing=perhaps",
        "Patient?identifier=a|b|c",
        "Patient?identifier=|",
        "Patient?identifier:of-type=a|b",
        "Observation?value-quantity=5|mg",
        "Observation?value-quantity=x",
        "Observation?code-value-quantity=a",
        "Observation?subject:Patient=Patient/1",
        "Patient?_has:Observation:patient=a",
        "Observation?code.text=a",
        "ValueSet?url:below=urn:oid:1",
        "Patient?_include=Patient",
        "Patient?_filter=name co",
        "Patient?_filter=(name co a",
        "Patient?_filter=name pr a",
        "a/b/c/d",
        "Patient/a_b/Observation",
    ];
    for query in bad {
        assert!(
            matches!(server.search(query), Err(Refusal::BadInput(_))),
            "{query}"
        );
    }
    let unsupported = [
        "Nothing",
        "Patient?magic=1",
        "Patient?gender:exact=a",
        "Patient?birthdate:not=2000",
        "Observation?subject:Encounter=1",
        "Observation?subject.magic=1",
        "Patient?_sort=magic",
        "Observation?_sort=code-value-quantity",
        "?gender=male",
        "?_type=Patient,Observation&gender=male",
        "Patient?_list=$current-problems",
        "Patient?_has:Nothing:patient:code=a",
        "Patient?_include=Patient:magic",
        "Patient?_filter=gender co a",
        "Patient/1/ValueSet",
        "ValueSet/1/*",
        "Patient?_contained=true",
    ];
    for query in unsupported {
        assert!(
            matches!(server.search(query), Err(Refusal::Unsupported(_))),
            "{query}"
        );
    }
}

/// R5 search.html#date: an instant is "a fixed point in time".
#[test]
fn last_updated_has_no_width() {
    let patient = json!({"resourceType": "Patient", "id": "1", "meta": {"lastUpdated": "2019-05-14T10:00:00Z"}});
    let server = Server::new(Version::R4, "http://x.org/fhir", 0, vec![patient]);
    let total = |value: &str| {
        server
            .search(&format!("Patient?_lastUpdated={value}"))
            .unwrap()
            .total
    };
    assert_eq!(total("eb2019-05-14T10:00:00.5Z"), 1);
    assert_eq!(total("2019-05-14T10:00:00.0Z"), 1);
    assert_eq!(total("gt2019-05-14T10:00:00.0Z"), 0);
}
