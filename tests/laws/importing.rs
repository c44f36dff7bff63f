//! Imports: the same replica however the bytes are cut, nothing new the second time, and a broken
//! line loses only itself and what comes after it.

use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::pull::{Committed, Imported, Observer, Source, import};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Error, Result};

use crate::chance::Chance;
use crate::server::{BASE, Server, TYPES};
use crate::stops::{Still, run};

struct Pieces(Vec<Vec<u8>>);

impl Source for Pieces {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        Ok((!self.0.is_empty()).then(|| self.0.remove(0)))
    }
}

#[derive(Default)]
struct Heard {
    commits: Vec<Committed>,
    imported: Imported,
}

impl Observer for Heard {
    fn imported(&mut self, imported: &Imported) {
        self.imported = *imported;
    }
    fn committed(&mut self, commit: &Committed) {
        self.commits.push(commit.clone());
    }
}

async fn open(store: &Memory) -> Rc<Replica<Memory>> {
    Rc::new(Replica::open(store.clone(), BASE, 7, None).await.unwrap())
}

fn imported_in(store: &Memory, pieces: Vec<Vec<u8>>) -> Result<(Imported, u64)> {
    run(async {
        let mut heard = Heard::default();
        import(&open(store).await, &Still, &mut Pieces(pieces), &mut heard).await
    })
    .unwrap()
}

fn imported(store: &Memory, text: &str) -> Result<(Imported, u64)> {
    imported_in(store, vec![text.as_bytes().to_vec()])
}

fn read(store: &Memory, reference: &str) -> Result<Option<String>> {
    run(async {
        let replica = open(store).await;
        let read = replica.read(Identity::parse(reference).unwrap()).await?;
        Ok(read.map(|bytes| String::from_utf8(bytes).unwrap()))
    })
    .unwrap()
}

/// Every resource of a small world: `None` deleted or never held.
fn held(store: &Memory) -> BTreeMap<String, Option<String>> {
    let replica = run(open(store)).unwrap();
    let names = TYPES
        .iter()
        .flat_map(|kind| (0..12).map(move |number| format!("{kind}/r{number}")));
    names
        .map(|name| {
            let read = run(replica.read(Identity::parse(&name).unwrap())).unwrap();
            let read = read.unwrap_or_default();
            (name, read.map(|bytes| String::from_utf8(bytes).unwrap()))
        })
        .collect()
}

/// The same bytes in pieces of any size, none of them included.
fn cut(chance: &mut Chance, mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let largest = *chance.of(&[2, 7, 100, 5000]);
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let length = bytes.len().min(chance.below(largest) as usize);
        pieces.push(bytes[..length].to_vec());
        bytes = &bytes[length..];
    }
    pieces
}

#[test]
fn any_cutting_of_the_same_lines_gives_the_same_replica_and_a_second_import_nothing_new() {
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let server = Server::new(1);
        let changes = 1 + chance.below(60);
        server.live(&mut chance, changes);
        // Every version, in any order: only the newest is to be found afterwards.
        let log = server.0.borrow().log.clone();
        let mut bodies: Vec<String> = log.into_iter().filter_map(|it| it.body).collect();
        let newest = newest(&bodies);
        for at in 0..bodies.len() {
            bodies.swap(at, chance.below(at as u64 + 1) as usize);
        }
        let mut text = chance.of(&["", "\u{feff}", "\r\n\n"]).to_string();
        for body in &bodies {
            text.push_str(body);
            let end = *chance.of(&["\n", "\r\n", " \n\n"]);
            text.push_str(end);
        }
        if chance.below(2) == 0 {
            text.truncate(text.trim_end().len());
        }
        let store = Memory::new();
        let pieces = cut(&mut chance, text.as_bytes());
        let (first, generation) = imported_in(&store, pieces).unwrap();
        assert_eq!(first.resources, bodies.len() as u64, "seed {seed}");
        assert_eq!(first.bytes, text.len() as u64, "seed {seed}");
        let held = held(&store);
        for (name, body) in &held {
            assert_eq!(body.as_ref(), newest.get(name), "{name}, seed {seed}");
        }
        let pieces = cut(&mut chance, text.as_bytes());
        let (second, after) = imported_in(&store, pieces).unwrap();
        assert_eq!((second.stored, after), (0, generation), "seed {seed}");
        assert_eq!(second.unchanged, second.resources, "seed {seed}");
    }
}

