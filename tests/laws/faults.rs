//! L1, L9, L10: whatever the store refuses, loses or breaks, an answer is right or an error, what
//! does not need the broken bytes is still answered, and the next pull makes all whole again.

use std::rc::Rc;

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Identity;
use fhir_pull::host::{Key, Store};
use fhir_pull::pull::{Committed, Feed, Observer, Progress, pull};
use fhir_pull::replica::{Changes, Replica, StartedOver, Versions, Writer};
use fhir_pull::{Code, Result};

use crate::chance::{Chance, each_seed};
use crate::faulty::{Break, Call, Faulty};
use crate::lives::{Life, open, small};
use crate::server::{BASE, Server, TYPES};
use crate::stops::{Still, run};

#[test]
fn l2_a_store_that_refuses_calls_now_and_then_leaves_what_was_committed() {
    each_seed(1500, |mut chance| {
        run(async {
            let keep = *chance.of(&[Versions::Current, Versions::All]);
            let store = Faulty::default();
            let mut life = Life::begin(store.clone(), small(keep)).await.unwrap();
            for _ in 0..30 {
                let mut dice = chance.clone();
                store.state().refuse = Some(Box::new(move |call| refusal(call, &mut dice)));
                if let Err(error) = life.step(&mut chance).await {
                    let codes = [
                        Code::Quota,
                        Code::Conflict,
                        Code::StoreLost,
                        Code::StoreFailed,
                    ];
                    assert!(codes.contains(&error.code()), "{error:?}");
                    life.forget();
                }
                store.state().refuse = None;
                life.committed
                    .check_search(&life.replica, &mut chance)
                    .await;
                life.committed.check_status(&life.replica);
            }
            life.reopen().await.unwrap();
            life.committed.check(&life.replica, &mut chance).await;
        })
        .unwrap();
    });
}

fn refusal(call: Call, dice: &mut Chance) -> Option<Code> {
    if dice.below(6) > 0 {
        return None;
    }
    match call {
        Call::Commit => Some(*dice.of(&[
            Code::Conflict,
            Code::Quota,
            Code::StoreLost,
            Code::StoreFailed,
        ])),
        Call::Head | Call::Read => Some(*dice.of(&[Code::StoreLost, Code::StoreFailed])),
    }
}

#[test]
fn where_there_is_no_room_garbage_is_merged_first_and_the_commit_is_made() {
    run(async {
        let (store, mut chance) = (Faulty::default(), Chance(1));
        let mut life = Life::begin(store.clone(), small(Versions::Current))
            .await
            .unwrap();
        for _ in 0..6 {
            life.offer(&mut chance).await.unwrap();
            life.commit().await.unwrap();
        }
        life.offer(&mut chance).await.unwrap();
        let (mut refused, merges) = (false, store.state().merges);
        store.state().refuse = Some(Box::new(move |call| {
            let first = call == Call::Commit && !std::mem::replace(&mut refused, true);
            first.then_some(Code::Quota)
        }));
        life.commit().await.unwrap();
        assert_eq!(store.state().merges, merges + 1);
        life.committed.check(&life.replica, &mut chance).await;

        // No room at all: nothing is changed, and it goes on when there is some.
        life.offer(&mut chance).await.unwrap();
        let full = |call| (call == Call::Commit).then_some(Code::Quota);
        store.state().refuse = Some(Box::new(full));
        assert_eq!(life.commit().await.unwrap_err().code(), Code::Quota);
        life.forget();
        life.committed.check(&life.replica, &mut chance).await;
        store.state().refuse = None;
        life.offer(&mut chance).await.unwrap();
        life.commit().await.unwrap();
        life.committed.check(&life.replica, &mut chance).await;
    })
    .unwrap();
}

struct Deaf;

impl Observer for Deaf {
    fn progress(&mut self, _progress: &Progress) {}
    fn committed(&mut self, _commit: &Committed) {}
}

async fn pulled(replica: &Rc<Replica<Faulty>>, server: &Server) -> Result<()> {
    let client = Client::new(Base::parse(BASE)?, server.clone(), Still, NoToken);
    let feeds = TYPES.map(|kind| Feed::History(kind.to_string()));
    let pulled = pull(replica, &client, &Still, &feeds, &mut Deaf).await;
    pulled.map(drop)
}

