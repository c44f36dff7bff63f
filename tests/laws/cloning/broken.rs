//! L9: whatever is sent instead of what was asked for, the replica is as it was, or whole and right.

use std::rc::Rc;

use fhir_pull::host::Response;
use fhir_pull::replica::{Replica, Versions};
use fhir_pull::{Code, Error};

use super::whole::lived;
use super::{Repository, cloned};
use crate::chance::{Chance, each_seed};
use crate::faulty::Faulty;
use crate::lives::{Life, open, small};
use crate::searching::question;
use crate::stops::run;

fn with(body: Vec<u8>) -> Response {
    Response {
        status: 200,
        body,
        ..Response::default()
    }
}

/// What is sent with its checksum made right again.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = bytes.len().saturating_sub(8);
    let check = xxhash_rust::xxh3::xxh3_64(&bytes[..length]);
    bytes[length..].copy_from_slice(&check.to_le_bytes());
    bytes
}

/// A clone over a repository whose answers to this request, of so many, are edited.
async fn edited(
    life: &Life<Faulty>,
    at: usize,
    times: usize,
    mut edit: impl FnMut(Response) -> fhir_pull::Result<Response> + 'static,
) -> (Faulty, Rc<Replica<Faulty>>, fhir_pull::Result<u64>) {
    let repository = Repository::of(life.replica.clone());
    let mut number = 0;
    repository.edit(move |_, response| {
        number += 1;
        match (at + 1..=at + times).contains(&number) {
            true => edit(response),
            false => Ok(response),
        }
    });
    let store = Faulty::default();
    let replica = open(&store, Versions::Current).await.unwrap();
    let cloned = cloned(&replica, &repository).await;
    (store, replica, cloned.map(|(cloning, _)| cloning.requests))
}

fn is_untouched(replica: &Replica<Faulty>) -> bool {
    let status = replica.status();
    status.types.is_empty() && status.checkpoints.is_empty() && status.segments == 0
}

#[test]
fn l9_an_answer_cut_or_with_a_bit_flipped_is_fetched_again_or_an_error() {
    each_seed(200, |mut chance| {
        run(async {
            let mut life = lived(&mut chance, small(Versions::Current), 20).await;
            for at in [0, 1] {
                for times in [1, 2, 9] {
                    let mut dice = chance.clone();
                    let edit = move |mut response: Response| {
                        match dice.below(2) {
                            0 => response
                                .body
                                .truncate(dice.below(response.body.len() as u64) as usize),
                            _ => {
                                let bit = dice.below(response.body.len() as u64 * 8) as usize;
                                response.body[bit / 8] ^= 1 << (bit % 8);
                            }
                        }
                        Ok(response)
                    };
                    let (_, replica, done) = edited(&life, at, times, edit).await;
                    match done {
                        // A pack is fetched up to three times.
                        Ok(requests) => {
                            assert!(at == 1 && times < 9);
                            assert_eq!(requests as usize, 2 + times);
                            life.committed.came_with(replica.generation());
                            life.committed.check(&replica, &mut chance).await;
                        }
                        Err(error) => {
                            let codes = [
                                Code::Malformed,
                                Code::NotFhir,
                                Code::NewerFormat,
                                Code::OlderFormat,
                            ];
                            assert!(codes.contains(&error.code()), "{error:?}");
                            assert!(is_untouched(&replica));
                        }
                    }
                }
            }
        })
        .unwrap();
    });
}

