//! Somebody who is narrowed to a compartment: whatever is asked, the answer is that of a ward that has nothing else.

use std::rc::Rc;

use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Replica, Versions};

use crate::world::{Answer, Reader, SOURCE, WARD, history, imported, reader, run, ward};

/// What patient `a` may see: current versions that are of them, and earlier ones of those that were of them too. A
/// deletion does not say whose it was.
fn of_a() -> Rc<Replica<Memory>> {
    let is_of_a = |kind: &str, id: &str, version: u32| match kind {
        "Patient" | "Encounter" | "Composition" => !matches!(id, "b" | "f"),
        "Observation" => matches!((id, version), ("mine", _) | ("moved", 2)),
        _ => false,
    };
    let own = WARD.iter().filter(|it| is_of_a(it.0, it.1, it.2));
    let own: Vec<_> = own.copied().collect();
    run(async {
        let replica = Replica::open(Memory::new(), SOURCE, 7, Some(Versions::All)).await;
        let replica = Rc::new(replica.unwrap());
        for some in own.chunks(3) {
            imported(&replica, &history(some)).await;
        }
        replica
    })
}

const NAMES: [&str; 18] = [
    "Patient/a",
    "Patient/b",
    "Practitioner/d",
    "Encounter/e",
    "Encounter/f",
    "Observation/moved",
    "Observation/left",
    "Observation/mine",
    "Observation/theirs",
    "Observation/gone",
    "Observation/none",
    "Composition/letter",
    "Composition/torn",
    "Composition/own",
    "Device/x",
    "Patient/none",
    "Practitioner/none",
    "Encounter/none",
];

const SEARCHES: [&str; 62] = [
    "Patient",
    "Patient?_id=a,b",
    "Patient?_id:not=a",
    "Patient?name=Bein",
    "Patient?name:missing=false",
    "Patient?general-practitioner=Practitioner/d",
    "Patient?general-practitioner.name=Doktor",
    "Patient?general-practitioner:Practitioner.name:missing=false",
    "Patient?_has:Observation:subject:code=8867-4",
    "Patient?_has:Observation:subject:_id=theirs",
    "Patient?_has:Observation:subject:_id=mine",
    "Patient?_has:Observation:subject:_has:Composition:entry:_id=letter",
    "Patient?_has:Encounter:patient:_id=f",
    "Patient?_include=Patient:general-practitioner",
    "Patient?_include=*",
    "Patient?_revinclude=*",
    "Patient?_revinclude=Observation:subject",
    "Patient?_revinclude=Observation:subject&_revinclude:iterate=Observation:has-member&_include:iterate=*",
    "Patient?_lastUpdated=gt2020",
    "Patient?_content=Bein",
    "Patient?_content=Doktor",
    "Patient?_filter=name eq \"Bein\"",
    "Patient?_filter=not (name eq \"Arm\")",
    "Patient?_count=0",
    "Patient?_summary=count",
    "Patient?_total=accurate&_count=1",
    "Practitioner",
    "Practitioner?name=Doktor",
    "Practitioner?_has:Observation:performer:_id=mine",
    "Practitioner?_summary=count",
    "Observation",
    "Observation?_sort=-_lastUpdated&_count=1",
    "Observation?subject=Patient/b",
    "Observation?subject:Patient.name=Bein",
    "Observation?subject.name=Arm",
    "Observation?subject:not=Patient/a",
    "Observation?subject:missing=true",
    "Observation?code=8867-4",
    "Observation?code:not=8867-4",
    "Observation?code:text=pulse",
    "Observation?performer.name=Doktor",
    "Observation?performer.name:missing=false",
    "Observation?performer=Practitioner/d",
    "Observation?has-member=Observation/theirs",
    "Observation?has-member._id=theirs",
    "Observation?has-member.code=8867-4",
    "Observation?has-member.subject.name=Bein",
    "Observation?has-member.subject.name:missing=false",
    "Observation?_has:Observation:has-member:_id=theirs",
    "Observation?_has:Observation:has-member:code=8867-4",
    "Observation?_has:Observation:has-member:subject.name=Bein",
    "Observation?_include=Observation:has-member",
    "Observation?_include=Observation:performer&_include:iterate=Observation:has-member",
    "Observation?_revinclude=Observation:has-member",
    "Observation?_revinclude:iterate=Observation:has-member&_id=mine",
    "Observation?encounter=Encounter/f,Encounter/e",
    "Observation?_include=Observation:encounter&_revinclude=Composition:entry",
    "Composition?entry:Observation.subject:Patient.name=Bein",
    "Composition?author.name=Doktor",
    "?_type=Patient,Practitioner,Observation&_sort=_id",
    "?_id=b,d,f,left,theirs,gone",
    "?_lastUpdated=gt2020&_include=*&_count=2",
];

const COMPARTMENTS: [&str; 9] = [
    "Patient/a/*",
    "Patient/a/Observation",
    "Patient/b/*",
    "Patient/b/Observation",
    "Patient/b/Observation?_include=*",
    "Practitioner/d/*",
    "Practitioner/d/Patient",
    "Encounter/e/*",
    "Encounter/f/Observation",
];

