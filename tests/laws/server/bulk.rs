//! Bulk export of the whole server: asked for, polled for, fetched as NDJSON.

use std::collections::BTreeMap;

use fhir_pull::fhir::Instant;
use fhir_pull::host::Response;
use serde_json::json;

use super::answer::{self, bare};
use super::asked::Asked;
use super::{BASE, Life, TYPES, Version};

/// How often an export is answered with "not yet".
const POLLS: u32 = 2;

/// One export that was asked for.
#[derive(Clone, Debug)]
pub(super) struct Job {
    since: Option<i64>,
    types: Vec<String>,
    /// What of the log it shows.
    until: usize,
    /// Of what has a time up to this one all is there, and nothing that has a later one (B2).
    at: i64,
    /// When it was asked for.
    now: i64,
    polls: u32,
}

pub(super) fn answer(life: &mut Life, asked: &Asked) -> Response {
    let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
    let number = path.get(1).and_then(|job| job.parse::<usize>().ok());
    let known = number.filter(|number| *number < life.jobs.len());
    match (asked.method, &path[..], known) {
        ("GET" | "POST", ["$export"], _) => begin(life, asked),
        ("GET", ["$export-poll", _], Some(number)) => poll(life, number),
        ("DELETE", ["$export-poll", _], Some(number)) => {
            life.jobs[number].polls = u32::MAX;
            bare(202)
        }
        ("GET", ["$export-file", _, file], Some(number)) => fetch(life, &life.jobs[number], file),
        _ => bare(404),
    }
}

fn begin(life: &mut Life, asked: &Asked) -> Response {
    let types = asked
        .get("_type")
        .map(|types| types.split(',').map(str::to_string).collect());
    life.jobs.push(Job {
        since: asked
            .get("_since")
            .map(|since| Instant::parse(since).unwrap().0),
        types: types.unwrap_or_else(|| TYPES.map(str::to_string).to_vec()),
        until: life.log.len(),
        // What is committed later with an earlier time is not in the export.
        at: life.now - life.manner.late as i64,
        now: life.now,
        polls: 0,
    });
    let location = format!("{BASE}/$export-poll/{}", life.jobs.len() - 1);
    Response {
        headers: vec![("content-location".into(), location)],
        ..bare(202)
    }
}

fn poll(life: &mut Life, number: usize) -> Response {
    let job = &mut life.jobs[number];
    if job.polls == u32::MAX {
        return bare(404);
    }
    if job.polls < POLLS {
        job.polls += 1;
        let headers = vec![
            ("retry-after".into(), "1".into()),
            ("x-progress".into(), "on its way".into()),
        ];
        return Response {
            headers,
            ..bare(202)
        };
    }
    let job = job.clone();
    let file = |kind: &str, file: &str, count: usize| {
        let url = format!("{BASE}/$export-file/{number}/{file}");
        json!({ "type": kind, "url": url, "count": count })
    };
    let latest = latest(life, &job);
    let some = |kind: &str| {
        let of_kind = |it: &&&Version| it.kind == kind && it.body.is_some();
        latest.values().filter(of_kind).count()
    };
    let output: Vec<_> = job
        .types
        .iter()
        .filter(|kind| some(kind) > 0)
        .map(|kind| file(kind, kind, some(kind)))
        .collect();
    let gone = latest.values().filter(|it| it.body.is_none()).count();
    let deleted: Vec<_> = (job.since.is_some() && gone > 0)
        .then(|| file("Bundle", "deleted", gone))
        .into_iter()
        .collect();
    let manifest = json!({
        "transactionTime": Instant(job.at).to_string(),
        "request": format!("{BASE}/$export"),
        "requiresAccessToken": true,
        "output": output, "deleted": deleted, "error": [],
    });
    Response {
        headers: vec![("content-type".into(), "application/json".into())],
        ..answer::json(200, manifest.to_string())
    }
}

fn fetch(life: &Life, job: &Job, file: &str) -> Response {
    let latest = latest(life, job);
    let lines: Vec<String> = match file {
        "deleted" => {
            let gone = latest.values().filter(|version| version.body.is_none());
            let entry = |version: &&Version| json!({ "request": { "method": "DELETE", "url": version.name() } });
            let bundle = |entry| json!({ "resourceType": "Bundle", "type": "transaction", "entry": [entry] });
            gone.map(|it| bundle(entry(it)).to_string()).collect()
        }
        kind => latest
            .values()
            .filter(|it| it.kind == kind)
            .filter_map(|it| it.body.clone())
            .collect(),
    };
    Response {
        headers: vec![("content-type".into(), "application/fhir+ndjson".into())],
        ..answer::json(200, lines.iter().map(|line| format!("{line}\n")).collect())
    }
}

/// The latest version of each resource that the export is about.
fn latest<'a>(life: &'a Life, job: &Job) -> BTreeMap<String, &'a Version> {
    let mut latest: BTreeMap<String, &Version> = BTreeMap::new();
    // What carries a time far ahead is told all the same.
    let told = life.log[..job.until]
        .iter()
        .filter(|version| version.at <= job.at || version.at > job.now);
    latest.extend(told.map(|version| (version.name(), version)));
    latest.retain(|_, version| {
        job.types.iter().any(|kind| kind == version.kind)
            && job.since.is_none_or(|since| version.at >= since)
    });
    latest
}
