//! What `explain` says is what a search does: the rarest term first, each step's matches, and no more
//! reads than there are.

use std::rc::Rc;

use fhir_pull::fhir::{Identity, Instant};
use fhir_pull::host::memory::Memory;
use fhir_pull::replica::{Offer, Replica, Writer};
use fhir_pull::search::query::Handling;

use crate::server::BASE;
use crate::stops::run;

#[test]
fn explain_says_what_a_search_does() {
    run(async {
        let store = Memory::new();
        let replica = Rc::new(Replica::open(store.clone(), BASE, 1, None).await.unwrap());
        let mut writer = Writer::begin(replica.clone()).await.unwrap();
        for n in 0..2000 {
            let (id, patient) = (format!("o{n}"), n % 100);
            let body = format!(
                r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":{{"reference":"Patient/p{patient}"}},"effectiveDateTime":"20{:02}-01-01","note":[{{"text":"note {}"}}]}}"#,
                n % 20,
                n % 7,
            );
            let offer = Offer {
                identity: Identity {
                    kind: "Observation",
                    id: &id,
                },
                version: "1",
                last_updated: Some(Instant(n)),
                bytes: Some(body.as_bytes()),
                partial: false,
            };
            writer.offer(&[offer]).await.unwrap();
        }
        writer.commit().await.unwrap();
        writer.settle().await.unwrap();

        let replica = Replica::open(store, BASE, 1, None).await.unwrap();
        let query = "Observation?_content=3&date=ge2010&status=final&subject=Patient/p17&_sort=-date&_count=2";
        let explained = replica.explain(query, Handling::Strict).await.unwrap();
        assert_eq!(explained.types[0].segments, 1);
        let steps = explained.types[0].steps.iter();
        let steps: Vec<_> = steps.map(|it| (it.parameters.as_str(), it.by, it.left)).collect();
        let matching = replica.ids("Observation?subject=Patient/p17&_content=3").await.unwrap();
        assert_eq!(
            steps,
            [
                ("subject", "terms looked up", 20),
                ("status", "terms looked up", 20),
                ("date", "ranges compared", 20),
                ("_content", "resources read", matching.len()),
            ]
        );
        assert!(matching.len() > 1 && matching.len() < 20);
        assert_eq!((explained.total, explained.sort), (matching.len(), vec!["date".to_string()]));
        assert!(explained.reads.values > 0 && explained.reads.frames >= explained.reads.values);
        let again = replica.explain(query, Handling::Strict).await.unwrap();
        assert_eq!((again.reads.values, again.reads.bytes), (0, 0));
        let lenient = replica.explain("Observation?nothing=1&status=final", Handling::Lenient);
        assert_eq!(lenient.await.unwrap().ignored, ["nothing"]);
    })
    .unwrap();
}