/// The newest of each resource, of bodies in the order of the server's log.
fn newest(bodies: &[String]) -> BTreeMap<String, String> {
    let named = bodies.iter().map(|body| {
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_string();
        (
            format!("{}/{}", text("resourceType"), text("id")),
            body.clone(),
        )
    });
    named.collect()
}

#[test]
fn a_broken_line_is_named_and_what_came_before_it_stays() {
    let broken = [
        r#"{"resourceType":"Patient","id":"#,
        r#"{"resourceType":"Patient","gender":"secret"}"#,
        r#"{"id":"secret"}"#,
        r#""secret""#,
        "[]",
        "secret",
        r#"{"resourceType":"Patient","id":"a"} {"resourceType":"Patient","id":"b"}"#,
    ];
    for line in broken {
        let store = Memory::new();
        let text = format!(
            "{{\"resourceType\":\"Patient\",\"id\":\"r1\"}}\n\n{line}\n{{\"resourceType\":\"Patient\",\"id\":\"r2\"}}\n"
        );
        let error = imported(&store, &text).unwrap_err();
        assert_eq!(error.code(), Code::BadInput, "{line}");
        assert!(error.message().starts_with("Line 3 "), "{line}: {error}");
        assert!(!error.message().contains("secret"));
        assert!(read(&store, "Patient/r1").unwrap().is_some(), "{line}");
        assert!(read(&store, "Patient/r2").unwrap().is_none(), "{line}");
    }
}

#[test]
fn a_first_line_that_is_broken_is_no_document() {
    for line in [
        r#"{"resourceType":"Patient","id":"#,
        "resourceType",
        "\u{feff}x",
    ] {
        let text = format!("{line}\n{{\"resourceType\":\"Patient\",\"id\":\"r2\"}}\n");
        let error = imported(&Memory::new(), &text).unwrap_err();
        assert!(error.message().starts_with("Line 1 "), "{line}: {error}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_a_broken_line() {
    let line = b"{\"resourceType\":\"Patient\",\"id\":\"r1\",\"x\":\"\xff\"}\n".to_vec();
    let error = imported_in(&Memory::new(), vec![line]).unwrap_err();
    assert!(error.message().starts_with("Line 1 "), "{error}");
}

#[test]
fn r10_a_document_or_message_is_kept_as_the_bundle_that_it_is_and_its_parts_are_no_current_state() {
    for kind in ["document", "message"] {
        let bundle = |id: &str| {
            format!(
                r#"{{"resourceType":"Bundle",{id}"type":"{kind}","entry":[{{"resource":{{"resourceType":"Patient","id":"r1","active":false}}}}]}}"#
            )
        };
        let store = Memory::new();
        imported(
            &store,
            r#"{"resourceType":"Patient","id":"r1","active":true}"#,
        )
        .unwrap();
        let text = bundle(r#""id":"d1","#);
        imported(&store, &text).unwrap();
        assert_eq!(read(&store, "Bundle/d1").unwrap(), Some(text));
        let patient = read(&store, "Patient/r1").unwrap().unwrap();
        assert!(patient.contains("true"), "{patient}");
        let error = imported(&store, &bundle("")).unwrap_err();
        assert_eq!(error.code(), Code::BadInput);
        assert!(error.message().contains("no id"), "{error}");
    }
}

#[test]
fn a_bundle_of_any_other_type_brings_its_entries_however_it_is_written_and_cut() {
    let bundle = r#"{
  "entry": [
    {"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"r1","meta":{"versionId":"2","lastUpdated":"2020-01-02T00:00:00Z"}}},
    {"resource":{"resourceType":"Patient","id":"r2"},"request":{"method":"PUT","url":"Patient/r2"}},
    {"resource":{"resourceType":"OperationOutcome","issue":[]},"search":{"mode":"outcome"}},
    {"request":{"method":"GET","url":"Patient?name=x"}},
    {"request":{"method":"DELETE","url":"Patient/r3/_history/4"},"response":{"status":"204","lastModified":"2020-01-03T00:00:00Z"}}
  ],
  "type": "transaction", "resourceType": "Bundle"
}
"#;
    let one_line = bundle.replace('\n', "");
    for seed in 0..100 {
        let mut chance = Chance(seed);
        let text = *chance.of(&[bundle, &one_line]);
        let store = Memory::new();
        let first = imported_in(&store, cut(&mut chance, text.as_bytes())).unwrap();
        let counts = (first.0.resources, first.0.stored, first.0.deleted);
        assert_eq!(counts, (3, 2, 1), "seed {seed}");
        assert_eq!(
            read(&store, "Patient/r2").unwrap().unwrap(),
            r#"{"resourceType":"Patient","id":"r2"}"#
        );
        assert!(read(&store, "Patient/r3").unwrap_err().is_gone());
        let again = imported(&store, text).unwrap();
        assert_eq!((again.0.unchanged, again.1), (3, first.1), "seed {seed}");
    }
}

#[test]
fn of_a_bundle_that_cannot_be_taken_whole_nothing_is_taken() {
    let good = r#"{"resource":{"resourceType":"Patient","id":"r1"}}"#;
    let bad = [
        r#"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#,
        r#"{"request":{"method":"DELETE","url":"Patient?name=secret"}}"#,
        r#"{"resource":{"resourceType":"Parameters","id":"x"},"request":{"method":"PATCH","url":"Patient/r1"}}"#,
    ];
    for bad in bad {
        let text = format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{good},{bad}]}}"#);
        let store = Memory::new();
        let error = imported(&store, &text).unwrap_err();
        assert!(error.message().starts_with("Entry 2 "), "{error}");
        assert!(!error.message().contains("secret"));
        assert!(read(&store, "Patient/r1").unwrap().is_none());
    }
    let cut = r#"{"resourceType":"Bundle","type":"batch","entry":["#;
    let error = imported(&Memory::new(), cut).unwrap_err();
    assert_eq!(error.code(), Code::BadInput);
}

