//! A request to a served replica: method, address, headers and body of anybody's making.
//!
//! The input is its lines: method, address below the base, headers (`name: value`), an empty line, the body.
#![no_main]

use std::rc::Rc;

use fhir_pull::fhir::Instant;
use fhir_pull::host::Response;
use fhir_pull::replica::Replica;
use fhir_pull::serve::{Request, Settings, serve};
use fhir_pull_fuzz::naive::is_json;
use fhir_pull_fuzz::script::BASE;
use fhir_pull_fuzz::shelf::Shelf;
use fhir_pull_fuzz::{done, ward};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static REPLICA: Rc<Replica<Shelf>> = {
        let [_, _, merged, _] = ward::contents();
        Rc::new(done(Replica::open(merged.shelve(), BASE, 1, None)).expect("a sound replica opens"))
    };
}

/// What a server may say that is read and whose store is sound.
const STATUSES: [u16; 12] = [200, 304, 400, 404, 405, 406, 410, 413, 414, 415, 422, 501];

fuzz_target!(|input: &[u8]| {
    let request = read(input);
    let replica = REPLICA.with(Rc::clone);
    // The second time as somebody who is narrowed to one patient.
    for within in [None, Some("Patient/r0")] {
        let settings = Settings {
            base: BASE,
            within,
            segments: None,
            now: Instant(0),
        };
        let response = done(serve(&replica, &settings, &request));
        assert!(STATUSES.contains(&response.status), "{}", response.status);
        assert_sound(&request, &response);
    }
});

fn assert_sound(request: &Request, response: &Response) {
    for (name, value) in &response.headers {
        let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
        assert!(name.bytes().chain(value.bytes()).all(is_plain), "{name}");
    }
    if response.body.is_empty() {
        assert!(request.method == "HEAD" || response.status == 304);
        return;
    }
    assert!(is_json(&response.body), "an answer that is no JSON");
    if response.status >= 400 {
        let outcome = b"OperationOutcome";
        let mut parts = response.body.windows(outcome.len());
        assert!(parts.any(|part| part == outcome), "no OperationOutcome");
        assert!(response.body.len() < 2000, "a sentence, not the request");
    }
}

fn read(input: &[u8]) -> Request {
    let mut rest = input;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after.get(1..).unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    };
    let (method, target) = (line(), line());
    let mut headers = Vec::new();
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_string()));
    }
    Request {
        method,
        target,
        headers,
        body: rest.to_vec(),
    }
}
