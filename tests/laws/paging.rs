//! Pages while commits and merges go on between them: what nobody touches is on one page, once, and
//! what the server changes meanwhile no more often than it was changed.

use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Offer, Replica, Writer};
use serde_json::Value;

use crate::chance::{Chance, each_seed};
use crate::searching::text;
use crate::server::BASE;
use crate::stops::run;

const QUERIES: [&str; 6] = [
    "Observation?_count=3",
    "Observation?status=final&_count=3",
    "Observation?_sort=date&_count=3",
    "Observation?_sort=-date,status&_count=4",
    "Observation?status=final&_sort=status&_count=2",
    "?_type=Patient,Observation&_sort=-_id&_count=3",
];

/// How often each resource was written so far.
type Written = BTreeMap<(&'static str, u64), u64>;

async fn write(replica: &Rc<Replica<Memory>>, chance: &mut Chance, count: u64, all: &mut Written) {
    let mut writer = Writer::begin(replica.clone()).await.unwrap();
    for _ in 0..count {
        let kind = *chance.of(&["Observation", "Observation", "Patient"]);
        let number = chance.below(60);
        let versions = all.entry((kind, number)).or_default();
        *versions += 1;
        let id = format!("r{number}");
        let day = chance.below(4) + 1;
        let status = chance.of(&["final", "final", "amended"]);
        let body = match kind {
            "Patient" => format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#),
            _ => format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"{status}","effectiveDateTime":"2020-01-0{day}"}}"#
            ),
        };
        let offer = Offer {
            identity: Identity { kind, id: &id },
            version: &versions.to_string(),
            last_updated: Some(Instant(*versions as i64 * 1000)),
            bytes: (chance.below(6) > 0).then_some(body.as_bytes()),
            partial: false,
        };
        writer.offer(&[offer]).await.unwrap();
    }
    writer.commit().await.unwrap();
    writer.settle().await.unwrap();
}

/// The types and ids of a page, and the query of the next one.
async fn page(replica: &Replica<Memory>, query: &str) -> (Vec<String>, Option<String>) {
    let bytes = replica.search(query).await.unwrap();
    let bundle: Value = serde_json::from_slice(&bytes).unwrap();
    let list = |name: &str| bundle[name].as_array().cloned().unwrap_or_default();
    let entries = list("entry");
    let urls = entries.iter().map(|entry| text(entry, "/fullUrl"));
    let names = urls.map(|url| url[BASE.len() + 1..].to_string());
    let links = list("link");
    let next = links.iter().find(|link| link["relation"] == "next");
    let next = next.map(|link| text(link, "/url")[BASE.len() + 1..].to_string());
    (names.collect(), next)
}

#[test]
fn l8_what_nobody_touches_is_on_one_page_while_commits_and_merges_go_on() {
    let mut pages = 0;
    each_seed(150, |mut chance| {
        run(async {
            let opened = Replica::open(Memory::new(), BASE, 1, None).await.unwrap();
            let (replica, mut written) = (Rc::new(opened), Written::new());
            for _ in 0..1 + chance.below(6) {
                write(&replica, &mut chance, 25, &mut written).await;
            }
            for query in QUERIES {
                let before = written.clone();
                let everything = query.split("_count=").next().unwrap();
                let everything = everything.trim_end_matches(['&', '?']);
                let (whole, _) = page(&replica, everything).await;
                let (mut next, mut seen) = (Some(query.to_string()), Vec::new());
                while let Some(query) = next {
                    let (names, after) = page(&replica, &query).await;
                    (seen, next, pages) = ([seen, names].concat(), after, pages + 1);
                    let changes = chance.below(3);
                    write(&replica, &mut chance, changes, &mut written).await;
                    while chance.below(2) == 0 && replica.tidy().await.unwrap() {}
                }
                for ((kind, number), versions) in &written {
                    let name = format!("{kind}/r{number}");
                    let touched = versions - before.get(&(*kind, *number)).unwrap_or(&0);
                    let times = seen.iter().filter(|seen| **seen == name).count() as u64;
                    match touched {
                        0 => assert_eq!(times, u64::from(whole.contains(&name)), "{name} {query}"),
                        _ => assert!(times <= touched + 1, "{name} {query}"),
                    }
                }
            }
        })
        .unwrap();
    });
    assert!(pages > 100, "{pages}");
}
