//! L3: a search finds what a look at every resource finds, whatever the segments look like.
//!
//! The naive side reads the bodies with `serde_json` and shares nothing with the engine.

use std::cmp::Ordering;
use std::rc::Rc;

use fhir_pull::fhir::DateRange;
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Checkpoint, Replica, Writer};
use serde_json::Value;

use crate::chance::Chance;
use crate::server::{BASE, Server};
use crate::stops::run;

/// A replica of the server's whole log, written in order in commits of random size.
async fn replicate(server: &Server, chance: &mut Chance) -> Rc<Replica<Memory>> {
    let replica = Rc::new(Replica::open(Memory::new(), BASE, 1, None).await.unwrap());
    let mut writer = Writer::begin(replica.clone()).await.unwrap();
    let log = server.0.borrow().log.clone();
    for (number, version) in log.iter().enumerate() {
        let text = version.number.to_string();
        let offer = version.offer(&text);
        writer.offer(&[offer]).await.unwrap();
        if chance.below(9) == 0 {
            let feed = format!("feed {}", number % 2);
            writer.note(Checkpoint {
                feed,
                ..Checkpoint::default()
            });
            writer.commit().await.unwrap();
        }
    }
    writer.note(Checkpoint {
        feed: "last".into(),
        ..Checkpoint::default()
    });
    writer.commit().await.unwrap();
    writer.settle().await.unwrap();
    replica
}

pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) holds: Box<dyn Fn(&Value) -> bool>,
}

pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

pub(crate) fn question(chance: &mut Chance) -> Question {
    let code = chance.of(&["a", "b", "c", "none"]).to_string();
    let system = chance
        .of(&["http://one.test", "http://two.test"])
        .to_string();
    let subject = format!("Patient/r{}", chance.below(12));
    let year = 1940 + chance.below(82) as i64;
    match chance.below(9) {
        0 => Question {
            query: format!("Observation?code={code}"),
            holds: Box::new(move |value| text(value, "/code/coding/0/code") == code),
        },
        1 => Question {
            query: format!("Observation?code={system}|{code},zzz"),
            holds: Box::new(move |value| {
                text(value, "/code/coding/0/code") == code
                    && text(value, "/code/coding/0/system") == system
            }),
        },
        2 => Question {
            query: format!("Observation?code={system}|&subject={subject}"),
            holds: Box::new(move |value| {
                text(value, "/code/coding/0/system") == system
                    && text(value, "/subject/reference") == subject
            }),
        },
        3 => Question {
            query: format!("Observation?patient={}&date=ge{year}", &subject[8..]),
            holds: Box::new(move |value| {
                text(value, "/subject/reference") == subject
                    && dates(value).is_some_and(|(low, high)| {
                        let (first, last) = year_of(year);
                        high > last || first <= low
                    })
            }),
        },
        4 => Question {
            query: format!("Observation?date={year}"),
            holds: Box::new(move |value| {
                dates(value)
                    .is_some_and(|(low, high)| year_of(year).0 <= low && high <= year_of(year).1)
            }),
        },
        5 => Question {
            query: format!("Observation?date=lt{year}&code=a,b"),
            holds: Box::new(move |value| {
                ["a", "b"].contains(&text(value, "/code/coding/0/code"))
                    && dates(value).is_some_and(|(low, _)| low < year_of(year).0)
            }),
        },
        6 => Question {
            query: "Patient?name=MUL,ang".into(),
            holds: Box::new(|value| {
                ["Müller", "Muller", "Ångström"].contains(&text(value, "/name/0/family"))
            }),
        },
        7 => Question {
            query: "Patient?name=smith&name=jose".into(),
            holds: Box::new(|value| {
                text(value, "/name/0/family").starts_with("Smith")
                    && text(value, "/name/0/given/0") == "José María"
            }),
        },
        _ => Question {
            query: format!("Patient?birthdate=gt{year}&_id=r1,r2,r3"),
            holds: Box::new(move |value| {
                ["r1", "r2", "r3"].contains(&text(value, "/id"))
                    && DateRange::parse(text(value, "/birthDate")).unwrap().high > year_of(year).1
            }),
        },
    }
}

