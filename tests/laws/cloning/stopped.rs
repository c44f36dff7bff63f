//! L2: a clone is stopped at every call of store and network. The replica is then as it was, or whole; the
//! next clone goes on, and where none comes nothing of it is left.

use std::collections::BTreeSet;
use std::rc::Rc;

use fhir_pull::host::{Key, Store};
use fhir_pull::replica::{Replica, Versions};

use super::whole::{goes_on, holds, lived};
use super::{Repository, cloned, cloned_over};
use crate::chance::{Chance, each_seed};
use crate::faulty::Faulty;
use crate::lives::{Life, Style, large, open, small};
use crate::server::BASE;
use crate::stops::{Fuse, Stopping, run};

/// Clones until the fuse burns; whether it came to its end.
fn cloned_until(
    fuse: Fuse,
    store: &Faulty,
    repository: &Repository<Faulty>,
    replace: bool,
) -> bool {
    let done = run(async {
        let store = Stopping(store.clone(), fuse.clone());
        let replica = Replica::open(store, BASE, 11, Some(Versions::Current)).await;
        let transport = Stopping(repository.clone(), fuse);
        cloned_over(&Rc::new(replica.unwrap()), transport, replace)
            .await
            .unwrap();
    });
    done.is_some()
}

/// What is stored of a clone that was whole at once.
async fn keys_of_a_fresh_clone(repository: &Repository<Faulty>) -> usize {
    let store = Faulty::default();
    let replica = open(&store, Versions::Current).await.unwrap();
    cloned(&replica, repository).await.unwrap();
    store.state().keys.len()
}

async fn each_stop(chance: &mut Chance, style: Style, life: &Life<Faulty>, replace: bool) -> u64 {
    let repository = Repository::of(life.replica.clone());
    let values = keys_of_a_fresh_clone(&repository).await;
    for stop in 0.. {
        let (before, store) = match replace {
            false => (None, Faulty::default()),
            true => {
                let mut held = lived(&mut chance.clone(), style, 12).await;
                held.forget();
                let store = held.store.clone();
                (Some(held), store)
            }
        };
        let whole = cloned_until(Fuse::after(stop), &store, &repository, replace);
        let replica = open(&store, Versions::Current).await.unwrap();
        let is_clone = holds(&replica, &life.committed).await
            && replica.status().checkpoints == life.replica.status().checkpoints;
        assert!(is_clone || !whole);
        if !is_clone {
            // As it was.
            match &before {
                None => assert_eq!(
                    (replica.status().types, replica.status().checkpoints),
                    (vec![], vec![])
                ),
                Some(held) => held.committed.check(&replica, &mut chance.clone()).await,
            }
            match chance.below(2) {
                // Nobody goes on.
                0 => {
                    while replica.tidy().await.unwrap() {}
                    let left: BTreeSet<Key> = store.state().keys.clone();
                    match &before {
                        None => assert_eq!(left, BTreeSet::new()),
                        Some(held) => held.committed.check(&replica, &mut chance.clone()).await,
                    }
                    assert_eq!(store.usage().await.unwrap().values, left.len() as u64);
                }
                _ => {
                    repository.asked();
                    let (cloning, _) = cloned_over(&replica, repository.clone(), replace)
                        .await
                        .unwrap();
                    assert_eq!(repository.asked().len() as u64, cloning.requests);
                    let mut clone = goes_on(store.clone(), style, life).await;
                    clone
                        .committed
                        .check(&clone.replica, &mut chance.clone())
                        .await;
                    assert_eq!(store.state().keys.len(), values, "stop {stop}");
                    clone.offer(chance).await.unwrap();
                    clone.commit().await.unwrap();
                    clone
                        .committed
                        .check(&clone.replica, &mut chance.clone())
                        .await;
                }
            }
        }
        if whole {
            return stop;
        }
    }
    0
}

#[test]
fn l2_stopped_at_any_call_a_replica_is_as_it_was_or_whole_and_nothing_is_left_over() {
    let mut stops = 0;
    each_seed(30, |mut chance| {
        run(async {
            let style = small(Versions::Current);
            let life = lived(&mut chance, style, 20).await;
            for replace in [false, true] {
                stops += each_stop(&mut chance, style, &life, replace).await;
            }
        })
        .unwrap();
    });
    assert!(stops > 300, "{stops}");
}

#[test]
fn l2_what_came_of_a_clone_that_was_stopped_is_not_fetched_again() {
    run(async {
        let mut style = large(Versions::Current);
        (style.ids, style.bulk) = (4000, 12 * 1024);
        style.batch = 400;
        let mut chance = Chance(2);
        let life = lived(&mut chance, style, 60).await;
        let repository = Repository::of(life.replica.clone());
        let store = Faulty::default();
        let (cloning, _) = cloned(&open(&store, Versions::Current).await.unwrap(), &repository)
            .await
            .unwrap();
        assert!(cloning.requests > 6, "{cloning:?}");
        let values = store.state().keys.len();
        let mut fewer = 0;
        for stop in 3.. {
            let store = Faulty::default();
            if cloned_until(Fuse::after(stop), &store, &repository, false) {
                break;
            }
            let kept = store.state().keys.len();
            let replica = open(&store, Versions::Current).await.unwrap();
            // The last commit was made, and nobody heard of it.
            if !holds(&replica, &life.committed).await {
                let (again, _) = cloned(&replica, &repository).await.unwrap();
                assert!(kept == 0 || again.bytes < cloning.bytes, "{kept}");
                fewer += u64::from(again.requests < cloning.requests);
            }
            let clone = goes_on(store.clone(), style, &life).await;
            clone.committed.check(&clone.replica, &mut chance).await;
            assert_eq!(store.state().keys.len(), values);
        }
        assert!(fewer > 3, "{fewer}");
    })
    .unwrap();
}
