//! L1, L2: whatever the server does wrong and wherever a pull is stopped, once the server has come to
//! rest the replica is pulled equal to it.
//!
//! The server lives between the pulls and while they go on (`unruly`). A failure prints its seed, and
//! with `SHOW=1` what was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fhir_pull::client::{Base, Client, Limit, NoToken};
use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::pull::{Committed, Feed, Observer, Progress, forget, pull};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Result};

use crate::chance::{Chance, each_seed};
use crate::server::asked::Asked;
use crate::server::search::{matches, subset};
use crate::server::{BASE, TYPES, Version};
use crate::stops::{Fuse, Still, Stopping, run};
use crate::unruly::Unruly;
use crate::unruly::faults::{Capabilities, Faults};

struct Deaf;

impl Observer for Deaf {
    fn progress(&mut self, _progress: &Progress) {}
    fn committed(&mut self, _commit: &Committed) {}
}

/// The patient of which everything is pulled.
const ALL_OF: &str = "Patient/r3";

/// The feeds that are drawn from.
fn feeds() -> Vec<Feed> {
    let search = |search: &str| Feed::Search(search.to_string());
    let history = |of: &str| Feed::History(of.to_string());
    let export = |types: &[&str]| Feed::Export {
        of: "*".to_string(),
        types: types.iter().map(|it| it.to_string()).collect(),
    };
    vec![
        history("*"),
        history("Patient"),
        history("Observation"),
        history("Patient/r3"),
        search("Patient"),
        search("Observation"),
        search("Observation?subject=Patient/r3"),
        search("Observation?code=a"),
        search("Observation?code=http://one.test|b&patient=r5"),
        search("Patient?_id=r1,r2,r3"),
        Feed::Everything(ALL_OF.to_string()),
        Feed::References {
            of: ["Patient/r1", "Observation/r2", "Observation/r7"]
                .map(str::to_string)
                .to_vec(),
            depth: 1,
        },
        export(&["Patient"]),
        export(&["Patient", "Observation"]),
    ]
}

/// By `Type/id` the latest version of each resource.
type Latest<'a> = BTreeMap<String, &'a Version>;