/// Reads everything and searches; whether all was right. What is wrong is an error that says so, of a
/// type that the status names.
async fn is_whole(replica: &Replica<Faulty>, server: &Server) -> bool {
    let mut whole = true;
    let damaged = |code: Code, kind: &str| {
        assert_eq!(code, Code::Damaged);
        assert!(
            replica.status().damaged.iter().any(|it| it == kind),
            "{kind}"
        );
    };
    let current = server.current();
    for (reference, body) in &current {
        let identity = Identity::parse(reference).unwrap();
        match (replica.read(identity).await, body) {
            (Ok(Some(bytes)), Some(body)) => assert_eq!(bytes, body.as_bytes()),
            (Err(error), None) if error.code() == Code::Gone => {}
            (Err(error), _) => {
                damaged(error.code(), identity.kind);
                whole = false;
            }
            (answer, _) => panic!("{reference} reads as {answer:?}"),
        }
    }
    for kind in TYPES {
        let of_type = current
            .iter()
            .filter(|(name, body)| name.starts_with(kind) && body.is_some());
        let queries = match kind {
            "Patient" => [
                "Patient?",
                "Patient?name=m,o,s,a",
                "Patient?birthdate=gt1900",
            ],
            _ => [
                "Observation?",
                "Observation?code=a,b,c",
                "Observation?_sort=date",
            ],
        };
        for query in queries {
            match replica.ids(query).await {
                Ok(ids) => assert_eq!(ids.len(), of_type.clone().count(), "{query}"),
                Err(error) => {
                    damaged(error.code(), kind);
                    whole = false;
                }
            }
        }
    }
    whole
}

#[test]
fn l1_l9_values_missing_cut_or_flipped_are_never_wrong_answers_and_the_next_pull_repairs_them() {
    let mut noticed = 0;
    each_seed(2000, |mut chance| {
        run(async {
            let keep = *chance.of(&[Versions::Current, Versions::All]);
            let (store, server) = (Faulty::default(), Server::new(5));
            let mut replica = open(&store, keep).await.unwrap();
            for _ in 0..1 + chance.below(10) {
                server.live(&mut chance, 6);
                pulled(&replica, &server).await.unwrap();
                if chance.below(3) == 0 {
                    replica.tidy().await.unwrap();
                }
            }
            for _ in 0..1 + chance.below(2) {
                let keys: Vec<Key> = store.state().keys.iter().copied().collect();
                let key = *chance.of(&keys);
                let length = store.0.read(&[key]).await.unwrap()[0]
                    .as_ref()
                    .unwrap()
                    .len();
                let broken = match chance.below(3) {
                    0 => Break::Missing,
                    1 => Break::Cut(chance.below(length as u64) as usize),
                    _ => Break::Flipped(chance.below(length as u64 * 8) as usize),
                };
                store.state().broken.insert(key, broken);
            }
            // What the cache holds is not read again.
            replica = open(&store, keep).await.unwrap();
            let mut rounds = 0;
            loop {
                let whole = is_whole(&replica, &server).await;
                noticed += u64::from(!whole);
                // A merge or the pull itself may be what meets the damage. What a pull gave up is
                // not there until one comes to its end.
                let _ = replica.tidy().await;
                while let Err(error) = pulled(&replica, &server).await {
                    assert!(error.is_damaged(), "{error:?}");
                    rounds += 1;
                    assert!(rounds < 6, "not repaired: {:?}", replica.status());
                }
                if whole {
                    break;
                }
                rounds += 1;
                assert!(rounds < 6, "not repaired: {:?}", replica.status());
            }
            server.live(&mut chance, 6);
            pulled(&replica, &server).await.unwrap();
            assert!(is_whole(&replica, &server).await);
        })
        .unwrap();
    });
    assert!(noticed > 10, "{noticed}");
}

