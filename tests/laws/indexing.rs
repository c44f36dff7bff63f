//! Search parameters of an application, given later: what is held already is indexed anew, with no
//! pull, and answers before and after are those of a replica that knew them from the start.

use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Offer, Replica, Writer};
use fhir_pull::search::Definitions;

use crate::chance::{Chance, each_seed};
use crate::server::BASE;
use crate::stops::run;

const OWN: &str = "Patient\tt\teye\tPatient.extension('http://eye.test').value\nPatient\ts\tgender\tname.family\n";

const QUERIES: [&str; 7] = [
    "Patient?eye=brown",
    "Patient?eye:missing=true",
    "Patient?eye:not=blue&_sort=-family",
    "Patient?gender=ob",
    "Patient?family=ob",
    "Observation?subject:Patient.eye=green",
    "Patient?_has:Observation:subject:status=final&eye=blue,green",
];

async fn open(store: &Memory, own: bool) -> Rc<Replica<Memory>> {
    let mut definitions = Definitions::r4();
    if own {
        definitions.add(OWN).unwrap();
    }
    let opened = Replica::open_with(store.clone(), BASE, 1, None, definitions).await;
    Rc::new(opened.unwrap())
}

async fn write(replica: &Rc<Replica<Memory>>, chance: &mut Chance) {
    let mut writer = Writer::begin(replica.clone()).await.unwrap();
    for _ in 0..20 {
        let id = format!("r{}", chance.below(30));
        let (eye, family) = (
            chance.of(&["brown", "blue", "green"]),
            chance.of(&["Obi", "Leia"]),
        );
        let kind = *chance.of(&["Patient", "Observation"]);
        let version = chance.below(1000).to_string();
        let body = match kind {
            "Patient" => format!(
                r#"{{"resourceType":"Patient","id":"{id}","extension":[{{"url":"http://eye.test","valueCode":"{eye}"}}],"name":[{{"family":"{family}"}}]}}"#
            ),
            _ => format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/r{}"}}}}"#,
                chance.below(30)
            ),
        };
        let offer = Offer {
            identity: Identity { kind, id: &id },
            version: &version,
            last_updated: Some(Instant(chance.below(1000) as i64)),
            bytes: (chance.below(8) > 0).then_some(body.as_bytes()),
            partial: false,
        };
        writer.offer(&[offer]).await.unwrap();
    }
    writer.commit().await.unwrap();
    writer.settle().await.unwrap();
}

async fn found(replica: &Replica<Memory>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for query in QUERIES {
        let mut ids = replica.ids(query).await.unwrap();
        ids.sort_unstable();
        all.push(ids);
    }
    all
}

#[test]
fn parameters_that_are_new_are_searched_over_what_was_held_before() {
    let mut some = 0;
    each_seed(60, |chance| {
        run(async {
            let (before, knowing) = (Memory::new(), Memory::new());
            let commits = 1 + chance.clone().below(6);
            for (store, own) in [(&before, false), (&knowing, true)] {
                let (replica, mut chance) = (open(store, own).await, chance.clone());
                for _ in 0..commits {
                    write(&replica, &mut chance).await;
                }
            }
            let expected = found(&*open(&knowing, true).await).await;
            some += expected.iter().flatten().count();
            let replica = open(&before, true).await;
            // By the first search, or before it, a step at a time.
            while chance.clone().below(2) == 0 && replica.tidy().await.unwrap() {}
            assert_eq!(found(&replica).await, expected);
            // Both kinds of segment in one replica, and merged.
            let (mut more, mut the_same) = (chance.clone(), chance);
            write(&open(&before, false).await, &mut more).await;
            write(&open(&knowing, true).await, &mut the_same).await;
            let replica = open(&before, true).await;
            let expected = found(&*open(&knowing, true).await).await;
            assert_eq!(found(&replica).await, expected);
            while replica.tidy().await.unwrap() {}
            assert_eq!(found(&replica).await, expected);
            // And back: those who do not know them find what they found.
            let known = |all: Vec<Vec<String>>| all[4].clone();
            let plain = open(&before, false).await;
            assert_eq!(
                plain.ids(QUERIES[4]).await.unwrap().len(),
                known(expected).len()
            );
        })
        .unwrap();
    });
    assert!(some > 1000, "{some}");
}
