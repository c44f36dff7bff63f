//! Golden traces: for each rule a conversation with a server, as a file that a person can read, replayed
//! against a pull. The same files are replayed in Node and in Chromium (`tests/support/trace.js`).
//!
//! Every request of a pull must be the next one of the file. Where requests change on purpose,
//! `TRACES=write cargo test --test traces` writes the files anew: each request takes the answer that the
//! file has for its URL, or else for its path. How a pull ends and what the replica holds is never
//! written: that is what the rule wants.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;
mod trace;

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use fhir_pull::Code;
use fhir_pull::client::{Base, Client};
use fhir_pull::fhir::Identity;
use fhir_pull::host::Clock;
use fhir_pull::host::memory::Memory;
use fhir_pull::pull::{Committed, Feed, Observer, pull};
use fhir_pull::replica::Replica;
use pollster::block_on;
use server::{BASE, Server};
use trace::{Held, Trace};

struct Deaf;

impl Observer for Deaf {
    fn committed(&mut self, _commit: &Committed) {}
}

/// Nobody is made to wait.
struct Still;

impl Clock for Still {
    fn now(&self) -> i64 {
        0
    }
    async fn sleep(&self, _milliseconds: u32) {}
    fn random(&self) -> f64 {
        0.5
    }
}

/// Replays a trace; as it would be written now.
async fn replay(trace: &Trace, by_url: bool) -> Result<Trace, String> {
    let mut written = trace.clone();
    let store = Memory::new();
    for (pulled, number) in written.pulls.iter_mut().zip(1..) {
        let replica = Replica::open(store.clone(), BASE, 7, None).await;
        let replica = Rc::new(replica.unwrap());
        let feeds = pulled.feeds.iter().map(|name| Feed::of_name(name).unwrap());
        let feeds: Vec<Feed> = feeds.collect();
        let server = Server::new(&pulled.exchanges, &pulled.tokens, by_url);
        let base = Base::parse(BASE).unwrap();
        let base = base.with_aliases(trace.aliases.clone()).unwrap();
        let base = base.with_file_origins(trace.file_origins.clone()).unwrap();
        let client = Client::new(base, server.clone(), Still, server.clone());
        let ended = pull(&replica, &client, &Still, &feeds, &mut Deaf).await;
        let in_pull = |problem: String| format!("in pull {number}: {problem}");
        pulled.exchanges = server.ended().map_err(in_pull)?;
        let ended = ended.map_or_else(|error| error.code().as_str(), |_| "complete");
        if ended != pulled.ends {
            return Err(in_pull(format!("it ends {ended}, not {}", pulled.ends)));
        }
        for held in &pulled.held {
            check(&replica, held).await.map_err(in_pull)?;
        }
    }
    Ok(written)
}

async fn check(replica: &Replica<Memory>, held: &Held) -> Result<(), String> {
    let read = replica.read(Identity::parse(held.name()).unwrap()).await;
    let found = match &read {
        Ok(Some(bytes)) => Held::Holds(
            held.name().into(),
            String::from_utf8(bytes.to_vec()).unwrap(),
        ),
        Ok(None) => Held::Unknown(held.name().into()),
        Err(error) if error.code() == Code::Gone => Held::Gone(held.name().into()),
        Err(error) => return Err(error.to_string()),
    };
    match found == *held {
        true => Ok(()),
        false => Err(format!(
            "the replica must have\n  {held}\nand has\n  {found}"
        )),
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| file.extension() == Some("trace".as_ref()))
        .collect();
    files.sort();
    files
}

#[test]
fn b_h_l_p_r_s_w_every_trace_is_replayed_request_by_request() {
    let write = std::env::var("TRACES").is_ok_and(|it| it == "write");
    let mut problems = Vec::new();
    for file in files() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let trace = Trace::parse(&fs::read_to_string(&file).unwrap());
        match block_on(replay(&trace, write)) {
            Err(problem) => problems.push(format!("{name}, {problem}")),
            Ok(written) if write => fs::write(&file, written.to_string()).unwrap(),
            Ok(_) => {}
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n\n"));
    assert!(files().len() >= 50);
}

#[test]
fn a_trace_is_written_as_it_is_read() {
    for file in files() {
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(Trace::parse(&text).to_string(), text, "{}", file.display());
    }
}

#[test]
fn a_request_that_is_not_the_next_one_is_told_with_both() {
    let text = "# x\n\npull Patient/_history\n\n> GET metadata\n< 404\n\n> GET Patient/_history?_count=1\n< 200\n\nends complete\n";
    let problem = block_on(replay(&Trace::parse(text), false)).unwrap_err();
    assert!(
        problem.contains("GET Patient/_history?_count=1 "),
        "{problem}"
    );
    assert!(
        problem.contains("GET Patient/_history?_count=500"),
        "{problem}"
    );
}