#[test]
fn what_was_given_up_is_refused_and_not_left_out_until_it_is_pulled_again() {
    run(async {
        let (store, server, mut chance) = (Faulty::default(), Server::new(5), Chance(2));
        server.live(&mut chance, 40);
        let replica = open(&store, Versions::Current).await.unwrap();
        pulled(&replica, &server).await.unwrap();
        let keys: Vec<Key> = store.state().keys.iter().copied().collect();
        // The heads stay.
        for key in keys.into_iter().filter(|key| key.0 % (1 << 20) > 0) {
            store.state().broken.insert(key, Break::Missing);
        }
        let replica = open(&store, Versions::Current).await.unwrap();
        for kind in TYPES {
            assert!(replica.search(kind).await.unwrap_err().is_damaged());
        }
        // A pull that comes no further than this has given up what is damaged, and brought nothing.
        drop(Writer::begin(replica.clone()).await.unwrap());
        let mut types: Vec<&str> = TYPES.to_vec();
        types.sort_unstable();
        for replica in [&replica, &open(&store, Versions::Current).await.unwrap()] {
            assert_eq!(replica.status().damaged, types);
            for kind in TYPES {
                assert!(replica.search(kind).await.unwrap_err().is_damaged());
                let identity = Identity { kind, id: "none" };
                assert!(replica.read(identity).await.unwrap_err().is_damaged());
            }
            let told = Changes::since(replica.clone(), 0).next().await;
            assert!(told.unwrap_err().is_damaged());
        }
        pulled(&replica, &server).await.unwrap();
        assert!(is_whole(&replica, &server).await);
        assert!(Changes::since(replica, 0).next().await.unwrap().is_some());
    })
    .unwrap();
}

#[test]
fn l1_l9_a_broken_manifest_starts_over_and_the_next_pull_ends_equal() {
    run(async {
        let (store, server) = (Faulty::default(), Server::new(5));
        let mut chance = Chance(4);
        for _ in 0..40 {
            server.live(&mut chance, 10);
            let replica = open(&store, Versions::Current).await.unwrap();
            pulled(&replica, &server).await.unwrap();
            let length = store.head().await.unwrap().unwrap().manifest.len() as u64;
            let broken = match chance.below(2) {
                0 => Break::Cut(chance.below(length) as usize),
                _ => Break::Flipped(chance.below(length * 8) as usize),
            };
            store.state().broken_head = Some(broken);
            let replica = open(&store, Versions::Current).await.unwrap();
            let status = replica.status();
            assert_eq!(status.started_over, Some(StartedOver::Damaged));
            pulled(&replica, &server).await.unwrap();
            assert!(is_whole(&replica, &server).await);
        }
    })
    .unwrap();
}

#[test]
fn what_was_evicted_under_an_open_replica_is_said_to_be_lost_until_a_pull() {
    run(async {
        let (store, server) = (Faulty::default(), Server::new(5));
        let mut chance = Chance(4);
        server.live(&mut chance, 40);
        pulled(&open(&store, Versions::Current).await.unwrap(), &server)
            .await
            .unwrap();
        let replica = open(&store, Versions::Current).await.unwrap();
        store.wipe().await.unwrap();
        for _ in 0..2 {
            let search = replica.search("Patient?").await;
            assert_eq!(search.unwrap_err().code(), Code::StoreLost);
            let read = replica.read(Identity::parse("Patient/r1").unwrap()).await;
            assert_eq!(read.unwrap_err().code(), Code::StoreLost);
        }
        pulled(&replica, &server).await.unwrap();
        assert!(is_whole(&replica, &server).await);
    })
    .unwrap();
}

#[test]
fn l10_another_tab_never_takes_a_replica_begun_anew_for_the_one_that_it_had_read() {
    run(async {
        let store = Faulty::default();
        let one = open(&store, Versions::Current).await.unwrap();
        let (before, after) = (Server::new(5), Server::new(5));
        before.live(&mut Chance(1), 40);
        after.live(&mut Chance(2), 40);
        pulled(&one, &before).await.unwrap();
        let other = open(&store, Versions::Current).await.unwrap();
        assert!(is_whole(&other, &before).await);
        one.wipe().await.unwrap();
        pulled(&one, &after).await.unwrap();
        assert_eq!(one.generation(), other.generation());
        other.refresh().await.unwrap();
        assert!(is_whole(&other, &after).await);
    })
    .unwrap();
}
