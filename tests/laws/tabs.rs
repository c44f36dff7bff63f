//! L8: two tabs write, merge and read one store at once; each call of it lets the other come in
//! between. Nothing is lost, and whoever reads an older snapshot, or one whose values the other has
//! merged away, reads one generation.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use fhir_pull::fhir::Identity;
use fhir_pull::replica::{Applied, Checkpoint, Replica, Versions, Writer};
use serde_json::Value;

use crate::chance::{Chance, each_seed};
use crate::faulty::Faulty;
use crate::lives::open;
use crate::oracle::{Answer, Oracle, Source, told_as};
use crate::searching::{found, text};
use crate::server::{TYPES, Version};
use crate::stops::{Waiting, run, run_all};

type Store = Waiting<Faulty>;

/// What an answer showed: version numbers by id, of one type, and when.
struct Shown {
    kind: &'static str,
    numbers: BTreeMap<String, u32>,
    /// Generations before and after.
    between: (u64, u64),
}

/// What both tabs share beside the store.
struct World {
    source: RefCell<Source>,
    chance: RefCell<Chance>,
    /// By the generation that they came with.
    committed: RefCell<BTreeMap<u64, Vec<Version>>>,
    shown: RefCell<Vec<Shown>>,
}

async fn tab(world: Rc<World>, store: Store, keep: Versions, name: u64) {
    let replica = open(&store, keep).await.unwrap();
    let written = store.written.clone();
    let mut writer = Writer::begin(replica.clone()).await.unwrap();
    let (mut taken, mut flying) = (Vec::new(), Vec::new());
    for step in 0..40 {
        let dice = world.chance.borrow_mut().below(12);
        match dice {
            0..=3 => {
                let count = 1 + world.chance.borrow_mut().below(5);
                let mut chance = world.chance.borrow_mut().clone();
                let versions = (0..count).map(|_| world.source.borrow_mut().tell(&mut chance));
                let versions: Vec<Version> = versions.collect();
                *world.chance.borrow_mut() = chance;
                for version in &versions {
                    let number = version.number.to_string();
                    let applied = writer.offer(&[version.offer(&number)]).await.unwrap();
                    if applied != [Applied::Unchanged] {
                        taken.push(version.clone());
                    }
                }
            }
            4..=6 => {
                settle(&world, &mut writer, &written, &mut flying).await;
                writer.note(Checkpoint {
                    feed: format!("feed {name}"),
                    complete: step % 2 == 0,
                    ..Checkpoint::default()
                });
                writer.commit().await.unwrap();
                flying = std::mem::take(&mut taken);
            }
            7..=8 => drop(replica.tidy().await.unwrap()),
            9 => drop(replica.refresh().await.unwrap()),
            10 => show(&world, &replica).await,
            _ => {
                let kind = *world.chance.borrow_mut().of(&TYPES);
                let id = format!("r{}", world.chance.borrow_mut().below(12));
                let identity = Identity { kind, id: &id };
                let read = told_as(replica.read(identity).await);
                let source = world.source.borrow();
                let versions = source.log.get(&(kind, id.clone()));
                let known = |answer: &Answer| match answer {
                    Answer::Nothing => true,
                    Answer::Deleted => versions.unwrap().iter().any(|it| it.body.is_none()),
                    Answer::Body(body) => versions
                        .unwrap()
                        .iter()
                        .any(|it| it.body.as_ref() == Some(body)),
                };
                assert!(known(&read), "{identity} {read:?}");
            }
        }
    }
    settle(&world, &mut writer, &written, &mut flying).await;
    writer.note(Checkpoint {
        feed: format!("feed {name} ended"),
        ..Checkpoint::default()
    });
    writer.commit().await.unwrap();
    settle(&world, &mut writer, &written, &mut taken).await;
}

/// What was flying has landed.
async fn settle(
    world: &World,
    writer: &mut Writer<Store>,
    written: &Cell<u64>,
    flying: &mut Vec<Version>,
) {
    writer.settle().await.unwrap();
    let mut committed = world.committed.borrow_mut();
    committed.entry(written.get()).or_default().append(flying);
}

async fn show(world: &World, replica: &Replica<Store>) {
    let kind = *world.chance.borrow_mut().of(&TYPES);
    let before = replica.generation();
    let bundle = replica
        .search(&format!("{kind}?_count=1000"))
        .await
        .unwrap();
    let after = replica.generation();
    let number = |resource: &Value| {
        let number = text(resource, "/meta/versionId").parse().unwrap();
        (text(resource, "/id").to_string(), number)
    };
    world.shown.borrow_mut().push(Shown {
        kind,
        numbers: found(&bundle).1.iter().map(number).collect(),
        between: (before, after),
    });
}

#[test]
fn l8_two_tabs_on_one_store_lose_nothing_and_read_one_generation() {
    let mut merges = 0;
    each_seed(1500, |mut chance| {
        let keep = *chance.of(&[Versions::Current, Versions::All]);
        let bulk = *chance.of(&[0, 0, 0, 0, 0, 0, 0, 30_000]);
        let world = Rc::new(World {
            source: RefCell::new(Source::new(12, bulk)),
            chance: RefCell::new(chance.clone()),
            committed: RefCell::default(),
            shown: RefCell::default(),
        });
        let store = Faulty::default();
        let waits = Rc::new(RefCell::new(Chance(!chance.0)));
        let tabs = (0..2).map(|name| {
            let store = Waiting {
                port: store.clone(),
                turns: waits.clone(),
                written: Rc::default(),
            };
            let tab: Pin<Box<dyn Future<Output = ()>>> =
                Box::pin(tab(world.clone(), store, keep, name));
            tab
        });
        run_all(tabs.collect(), &mut chance);
        run(judge(&world, &store, keep, &mut chance)).unwrap();
        merges += store.state().merges;
    });
    assert!(merges > 100, "{merges}");
}

async fn judge(world: &World, store: &Faulty, keep: Versions, chance: &mut Chance) {
    let mut oracle = Oracle::new(keep);
    let committed = world.committed.borrow().clone();
    let mut states = vec![(0, oracle.clone())];
    for (generation, versions) in committed.iter() {
        for version in versions {
            oracle.take(version);
        }
        oracle.committed(*generation);
        states.push((*generation, oracle.clone()));
    }
    for shown in world.shown.borrow().iter() {
        let (from, to) = shown.between;
        let first = states.partition_point(|(generation, _)| *generation <= from) - 1;
        let possible = states[first..]
            .iter()
            .take_while(|(generation, _)| *generation <= to.max(from));
        let mut possible = possible.map(|(_, oracle)| {
            let current = oracle
                .current()
                .filter(|(it, _)| it.kind == shown.kind && it.body.is_some());
            current
                .map(|(it, _)| (it.id.clone(), it.number))
                .collect::<BTreeMap<_, _>>()
        });
        assert!(
            possible.any(|numbers| numbers == shown.numbers),
            "{from} to {to}"
        );
    }
    let replica = open(store, keep).await.unwrap();
    for kind in TYPES {
        let mut ids = replica.ids(&format!("{kind}?")).await.unwrap();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(count, ids.len(), "a resource has two current versions");
    }
    oracle.check(&replica, chance).await;
    while replica.tidy().await.unwrap() {}
    oracle.check(&replica, chance).await;
    for name in 0..2 {
        assert!(replica.checkpoint(&format!("feed {name} ended")).is_some());
    }
}
