//! A store whose values are anything: opened, searched, read, written, pulled into.
//!
//! Checksums are taken as right while fuzzing (`cfg(fuzzing)`), so that the decoders behind them see
//! what no disk would let through. Wrong data is no find then; a trap is, and so is an error that
//! blames somebody else.
#![no_main]

use std::rc::Rc;

use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::pull::{Committed, Feed, Observer, Progress, pull};
use fhir_pull::replica::{Changes, Replica, Writer};
use fhir_pull::{Code, Error, Result};
use fhir_pull_fuzz::edits::Edit;
use fhir_pull_fuzz::script::{BASE, Script, Still};
use fhir_pull_fuzz::shelf::{Content, Shelf};
use fhir_pull_fuzz::{done, ward};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static CONTENTS: [Content; 4] = ward::contents();
}

/// More than there is to do on any of the contents.
const ENDLESS: u32 = 1000;

const SEARCHES: [&str; 12] = [
    "Patient",
    "Patient?name=m&_sort=-birthdate,_id&_count=5",
    "Patient?_id=r0,00000003-0000-4000-8000-000000000000",
    "Patient?_lastUpdated=gt2024-01-02&_sort=_lastUpdated&_offset=1",
    "Patient?_sort=name&_count=2",
    "Observation?code=http://loinc.org|1",
    "Observation?code=http://loinc.org|&_count=0",
    "Observation?code=1,2&_sort=code",
    "Observation?patient=r0&date=ge2001&_sort=-date",
    "Observation?subject=r6&date=lt2020,sa2021&_offset=3&_count=4",
    "Encounter?date=ne2010-01-11&_sort=date",
    "Binary",
];

const PAGE: &[u8] = br#"{"resourceType":"Bundle","type":"history","entry":[
{"resource":{"resourceType":"Observation","id":"r4","code":{"coding":[{"code":"9"}]}},"request":{"method":"PUT","url":"Observation/r4"},"response":{"etag":"W/\"7\"","lastModified":"2025-01-01T00:00:00Z"}},
{"request":{"method":"DELETE","url":"Patient/r0"},"response":{"lastModified":"2025-01-01T00:00:00Z"}}]}"#;

struct Nobody;

impl Observer for Nobody {
    fn progress(&mut self, _: &Progress) {}
    fn committed(&mut self, _: &Committed) {}
}

fuzz_target!(|input: &[u8]| {
    let Some((which, edits)) = input.split_first() else {
        return;
    };
    // Most often one of the smaller: they are quick.
    let which = [0, 0, 1, 1, 1, 2, 2, 3][usize::from(*which) % 8];
    let mut content = CONTENTS.with(|contents| contents[which].clone());
    Edit::all(edits).for_each(|edit| content.edit(&edit));
    let shelf = content.shelve();
    match done(Replica::open(shelf, BASE, 1, None)) {
        Ok(replica) => used(Rc::new(replica)),
        // The server's name is in the manifest.
        Err(error) if error.code() == Code::BadInput => {}
        Err(error) => blames_the_store(&error),
    }
});

fn used(replica: Rc<Replica<Shelf>>) {
    answered(&replica, &SEARCHES);
    // A commit that is said to have come after the last one makes it seem that all began anew.
    let _ = told(&replica).inspect_err(|error| {
        if error.code() != Code::BadInput {
            blames_the_store(error);
        }
    });
    let _ = tidied(&replica).inspect_err(blames_the_store);
    let _ = written(&replica).inspect_err(blames_the_store);
    let _ = pulled(&replica);
    answered(&replica, &SEARCHES[..3]);
}

fn answered(replica: &Replica<Shelf>, searches: &[&str]) {
    let status = replica.status();
    for checkpoint in &status.checkpoints {
        assert!(replica.checkpoint(&checkpoint.feed).is_some());
    }
    for search in searches {
        let _ = done(replica.search(search)).inspect_err(blames_the_store);
    }
    let _ = done(replica.ids("Observation")).inspect_err(blames_the_store);
    for (kind, number) in [
        ("Patient", 0),
        ("Patient", 3),
        ("Observation", 4),
        ("Encounter", 5),
    ] {
        let id = ward::id(number);
        let of = Identity { kind, id: &id };
        let _ = done(replica.read(of)).inspect_err(blames_the_store);
        let _ = done(replica.vread(of, "2")).inspect_err(blames_the_store);
        let _ = done(replica.read_at(of, Instant(1_704_500_000_000))).inspect_err(blames_the_store);
        let _ = done(replica.history(of)).inspect_err(blames_the_store);
    }
}

/// All changes from the beginning, to their end.
fn told(replica: &Rc<Replica<Shelf>>) -> Result<()> {
    let mut changes = Changes::since(replica.clone(), 0);
    for _ in 0..ENDLESS {
        if done(changes.next())?.is_none() {
            return Ok(());
        }
    }
    panic!("changes have no end");
}

/// All merging that there is to do.
fn tidied(replica: &Replica<Shelf>) -> Result<()> {
    for _ in 0..ENDLESS {
        if !done(replica.tidy())? {
            return Ok(());
        }
    }
    panic!("merging has no end");
}

fn written(replica: &Rc<Replica<Shelf>>) -> Result<()> {
    let mut writer = done(Writer::begin(replica.clone()))?;
    for number in 0..12 {
        ward::offered(&mut writer, number, 18)?;
    }
    done(writer.commit())?;
    done(writer.settle())?;
    Ok(())
}

fn pulled(replica: &Rc<Replica<Shelf>>) -> Result<()> {
    let client = Client::new(Base::parse(BASE)?, Script::new(PAGE), Still, NoToken);
    let feeds = [
        Feed::History("Observation".into()),
        Feed::Search("Patient".into()),
    ];
    done(pull(replica, &client, &Still, &feeds, &mut Nobody)).map(drop)
}

/// That something is damaged, or what sound bytes may say of a resource too.
fn blames_the_store(error: &Error) {
    assert!(
        matches!(
            error.code(),
            Code::Damaged | Code::NewerFormat | Code::OlderFormat | Code::Gone | Code::NotFound
        ),
        "{error}"
    );
}