/// Whether the version is the feed's while it is current.
fn covers(feed: &Feed, version: &Version, latest: &Latest<'_>) -> bool {
    let name = version.name();
    let is_of = |search: &str| {
        let asked = Asked::below(search);
        matches(version, &asked.path[0], &asked)
    };
    match feed {
        Feed::Search(search) => is_of(search),
        Feed::History(of) => ["*", version.kind, &name].contains(&of.as_str()),
        Feed::Everything(of) => name == *of || is_of(&format!("Observation?subject={of}")),
        Feed::References { of, depth } => {
            let names_it = |from: &String| {
                let body = latest.get(from).and_then(|from| from.body.as_ref());
                body.is_some_and(|body| body.contains(&format!(r#""{name}""#)))
            };
            of.contains(&name) || *depth > 0 && of.iter().any(names_it)
        }
        Feed::Export { types, .. } => types.iter().any(|it| it == version.kind),
    }
}

/// What a history is of.
fn history_of(feed: &Feed) -> Option<&str> {
    match feed {
        Feed::History(of) => Some(of),
        _ => None,
    }
}

/// Whether the server tells the feed of every deletion.
fn tells_deletions(feed: &Feed, faults: &Faults) -> bool {
    let Some(of) = history_of(feed) else {
        return false;
    };
    let missing = match of {
        "*" => faults.h9_no_system_history.and(faults.h9_no_type_history),
        of if TYPES.contains(&of) => faults.h9_no_type_history,
        _ => faults.h9_no_instance_history,
    };
    // One that says that it has no history is not asked for it, and one that is cut short tells of those alone
    // that are held.
    missing.is_none() && faults.capabilities != Capabilities::Modest && faults.p1_capped.is_none()
}

/// One pull, from opening the replica on; `None` when the fuse burnt in it.
fn pulled(store: &Memory, server: &Unruly, feeds: &[Feed], fuse: Fuse) -> Option<Result<()>> {
    run(async {
        let store = Stopping(store.clone(), fuse.clone());
        let replica = Rc::new(Replica::open(store, BASE, 7, None).await?);
        let transport = Stopping(server.clone(), fuse);
        let page = server.server.0.borrow().page;
        let client = Client::new(Base::parse(BASE)?, transport, Still, NoToken)
            // Some pages are taken while they are on their way, and few requests are in flight.
            .with_long_pages([usize::MAX, 300, 3000][page % 3])
            .with_limit(Limit::new(1 + page % 4));
        pull(&replica, &client, &Still, feeds, &mut Deaf).await?;
        Ok(())
    })
}

/// L1 for what the feeds cover; whatever else is held is a version that the server had.
fn assert_equal(store: &Memory, server: &Unruly, feeds: &[Feed]) {
    let life = server.server.0.borrow();
    let faults = server.faults();
    run(async {
        let replica = Replica::open(store.clone(), BASE, 7, None).await.unwrap();
        let mut latest: Latest<'_> = BTreeMap::new();
        latest.extend(life.log.iter().map(|version| (version.name(), version)));
        for (name, version) in &latest {
            let read = replica.read(Identity::parse(name).unwrap()).await;
            let gone = read.as_ref().is_err_and(|error| error.code() == Code::Gone);
            let held = read
                .ok()
                .flatten()
                .map(|bytes| String::from_utf8(bytes).unwrap());
            for feed in feeds {
                let covered = covers(feed, version, &latest);
                match &version.body {
                    Some(body) if covered => {
                        assert_eq!(held.as_ref(), Some(body), "{name} by {feed:?}")
                    }
                    Some(_) => {}
                    None if tells_deletions(feed, &faults) => {
                        assert!(gone || !covered, "{name} is not gone by {feed:?}");
                    }
                    None if faults.r2_not_found => {}
                    // That a search no longer finds it is looked at below.
                    None if matches!(feed, Feed::Search(_)) => {}
                    None if matches!(feed, Feed::Everything(_)) => {}
                    None => assert!(held.is_none() || !covered, "{name} lives by {feed:?}"),
                }
            }
            if let Some(held) = held {
                // Of what no feed covers any more, a part may be all that ever came (R3).
                let is_known = |body: &String| *body == held || subset(body) == held;
                let (kind, id) = name.split_once('/').unwrap();
                let known = life
                    .versions(kind, id)
                    .any(|it| it.body.as_ref().is_some_and(is_known));
                assert!(known, "{name} is held as the server never had it: {held}");
            }
        }
        for feed in feeds {
            if let Feed::Search(search) = feed {
                let there = latest
                    .values()
                    .filter(|version| covers(feed, version, &latest));
                let there: BTreeSet<String> = there.map(|version| version.id.clone()).collect();
                let here: BTreeSet<String> =
                    replica.ids(search).await.unwrap().into_iter().collect();
                assert!(there.is_subset(&here), "{search}: {there:?}, held {here:?}");
                assert!(
                    faults.r2_not_found || there == here,
                    "{search}: {there:?}, held {here:?}"
                );
            }
        }
    })
    .unwrap();
}

/// Whether the server can be asked for it at all: with no history of everything and no word of which
/// types there are, nothing tells what everything is.
fn can_be_had(feed: &Feed, faults: &Faults) -> bool {
    let told = !matches!(faults.capabilities, Capabilities::Refused(_));
    told || faults.h9_no_system_history.is_none() || history_of(feed) != Some("*")
}

fn replicated(mut chance: Chance) {
    let faults = Faults::drawn(&mut chance);
    let mut all = feeds();
    all.retain(|feed| can_be_had(feed, &faults));
    let mut plan: Vec<Feed> = Vec::new();
    for _ in 0..1 + chance.below(3) {
        let feed = chance.of(&all);
        if !plan.contains(feed) {
            plan.push(feed.clone());
        }
    }
    let shown = std::env::var_os("SHOW").is_some();
    if shown {
        eprintln!("{plan:?}\n{faults:?}");
    }
    let page = 1 + chance.below(8) as usize;
    let server = Unruly::new(page, faults, Chance(chance.below(u64::MAX)));
    let store = Memory::new();
    let show = |what: &str| {
        let requests = server.requests();
        if shown {
            eprintln!(
                "{what}: {} versions on the server\n  {}",
                server.server.0.borrow().log.len(),
                requests.join("\n  ")
            );
        }
    };
    for _ in 0..1 + chance.below(4) {
        let changes = chance.below(20);
        server.server.live(&mut chance, changes);
        server.server.0.borrow_mut().now += *chance.of(&[0, 10_000, 200_000, 7_200_000]);
        let fuse = match chance.below(2) {
            0 => Fuse::never(),
            _ => Fuse::after(chance.below(40)),
        };
        // Any end will do: the next pull goes on from there.
        let ended = pulled(&store, &server, &plan, fuse);
        show(&format!("{ended:?}"));
    }
    if plan.contains(&Feed::Everything(ALL_OF.to_string())) {
        server.server.bring(&mut chance, ALL_OF);
    }
    server.rest();
    for _ in 0..2 {
        let ended = pulled(&store, &server, &plan, Fuse::never());
        show(&format!("At rest, {ended:?}"));
        ended.unwrap().unwrap();
    }
    assert_equal(&store, &server, &plan);
    if let [forgotten, others @ ..] = &plan[..]
        && !others.is_empty()
    {
        forget_one(&store, forgotten);
        assert_equal(&store, &server, others);
        assert_forgotten(&store, &server, forgotten, others);
        pulled(&store, &server, &plan, Fuse::never())
            .unwrap()
            .unwrap();
        show("Pulled again");
        assert_equal(&store, &server, &plan);
    }
}

fn forget_one(store: &Memory, feed: &Feed) {
    run(async {
        let replica = Replica::open(store.clone(), BASE, 7, None).await.unwrap();
        forget(&replica, &Base::parse(BASE).unwrap(), feed)
            .await
            .unwrap();
        let checkpoints = replica.status().checkpoints;
        assert!(checkpoints.iter().all(|it| it.feed != feed.name()));
    })
    .unwrap();
}

/// What only the forgotten feed covered is not found any more, but where nobody can tell who brought it.
fn assert_forgotten(store: &Memory, server: &Unruly, forgotten: &Feed, others: &[Feed]) {
    if server.faults().r2_not_found {
        // What is kept though it may be gone refers to what is then wanted.
        return;
    }
    let life = server.server.0.borrow();
    let mut latest: Latest<'_> = BTreeMap::new();
    latest.extend(life.log.iter().map(|version| (version.name(), version)));
    run(async {
        let replica = Replica::open(store.clone(), BASE, 7, None).await.unwrap();
        for (name, version) in &latest {
            let is_left = covers(forgotten, version, &latest)
                && !others.iter().any(|feed| covers(feed, version, &latest));
            if is_left && version.body.is_some() {
                let read = replica.read(Identity::parse(name).unwrap()).await;
                assert_eq!(read.unwrap(), None, "{name} of {forgotten:?}");
            }
        }
    })
    .unwrap();
}

#[test]
fn l1_l2_once_the_server_is_at_rest_the_replica_is_pulled_equal_to_it_whatever_was_wrong_before() {
    each_seed(20_000, replicated);
}
