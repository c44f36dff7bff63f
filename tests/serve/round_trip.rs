//! L1: a second replica that pulls from a served one, by every kind of feed, equals it in ids, bytes and deletions for
//! what the feed covers; and again after each change.

use std::collections::BTreeSet;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{self, Transport};
use fhir_pull::pull::{Feed, pull};
use fhir_pull::replica::{Replica, Versions};
use fhir_pull::serve::{Request, Settings, serve};

use crate::world::{BASE, Deaf, NOW, SOURCE, Still, history, imported, run, ward_in};

/// Requests that reach the first replica.
struct InProcess(Rc<Replica<Memory>>);

impl Transport for InProcess {
    async fn send(&self, request: &host::Request) -> Result<host::Response> {
        let target = request.url.strip_prefix(BASE).expect("it asks elsewhere");
        let headers = request.headers.iter();
        let request = Request {
            method: request.method.to_string(),
            target: target.to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), value.clone()))
                .collect(),
            body: request.body.clone().unwrap_or_default(),
        };
        let settings = Settings {
            base: BASE,
            within: None,
            segments: None,
            now: NOW,
        };
        Ok(serve(&self.0, &settings, &request).await)
    }
}

async fn pulled(first: &Rc<Replica<Memory>>, second: &Rc<Replica<Memory>>, feed: &Feed) {
    let client = Client::new(
        Base::parse(BASE).unwrap(),
        InProcess(first.clone()),
        Still,
        NoToken,
    );
    let ended = pull(
        second,
        &client,
        &Still,
        std::slice::from_ref(feed),
        &mut Deaf,
    )
    .await;
    ended.unwrap();
}

async fn second(versions: Versions) -> Rc<Replica<Memory>> {
    let opened = Replica::open(Memory::new(), BASE, 9, Some(versions)).await;
    Rc::new(opened.unwrap())
}

/// What a replica has of a resource: its bytes, that it was deleted, or nothing.
async fn held(replica: &Rc<Replica<Memory>>, name: &str) -> Option<Option<String>> {
    let identity = Identity::parse(name).unwrap();
    let found = replica.version_for(identity, None, None).await.unwrap()?;
    Some(found.bytes.map(|bytes| String::from_utf8(bytes).unwrap()))
}

const TYPES: [&str; 5] = [
    "Patient",
    "Practitioner",
    "Encounter",
    "Observation",
    "Composition",
];

/// Everything that a replica was ever told of.
async fn names(replica: &Rc<Replica<Memory>>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for kind in TYPES {
        let ids = replica.ids(kind).await.unwrap();
        names.extend(ids.into_iter().map(|id| format!("{kind}/{id}")));
    }
    names
}

/// All feeds, with what of the ward each covers; a deletion is told by a history, and found out by all others.
fn feeds() -> Vec<(Feed, Vec<&'static str>)> {
    let search = |it: &str| Feed::Search(it.to_string());
    let history = |it: &str| Feed::History(it.to_string());
    let references = |of: &[&str], depth| Feed::References {
        of: of.iter().map(|it| it.to_string()).collect(),
        depth,
    };
    let observations = vec![
        "Observation/left",
        "Observation/mine",
        "Observation/moved",
        "Observation/theirs",
    ];
    let letters = ["Composition/letter", "Composition/own", "Composition/torn"];
    let mut everything: Vec<&str> = letters.to_vec();
    everything.extend([
        "Encounter/e",
        "Patient/a",
        "Observation/mine",
        "Observation/moved",
        "Observation/theirs",
        "Practitioner/d",
    ]);
    let mut all = everything.clone();
    all.extend(["Encounter/f", "Patient/b", "Observation/left"]);
    vec![
        (history("*"), all),
        (history("Observation"), observations.clone()),
        (history("Observation/mine"), vec!["Observation/mine"]),
        (search("Observation"), observations),
        (
            search("Observation?subject=Patient/a"),
            vec!["Observation/mine", "Observation/moved"],
        ),
        (search("Composition?_count=1"), letters.to_vec()),
        (
            search("Observation?_id=mine&_include=Observation:performer"),
            vec!["Observation/mine", "Practitioner/d"],
        ),
        (Feed::Everything("Patient/a".to_string()), everything),
        (
            references(&["Patient/b", "Observation/mine"], 0),
            vec!["Patient/b", "Observation/mine"],
        ),
        (
            references(&["Encounter/f"], 2),
            vec!["Encounter/f", "Patient/b", "Practitioner/d"],
        ),
    ]
}

