//! The first page of a large answer, for which most matches are never ranked, is the beginning of the
//! whole answer in its order.

use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Offer, Replica, Writer};
use serde_json::Value;

use crate::chance::{Chance, each_seed};
use crate::searching::text;
use crate::server::BASE;
use crate::stops::run;

const SORTS: [&str; 9] = [
    "family",
    "-family",
    "name,-birthdate",
    "-name,_id",
    "birthdate,name",
    "-birthdate",
    "_lastUpdated,-family",
    "-_lastUpdated",
    "organization,family",
];

fn patient(chance: &mut Chance, id: &str) -> String {
    let names = ["Ann", "Bo", "Ćo", "dee", "Eve", "", "Fay", "gus"];
    let name = |chance: &mut Chance| chance.of(&names).to_string() + *chance.of(&["", "a", "Z"]);
    let mut members = vec![format!(r#""resourceType":"Patient","id":"{id}""#)];
    if chance.below(4) > 0 {
        let (family, given) = (name(chance), name(chance));
        members.push(format!(
            r#""name":[{{"family":"{family}","given":["{given}"]}}]"#
        ));
    }
    if chance.below(5) > 0 {
        let (year, month) = (1950 + chance.below(20), 1 + chance.below(9));
        members.push(format!(r#""birthDate":"{year}-0{month}""#));
    }
    let organization = chance.below(3);
    members.push(format!(
        r#""managingOrganization":{{"reference":"Organization/{organization}"}}"#
    ));
    format!("{{{}}}", members.join(","))
}

async fn ids(replica: &Replica<Memory>, query: &str) -> Vec<String> {
    let bundle: Value = serde_json::from_slice(&replica.search(query).await.unwrap()).unwrap();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let ids = entries
        .iter()
        .map(|entry| text(entry, "/resource/id").to_string());
    ids.collect()
}

#[test]
fn the_first_pages_of_a_large_answer_are_the_beginning_of_the_whole() {
    each_seed(25, |mut chance| {
        run(async {
            let opened = Replica::open(Memory::new(), BASE, 1, None).await.unwrap();
            let replica = Rc::new(opened);
            for commit in 0..1 + chance.below(3) {
                let mut writer = Writer::begin(replica.clone()).await.unwrap();
                for number in 0..chance.below(250) {
                    // Some are written again by a later commit.
                    let id = format!("p{}", number * 3 + commit * chance.below(2));
                    let body = patient(&mut chance, &id);
                    let offer = Offer {
                        identity: Identity {
                            kind: "Patient",
                            id: &id,
                        },
                        version: &format!("{commit}"),
                        last_updated: Some(Instant(commit as i64 * 1000 + chance.below(60) as i64)),
                        bytes: (chance.below(20) > 0).then_some(body.as_bytes()),
                        partial: false,
                    };
                    writer.offer(&[offer]).await.unwrap();
                }
                writer.commit().await.unwrap();
                writer.settle().await.unwrap();
            }
            for sort in SORTS {
                let all = ids(&replica, &format!("Patient?_sort={sort}")).await;
                for (offset, count) in [(0, 1), (0, 7), (13, 3)] {
                    let query = format!("Patient?_sort={sort}&_count={count}&_offset={offset}");
                    let end = all.len().min(offset + count);
                    let expected = all.get(offset..end).unwrap_or_default();
                    assert_eq!(ids(&replica, &query).await, expected, "{query}");
                }
            }
        })
        .unwrap();
    });
}