#[test]
fn a_bundle_among_lines_is_a_resource_like_any_other() {
    let bundle = r#"{"resourceType":"Bundle","id":"r1","type":"document","entry":[]}"#;
    let text = format!("{bundle}\n{{\"resourceType\":\"Patient\",\"id\":\"r1\"}}\n");
    for seed in 0..20 {
        let store = Memory::new();
        let pieces = cut(&mut Chance(seed), text.as_bytes());
        assert_eq!(imported_in(&store, pieces).unwrap().0.stored, 2);
        assert_eq!(read(&store, "Bundle/r1").unwrap().unwrap(), bundle);
    }
}

#[test]
fn h11_and_l5_hold_for_an_import_as_for_a_pull() {
    let store = Memory::new();
    let patient = |day: u8, tag: &str| {
        format!(
            r#"{{"resourceType":"Patient","id":"r1","meta":{{"lastUpdated":"2020-01-0{day}T00:00:00Z"{tag}}}}}"#
        )
    };
    let newer = patient(5, "");
    imported(&store, &newer).unwrap();
    imported(&store, &patient(4, "")).unwrap();
    imported(&store, &patient(6, r#","tag":[{"code":"SUBSETTED"}]"#)).unwrap();
    assert_eq!(read(&store, "Patient/r1").unwrap().unwrap(), newer);
}

#[test]
fn a_large_import_is_committed_on_its_way_and_every_commit_is_told() {
    run(async {
        let store = Memory::new();
        let filler = "x".repeat(100_000);
        let line = |number: u32| {
            format!("{{\"resourceType\":\"Patient\",\"id\":\"p{number}\",\"x\":\"{filler}\"}}\n")
        };
        let pieces = (0..200).map(|number| line(number).into_bytes());
        let mut heard = Heard::default();
        let replica = open(&store).await;
        let (imported, generation) =
            import(&replica, &Still, &mut Pieces(pieces.collect()), &mut heard)
                .await
                .unwrap();
        assert_eq!(imported.stored, 200);
        assert_eq!(heard.imported, imported);
        assert!(generation > 1);
        let told: Vec<u64> = heard.commits.iter().map(|it| it.generation).collect();
        assert_eq!(told, (1..=generation).collect::<Vec<_>>());
        assert!(heard.commits.iter().all(|commit| commit.settled));
    })
    .unwrap();
}

#[test]
fn a_source_that_fails_costs_nothing_of_what_it_gave_in_whole_lines() {
    struct Failing(bool);
    impl Source for Failing {
        async fn next(&mut self) -> Result<Option<Vec<u8>>> {
            if std::mem::replace(&mut self.0, true) {
                return Err(Error::new(Code::Network, "The source failed."));
            }
            let lines = "{\"resourceType\":\"Patient\",\"id\":\"r1\"}\n{\"resourceType\":\"Pat";
            Ok(Some(lines.into()))
        }
    }
    let store = Memory::new();
    run(async {
        let replica = open(&store).await;
        let failed = import(&replica, &Still, &mut Failing(false), &mut Heard::default()).await;
        assert_eq!(failed.unwrap_err().code(), Code::Network);
    })
    .unwrap();
    assert!(read(&store, "Patient/r1").unwrap().is_some());
}