/// What changes in the ward, a commit each.
fn changes() -> [String; 4] {
    let of = |patient: &str| {
        format!(
            r#","status":"final","code":{{"text":"Pulse"}},"subject":{{"reference":"Patient/{patient}"}}"#
        )
    };
    [
        history(&[
            ("Observation", "fresh", 1, 10, &of("a")),
            ("Observation", "mine", 4, 10, &of("a")),
        ]),
        history(&[
            ("Observation", "moved", 3, 11, ""),
            ("Patient", "b", 2, 11, r#","active":false"#),
        ]),
        // R5: written again after it was deleted.
        history(&[
            ("Observation", "gone", 3, 12, &of("a")),
            ("Composition", "own", 2, 12, ""),
        ]),
        // H4: it came late, with a time that was told long ago.
        history(&[("Observation", "late", 1, 2, &of("a"))]),
    ]
}

/// Each name that the feed covers is held alike; nothing is held otherwise than it ever was.
async fn assert_equal(
    first: &Rc<Replica<Memory>>,
    second: &Rc<Replica<Memory>>,
    covered: &BTreeSet<String>,
    feed: &Feed,
) {
    for name in covered {
        let there = held(first, name).await;
        let here = held(second, name).await;
        match &there {
            Some(Some(_)) => assert_eq!(here, there, "{name} by {feed:?}"),
            // L1: also that it is gone.
            _ => assert!(
                here.clone().flatten().is_none(),
                "{name} by {feed:?} is still held: {here:?}"
            ),
        }
    }
}

#[test]
fn l1_a_replica_of_a_served_replica_equals_it_by_every_kind_of_feed_and_after_every_change() {
    for versions in [Versions::All, Versions::Current] {
        for (feed, names_covered) in feeds() {
            run(async {
                let first = ward_in(Memory::new(), versions);
                let second = second(Versions::Current).await;
                pulled(&first, &second, &feed).await;
                let covered: BTreeSet<String> =
                    names_covered.iter().map(|it| it.to_string()).collect();
                assert_eq!(names(&second).await, covered, "{feed:?}");
                assert_equal(&first, &second, &covered, &feed).await;
                for change in changes() {
                    imported(&first, &change).await;
                    pulled(&first, &second, &feed).await;
                    // A feed of a whole type or of all covers what is new as well.
                    let mut covered = covered.clone();
                    let kinds: &[&str] = match feed.name().as_str() {
                        "_history" => &TYPES,
                        "Observation/_history" | "Observation" => &["Observation"],
                        "Composition?_count=1" => &["Composition"],
                        _ => &[],
                    };
                    for name in names(&first).await {
                        if kinds.iter().any(|kind| name.starts_with(kind)) {
                            covered.insert(name);
                        }
                    }
                    if matches!(feed, Feed::Everything(_))
                        || feed.name().contains("subject=Patient/a")
                    {
                        let text = "Observation?subject=Patient/a";
                        let ids = first.ids(text).await.unwrap();
                        covered.extend(ids.into_iter().map(|id| format!("Observation/{id}")));
                    }
                    assert_equal(&first, &second, &covered, &feed).await;
                }
                // What is merged away meanwhile changes nothing.
                first.tidy().await.unwrap();
                pulled(&first, &second, &feed).await;
                assert_equal(&first, &second, &covered, &feed).await;
            });
        }
    }
}

#[test]
fn l1_every_version_is_pulled_where_both_keep_all() {
    run(async {
        let first = ward_in(Memory::new(), Versions::All);
        let second = second(Versions::All).await;
        let feed = Feed::History("*".to_string());
        pulled(&first, &second, &feed).await;
        for change in changes() {
            imported(&first, &change).await;
            pulled(&first, &second, &feed).await;
        }
        for name in [
            "Observation/mine",
            "Observation/moved",
            "Observation/gone",
            "Composition/own",
        ] {
            let identity = Identity::parse(name).unwrap();
            for version in ["1", "2", "3", "4"] {
                let there = first
                    .version_for(identity, Some(version), None)
                    .await
                    .unwrap();
                let here = second
                    .version_for(identity, Some(version), None)
                    .await
                    .unwrap();
                let bytes = |it: Option<fhir_pull::replica::Version>| it.map(|it| it.bytes);
                assert_eq!(bytes(here), bytes(there), "{name} {version}");
            }
        }
    });
}

#[test]
fn a_replica_of_a_replica_of_a_replica_is_the_same() {
    run(async {
        let first = ward_in(Memory::new(), Versions::All);
        let feed = Feed::History("*".to_string());
        let second = second(Versions::All).await;
        pulled(&first, &second, &feed).await;
        imported(&first, &changes()[1]).await;
        pulled(&first, &second, &feed).await;
        assert_eq!(names(&second).await, names(&first).await);
        assert_eq!(second.server(), BASE);
        assert_ne!(BASE, SOURCE);
        let third = self::second(Versions::All).await;
        pulled(&second, &third, &feed).await;
        assert_eq!(names(&third).await, names(&first).await);
        for name in names(&first).await {
            assert_eq!(
                held(&third, &name).await,
                held(&first, &name).await,
                "{name}"
            );
        }
    });
}
