//! L3: the engine finds what the naive server finds, whatever the segments look like.

use std::collections::BTreeSet;
use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Checkpoint, Offer, Replica, Writer};
use fhir_pull::search::Definitions;
use serde_json::Value;

use crate::answers::{Answers, BASE, NOW};
use crate::chance::{Chance, each_seed};
use crate::chosen::{Asker, Features, encoded, world};
use crate::naive::{Server, Version};
use crate::spec::hold_to_examples;

/// A replica of given resources.
struct Engine(Rc<Replica<Memory>>);

impl Engine {
    /// In as many commits as chance says.
    async fn replicate(version: Version, resources: &[Value], chance: &mut Chance) -> Engine {
        let definitions = match version {
            Version::R4 => Definitions::r4(),
            Version::R4B => Definitions::r4b(),
            Version::R5 => Definitions::r5(),
        };
        let opened = Replica::open_with(Memory::new(), BASE, 1, None, definitions);
        let replica = Rc::new(opened.await.unwrap());
        replica.tell_time(Instant(NOW));
        let mut writer = Writer::begin(replica.clone()).await.unwrap();
        for (number, resource) in resources.iter().enumerate() {
            let bytes = resource.to_string();
            let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str);
            let offer = Offer {
                identity: Identity {
                    kind: text("/resourceType").unwrap(),
                    id: text("/id").unwrap(),
                },
                version: text("/meta/versionId").unwrap_or("1"),
                last_updated: text("/meta/lastUpdated").and_then(Instant::parse),
                bytes: Some(bytes.as_bytes()),
                partial: false,
            };
            writer.offer(&[offer]).await.unwrap();
            if chance.below(9) == 0 || number + 1 == resources.len() {
                writer.note(Checkpoint {
                    feed: format!("feed {}", number % 2),
                    ..Checkpoint::default()
                });
                writer.commit().await.unwrap();
            }
        }
        writer.settle().await.unwrap();
        Engine(replica)
    }
}

impl Engine {
    /// The entries of an answer as `Type/id`: the matches, and what is included.
    fn answer(&self, query: &str) -> Result<(Vec<String>, Vec<String>), String> {
        let bundle = pollster::block_on(self.0.search(query));
        let bundle = bundle.map_err(|error| error.message().to_string())?;
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let entries = bundle["entry"].as_array().into_iter().flatten();
        let (matches, included): (Vec<_>, Vec<_>) =
            entries.partition(|entry| entry["search"]["mode"] == "match");
        let name = |entry: &Value| {
            let text = |name: &str| entry["resource"][name].as_str().unwrap();
            format!("{}/{}", text("resourceType"), text("id"))
        };
        assert_eq!(bundle["total"], matches.len(), "{query}");
        let names = |entries: Vec<&Value>| entries.into_iter().map(name).collect();
        Ok((names(matches), names(included)))
    }
}

impl Answers for Engine {
    fn of(version: Version, resources: &[Value]) -> Engine {
        pollster::block_on(Engine::replicate(version, resources, &mut Chance(0)))
    }

    fn search(&self, query: &str) -> Result<Vec<String>, String> {
        let (mut matches, mut included) = self.answer(query)?;
        matches.append(&mut included);
        Ok(matches)
    }
}

#[test]
fn l3_the_engine_finds_what_the_naive_server_finds() {
    agree(&|asker, chance| asker.query(chance));
}

#[test]
fn l3_filters_find_what_the_naive_server_finds() {
    agree(&|asker, chance| asker.filter(chance));
}

/// That both answer the same, whatever is asked.
fn agree(ask: &dyn Fn(&Asker, &mut Chance) -> String) {
    let (mut answered, mut found) = (0, 0);
    each_seed(40, |mut chance| {
        let version = [Version::R4, Version::R4B, Version::R5][chance.below(3) as usize];
        let resources = world(&mut chance, version, 60);
        let naive = <Server as Answers>::of(version, &resources);
        let engine = pollster::block_on(Engine::replicate(version, &resources, &mut chance));
        let asker = Asker::new(version, Features::ALL);
        for _ in 0..100 {
            let query = ask(&asker, &mut chance);
            let (got, wanted) = match (engine.answer(&query), Server::search(&naive, &query)) {
                (Ok(got), Ok(wanted)) => (got, wanted),
                (Err(_), Err(_)) => continue,
                (got, wanted) => panic!("{query}: {got:?}, and naively {wanted:?}"),
            };
            answered += 1;
            let (matches, included) = got;
            found += matches.len() + included.len();
            assert_eq!(
                naive.same_order(&query, &matches).ok(),
                Some(true),
                "{query}: {matches:?}"
            );
            let set = BTreeSet::<String>::from_iter;
            assert_eq!(set(matches), set(wanted.matches), "{query}");
            assert_eq!(set(included), wanted.included, "{query}, included");
        }
    });
    assert!(
        answered > 1000 && found > 1000,
        "{answered} answered, {found} found"
    );
}

#[test]
fn l3_the_engine_answers_the_examples_of_the_specification() {
    for version in [Version::R4, Version::R4B, Version::R5] {
        hold_to_examples::<Engine>(version);
    }
}

#[test]
fn a_filter_as_deep_as_may_be_is_answered() {
    let patient = serde_json::json!({"resourceType": "Patient", "id": "1"});
    let engine = <Engine as Answers>::of(Version::R4, &[patient]);
    let turns = "_id eq 1 and _id eq 1 or ".repeat(24) + "_id eq 1";
    let nots = "not(".repeat(50) + "_id eq 1" + &")".repeat(50);
    for filter in [turns, nots] {
        let found = engine.search(&format!("Patient?_filter={}", encoded(&filter)));
        assert_eq!(found.unwrap(), ["Patient/1"], "{filter}");
    }
}
