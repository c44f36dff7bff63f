//! L3: the engine finds what the naive server finds, whatever the segments look like.

use std::collections::BTreeSet;
use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Checkpoint, Offer, Replica, Writer};
use serde_json::Value;

use crate::answers::{Answers, BASE};
use crate::chance::{Chance, each_seed};
use crate::chosen::{Asker, Features, world};
use crate::naive::{Server, Version};

/// A replica of given resources.
struct Engine(Rc<Replica<Memory>>);

impl Engine {
    /// In as many commits as chance says.
    async fn replicate(resources: &[Value], chance: &mut Chance) -> Engine {
        let replica = Rc::new(Replica::open(Memory::new(), BASE, 1, None).await.unwrap());
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

impl Answers for Engine {
    fn of(_version: Version, resources: &[Value]) -> Engine {
        pollster::block_on(Engine::replicate(resources, &mut Chance(0)))
    }

    fn search(&self, query: &str) -> Result<Vec<String>, String> {
        let bundle = pollster::block_on(self.0.search(query));
        let bundle = bundle.map_err(|error| error.message().to_string())?;
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let entries = bundle["entry"].as_array().into_iter().flatten();
        let names = entries.map(|entry| {
            let text = |name: &str| entry["resource"][name].as_str().unwrap();
            format!("{}/{}", text("resourceType"), text("id"))
        });
        Ok(names.collect())
    }
}

/// What the engine can be asked so far.
const FEATURES: Features = Features {
    prefixes: true,
    or: true,
    escapes: true,
    ..Features::NONE
};

#[test]
#[ignore = "the engine differs in: limits of a Timing, Reference.type, searched versions of references"]
fn l3_the_engine_finds_what_the_naive_server_finds() {
    let (mut answered, mut found) = (0, 0);
    each_seed(40, |mut chance| {
        let resources = world(&mut chance, Version::R4, 60);
        let naive = <Server as Answers>::of(Version::R4, &resources);
        let engine = pollster::block_on(Engine::replicate(&resources, &mut chance));
        let asker = Asker::new(Version::R4, FEATURES);
        for _ in 0..60 {
            let query = asker.query(&mut chance);
            // A parameter that the engine does not have yet.
            let (Ok(got), Ok(wanted)) = (engine.search(&query), Answers::search(&naive, &query))
            else {
                continue;
            };
            answered += 1;
            found += got.len();
            let [got, wanted] = [got, wanted].map(BTreeSet::<String>::from_iter);
            assert_eq!(got, wanted, "{query}");
        }
    });
    assert!(
        answered > 1000 && found > 1000,
        "{answered} answered, {found} found"
    );
}
