//! L1, L3, L4: a clone holds what the repository holds, whatever its segments look like, and lives on.

use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::Identity;
use fhir_pull::host::Store;
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Checkpoint, Replica, Versions, Writer};
use fhir_pull::search::Definitions;

use super::{Repository, cloned, cloned_over};
use crate::chance::{Chance, each_seed};
use crate::faulty::{Break, Faulty};
use crate::lives::{Life, Style, large, open, small};
use crate::oracle::{Answer, Oracle, told_as};
use crate::server::{BASE, TYPES};
use crate::stops::run;

/// A life as a repository, after so many steps.
pub(super) async fn lived(chance: &mut Chance, style: Style, steps: u64) -> Life<Faulty> {
    let mut life = Life::begin(Faulty::default(), style).await.unwrap();
    for _ in 0..steps {
        life.step(chance).await.unwrap();
    }
    life.offer(chance).await.unwrap();
    life.commit().await.unwrap();
    life
}

/// The life of a clone: it was told what the other was, all with one commit.
pub(super) async fn goes_on(store: Faulty, style: Style, of: &Life<Faulty>) -> Life<Faulty> {
    let mut life = Life::begin(store, style).await.unwrap();
    life.committed = of.committed.clone();
    life.committed.came_with(life.replica.generation());
    life.pending = life.committed.clone();
    life.source.catch_up(&life.committed);
    life
}

/// Whether a replica has each resource as the map has it, and there are any.
pub(super) async fn holds<S: Store>(replica: &Replica<S>, oracle: &Oracle) -> bool {
    for ((kind, id), body) in oracle.bodies() {
        let read = told_as(replica.read(Identity { kind, id: &id }).await);
        if read != body.map_or(Answer::Deleted, Answer::Body) {
            return false;
        }
    }
    true
}

fn lives(seeds: u64, style: fn(Versions) -> Style, steps: u64) -> (u64, u64) {
    let (mut packs, mut shared) = (0, 0);
    each_seed(seeds, |mut chance| {
        run(async {
            let keep = *chance.of(&[Versions::Current, Versions::All]);
            let mut life = lived(&mut chance, style(keep), steps).await;
            shared += life.store.state().shared;
            let repository = Repository::of(life.replica.clone());
            let store = Faulty::default();
            let replica = open(&store, keep).await.unwrap();
            let (cloning, heard) = cloned(&replica, &repository).await.unwrap();
            packs += cloning.requests - 1;
            assert_eq!(cloning.held_bytes, cloning.total_bytes);
            assert_eq!(
                replica.status().checkpoints,
                life.replica.status().checkpoints
            );
            assert_eq!(heard.commits.len(), 1, "L7: told once, at the end");
            assert!(heard.commits[0].settled);
            assert!(
                heard.commits[0]
                    .types
                    .iter()
                    .all(|it| TYPES.contains(&it.as_str()))
            );

            let mut clone = goes_on(store.clone(), style(keep), &life).await;
            clone.committed.check(&clone.replica, &mut chance).await;
            let (own, other) = (clone.replica.usage().await, life.replica.usage().await);
            assert!(own.unwrap().values <= other.unwrap().values);
            for _ in 0..steps / 2 {
                clone.step(&mut chance).await.unwrap();
            }
            while clone.replica.tidy().await.unwrap() {}
            clone.reopen().await.unwrap();
            clone.committed.check(&clone.replica, &mut chance).await;

            // A clone is a repository too.
            let second = open(&Faulty::default(), keep).await.unwrap();
            cloned(&second, &Repository::of(clone.replica.clone()))
                .await
                .unwrap();
            clone.committed.came_with(second.generation());
            clone.committed.check(&second, &mut chance).await;

            // And the repository has lost nothing by it.
            life.forget();
            life.committed.check(&life.replica, &mut chance).await;
        })
        .unwrap();
    });
    (packs, shared)
}

#[test]
fn l1_l3_l4_a_clone_of_small_segments_holds_what_the_map_holds_and_lives_on() {
    let (packs, _) = lives(400, small, 40);
    assert!(packs >= 400);
}

#[test]
fn l1_l3_l4_a_clone_of_values_that_segments_share_holds_what_the_map_holds_and_lives_on() {
    let (packs, shared) = lives(24, large, 80);
    assert!(packs > 24 && shared > 24, "{packs} {shared}");
}

#[test]
fn l3_a_clone_is_indexed_anew_where_it_is_searched_by_other_parameters() {
    run(async {
        let mut chance = Chance(3);
        let life = lived(&mut chance, small(Versions::Current), 60).await;
        let mut definitions = Definitions::r4();
        definitions.add("Patient\td\tborn\tbirthDate\n").unwrap();
        let replica = Replica::open_with(Memory::new(), BASE, 9, None, definitions);
        let replica = Rc::new(replica.await.unwrap());
        cloned(&replica, &Repository::of(life.replica.clone()))
            .await
            .unwrap();
        let own = replica.ids("Patient?born=gt1950").await.unwrap();
        assert_eq!(
            own,
            life.replica.ids("Patient?birthdate=gt1950").await.unwrap()
        );
        assert!(!own.is_empty());
    })
    .unwrap();
}

