//! Histories of a resource, of a type and of all.

use fhir_pull::host::memory::Memory;
use fhir_pull::replica::Versions;

use crate::world::{BASE, history, imported, of_ward, open, reader, run, ward, ward_in};

#[test]
fn the_history_of_a_resource_is_its_versions_the_newest_first() {
    let answer = open().get("Observation/mine/_history");
    let mine = |version| format!("Observation/mine {version}");
    assert_eq!(answer.versions(), [mine(3), mine(2), mine(1)]);
    let bundle = answer.json();
    assert_eq!(
        (&bundle["type"], &bundle["total"]),
        (&"history".into(), &3.into())
    );
    for (entry, version) in bundle["entry"].as_array().unwrap().iter().zip([3, 2, 1]) {
        assert_eq!(entry["fullUrl"], format!("{BASE}/Observation/mine"));
        assert_eq!(entry["request"]["method"], "PUT");
        assert_eq!(entry["request"]["url"], "Observation/mine");
        assert!(entry["response"]["lastModified"].is_string());
        // L4
        assert!(
            answer
                .text()
                .contains(&of_ward("Observation", "mine", version))
        );
    }
}

#[test]
fn h5_a_deletion_is_told_without_content() {
    let answer = open().get("Observation/gone/_history");
    assert_eq!(
        answer.versions(),
        ["-Observation/gone 2", "Observation/gone 1"]
    );
    let deletion = &answer.json()["entry"][0];
    assert_eq!(deletion["request"]["method"], "DELETE");
    assert_eq!(
        deletion["response"]["lastModified"],
        "2024-01-08T08:00:00.250Z"
    );
    assert!(deletion["resource"].is_null());
}

#[test]
fn the_history_of_a_type_and_of_all_has_every_version_once() {
    let reader = open();
    let observations = reader.all("Observation/_history");
    assert_eq!(observations.len(), 10);
    assert_eq!(reader.get("Observation/_history").json()["total"], 10);
    let all = reader.all("_history");
    assert_eq!(all.len(), 18);
    let of_type = all.iter().filter(|name| name.contains("Observation/"));
    assert_eq!(
        of_type.collect::<Vec<_>>(),
        observations.iter().collect::<Vec<_>>()
    );
    assert_eq!(reader.get("Device/_history").names(), [""; 0]);
}

#[test]
fn where_the_current_version_alone_is_kept_the_latest_change_is_told() {
    let reader = reader(&ward_in(Memory::new(), Versions::Current));
    assert_eq!(
        reader.get("Observation/mine/_history").versions(),
        ["Observation/mine 3"]
    );
    assert_eq!(
        reader.get("Observation/gone/_history").versions(),
        ["-Observation/gone 2"]
    );
    assert_eq!(reader.all("Observation/_history").len(), 5);
}

#[test]
fn p1_pages_tell_each_version_once_whatever_their_size_and_order() {
    let reader = open();
    for place in [
        "_history",
        "Observation/_history",
        "Observation/mine/_history",
    ] {
        let newest = reader.get(place).versions();
        for (sort, whole) in [
            ("", newest.clone()),
            ("&_sort=-_lastUpdated", newest.clone()),
            (
                "&_sort=_lastUpdated",
                newest.iter().rev().cloned().collect(),
            ),
        ] {
            for count in 1..=4 {
                let mut told = Vec::new();
                let mut next = Some(format!("{place}?_count={count}{sort}"));
                while let Some(target) = next {
                    let page = reader.get(&target);
                    told.extend(page.versions());
                    assert!(page.versions().len() <= count);
                    next = page.link("next").map(|url| url[BASE.len()..].to_string());
                }
                assert_eq!(told, whole, "{place} {count} {sort}");
            }
        }
    }
}

#[test]
fn l8_a_commit_between_two_pages_loses_nothing_and_repeats_nothing_untouched() {
    let replica = ward();
    let reader = reader(&replica);
    let before = reader.all("Observation/_history");
    let first = reader.get("Observation/_history?_count=4");
    run(imported(
        &replica,
        &history(&[("Observation", "new", 1, 20, r#","status":"final""#)]),
    ));
    let mut told = first.names();
    let mut next = first.link("next");
    while let Some(url) = next {
        let page = reader.get(&url[BASE.len()..]);
        told.extend(page.names());
        next = page.link("next");
    }
    told.sort();
    assert_eq!(told, before);
}

#[test]
fn since_a_time_is_what_changed_or_came_at_or_after_it() {
    // What came is as old as what it was, where all came at once.
    let replica = ward_in(Memory::new(), Versions::All);
    let reader = reader(&replica);
    let all = reader.all("_history").len();
    assert_eq!(
        reader.all("_history?_since=2020-01-01T00:00:00Z").len(),
        all
    );
    assert_eq!(
        reader.all("_history?_since=2024-01-09T08:00:00.251Z").len(),
        0
    );
    // H1: at the time itself too, in any zone.
    for since in [
        "2024-01-09T08:00:00.250Z",
        "2024-01-09T10:00:00.250%2B02:00",
        "2024-01-09T10:00:00.250+02:00",
    ] {
        let told = reader.all(&format!("Composition/_history?_since={since}"));
        assert_eq!(
            told,
            ["Composition/letter", "Composition/own", "Composition/torn"],
            "{since}"
        );
    }
    let told = reader.get("Observation/mine/_history?_since=2024-01-06T08:00:00.250Z&_count=1");
    assert!(
        told.link("next")
            .is_none_or(|next| next.contains("_since=2024-01-06T08:00:00.250Z"))
    );
}

#[test]
fn at_a_time_is_what_was_current_then() {
    let reader = open();
    let at = |place: &str, at: &str| reader.get(&format!("{place}?_at={at}")).versions();
    let mine = |version| format!("Observation/mine {version}");
    assert_eq!(
        at("Observation/mine/_history", "2024-01-05T12:00:00Z"),
        [mine(1)]
    );
    assert_eq!(
        at("Observation/mine/_history", "2024-01-06T12:00:00Z"),
        [mine(2)]
    );
    assert_eq!(
        at("Observation/mine/_history", "2024-01-06"),
        [mine(2), mine(1)]
    );
    assert_eq!(
        at("Observation/mine/_history", "2024-02-01T00:00:00Z"),
        [mine(3)]
    );
    assert_eq!(
        at("Observation/mine/_history", "2023-01-01T00:00:00Z"),
        [""; 0]
    );
    assert_eq!(
        at("Observation/gone/_history", "2024-01-06T12:00:00Z"),
        ["Observation/gone 1"]
    );
    // A deletion is no version that was current.
    assert_eq!(
        at("Observation/gone/_history", "2024-01-09T12:00:00Z"),
        [""; 0]
    );
    let mut third = at("Observation/_history", "2024-01-03T12:00:00Z");
    third.sort();
    assert_eq!(third, ["Observation/left 1", "Observation/moved 1"]);
}

#[test]
fn a_count_of_none_tells_how_many_there_are() {
    let answer = open().get("Observation/_history?_count=0");
    assert_eq!(
        (answer.names().len(), &answer.json()["total"]),
        (0, &10.into())
    );
    assert_eq!(answer.link("next"), None);
}

#[test]
fn of_what_was_never_there_no_history_is_told() {
    assert_eq!(
        open().get("Observation/none/_history").refusal(),
        (404, "not-found".to_string())
    );
}
