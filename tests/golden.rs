//! A store as format 7 of manifests and 4 of segments writes it, kept as a file: what was once stored is
//! read for as long as the format has this number.
//!
//! The file is written anew (`GOLDEN=write cargo test --test golden`) only together with a new format
//! number in `src/replica/segment.rs` and `src/replica/manifest.rs`; else this test is what tells that
//! the format was changed by mistake.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Key, Store};
use fhir_pull::replica::{Checkpoint, Cost, Offer, Replica, StartedOver, Versions, Writer};
use pollster::block_on;

const BASE: &str = "https://golden.test/fhir";
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/format-7.store");

fn patient(n: i64, version: i64) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"p{n}","meta":{{"versionId":"{version}"}},"name":[{{"family":"Gold{n}"}}],"birthDate":"19{:02}-03-04","note":1.{n}0}}"#,
        n + 10
    )
}

fn observation(n: i64) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"00000000-0000-4000-8000-0000000000{n:02}","subject":{{"reference":"Patient/p{}"}},"code":{{"coding":[{{"system":"http://loinc.org","code":"718-7"}}]}},"effectiveDateTime":"2020-01-{:02}"}}"#,
        n % 3,
        n + 1
    )
}

/// Twelve commits of all versions, the first eight of them merged: what the file holds.
async fn write(store: &Memory) {
    let replica = Replica::open(store.clone(), BASE, 1, Some(Versions::All)).await;
    let replica = Rc::new(replica.unwrap());
    for n in 0..12 {
        let mut writer = Writer::begin(replica.clone()).await.unwrap();
        let offer = |kind, id, version, bytes| Offer {
            identity: Identity { kind, id },
            version,
            last_updated: Some(Instant(1_600_000_000_000 + n * 1000)),
            bytes,
            partial: false,
        };
        let (patient, observation) = (patient(n % 5, n), observation(n));
        let (id, version) = (format!("p{}", n % 5), n.to_string());
        let number = format!("00000000-0000-4000-8000-0000000000{n:02}");
        let bytes = (n != 11).then_some(patient.as_bytes());
        let offers = [
            offer("Patient", &id, &version, bytes),
            offer("Observation", &number, "", Some(observation.as_bytes())),
        ];
        writer.offer(&offers).await.unwrap();
        writer.note(Checkpoint {
            feed: "Patient/_history".into(),
            complete: true,
            types: vec!["Patient".into()],
            cursor: Some(Instant(n)),
            as_of: Some(Instant(n + 1)),
            chain: None,
            strategy: 1,
            reason: 2,
            lateness: 3_000,
            clocks_agree: true,
            unaccounted: 4,
            cost: Cost::default(),
        });
        writer.commit().await.unwrap();
        writer.settle().await.unwrap();
        while replica.tidy().await.unwrap() {}
    }
}

/// `generation length manifest (key length value)*`, numbers of eight bytes.
async fn to_file(store: &Memory) {
    let head = store.head().await.unwrap().unwrap();
    let mut out = head.generation.to_le_bytes().to_vec();
    let put = |out: &mut Vec<u8>, bytes: &[u8]| {
        out.extend((bytes.len() as u64).to_le_bytes());
        out.extend(bytes);
    };
    put(&mut out, &head.manifest);
    let keys: Vec<Key> = (0..64u64)
        .flat_map(|segment| (0..16).map(move |value| Key(segment << 20 | value)))
        .collect();
    let values = store.read(&keys).await.unwrap();
    let mut count = 0;
    for (key, value) in keys.iter().zip(values) {
        if let Some(value) = value {
            out.extend(key.0.to_le_bytes());
            put(&mut out, &value);
            count += 1;
        }
    }
    assert_eq!(count, store.usage().await.unwrap().values);
    std::fs::write(FILE, out).unwrap();
}

async fn from_file() -> Memory {
    let bytes = std::fs::read(FILE).unwrap();
    let mut rest = bytes.as_slice();
    let mut take = |length: usize| {
        let (taken, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(taken.to_vec())
    };
    let number = |take: &mut dyn FnMut(usize) -> Option<Vec<u8>>| {
        take(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
    };
    let generation = number(&mut take).unwrap();
    let length = number(&mut take).unwrap();
    let manifest = take(length as usize).unwrap();
    let mut puts = Vec::new();
    while let Some(key) = number(&mut take) {
        let length = number(&mut take).unwrap();
        puts.push((Key(key), take(length as usize).unwrap()));
    }
    let store = Memory::new();
    for expected in 0..generation - 1 {
        let empty = Commit {
            expected,
            ..Commit::default()
        };
        store.commit(empty).await.unwrap();
    }
    let commit = Commit {
        expected: generation - 1,
        manifest,
        puts,
        deletes: Vec::new(),
    };
    store.commit(commit).await.unwrap();
    store
}

#[test]
fn what_format_6_stored_is_read_byte_for_byte() {
    block_on(async {
        if std::env::var_os("GOLDEN").is_some() {
            let store = Memory::new();
            write(&store).await;
            to_file(&store).await;
        }
        let replica = Replica::open(from_file().await, BASE, 2, None)
            .await
            .unwrap();
        let status = replica.status();
        assert_eq!((status.generation, status.segments), (13, 5));
        assert_eq!(status.versions, Versions::All);
        assert_eq!(status.checkpoints[0].cursor, Some(Instant(11)));
        assert_eq!(status.checkpoints[0].as_of, Some(Instant(12)));
        for n in 0..12 {
            let id = format!("00000000-0000-4000-8000-0000000000{n:02}");
            let observation_id = Identity {
                kind: "Observation",
                id: &id,
            };
            let read = replica.read(observation_id).await.unwrap().unwrap();
            assert_eq!(read, observation(n).as_bytes());
            let id = format!("p{}", n % 5);
            let patient_id = Identity {
                kind: "Patient",
                id: &id,
            };
            let read = replica.vread(patient_id, &n.to_string()).await;
            match n {
                11 => assert_eq!(read.unwrap_err().code(), Code::Gone),
                _ => assert_eq!(read.unwrap().unwrap(), patient(n % 5, n).as_bytes()),
            }
        }
        let found = |query: &'static str| replica.ids(query);
        assert_eq!(found("Patient?name=gold").await.unwrap().len(), 4);
        let dated = "Observation?patient=Patient/p1&code=http://loinc.org|718-7&date=ge2020-01-05&_sort=-date";
        let dated = found(dated).await.unwrap();
        let tails: Vec<&str> = dated.iter().map(|id| &id[34..]).collect();
        assert_eq!(tails, ["10", "07", "04"]);
    });
}

#[test]
fn an_older_format_is_pulled_again_and_a_newer_is_left_alone() {
    let with_format = |format: u8| {
        block_on(async {
            let store = Memory::new();
            let mut manifest = b"FPMF".to_vec();
            manifest.push(format);
            let check = xxhash_rust::xxh3::xxh3_64(&manifest);
            manifest.extend(check.to_le_bytes());
            let commit = Commit {
                manifest,
                ..Commit::default()
            };
            store.commit(commit).await.unwrap();
            let opened = Replica::open(store.clone(), BASE, 1, None).await;
            (opened, store.head().await.unwrap().is_some())
        })
    };
    let (older, kept) = with_format(6);
    let started_over = older.unwrap().status().started_over;
    assert_eq!(
        (started_over, kept),
        (Some(StartedOver::OlderFormat), false)
    );
    let (newer, kept) = with_format(8);
    assert_eq!(newer.unwrap_err().code(), Code::NewerFormat);
    assert!(kept);
}
