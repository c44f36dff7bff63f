//! L2: the world is stopped at every call of the store, in commits and in merges; what was committed
//! is there, a commit wholly or not at all.

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::host::memory::Memory;
use fhir_pull::replica::Versions;

use crate::chance::{Chance, each_seed};
use crate::lives::{Life, Style, small};
use crate::oracle::Oracle;
use crate::stops::{Fuse, Stopping, run};

/// What a life was like when the world stopped.
#[derive(Clone)]
struct Last {
    committed: Oracle,
    pending: Oracle,
    /// Of the store, before the commit of what is pending.
    generation: u64,
}

/// Lives until the fuse burns; whether it lived to its end.
fn lived(store: &Memory, seed: Chance, style: Style, fuse: Fuse) -> (bool, Last) {
    let begun = Oracle::new(style.keep);
    let last = Rc::new(RefCell::new(Last {
        committed: begun.clone(),
        pending: begun,
        generation: 0,
    }));
    let seen = last.clone();
    let whole = run(async {
        let mut chance = seed;
        let store = Stopping(store.clone(), fuse);
        let mut life = Life::begin(store, style).await.unwrap();
        for number in 0..14 {
            life.offer(&mut chance).await.unwrap();
            *seen.borrow_mut() = Last {
                committed: life.committed.clone(),
                pending: life.pending.clone(),
                generation: life.replica.generation(),
            };
            life.commit().await.unwrap();
            *seen.borrow_mut() = Last {
                committed: life.committed.clone(),
                pending: life.committed.clone(),
                generation: life.replica.generation(),
            };
            if number % 3 == 0 || number > 7 {
                life.replica.tidy().await.unwrap();
            }
        }
    });
    let last = last.borrow().clone();
    (whole.is_some(), last)
}

#[test]
fn l2_stopped_at_any_call_of_the_store_what_was_committed_is_there() {
    let mut stops = 0;
    each_seed(40, |mut chance| {
        let keep = *chance.of(&[Versions::Current, Versions::All]);
        let (mut seed, mut style) = (chance.clone(), small(keep));
        style.batch = 1 + seed.below(4);
        for stop in 0.. {
            let store = Memory::new();
            let (whole, last) = lived(&store, seed.clone(), style, Fuse::after(stop));
            run(goes_on(&store, style, last, &mut chance)).unwrap();
            stops += 1;
            if whole {
                break;
            }
        }
    });
    assert!(stops > 100, "{stops}");
}

async fn goes_on(store: &Memory, style: Style, mut last: Last, chance: &mut Chance) {
    let mut life = Life::begin(store.clone(), style).await.unwrap();
    let generation = life.replica.generation();
    last.pending.committed(generation);
    let made = generation > last.generation;
    life.committed = if made { last.pending } else { last.committed };
    life.pending = life.committed.clone();
    let names: Vec<_> = life.committed.bodies().into_keys().collect();
    life.committed.check_status(&life.replica);
    for name in &names {
        life.committed.check_one(&life.replica, chance, name).await;
    }
    life.committed.check_search(&life.replica, chance).await;
    life.source.catch_up(&life.committed);
    for _ in 0..2 {
        life.offer(chance).await.unwrap();
        life.commit().await.unwrap();
        while life.replica.tidy().await.unwrap() {}
    }
    for name in life.committed.bodies().keys() {
        life.committed.check_one(&life.replica, chance, name).await;
    }
}
