//! L8: an answer is of one generation, whatever is committed while it is made.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use fhir_pull::serve::{Request, Settings, serve};

use crate::moods::{TARGETS, moody_ward};
use crate::world::{BASE, NOW, history, imported, reader, run};

/// What is committed meanwhile, all at once: the letter and what is in it, and who it is of.
fn changes() -> String {
    history(&[
        (
            "Patient",
            "a",
            2,
            20,
            r#","name":[{"family":"Arm","given":["Neu"]}]"#,
        ),
        (
            "Observation",
            "mine",
            4,
            20,
            r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/a"},"valueQuantity":{"value":9}"#,
        ),
        ("Observation", "moved", 3, 20, ""),
        (
            "Observation",
            "fresh",
            1,
            20,
            r#","status":"final","code":{"text":"Pulse"},"subject":{"reference":"Patient/a"}"#,
        ),
        (
            "Composition",
            "letter",
            2,
            20,
            r#","status":"final","type":{"text":"Letter"},"subject":{"reference":"Patient/a"},"title":"Letter","section":[{"entry":[{"reference":"Observation/mine"},{"reference":"Observation/fresh"}]}]"#,
        ),
    ])
}

#[test]
fn l8_an_answer_is_what_was_there_before_a_commit_or_after_it() {
    for target in TARGETS {
        let (replica, _) = moody_ward();
        let before = reader(&replica).get(target);
        run(imported(&replica, &changes()));
        let after = reader(&replica).get(target);
        let mut turns = 0;
        loop {
            let (replica, moods) = moody_ward();
            let request = Request {
                method: "GET".to_string(),
                target: target.to_string(),
                ..Request::default()
            };
            let settings = Settings {
                base: BASE,
                within: None,
                segments: None,
                now: NOW,
            };
            let mut answer = pin!(serve(&replica, &settings, &request));
            let mut context = Context::from_waker(Waker::noop());
            moods.slow.set(true);
            let mut waited = 0;
            let given = loop {
                if let Poll::Ready(answer) = answer.as_mut().poll(&mut context) {
                    break answer;
                }
                waited += 1;
                if waited == turns + 1 {
                    moods.slow.set(false);
                    run(imported(&replica, &changes()));
                }
            };
            assert!(
                given.body == before.0.body || given.body == after.0.body,
                "{target}, committed at turn {turns}: {}",
                String::from_utf8_lossy(&given.body)
            );
            if waited <= turns {
                break;
            }
            turns += 1;
        }
        assert!(turns > 0, "{target} waits for nothing");
    }
}
