//! Searches: by GET and POST, in a compartment, of all types, a page at a time.

use crate::world::{BASE, of_ward, open};

#[test]
fn a_search_is_a_bundle_of_what_it_finds_with_the_bytes_that_came() {
    let answer = open().get("Observation?subject=Patient/a&_sort=_id");
    let bundle = answer.json();
    assert_eq!(bundle["type"], "searchset");
    assert_eq!(bundle["total"], 2);
    assert_eq!(answer.names(), ["Observation/mine", "Observation/moved"]);
    let first = &bundle["entry"][0];
    assert_eq!(first["fullUrl"], format!("{BASE}/Observation/mine"));
    assert_eq!(first["search"]["mode"], "match");
    // L4
    assert!(answer.text().contains(&of_ward("Observation", "mine", 3)));
    let own = format!("{BASE}/Observation?subject=Patient/a&_sort=_id");
    assert_eq!(answer.link("self"), Some(own));
    assert_eq!(answer.link("next"), None);
}

#[test]
fn a_search_by_post_is_the_search_by_get() {
    let reader = open();
    let got = reader.get("Observation?subject=Patient/a&code:text=Pulse&_sort=-_id");
    for (target, form) in [
        (
            "Observation/_search",
            "subject=Patient/a&code:text=Pulse&_sort=-_id",
        ),
        (
            "Observation/_search?subject=Patient/a",
            "code:text=Pulse&_sort=-_id",
        ),
        (
            "Observation/_search?subject=Patient/a&code:text=Pulse&_sort=-_id",
            "",
        ),
        (
            "Observation/_search",
            "subject=Patient%2Fa&code%3Atext=Pulse&_sort=-_id",
        ),
    ] {
        let posted = reader.post(target, form);
        assert_eq!(
            (posted.status(), posted.names()),
            (200, got.names()),
            "{target}"
        );
        assert_eq!(posted.json()["total"], 1);
        // R9: its pages are read by GET.
        assert!(
            posted
                .link("self")
                .unwrap()
                .starts_with(&format!("{BASE}/Observation?"))
        );
    }
}

#[test]
fn r9_the_pages_of_a_search_by_post_are_read_by_get() {
    let reader = open();
    let first = reader.post("Observation/_search", "_count=2&_sort=_id");
    let next = first.link("next").unwrap();
    let second = reader.get(next.strip_prefix(BASE).unwrap());
    assert_eq!(first.names().len(), 2);
    assert_eq!(second.names(), ["Observation/moved", "Observation/theirs"]);
}

#[test]
fn a_compartment_and_all_types_are_searched_too() {
    let reader = open();
    let found = ["Observation/mine", "Observation/moved"];
    assert_eq!(reader.all("Patient/a/Observation"), found);
    assert_eq!(
        reader
            .post("Patient/a/Observation/_search", "_sort=_id")
            .names(),
        found
    );
    assert_eq!(
        reader.all("Patient/a/Observation?code:text=pulse"),
        ["Observation/moved"]
    );
    let compartment = [
        "Composition/letter",
        "Composition/own",
        "Composition/torn",
        "Encounter/e",
        "Observation/mine",
        "Observation/moved",
        "Patient/a",
    ];
    assert_eq!(reader.all("Patient/a/*"), compartment);
    assert_eq!(
        reader.all("Encounter/e/*"),
        ["Encounter/e", "Observation/moved"]
    );
    assert_eq!(
        reader.all("Practitioner/d/Observation"),
        ["Observation/mine"]
    );
    let both = ["Encounter/e", "Encounter/f", "Patient/a", "Patient/b"];
    assert_eq!(reader.all("?_type=Patient,Encounter"), both);
    assert_eq!(
        reader.post("_search", "_type=Patient&_id=b").names(),
        ["Patient/b"]
    );
    assert_eq!(reader.all("?_id=d"), ["Practitioner/d"]);
    assert_eq!(reader.get("").refusal().0, 400);
    assert_eq!(reader.get("Patient/a/Organization").refusal().0, 400);
}

#[test]
fn p1_pages_show_each_match_once_whatever_their_size() {
    let reader = open();
    let whole = reader.get("Observation?_sort=-_lastUpdated").names();
    assert_eq!(whole.len(), 4);
    for count in 1..=5 {
        let pages = reader.pages(&format!("Observation?_sort=-_lastUpdated&_count={count}"));
        assert!(
            pages
                .iter()
                .all(|page| page.len() <= count && !page.is_empty())
        );
        assert_eq!(pages.concat(), whole, "{count}");
    }
    let second = reader
        .get("Observation?_sort=_id&_count=1")
        .link("next")
        .unwrap();
    let second = reader.get(second.strip_prefix(BASE).unwrap());
    let previous = second.link("previous").unwrap();
    let first = reader.get(previous.strip_prefix(BASE).unwrap());
    assert_eq!(first.names(), ["Observation/left"]);
}

#[test]
fn a_page_has_a_hundred_matches_and_a_thousand_at_most() {
    use crate::world::{history, imported, reader, run, ward};
    let replica = ward();
    let ids: Vec<String> = (0..1100).map(|number| format!("n{number:04}")).collect();
    let many: Vec<_> = ids
        .iter()
        .map(|id| ("Device", id.as_str(), 1, 9, ""))
        .collect();
    let many: Vec<_> = many
        .into_iter()
        .map(|it| (it.0, it.1, it.2, it.3, r#","status":"active""#))
        .collect();
    run(imported(&replica, &history(&many)));
    let reader = reader(&replica);
    for (asked, size) in [
        ("", 100),
        ("?_count=7", 7),
        ("?_count=1000", 1000),
        ("?_count=99999999", 1000),
    ] {
        let answer = reader.get(&format!("Device{asked}"));
        assert_eq!(
            (answer.names().len(), &answer.json()["total"]),
            (size, &1100.into()),
            "{asked}"
        );
        assert_eq!(
            reader.get(&format!("Device/_history{asked}")).names().len(),
            size,
            "{asked}"
        );
    }
    assert_eq!(reader.all("Device").len(), 1100);
    assert_eq!(reader.all("Device/_history?_count=1000").len(), 1100);
}

#[test]
fn what_belongs_to_a_match_comes_with_it() {
    let reader = open();
    let answer = reader
        .get("Observation?_id=mine&_include=Observation:performer&_revinclude=Composition:entry");
    assert_eq!(answer.names()[0], "Observation/mine");
    let mut all = answer.names();
    all.sort();
    assert_eq!(
        all,
        ["Composition/letter", "Observation/mine", "Practitioner/d"]
    );
    let bundle = answer.json();
    assert_eq!(bundle["total"], 1, "P5: what is included is not counted");
    assert_eq!(bundle["entry"][1]["search"]["mode"], "include");
}

#[test]
fn counts_have_no_entries_and_deletions_are_not_found() {
    let reader = open();
    for target in ["Observation?_count=0", "Observation?_summary=count"] {
        let bundle = reader.get(target).json();
        assert_eq!(
            (&bundle["total"], &bundle["entry"]),
            (&4.into(), &serde_json::Value::Null)
        );
    }
    assert_eq!(reader.get("Observation?_id=gone").json()["total"], 0);
}
