//! The text of a search, parsed and answered.
#![no_main]

use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::fhir::Page;
use fhir_pull::replica::Replica;
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

fuzz_target!(|text: &str| {
    match DEFINITIONS.with(|definitions| Query::parse(definitions, BASE, text)) {
        Ok(query) => understood(text, &query),
        Err(error) => {
            assert!(matches!(error.code(), Code::BadInput | Code::Unsupported));
            assert!(error.message().len() < 300, "a sentence, not the query");
        }
    }
});

fn understood(text: &str, query: &Query) {
    let first = DEFINITIONS.with(|definitions| Query::parse(definitions, BASE, &query.text));
    let expected = Query {
        offset: 0,
        ..query.clone()
    };
    assert_eq!(first, Ok(expected), "links are made from another query");

    let replica = REPLICA.with(Rc::clone);
    let ids = done(replica.ids(text)).expect("what is parsed is answered");
    let bundle = done(replica.search(text)).expect("what is parsed is answered");
    assert!(is_json(&bundle), "an answer that is no JSON");
    let page = Page::read(&bundle).expect("an answer is a Bundle");
    assert_eq!(page.total, Some(ids.len() as u64));
    let shown = ids
        .len()
        .saturating_sub(query.offset)
        .min(query.count.unwrap_or(usize::MAX));
    assert_eq!(page.entries.len(), shown);
    assert!(page.entries.iter().all(|entry| entry.identity().is_some()));
}
