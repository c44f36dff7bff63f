//! L1, L3, L4: whatever a replica goes through, it holds what the plain map holds.

use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::host::Store;
use fhir_pull::replica::{Applied, Changes, Checkpoint, Replica, Versions, Writer};

use crate::chance::{Chance, each_seed};
use crate::faulty::Faulty;
use crate::oracle::{Name, Oracle, Source};
use crate::server::{BASE, TYPES, Version};
use crate::stops::run;

/// How a life goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) keep: Versions,
    pub(crate) ids: u64,
    pub(crate) bulk: u64,
    /// Offers in a batch, at most.
    pub(crate) batch: u64,
}

pub(crate) fn small(keep: Versions) -> Style {
    Style {
        keep,
        ids: 12,
        bulk: 0,
        batch: 6,
    }
}

/// Enough bytes for values of several blocks, that are shared when segments merge.
pub(crate) fn large(keep: Versions) -> Style {
    Style {
        keep,
        ids: 60,
        bulk: 24 * 1024,
        batch: 40,
    }
}

/// A replica, its writer, and what both must be like.
pub(crate) struct Life<S> {
    pub(crate) store: S,
    pub(crate) style: Style,
    pub(crate) replica: Rc<Replica<S>>,
    pub(crate) source: Source,
    writer: Option<Writer<S>>,
    pub(crate) committed: Oracle,
    pub(crate) pending: Oracle,
    commits: u64,
}

pub(crate) async fn open<S: Store + Clone>(
    store: &S,
    keep: Versions,
) -> fhir_pull::Result<Rc<Replica<S>>> {
    let replica = Replica::open(store.clone(), BASE, 7, Some(keep)).await?;
    Ok(Rc::new(replica))
}

impl<S: Store + Clone + 'static> Life<S> {
    pub(crate) async fn begin(store: S, style: Style) -> fhir_pull::Result<Life<S>> {
        Ok(Life {
            replica: open(&store, style.keep).await?,
            store,
            style,
            source: Source::new(style.ids, style.bulk),
            writer: None,
            committed: Oracle::new(style.keep),
            pending: Oracle::new(style.keep),
            commits: 0,
        })
    }

    /// Takes a batch of offers into the writer.
    pub(crate) async fn offer(&mut self, chance: &mut Chance) -> fhir_pull::Result<()> {
        let count = 1 + chance.below(self.style.batch);
        let versions = (0..count).map(|_| self.source.tell(chance));
        let versions: Vec<Version> = versions.collect();
        let numbers: Vec<String> = versions.iter().map(|it| it.number.to_string()).collect();
        if self.writer.is_none() {
            self.writer = Some(Writer::begin(self.replica.clone()).await?);
        }
        let writer = self.writer.as_mut().unwrap();
        let pairs = versions.iter().zip(&numbers);
        let offers: Vec<_> = pairs
            .map(|(version, number)| version.offer(number))
            .collect();
        let applied = writer.offer(&offers).await?;
        for (version, applied) in versions.iter().zip(applied) {
            let expected = match (self.pending.take(version), &version.body) {
                (false, _) => Applied::Unchanged,
                (true, None) => Applied::Deleted,
                (true, Some(_)) => Applied::Stored,
            };
            assert_eq!(applied, expected, "{} {}", version.id, version.number);
        }
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> fhir_pull::Result<()> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        self.commits += 1;
        writer.note(Checkpoint {
            feed: "all".into(),
            complete: self.commits.is_multiple_of(2),
            types: TYPES.map(str::to_string).to_vec(),
            ..Checkpoint::default()
        });
        writer.commit().await?;
        let generation = writer.settle().await?;
        self.pending.committed(generation);
        self.committed = self.pending.clone();
        Ok(())
    }

    /// Forgets what was not committed, as a crash does.
    pub(crate) fn forget(&mut self) {
        self.writer = None;
        self.pending = self.committed.clone();
    }

    pub(crate) async fn reopen(&mut self) -> fhir_pull::Result<()> {
        self.forget();
        self.replica = open(&self.store, self.style.keep).await?;
        Ok(())
    }

    /// One random step.
    pub(crate) async fn step(&mut self, chance: &mut Chance) -> fhir_pull::Result<()> {
        match chance.below(16) {
            0..=5 => self.offer(chance).await,
            6..=10 => self.commit().await,
            11..=13 => self.replica.tidy().await.map(drop),
            14 => self.reopen().await,
            _ => {
                self.forget();
                Ok(())
            }
        }
    }
}

/// Another system that is told of the changes, some now and then.
struct Follower {
    holds: BTreeMap<Name, Option<String>>,
    /// All of this generation was told.
    told: u64,
    changes: Option<Changes<Faulty>>,
}

