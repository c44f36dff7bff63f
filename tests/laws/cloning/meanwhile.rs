//! Somebody writes while a clone goes on: the repository pulls and merges, another tab pulls into the
//! replica.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::replica::{Versions, Writer};

use super::whole::{goes_on, lived};
use super::{Repository, cloned, cloned_over};
use crate::chance::each_seed;
use crate::faulty::Faulty;
use crate::lives::{Style, large, open, small};
use crate::stops::run;

/// A repository that goes on living between requests; the clone is of the generation that was told last.
fn lives_on(style: fn(Versions) -> Style, seeds: u64, steps: u64) -> u64 {
    let again = Rc::new(Cell::new(0));
    each_seed(seeds, |mut chance| {
        run(async {
            let style = style(Versions::Current);
            let life = lived(&mut chance, style, steps).await;
            let repository = Repository::of(life.replica.clone());
            let store = Faulty::default();
            let replica = open(&store, Versions::Current).await.unwrap();
            let (life, told) = (Rc::new(RefCell::new(life)), Rc::new(RefCell::new(None)));
            let (living, telling, seen) = (life.clone(), told.clone(), again.clone());
            let mut dice = chance.clone();
            // It comes to rest some time, or too late.
            let (mut rounds, restless) = (0, dice.below(9));
            repository.edit(move |target, response| {
                let mut life = living.borrow_mut();
                if target == "/$replica" {
                    let before = telling.replace(Some(life.committed.clone()));
                    seen.set(seen.get() + u64::from(before.is_some()));
                    rounds += 1;
                }
                if dice.below(2) == 0 && rounds <= restless {
                    run(async {
                        for _ in 0..dice.below(12) {
                            life.offer(&mut dice).await.unwrap();
                            life.commit().await.unwrap();
                        }
                        while life.replica.tidy().await.unwrap() {}
                    })
                    .unwrap();
                }
                Ok(response)
            });
            match cloned(&replica, &repository).await {
                Ok(_) => {}
                // It did not come to rest in time.
                Err(error) => {
                    assert_eq!(error.code(), Code::NotFound);
                    repository.edit(|_, response| Ok(response));
                    told.replace(Some(life.borrow().committed.clone()));
                    cloned(&replica, &repository).await.unwrap();
                }
            }
            let life = Rc::try_unwrap(life).ok().map(RefCell::into_inner);
            repository.edit(|_, response| Ok(response));
            let mut of = match life {
                Some(life) => life,
                None => return,
            };
            of.committed = told.take().unwrap();
            let mut clone = goes_on(store.clone(), style, &of).await;
            clone.committed.check(&clone.replica, &mut chance).await;
            clone.offer(&mut chance).await.unwrap();
            clone.commit().await.unwrap();
            clone.committed.check(&clone.replica, &mut chance).await;
        })
        .unwrap();
    });
    again.get()
}

#[test]
fn l8_a_repository_that_merges_meanwhile_is_cloned_as_it_was_at_one_generation() {
    assert!(lives_on(small, 300, 30) > 30);
    assert!(lives_on(large, 20, 80) > 5);
}

#[test]
fn what_another_tab_pulls_meanwhile_is_not_replaced() {
    each_seed(100, |mut chance| {
        run(async {
            let style = small(Versions::Current);
            let life = lived(&mut chance, style, 30).await;
            let repository = Repository::of(life.replica.clone());
            let store = Faulty::default();
            let replica = open(&store, Versions::Current).await.unwrap();
            let mut other = goes_on(store.clone(), style, &life).await;
            other.committed = crate::oracle::Oracle::new(Versions::Current);
            other.forget();
            let other = Rc::new(Cell::new(Some(other)));
            let at = chance.below(2);
            let (tab, mut dice, mut number) = (other.clone(), chance.clone(), 0);
            repository.edit(move |_, response| {
                if number == at {
                    let mut other = tab.take().unwrap();
                    run(async {
                        other.offer(&mut dice).await.unwrap();
                        other.commit().await.unwrap();
                    })
                    .unwrap();
                    tab.set(Some(other));
                }
                number += 1;
                Ok(response)
            });
            let refused = cloned(&replica, &repository).await.unwrap_err();
            assert_eq!(refused.code(), Code::Conflict);
            repository.edit(|_, response| Ok(response));
            let other = other.take().unwrap();
            other.committed.check(&other.replica, &mut chance).await;
            while other.replica.tidy().await.unwrap() {}
            other.committed.check(&other.replica, &mut chance).await;
        })
        .unwrap();
    });
}

#[test]
fn l2_a_pull_that_a_clone_replaces_commits_nothing_on_top_of_it() {
    each_seed(60, |mut chance| {
        run(async {
            let style = small(Versions::Current);
            let life = lived(&mut chance, style, 30).await;
            let held = lived(&mut chance, style, 20).await;
            let mut living = held.committed.current().map(|(version, _)| version);
            let version = living
                .find(|version| version.body.is_some())
                .unwrap()
                .clone();
            let newer = (version.number + 1).to_string();
            let mut writer = Writer::begin(held.replica.clone()).await.unwrap();
            writer.offer(&[version.offer(&newer)]).await.unwrap();
            let replica = open(&held.store, Versions::Current).await.unwrap();
            let repository = Repository::of(life.replica.clone());
            cloned_over(&replica, repository, true).await.unwrap();
            let refused = async {
                writer.commit().await?;
                writer.settle().await
            };
            assert_eq!(refused.await.unwrap_err().code(), Code::Conflict);
            let clone = goes_on(held.store.clone(), style, &life).await;
            clone.committed.check(&clone.replica, &mut chance).await;
        })
        .unwrap();
    });
}
