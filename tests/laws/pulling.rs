//! Pulls that are stopped anywhere and done again end equal to the server.

use std::rc::Rc;

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::pull::{Committed, Feed, Observer, Progress, pull};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Result};

use crate::chance::Chance;
use crate::server::{BASE, Server, TYPES};
use crate::stops::{Fuse, Still, Stopping, run};

#[derive(Default)]
struct Heard {
    commits: Vec<Committed>,
}

impl Observer for Heard {
    fn progress(&mut self, _progress: &Progress) {}
    fn committed(&mut self, commit: &Committed) {
        self.commits.push(commit.clone());
    }
}

fn histories() -> Vec<Feed> {
    TYPES
        .iter()
        .map(|kind| Feed::History(kind.to_string()))
        .collect()
}

fn searches() -> Vec<Feed> {
    TYPES
        .iter()
        .map(|kind| Feed::Search(kind.to_string()))
        .collect()
}

/// One pull, from opening the replica on; `None` when the fuse burnt in it.
fn pulled(
    store: &Memory,
    server: &Server,
    feeds: &[Feed],
    fuse: Fuse,
) -> Option<(Vec<Progress>, Heard)> {
    let mut heard = Heard::default();
    let result: Option<Result<_>> = run(async {
        let store = Stopping(store.clone(), fuse.clone());
        let replica = Rc::new(Replica::open(store, BASE, 7, None).await?);
        let transport = Stopping(server.clone(), fuse.clone());
        let client = Client::new(Base::parse(BASE)?, transport, Still, NoToken);
        pull(&replica, &client, &Still, feeds, &mut heard).await
    });
    let (feeds, _) = result?.unwrap();
    Some((feeds, heard))
}

/// L1: same ids, same bytes, same deletes.
fn assert_equal(store: &Memory, server: &Server, deletes: bool, seed: u64) {
    run(async {
        let replica = Replica::open(store.clone(), BASE, 7, None).await.unwrap();
        let current = server.current();
        for (reference, body) in &current {
            let read = replica.read(Identity::parse(reference).unwrap()).await;
            match (body, read) {
                (Some(body), read) => {
                    let read = read.unwrap().map(|bytes| String::from_utf8(bytes).unwrap());
                    assert_eq!(read.as_ref(), Some(body), "{reference}, seed {seed}");
                }
                (None, Err(error)) => {
                    assert_eq!(error.code(), Code::Gone, "{reference}, seed {seed}")
                }
                (None, Ok(read)) => {
                    assert!(!deletes && read.is_none(), "{reference} lives, seed {seed}")
                }
            }
        }
        let held: u64 = replica
            .status()
            .types
            .iter()
            .map(|of_type| of_type.resources)
            .sum();
        assert_eq!(
            held,
            current.values().flatten().count() as u64,
            "seed {seed}"
        );
    })
    .unwrap();
}

fn every_pull_ends_equal(feeds: &[Feed], deletes: bool) {
    for seed in 0..200 {
        let mut chance = Chance(seed);
        let (store, server) = (Memory::new(), Server::new(1 + chance.below(7) as usize));
        for _ in 0..4 {
            let changes = chance.below(20);
            server.live(&mut chance, changes);
            pulled(&store, &server, feeds, Fuse::never()).unwrap();
            assert_equal(&store, &server, deletes, seed);
        }
    }
}

#[test]
fn l1_every_pull_by_history_ends_equal_to_the_server() {
    every_pull_ends_equal(&histories(), true);
}

#[test]
fn l1_every_pull_by_search_ends_equal_to_the_server() {
    // What was created and deleted between two pulls was never heard of.
    every_pull_ends_equal(&searches(), false);
}

