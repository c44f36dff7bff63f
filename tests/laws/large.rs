//! L3 where the index of a type is larger than a chunk: most chunks are never looked at, and the answer
//! is that of a look at every resource all the same.

use std::collections::BTreeSet;
use std::rc::Rc;

use fhir_pull::fhir::{DateRange, Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Offer, Replica, Writer};

use crate::server::BASE;
use crate::stops::run;

/// Two parts, each of several chunks of dates and groups of states.
const COMMITS: [u32; 2] = [9000, 4000];
const PATIENTS: u32 = 700;
const DAY: i64 = 86_400_000;

/// One of the observations: in the order of time, but for each hundredth, which comes late.
struct Observation {
    number: u32,
    day: i64,
}

fn observations() -> Vec<Observation> {
    let all = 0..COMMITS.iter().sum();
    all.map(|number| Observation {
        number,
        day: i64::from(if number % 100 == 7 {
            1
        } else {
            4000 + number / 4
        }),
    })
    .collect()
}

impl Observation {
    fn id(&self) -> String {
        format!("o{}", self.number)
    }

    fn date(&self) -> String {
        Instant(self.day * DAY).to_string()[..10].to_string()
    }

    fn updated(&self) -> Instant {
        Instant(1_700_000_000_000 + i64::from(self.number) * 1000)
    }

    fn patient(&self) -> u32 {
        self.number * 7919 % PATIENTS
    }

    fn code(&self) -> &'static str {
        match self.number % 97 {
            0 => "rare",
            _ => "common",
        }
    }

    fn body(&self) -> String {
        format!(
            r#"{{"resourceType":"Observation","id":"{}","effectiveDateTime":"{}","code":{{"coding":[{{"code":"{}"}}]}},"subject":{{"reference":"Patient/p{}"}}}}"#,
            self.id(),
            self.date(),
            self.code(),
            self.patient()
        )
    }
}

async fn offer(writer: &mut Writer<Memory>, kind: &str, id: &str, at: Instant, body: &str) {
    let offer = Offer {
        identity: Identity { kind, id },
        version: "1",
        last_updated: Some(at),
        bytes: Some(body.as_bytes()),
        partial: false,
    };
    writer.offer(&[offer]).await.unwrap();
}

