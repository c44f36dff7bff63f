//! The text of a search, parsed and answered.
#![no_main]

use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::{Instant, Page};
use fhir_pull::replica::Replica;
use fhir_pull::search::matcher::Readings;
use fhir_pull::search::query::{Handling, Reading};
use fhir_pull::search::{Definitions, Query};
use fhir_pull_fuzz::done;
use fhir_pull_fuzz::naive::is_json;
use fhir_pull_fuzz::script::BASE;
use fhir_pull_fuzz::shelf::Shelf;
use fhir_pull_fuzz::ward;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static DEFINITIONS: Definitions = Definitions::r4();
    static REPLICA: Rc<Replica<Shelf>> = {
        let [_, grown, ..] = ward::contents();
        Rc::new(done(Replica::open(grown.shelve(), BASE, 1, None)).expect("a sound replica opens"))
    };
}

fn parse(text: &str) -> fhir_pull::Result<Query> {
    DEFINITIONS.with(|definitions| {
        let reading = Reading {
            definitions,
            values: Readings {
                base: BASE,
                now: Instant(0),
            },
            handling: Handling::Strict,
        };
        Query::parse(&reading, text)
    })
}

fuzz_target!(|text: &str| {
    match parse(text) {
        Ok(query) => understood(text, &query),
        Err(error) => {
            assert!(matches!(error.code(), Code::BadInput | Code::Unsupported));
            assert!(error.message().len() < 300, "a sentence, not the query");
        }
    }
});

fn understood(text: &str, query: &Query) {
    let first = parse(&query.text).expect("what links ask for is parsed");
    assert_eq!(first.text, query.text, "links are made from another query");
    assert_eq!((first.count, first.offset), (query.count, 0));

    let replica = REPLICA.with(Rc::clone);
    let ids = match done(replica.ids(text)) {
        Ok(ids) => ids,
        // A value set or a code's hierarchy is looked for only when it is needed.
        Err(error) => return assert_eq!(error.code(), Code::Unsupported),
    };
    let bundle = done(replica.search(text)).expect("what is found is answered");
    assert!(is_json(&bundle), "an answer that is no JSON");
    let page = Page::read(&bundle).expect("an answer is a Bundle");
    assert_eq!(page.total, Some(ids.len() as u64));
    let shown = match query.is_count() {
        true => 0,
        false => ids
            .len()
            .saturating_sub(query.offset)
            .min(query.count.unwrap_or(usize::MAX)),
    };
    match query.includes.is_empty() {
        true => assert_eq!(page.entries.len(), shown),
        false => assert!(page.entries.len() >= shown),
    }
    assert!(page.entries.iter().all(|entry| entry.identity().is_some()));
}