impl Follower {
    async fn follow(&mut self, replica: &Rc<Replica<Faulty>>, once: bool) {
        let since = || Changes::since(replica.clone(), self.told);
        let mut changes = self.changes.take().unwrap_or_else(since);
        while let Some(some) = changes.next().await.unwrap() {
            self.told = some.last().unwrap().generation - 1;
            for change in some {
                let kind = TYPES.into_iter().find(|kind| *kind == change.kind).unwrap();
                let body = change.bytes.map(|bytes| String::from_utf8(bytes).unwrap());
                self.holds.insert((kind, change.id), body);
            }
            if once {
                break;
            }
        }
        self.changes = Some(changes);
    }
}

/// What happened over all lives of a test.
#[derive(Debug, Default)]
struct Seen {
    lives: u64,
    merges: u64,
    deleted: u64,
    shared: u64,
}

fn lives(seeds: u64, steps: u64, style: Style) -> Seen {
    let mut seen = Seen::default();
    each_seed(seeds, |mut chance| {
        let store = Faulty::default();
        run(lived(&store, &mut chance, steps, style)).unwrap();
        let state = store.state();
        seen.lives += 1;
        seen.merges += state.merges;
        seen.deleted += state.deleted;
        seen.shared += state.shared;
    });
    seen
}

async fn lived(store: &Faulty, chance: &mut Chance, steps: u64, style: Style) {
    let mut life = Life::begin(store.clone(), style).await.unwrap();
    let mut follower = Follower {
        holds: BTreeMap::new(),
        told: 0,
        changes: None,
    };
    for _ in 0..steps {
        let before = Rc::as_ptr(&life.replica);
        life.step(chance).await.unwrap();
        if before != Rc::as_ptr(&life.replica) {
            follower.changes = None;
        }
        life.committed.check_status(&life.replica);
        let name = (*chance.of(&TYPES), format!("r{}", chance.below(style.ids)));
        life.committed.check_one(&life.replica, chance, &name).await;
        match chance.below(4) {
            0 => life.committed.check_search(&life.replica, chance).await,
            1 => follower.follow(&life.replica, true).await,
            2 => {
                let since = chance.below(life.replica.generation() + 1);
                life.committed.check_changes(&life.replica, since).await;
            }
            _ => {}
        }
    }
    life.commit().await.unwrap();
    while life.replica.tidy().await.unwrap() {}
    life.reopen().await.unwrap();
    life.committed.check(&life.replica, chance).await;
    follower.changes = None;
    follower.follow(&life.replica, false).await;
    assert_eq!(follower.holds, life.committed.bodies());
    if style.keep == Versions::Current {
        assert_little_garbage(&life).await;
    }
}

/// After merging, the store holds at most about twice what that of a replica of the same content does.
/// What is half dead is told by counting documents, and theirs are of very different sizes.
async fn assert_little_garbage(life: &Life<Faulty>) {
    let replica = open(&Faulty::default(), life.style.keep).await.unwrap();
    let mut writer = Writer::begin(replica.clone()).await.unwrap();
    for (version, _) in life.committed.current() {
        let number = version.number.to_string();
        writer.offer(&[version.offer(&number)]).await.unwrap();
    }
    writer.commit().await.unwrap();
    writer.settle().await.unwrap();
    let (lived, fresh) = (life.replica.usage(), replica.usage());
    let (lived, fresh) = (lived.await.unwrap().bytes, fresh.await.unwrap().bytes);
    let segments = life.replica.status().segments as u64;
    assert!(segments <= 2 * 8, "{segments}");
    assert!(lived * 2 <= fresh * 5 + 640 * 1024, "{lived} for {fresh}");
}

#[test]
fn l3_l4_a_replica_of_current_versions_holds_what_the_map_holds() {
    let seen = lives(4000, 40, small(Versions::Current));
    assert!(seen.merges >= seen.lives, "{seen:?}");
    assert!(seen.deleted >= seen.lives * 4, "{seen:?}");
}

#[test]
fn l3_l4_a_replica_of_all_versions_holds_what_the_map_holds() {
    let seen = lives(3000, 40, small(Versions::All));
    assert!(seen.merges * 10 >= seen.lives, "{seen:?}");
}

#[test]
fn l3_l4_values_that_segments_share_hold_what_the_map_holds() {
    for keep in [Versions::Current, Versions::All] {
        let seen = lives(20, 100, large(keep));
        let least = seen.merges.min(seen.deleted).min(seen.shared);
        assert!(least >= seen.lives, "{seen:?}");
    }
}

#[test]
fn thousands_of_commits_of_one_resource_leave_few_segments_and_little_garbage() {
    run(async {
        let mut chance = Chance(1);
        let mut style = small(Versions::Current);
        (style.ids, style.batch) = (400, 1);
        let mut life = Life::begin(Faulty::default(), style).await.unwrap();
        let mut most = 0;
        for _ in 0..3000 {
            life.offer(&mut chance).await.unwrap();
            life.commit().await.unwrap();
            while life.replica.tidy().await.unwrap() {}
            most = most.max(life.replica.status().segments);
        }
        assert!(most <= 20, "{most}");
        life.reopen().await.unwrap();
        life.committed.check(&life.replica, &mut chance).await;
        assert_little_garbage(&life).await;
    })
    .unwrap();
}