async fn replica(observations: &[Observation]) -> Rc<Replica<Memory>> {
    let replica = Rc::new(Replica::open(Memory::new(), BASE, 1, None).await.unwrap());
    let (first, second) = observations.split_at(COMMITS[0] as usize);
    for (commit, observations) in [first, second].into_iter().enumerate() {
        let mut writer = Writer::begin(replica.clone()).await.unwrap();
        // A large part of patients, and a small one.
        let patients = [0..PATIENTS - 50, PATIENTS - 50..PATIENTS];
        for patient in patients[commit].clone() {
            let id = format!("p{patient}");
            let body = format!(r#"{{"resourceType":"Patient","id":"{id}"}}"#);
            offer(&mut writer, "Patient", &id, Instant(1), &body).await;
        }
        for it in observations {
            offer(
                &mut writer,
                "Observation",
                &it.id(),
                it.updated(),
                &it.body(),
            )
            .await;
        }
        writer.commit().await.unwrap();
        writer.settle().await.unwrap();
    }
    replica
}

/// R5 search.html#prefix, for a resource's range and that of the value.
fn holds(prefix: &str, resource: DateRange, value: DateRange) -> bool {
    let within = value.low <= resource.low && resource.high <= value.high;
    match prefix {
        "eq" => within,
        "ne" => !within,
        "gt" => resource.high > value.high,
        "lt" => resource.low < value.low,
        "ge" => resource.high > value.high || within,
        "le" => resource.low < value.low || within,
        "sa" => resource.low > value.high,
        _ => resource.high < value.low,
    }
}

const PREFIXES: [&str; 8] = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"];

async fn found(replica: &Replica<Memory>, query: &str) -> Vec<String> {
    let mut ids = replica.ids(query).await.unwrap();
    ids.sort();
    ids
}

#[test]
fn l3_ranges_are_compared_as_if_every_chunk_was_looked_at() {
    run(async {
        let all = observations();
        let replica = replica(&all).await;
        let wanted = |holds: &dyn Fn(&Observation) -> bool| {
            let kept = all.iter().filter(|it| holds(it));
            let mut ids: Vec<String> = kept.map(Observation::id).collect();
            ids.sort();
            ids
        };
        let days = [all[0].date(), all[4321].date(), all[12_999].date()];
        let others = [
            "1970-01-02".to_string(),
            "1960".into(),
            "1987".into(),
            "2050-05".into(),
        ];
        for prefix in PREFIXES {
            for value in days.iter().chain(&others) {
                let range = DateRange::parse(value).unwrap();
                let expected =
                    wanted(&|it| holds(prefix, DateRange::parse(&it.date()).unwrap(), range));
                let query = format!("Observation?date={prefix}{value}");
                assert_eq!(found(&replica, &query).await, expected, "{query}");
            }
            for number in [0, 1023, 1024, 8999, 9000, 12_999] {
                let value = all[number].updated().to_string();
                let range = DateRange::parse(&value).unwrap();
                let expected = wanted(&|it| holds(prefix, it.updated().into(), range));
                let query = format!("Observation?_lastUpdated={prefix}{value}");
                assert_eq!(found(&replica, &query).await, expected, "{query}");
            }
        }
    })
    .unwrap();
}

#[test]
fn l3_the_first_page_is_the_beginning_of_all_whichever_chunks_it_stands_in() {
    run(async {
        let all = observations();
        let replica = replica(&all).await;
        for narrowed in ["", "code=rare&", "date=lt1985&"] {
            for (sort, descending) in [
                ("date", false),
                ("-date", true),
                ("_lastUpdated", false),
                ("-_lastUpdated", true),
            ] {
                let whole = replica
                    .ids(&format!("Observation?{narrowed}_sort={sort}"))
                    .await
                    .unwrap();
                let key = |id: &String| {
                    let it = &all[id[1..].parse::<usize>().unwrap()];
                    let key = if sort.ends_with("date") {
                        it.day
                    } else {
                        it.updated().0
                    };
                    if descending { -key } else { key }
                };
                assert!(whole.is_sorted_by_key(key), "{narrowed}{sort}");
                for (offset, count) in [(0, 1), (0, 20), (50, 5)] {
                    let query = format!(
                        "Observation?{narrowed}_sort={sort}&_count={count}&_offset={offset}"
                    );
                    let bundle = replica.search(&query).await.unwrap();
                    let bundle: serde_json::Value = serde_json::from_slice(&bundle).unwrap();
                    let entries = bundle["entry"].as_array().unwrap().iter();
                    let ids = entries.map(|entry| entry["resource"]["id"].as_str().unwrap());
                    assert!(ids.eq(&whole[offset..offset + count]), "{query}");
                }
            }
        }
    })
    .unwrap();
}

#[test]
fn l3_who_is_referred_to_is_found_however_many_they_are() {
    run(async {
        let all = observations();
        let replica = replica(&all).await;
        for code in ["rare", "common", "none"] {
            let of_code = all.iter().filter(|it| it.code() == code);
            let patients = of_code.map(|it| format!("p{}", it.patient()));
            let expected: Vec<String> = patients.collect::<BTreeSet<_>>().into_iter().collect();
            let query = format!("Patient?_has:Observation:patient:code={code}");
            assert_eq!(found(&replica, &query).await, expected, "{query}");
        }
        for day in [4000, 4003, 4100, 8000] {
            let date = Instant(day * DAY).to_string()[..10].to_string();
            let of_day = all.iter().filter(|it| it.day < day);
            let patients = of_day.map(|it| format!("p{}", it.patient()));
            let expected: Vec<String> = patients.collect::<BTreeSet<_>>().into_iter().collect();
            let query = format!("Patient?_has:Observation:patient:date=lt{date}");
            assert_eq!(found(&replica, &query).await, expected, "{query}");
        }
    })
    .unwrap();
}
