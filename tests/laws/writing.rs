//! Two writers on one store: the second follows the first, nothing is lost.

use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::Store;
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Applied, Checkpoint, Offer, Replica, StartedOver, Writer};

use crate::server::BASE;
use crate::stops::run;

fn bytes(id: &str, at: i64) -> Vec<u8> {
    let text = format!(r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"f{at}"}}]}}"#);
    text.into_bytes()
}

fn offer<'a>(id: &'a str, at: i64, bytes: Option<&'a [u8]>) -> Offer<'a> {
    Offer {
        identity: Identity {
            kind: "Patient",
            id,
        },
        version: "",
        last_updated: Some(Instant(at)),
        bytes,
        partial: false,
    }
}

fn checkpoint(feed: &str) -> Checkpoint {
    Checkpoint {
        feed: feed.into(),
        complete: true,
        ..Checkpoint::default()
    }
}

async fn commit(writer: &mut Writer<Memory>, feed: &str) -> fhir_pull::Result<()> {
    writer.note(checkpoint(feed));
    writer.commit().await
}

async fn replica(store: &Memory) -> Rc<Replica<Memory>> {
    Rc::new(Replica::open(store.clone(), BASE, 1, None).await.unwrap())
}

async fn name_of(replica: &Replica<Memory>, id: &str) -> Option<String> {
    let bytes = replica
        .read(Identity {
            kind: "Patient",
            id,
        })
        .await
        .unwrap()?;
    Some(String::from_utf8(bytes).unwrap())
}

#[test]
fn the_writer_that_comes_second_is_judged_against_the_first() {
    run(async {
        let store = Memory::new();
        let (one, two) = (replica(&store).await, replica(&store).await);
        let mut first = Writer::begin(one.clone()).await.unwrap();
        let mut second = Writer::begin(two.clone()).await.unwrap();
        for (writer, at) in [(&mut first, 20), (&mut second, 10)] {
            for id in ["both", "newer-first"] {
                writer
                    .offer(&[offer(id, at, Some(&bytes(id, at)))])
                    .await
                    .unwrap();
            }
        }
        second
            .offer(&[offer("both", 30, Some(&bytes("both", 30)))])
            .await
            .unwrap();
        second
            .offer(&[offer("only-second", 10, Some(&bytes("only-second", 10)))])
            .await
            .unwrap();
        commit(&mut first, "first").await.unwrap();
        commit(&mut second, "second").await.unwrap();
        assert_eq!(second.settle().await.unwrap(), 2);

        one.refresh().await.unwrap();
        for replica in [&one, &two] {
            assert!(name_of(replica, "both").await.unwrap().contains("f30"));
            assert!(
                name_of(replica, "newer-first")
                    .await
                    .unwrap()
                    .contains("f20"),
                "H11"
            );
            assert!(name_of(replica, "only-second").await.is_some());
            assert!(
                replica.checkpoint("first").is_some() && replica.checkpoint("second").is_some()
            );
            assert_eq!(replica.status().types[0].resources, 3);
            let found = replica.ids("Patient?name=f").await.unwrap();
            assert_eq!(found.len(), 3, "{found:?}");
        }
    })
    .unwrap();
}

#[test]
fn l2_a_replica_wiped_under_a_writer_is_not_half_filled_by_it() {
    run(async {
        let store = Memory::new();
        let writing = replica(&store).await;
        let mut writer = Writer::begin(writing.clone()).await.unwrap();
        writer
            .offer(&[offer("a", 1, Some(&bytes("a", 1)))])
            .await
            .unwrap();
        commit(&mut writer, "feed").await.unwrap();
        writer
            .offer(&[offer("b", 1, Some(&bytes("b", 1)))])
            .await
            .unwrap();
        replica(&store).await.wipe().await.unwrap();
        let mut ended = commit(&mut writer, "feed").await;
        if ended.is_ok() {
            ended = writer.settle().await.map(drop);
        }
        assert_eq!(ended.unwrap_err().code(), Code::StoreLost);
        assert_eq!(store.head().await.unwrap(), None);
    })
    .unwrap();
}

#[test]
fn h7_and_l5_hold_within_a_batch_and_across_commits() {
    run(async {
        let store = Memory::new();
        let one = replica(&store).await;
        let mut writer = Writer::begin(one.clone()).await.unwrap();
        let body = bytes("a", 3);
        let mut take = Vec::new();
        // Newest first, as a history comes: created again at 3, deleted at 2, created at 1.
        for offer in [offer("a", 3, Some(&body)), offer("a", 2, None)] {
            take.extend(writer.offer(&[offer]).await.unwrap());
        }
        assert_eq!(take, [Applied::Stored, Applied::Unchanged]);
        commit(&mut writer, "x").await.unwrap();
        let partial = Offer {
            partial: true,
            ..offer("a", 9, Some(b"{}"))
        };
        let offers = [
            offer("a", 1, Some(&body)),
            partial,
            offer("a", 10, None),
            offer("a", 11, Some(&body)),
            offer("gone", 1, None),
        ];
        let expected = [
            Applied::Unchanged,
            Applied::Unchanged,
            Applied::Deleted,
            Applied::Stored,
            Applied::Deleted,
        ];
        assert_eq!(writer.offer(&offers).await.unwrap(), expected);
        commit(&mut writer, "x").await.unwrap();
        writer.settle().await.unwrap();
        assert_eq!(name_of(&one, "a").await.unwrap().as_bytes(), body);
        let status = one.status();
        assert_eq!((status.types[0].resources, status.types[0].deleted), (1, 1));
    })
    .unwrap();
}

#[test]
fn another_servers_replica_is_refused_and_a_damaged_one_begins_anew() {
    run(async {
        let store = Memory::new();
        let mut writer = Writer::begin(replica(&store).await).await.unwrap();
        writer
            .offer(&[offer("a", 1, Some(&bytes("a", 1)))])
            .await
            .unwrap();
        commit(&mut writer, "x").await.unwrap();
        writer.settle().await.unwrap();
        let other = Replica::open(store.clone(), "https://other.test/fhir", 1, None).await;
        assert_eq!(other.unwrap_err().code(), Code::BadInput);

        let mut commit = fhir_pull::host::Commit {
            expected: 1,
            manifest: vec![1, 2, 3],
            ..Default::default()
        };
        commit.deletes = Vec::new();
        store.commit(commit).await.unwrap();
        let anew = Replica::open(store.clone(), BASE, 1, None).await.unwrap();
        assert_eq!(anew.status().started_over, Some(StartedOver::Damaged));
        assert_eq!(store.head().await.unwrap(), None);
    })
    .unwrap();
}