#[test]
fn l9_something_else_and_another_format_say_so_and_touch_nothing() {
    run(async {
        let life = lived(&mut Chance(4), small(Versions::Current), 20).await;
        let html = b"<!doctype html><title>Sign in</title>".to_vec();
        let of_format = |magic: &[u8; 4], format| sealed([magic, &[format][..], &[0; 8]].concat());
        for (at, body, code) in [
            (0, html.clone(), Code::NotFhir),
            (0, Vec::new(), Code::NotFhir),
            (0, br#"{"resourceType":"Bundle"}"#.to_vec(), Code::NotFhir),
            (1, html, Code::Malformed),
            (1, Vec::new(), Code::Malformed),
            (0, of_format(b"FPRP", 2), Code::NewerFormat),
            (0, of_format(b"FPRP", 0), Code::OlderFormat),
            (1, of_format(b"FPPK", 2), Code::NewerFormat),
        ] {
            let (_, replica, done) = edited(&life, at, 9, move |_| Ok(with(body.clone()))).await;
            assert_eq!(done.unwrap_err().code(), code);
            assert!(is_untouched(&replica));
        }
        for (at, status, code) in [
            (0, 404, Code::NotFound),
            (0, 403, Code::Denied),
            (1, 401, Code::Denied),
            (1, 404, Code::NotFound),
            (1, 500, Code::Http),
        ] {
            let answer = move |_| {
                Ok(Response {
                    status,
                    ..Response::default()
                })
            };
            let (_, replica, done) = edited(&life, at, 9, answer).await;
            let done = done.unwrap_err();
            assert_eq!((done.code(), done.status()), (code, Some(status)));
            assert!(is_untouched(&replica));
        }
        // W2: what may pass is tried again.
        let (_, replica, done) = edited(&life, 1, 2, |_| {
            Err(Error::new(Code::Network, "The test cuts it."))
        })
        .await;
        assert_eq!(done.unwrap(), 2);
        assert!(!is_untouched(&replica));
    })
    .unwrap();
}

#[test]
fn l9_bytes_that_a_checksum_does_not_catch_end_in_a_value_or_an_error() {
    let (mut taken, mut refused) = (0, 0);
    each_seed(1500, |mut chance| {
        run(async {
            let life = lived(&mut chance, small(Versions::Current), 15).await;
            let mut dice = chance.clone();
            let edit = move |mut response: Response| {
                for _ in 0..1 + dice.below(3) {
                    // Behind the format.
                    let at = 5 + dice.below(response.body.len() as u64 - 13) as usize;
                    response.body[at] = match dice.below(3) {
                        0 => 0xff,
                        1 => response.body[at] ^ (1 << dice.below(8)),
                        _ => dice.below(256) as u8,
                    };
                }
                response.body = nested(response.body);
                Ok(response)
            };
            let at = chance.below(2) as usize;
            let (store, replica, done) = edited(&life, at, 9, edit).await;
            if done.is_err() {
                refused += 1;
                assert!(is_untouched(&replica));
                while replica.tidy().await.unwrap() {}
                assert!(store.state().keys.is_empty(), "nothing of it is left");
                return;
            }
            taken += 1;
            let replica = open(&store, Versions::Current).await.unwrap();
            for name in life.committed.bodies().keys() {
                let identity = fhir_pull::fhir::Identity {
                    kind: name.0,
                    id: &name.1,
                };
                drop(replica.read(identity).await);
            }
            for _ in 0..5 {
                drop(replica.search(&question(&mut chance).query).await);
            }
            drop(replica.published().await);
            for _ in 0..3 {
                drop(replica.tidy().await);
            }
            // What was found to be damaged a pull gives up, and goes on.
            let mut broken = Life::begin(store, small(Versions::Current)).await.unwrap();
            broken.pending = life.committed.clone();
            broken.committed = life.committed.clone();
            drop(fhir_pull::replica::Writer::begin(broken.replica.clone()).await);
            drop(broken.replica.status());
        })
        .unwrap();
    });
    assert!(taken > 100 && refused > 100, "{taken} {refused}");
}

/// Sealed as a whole, and the manifest in it or the head in it too.
fn nested(mut body: Vec<u8>) -> Vec<u8> {
    if let Some(start) = body.windows(4).position(|four| four == b"FPMF") {
        // Its length stands before it, in one or two bytes.
        let length = match body[start - 2] & 0x80 {
            0x80 => usize::from(body[start - 2] & 0x7f) | usize::from(body[start - 1]) << 7,
            _ => usize::from(body[start - 1]),
        };
        // Its length may be among what was broken.
        let whole = body.get(start..start + length);
        if let Some(manifest) = whole.filter(|manifest| manifest.len() > 8) {
            let manifest = sealed(manifest.to_vec());
            body[start..start + length].copy_from_slice(&manifest);
        }
    }
    sealed(body)
}