/// All that is asked.
fn targets() -> Vec<String> {
    let mut targets: Vec<String> = SEARCHES
        .iter()
        .chain(&COMPARTMENTS)
        .map(|it| it.replace(' ', "%20"))
        .collect();
    for name in NAMES {
        targets.extend([
            name.to_string(),
            format!("{name}/_history"),
            format!("{name}/_history?_at=2024-01-03"),
        ]);
        targets.extend((1..=4).map(|version| format!("{name}/_history/{version}")));
        if let Some(id) = name.strip_prefix("Patient/") {
            targets.extend(
                [
                    "",
                    "?_count=1",
                    "?_type=Observation",
                    "?_since=2020-01-01T00:00:00Z",
                ]
                .map(|asked| format!("Patient/{id}/$everything{asked}")),
            );
        }
        if name.starts_with("Composition/") {
            targets.push(format!("{name}/$document"));
        }
    }
    for place in [
        "_history",
        "Patient/_history",
        "Observation/_history",
        "Practitioner/_history",
        "Encounter/_history",
        "Composition/_history",
        "Device/_history",
    ] {
        for asked in [
            "",
            "?_count=1",
            "?_count=0",
            "?_sort=_lastUpdated&_count=2",
            "?_since=2020-01-01T00:00:00Z",
            "?_at=2024-01-03",
            "?_at=2024-01-08",
        ] {
            targets.push(format!("{place}{asked}"));
        }
    }
    targets
}

/// What an answer tells, whatever its dates and the numbers in its links.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    headers: Vec<Option<String>>,
    refusal: Option<String>,
    names: Vec<String>,
    total: Option<u64>,
    next: bool,
    previous: bool,
    resource: Option<String>,
}

fn told(answer: &Answer, sorted: bool) -> Told {
    let json = answer.json();
    let is_bundle = json["resourceType"] == "Bundle";
    let total = match json["type"] == "searchset" {
        true => json["total"].as_u64(),
        // Of a history of a compartment it is not told.
        false => None,
    };
    let mut names = match json["type"] == "history" {
        true => answer.versions(),
        false if is_bundle => answer.names(),
        false => Vec::new(),
    };
    if !sorted {
        names.sort();
    }
    Told {
        status: answer.status(),
        headers: ["etag", "last-modified", "allow"]
            .map(|name| answer.header(name).map(str::to_string))
            .to_vec(),
        refusal: (answer.status() >= 400).then(|| answer.text().to_string()),
        names,
        total,
        next: is_bundle && answer.link("next").is_some(),
        previous: is_bundle && answer.link("previous").is_some(),
        resource: (!is_bundle && answer.status() == 200).then(|| answer.text().to_string()),
    }
}

/// The answers to a target and to all pages after it.
fn all_told(reader: &Reader<Memory>, target: &str) -> Vec<Told> {
    // Of histories without an order of their own, pages are of different moments.
    let sorted = target.contains("_sort");
    let mut all = Vec::new();
    let mut next = Some(target.to_string());
    while let Some(target) = next {
        let answer = reader.get(&target);
        next = match answer.status() {
            200 => answer
                .link("next")
                .map(|url| url[crate::world::BASE.len()..].to_string()),
            _ => None,
        };
        all.push(told(&answer, sorted));
        assert!(all.len() < 50, "{target}");
    }
    if !sorted && all.len() > 1 {
        let names: Vec<String> = all
            .iter_mut()
            .flat_map(|it| std::mem::take(&mut it.names))
            .collect();
        all[0].names = names;
        all[0].names.sort();
    }
    all
}

#[test]
fn within_a_compartment_every_answer_is_that_of_a_ward_without_others() {
    let (narrowed, alone) = (reader(&ward()).within("Patient/a"), reader(&of_a()));
    for target in targets() {
        let expected = all_told(&alone, &target);
        assert_eq!(all_told(&narrowed, &target), expected, "{target}");
    }
}

#[test]
fn searches_by_post_are_narrowed_too() {
    let narrowed = reader(&ward()).within("Patient/a");
    for (target, form) in [
        ("Patient/_search", "_id=b"),
        ("Observation/_search", "subject=Patient/b"),
        ("_search", "_id=b,d,f,left"),
        ("Patient/b/Observation/_search", "_sort=_id"),
    ] {
        let answer = narrowed.post(target, form);
        assert_eq!(
            (
                answer.status(),
                answer.names().len(),
                &answer.json()["total"]
            ),
            (200, 0, &0.into()),
            "{target}"
        );
    }
    let headers = [("content-type", "application/fhir+json")];
    let body = r#"{"resourceType":"Parameters"}"#;
    assert_eq!(
        narrowed
            .ask("POST", "Patient/b/$everything", &headers, body)
            .status(),
        404
    );
}

#[test]
fn what_a_list_or_a_value_set_holds_is_not_asked_by_who_is_narrowed() {
    let narrowed = reader(&ward()).within("Patient/a");
    for target in [
        "Observation?_list=x",
        "Observation?code:in=ValueSet/x",
        "Observation?code:below=http://loinc.org|8867-4",
    ] {
        let answer = narrowed.get_with(target, &[("prefer", "handling=strict")]);
        assert_eq!(answer.refusal().0, 400, "{target}");
    }
}

#[test]
fn a_page_that_was_given_to_another_is_none() {
    let replica = ward();
    let open = reader(&replica);
    let narrowed = reader(&replica).within("Patient/a");
    for target in [
        "Observation?_count=1&_sort=_id",
        "Observation/_history?_count=1",
        "?_type=Patient,Observation&_count=1",
    ] {
        let mut next = open.get(target).link("next");
        while let Some(url) = next {
            let target = &url[crate::world::BASE.len()..];
            let shown = narrowed.get(target).names();
            assert!(
                shown.iter().all(
                    |name| ["Observation/mine", "Observation/moved", "Patient/a"]
                        .contains(&name.as_str())
                ),
                "{shown:?}"
            );
            next = open.get(target).link("next");
        }
    }
}