#[test]
fn all_versions_and_current_ones_are_cloned_from_one_another() {
    run(async {
        for (of, into) in [
            (Versions::All, Some(Versions::Current)),
            (Versions::Current, Some(Versions::All)),
            (Versions::All, None),
        ] {
            let mut chance = Chance(5);
            let life = lived(&mut chance, small(of), 40).await;
            let store = Faulty::default();
            let replica = Replica::open(store.clone(), BASE, 9, into).await.unwrap();
            let replica = Rc::new(replica);
            cloned(&replica, &Repository::of(life.replica.clone()))
                .await
                .unwrap();
            let kept = into.unwrap_or(of);
            assert_eq!(replica.status().versions, kept);
            while replica.tidy().await.unwrap() {}
            let mut held = life.committed.clone();
            // Of what the repository has not kept nothing is known.
            held.keep = match (of, kept) {
                (Versions::All, kept) => kept,
                _ => Versions::Current,
            };
            held.came_with(replica.generation());
            held.check_status(&replica);
            for name in held.bodies().keys() {
                if into != Some(Versions::All) {
                    held.check_one(&replica, &mut chance, name).await;
                }
            }
            held.check_search(&replica, &mut chance).await;
        }
    })
    .unwrap();
}

#[test]
fn a_clone_of_nothing_is_nothing() {
    run(async {
        let empty = open(&Memory::new(), Versions::Current).await.unwrap();
        let replica = open(&Memory::new(), Versions::Current).await.unwrap();
        let (cloning, _) = cloned(&replica, &Repository::of(empty)).await.unwrap();
        assert_eq!((cloning.requests, cloning.total_bytes), (1, 0));
        assert_eq!(replica.status().types, []);
    })
    .unwrap();
}

#[test]
fn l7_who_watches_what_a_clone_takes_away_is_told() {
    run(async {
        let held = lived(&mut Chance(6), small(Versions::Current), 20).await;
        let types = held.replica.status().types;
        let types: Vec<String> = types.into_iter().map(|it| it.kind).collect();
        let empty = open(&Memory::new(), Versions::Current).await.unwrap();
        let (_, heard) = cloned_over(&held.replica, Repository::of(empty), true)
            .await
            .unwrap();
        assert_eq!(held.replica.status().types, []);
        assert!(!types.is_empty());
        assert_eq!(heard.commits[0].types, types);
        assert_eq!(heard.commits[0].generation, held.replica.generation());
    })
    .unwrap();
}

#[test]
fn what_is_held_is_replaced_only_where_that_is_said() {
    each_seed(60, |mut chance| {
        run(async {
            let style = small(Versions::Current);
            let life = lived(&mut chance, style, 30).await;
            let mut held = lived(&mut chance, style, 30).await;
            held.forget();
            let before = held.store.state().keys.clone();
            let repository = Repository::of(life.replica.clone());
            let refused = cloned(&held.replica, &repository).await.unwrap_err();
            assert_eq!(refused.code(), Code::Conflict);
            held.committed.check(&held.replica, &mut chance).await;

            let generation = held.replica.generation();
            cloned_over(&held.replica, repository, true).await.unwrap();
            assert!(held.replica.generation() > generation);
            let mut clone = goes_on(held.store.clone(), style, &life).await;
            clone.committed.check(&clone.replica, &mut chance).await;
            let after = held.store.state().keys.clone();
            assert!(
                before.is_disjoint(&after),
                "L10: nothing of what was held is left"
            );
            for _ in 0..10 {
                clone.step(&mut chance).await.unwrap();
            }
            clone.forget();
            clone.committed.check(&clone.replica, &mut chance).await;
        })
        .unwrap();
    });
}

#[test]
fn a_replica_of_another_server_is_not_cloned() {
    run(async {
        let life = lived(&mut Chance(1), small(Versions::Current), 20).await;
        let other = "https://other.test/fhir";
        let replica = Replica::open(Memory::new(), other, 9, None).await.unwrap();
        let replica = Rc::new(replica);
        let repository = Repository::of(life.replica.clone());
        let refused = cloned(&replica, &repository).await.unwrap_err();
        assert_eq!(refused.code(), Code::BadInput);
        assert_eq!(repository.asked(), ["/$replica"]);
        assert_eq!(replica.generation(), 0);
    })
    .unwrap();
}

#[test]
fn what_was_lost_and_pulled_again_is_not_handed_out() {
    run(async {
        let mut chance = Chance(8);
        let mut life = lived(&mut chance, small(Versions::Current), 12).await;
        while life.replica.tidy().await.unwrap() {}
        let key = *life.store.state().keys.first().unwrap();
        life.store.state().broken.insert(key, Break::Missing);
        life.reopen().await.unwrap();
        let repository = Repository::of(life.replica.clone());
        let replica = open(&Memory::new(), Versions::Current).await.unwrap();
        let refused = cloned(&replica, &repository).await.unwrap_err();
        assert_eq!(refused.status(), Some(500), "it can't be read");
        // A pull notices, and brings it all again.
        let mut told = BTreeMap::new();
        for (version, _) in life.committed.current() {
            told.insert(version.name(), version.clone());
        }
        let mut writer = Writer::begin(life.replica.clone()).await.unwrap();
        let refused = cloned(&replica, &repository).await.unwrap_err();
        assert_eq!(refused.status(), Some(500), "it is lost");
        for version in told.values() {
            let number = version.number.to_string();
            writer.offer(&[version.offer(&number)]).await.unwrap();
        }
        writer.note(Checkpoint {
            feed: "all".into(),
            complete: true,
            types: TYPES.map(str::to_string).to_vec(),
            ..Default::default()
        });
        writer.commit().await.unwrap();
        writer.settle().await.unwrap();
        cloned(&replica, &repository).await.unwrap();
        life.committed.came_with(replica.generation());
        life.committed.check(&replica, &mut chance).await;
    })
    .unwrap();
}