fn year_of(year: i64) -> (i64, i64) {
    let range = DateRange::parse(&year.to_string()).unwrap();
    (range.low, range.high)
}

/// What an Observation's effective[x] covers.
fn dates(value: &Value) -> Option<(i64, i64)> {
    let range = |pointer| DateRange::parse(text(value, pointer));
    if let Some(range) = range("/effectiveDateTime") {
        return Some((range.low, range.high));
    }
    let low = range("/effectivePeriod/start")?.low;
    Some((
        low,
        range("/effectivePeriod/end").map_or(DateRange::LATEST, |range| range.high),
    ))
}

pub(crate) fn found(bundle: &[u8]) -> (u64, Vec<Value>) {
    let bundle: Value = serde_json::from_slice(bundle).unwrap();
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    let resources = entries
        .into_iter()
        .map(|mut entry| entry["resource"].take());
    (bundle["total"].as_u64().unwrap(), resources.collect())
}

#[test]
fn l3_a_search_finds_what_a_look_at_every_resource_finds() {
    let mut matches = 0;
    for seed in 0..60 {
        let mut chance = Chance(seed);
        let server = Server::new(1);
        server.live(&mut chance, 120);
        run(async {
            let replica = replicate(&server, &mut chance).await;
            let all: Vec<(String, Value)> = server
                .current()
                .into_iter()
                .filter_map(|(name, body)| Some((name, serde_json::from_str(&body?).unwrap())))
                .collect();
            for _ in 0..40 {
                let question = question(&mut chance);
                let kind = question.query.split('?').next().unwrap();
                let wanted = all.iter().filter(|(name, _)| name.starts_with(kind));
                let mut wanted: Vec<&Value> = wanted
                    .map(|(_, value)| value)
                    .filter(|value| (question.holds)(value))
                    .collect();
                let (total, mut resources) = found(&replica.search(&question.query).await.unwrap());
                wanted.sort_by_key(|value| text(value, "/id"));
                resources.sort_by_key(|value| text(value, "/id").to_string());
                assert_eq!(
                    total as usize,
                    wanted.len(),
                    "{} seed {seed}",
                    question.query
                );
                assert!(
                    resources.iter().eq(wanted),
                    "{} seed {seed}",
                    question.query
                );
                matches += total;
            }
        })
        .unwrap();
    }
    assert!(
        matches > 1000,
        "the questions find too little to prove anything: {matches}"
    );
}

#[test]
fn sorted_pages_put_together_are_the_whole_answer_in_order() {
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let server = Server::new(1);
        server.live(&mut chance, 150);
        run(async {
            let replica = replicate(&server, &mut chance).await;
            for (sort, descending) in [("date", false), ("-date", true)] {
                let mut all = Vec::new();
                loop {
                    let query = format!("Observation?_sort={sort}&_count=2&_offset={}", all.len());
                    let (total, page) = found(&replica.search(&query).await.unwrap());
                    all.extend(page);
                    if all.len() as u64 >= total {
                        break;
                    }
                }
                let key = |value: &Value| {
                    dates(value).map(|(low, high)| if descending { high } else { low })
                };
                let in_order = all.is_sorted_by(|a, b| match (key(a), key(b)) {
                    (None, other) => other.is_none(),
                    (_, None) => true,
                    (Some(a), Some(b)) => {
                        a.cmp(&b)
                            != if descending {
                                Ordering::Less
                            } else {
                                Ordering::Greater
                            }
                    }
                });
                assert!(in_order, "{sort} seed {seed}");
                let mut ids: Vec<_> = all.iter().map(|value| text(value, "/id")).collect();
                ids.sort_unstable();
                ids.dedup();
                assert_eq!(
                    ids.len(),
                    all.len(),
                    "a resource on two pages, {sort} seed {seed}"
                );
            }
        })
        .unwrap();
    }
}