#[test]
fn l1_a_search_after_which_nearly_everything_was_deleted_ends_equal_to_the_server() {
    let (store, server) = (Memory::new(), Server::new(400));
    let patient = |n: u32, number, body: bool| crate::server::Version {
        kind: "Patient",
        id: format!("p{n}"),
        number,
        at: 1_700_000_000_000 + i64::from(number),
        body: body.then(|| {
            format!(r#"{{"resourceType":"Patient","id":"p{n}","meta":{{"versionId":"{number}"}}}}"#)
        }),
    };
    let write = |version| server.0.borrow_mut().log.push(version);
    (0..900).for_each(|n| write(patient(n, 1, true)));
    pulled(&store, &server, &searches()[..1], Fuse::never()).unwrap();
    (0..850).for_each(|n| write(patient(n, 2, false)));
    let (progress, _) = pulled(&store, &server, &searches()[..1], Fuse::never()).unwrap();
    assert_eq!((progress[0].deleted, progress[0].stored), (850, 0));
    assert_equal(&store, &server, true, 0);
}

#[test]
fn l2_stopped_at_any_call_of_any_port_the_next_pull_ends_equal_to_the_server() {
    let mut stops = 0;
    for seed in 0..25 {
        for feeds in [histories(), searches()] {
            let deletes = feeds == histories();
            for stop in 0.. {
                let mut chance = Chance(seed);
                let (store, server) = (Memory::new(), Server::new(3));
                server.live(&mut chance, 15);
                pulled(&store, &server, &feeds, Fuse::never()).unwrap();
                server.live(&mut chance, 12);
                let whole = pulled(&store, &server, &feeds, Fuse::after(stop)).is_some();
                server.live(&mut chance, 5);
                pulled(&store, &server, &feeds, Fuse::never()).unwrap();
                assert_equal(&store, &server, deletes, seed);
                stops += 1;
                if whole {
                    break;
                }
            }
        }
    }
    assert!(stops > 300, "{stops}");
}

#[test]
fn a_pull_with_nothing_new_commits_nothing() {
    let mut chance = Chance(1);
    let (store, server) = (Memory::new(), Server::new(5));
    server.live(&mut chance, 40);
    for feeds in [histories(), searches()] {
        pulled(&store, &server, &feeds, Fuse::never()).unwrap();
        let (progress, heard) = pulled(&store, &server, &feeds, Fuse::never()).unwrap();
        assert_eq!(heard.commits, []);
        assert!(
            progress
                .iter()
                .all(|feed| feed.stored == 0 && feed.deleted == 0)
        );
        assert!(progress.iter().any(|feed| feed.unchanged > 0));
    }
}

#[test]
fn exactly_what_changed_is_stored_and_deleted() {
    let (store, server) = (Memory::new(), Server::new(5));
    let write = |id: &str, number, at, body: Option<&str>| {
        server.0.borrow_mut().log.push(crate::server::Version {
            kind: "Patient",
            id: id.into(),
            number,
            at,
            body: body.map(str::to_string),
        });
    };
    let patient = |id: &str, number: u32| {
        format!(
            r#"{{"resourceType":"Patient","id":"{id}","meta":{{"versionId":"{number}","lastUpdated":"2023-11-14T22:13:20.{number:03}Z"}}}}"#
        )
    };
    let start = 1_700_000_000_000;
    for id in ["a", "b", "c"] {
        write(id, 1, start, Some(&patient(id, 1)));
    }
    let feed = [Feed::History("Patient".into())];
    let (first, _) = pulled(&store, &server, &feed, Fuse::never()).unwrap();
    assert_eq!(
        (first[0].stored, first[0].deleted, first[0].unchanged),
        (3, 0, 0)
    );
    write("a", 2, start + 5, Some(&patient("a", 2)));
    write("b", 2, start + 6, None);
    let (second, heard) = pulled(&store, &server, &feed, Fuse::never()).unwrap();
    assert_eq!((second[0].stored, second[0].deleted), (1, 1));
    assert_eq!(heard.commits.len(), 1);
    assert!(heard.commits[0].settled);
}

#[test]
fn l7_what_a_small_feed_brought_is_told_as_settled_also_when_a_large_one_was_committed_with_it() {
    let (store, server) = (Memory::new(), Server::new(4));
    server.live(&mut Chance(5), 40);
    let large = "x".repeat(1 << 20);
    for n in 0..20 {
        server.0.borrow_mut().log.push(crate::server::Version {
            kind: "Patient",
            id: format!("large{n}"),
            number: 1,
            at: 1_700_000_000_000,
            body: Some(format!(
                r#"{{"resourceType":"Patient","id":"large{n}","x":"{large}"}}"#
            )),
        });
    }
    let small_first: Vec<Feed> = histories().into_iter().rev().collect();
    let (_, heard) = pulled(&store, &server, &small_first, Fuse::never()).unwrap();
    let told = |kind: &str| -> Vec<&Committed> {
        let commits = heard.commits.iter();
        commits
            .filter(|commit| commit.types.iter().any(|it| it == kind))
            .collect()
    };
    let last = heard.commits.last().unwrap().generation;
    let observations = told("Observation");
    assert_eq!(observations.len(), 1, "{:?}", heard.commits);
    assert!(observations[0].settled && observations[0].generation < last);
    let (settled, unsettled): (Vec<_>, Vec<_>) = told("Patient")
        .into_iter()
        .partition(|commit| commit.settled);
    assert!(settled.len() == 1 && settled[0].generation == last && unsettled.len() >= 2);
}

#[test]
fn l7_commits_before_the_end_of_a_first_pull_are_not_settled() {
    let (store, server) = (Memory::new(), Server::new(4));
    let mut chance = Chance(3);
    server.live(&mut chance, 10);
    // Enough bytes for several commits on the way.
    let large = "x".repeat(1 << 20);
    for n in 0..20 {
        server.0.borrow_mut().log.push(crate::server::Version {
            kind: "Patient",
            id: format!("large{n}"),
            number: 1,
            at: 1_700_000_000_000,
            body: Some(format!(r#"{{"resourceType":"Patient","id":"large{n}","meta":{{"versionId":"1"}},"x":"{large}"}}"#)),
        });
    }
    let (_, heard) = pulled(&store, &server, &histories()[..1], Fuse::never()).unwrap();
    assert!(heard.commits.len() >= 3, "{:?}", heard.commits);
    let (last, before) = heard.commits.split_last().unwrap();
    assert!(last.settled && before.iter().all(|commit| !commit.settled));
    assert_eq!(last.types, ["Patient"]);
    pulled(&store, &server, &histories(), Fuse::never()).unwrap();
    assert_equal(&store, &server, true, 3);
}
