//! A server that answers with anything, pulled from twice, and what then stands in the replica.
#![no_main]

use std::rc::Rc;

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Page;
use fhir_pull::fhir::bundle::Entry;
use fhir_pull::host::memory::Memory;
use fhir_pull::pull::{Committed, Feed, Observer, Progress, pull};
use fhir_pull::replica::Replica;
use fhir_pull::{Code, Error};
use fhir_pull_fuzz::done;
use fhir_pull_fuzz::naive::is_json;
use fhir_pull_fuzz::script::{BASE, Script, Still};
use libfuzzer_sys::fuzz_target;

struct Nobody;

impl Observer for Nobody {
    fn progress(&mut self, _: &Progress) {}
    fn committed(&mut self, _: &Committed) {}
}

fuzz_target!(|input: &[u8]| {
    let bodies: Vec<Vec<u8>> = Script::new(input).bodies().collect();
    let replica = done(Replica::open(Memory::new(), BASE, 1, None)).expect("a new replica opens");
    let replica = Rc::new(replica);
    let base = Base::parse(BASE).expect("the base is a URL");
    let client = Client::new(base, Script::new(input), Still, NoToken);
    // Twice: the second goes on where the first was cut, and asks for what is missing.
    let feeds = [
        Feed::Search("Patient".into()),
        Feed::History("*".into()),
        Feed::Search("Observation?code=a".into()),
        Feed::Everything("Patient/a".into()),
        Feed::References {
            of: vec!["Patient/a".into(), "Patient/b".into()],
            depth: 1,
        },
        Feed::Export {
            of: "*".into(),
            types: Vec::new(),
        },
    ];
    for feed in [&feeds[..], &feeds[..]] {
        if let Err(error) = done(pull(&replica, &client, &Still, feed, &mut Nobody)) {
            of_the_server(&error);
        }
    }
    for body in &bodies {
        if let Ok(page) = Page::read(body) {
            page.entries
                .iter()
                .for_each(|entry| held(&replica, entry, &bodies));
        }
    }
    searched(&replica);
});

/// The store is sound, so what goes wrong came from the server.
fn of_the_server(error: &Error) {
    let stores = [
        Code::Conflict,
        Code::Quota,
        Code::StoreLost,
        Code::StoreFailed,
        Code::Damaged,
        Code::NewerFormat,
    ];
    assert!(!stores.contains(&error.code()), "{error}");
}

/// L4: what the replica holds of whoever an entry is about are the bytes of some answer.
fn held(replica: &Replica<Memory>, entry: &Entry<'_>, bodies: &[Vec<u8>]) {
    let Some(identity) = entry.identity() else {
        return;
    };
    match done(replica.read(identity)) {
        Ok(None) => {}
        Ok(Some(bytes)) => assert!(
            bodies
                .iter()
                .any(|body| body.windows(bytes.len()).any(|some| some == bytes)),
            "L4: bytes that no server sent"
        ),
        Err(error) => assert_eq!(error.code(), Code::Gone, "{error}"),
    }
}

fn searched(replica: &Replica<Memory>) {
    for kind in replica.status().types {
        for search in ["", "?_sort=-_lastUpdated", "?_count=1"] {
            match done(replica.search(&format!("{}{search}", kind.kind))) {
                Ok(bundle) => {
                    assert!(is_json(&bundle), "an answer that is no JSON");
                    let page = Page::read(&bundle).expect("an answer is a Bundle");
                    assert_eq!(page.total, Some(kind.resources));
                }
                // A type that FHIR does not have.
                Err(error) => assert_eq!(error.code(), Code::Unsupported, "{error}"),
            }
        }
    }
    for search in [
        "Patient?name=a&_sort=name",
        "Patient?birthdate=gt1970&_sort=-birthdate",
        "Observation?code=a,http://loinc.org|&date=ge2000-01-01&_sort=date",
        "Observation?subject=a,Patient/1",
    ] {
        let bundle = done(replica.search(search)).expect("a sound replica answers");
        assert!(is_json(&bundle), "an answer that is no JSON");
    }
}
