//! What is handed out, to whom, and for how long it may be kept: an address never means other bytes.

use std::collections::BTreeMap;
use std::rc::Rc;

use fhir_pull::client::Base;
use fhir_pull::fhir::Instant;
use fhir_pull::host::{Response, Store};
use fhir_pull::replica::{Published, Replica, Versions};
use fhir_pull::serve::{Request, Settings, Sharing, serve};

use super::REPOSITORY;
use super::whole::lived;
use crate::chance::{Chance, each_seed};
use crate::lives::{large, small};
use crate::oracle::Oracle;
use crate::stops::run;

async fn asked<S: Store>(
    replica: &Rc<Replica<S>>,
    target: &str,
    segments: Option<Sharing>,
    within: Option<&str>,
    method: &str,
    if_none_match: Option<&str>,
) -> Response {
    let tag = if_none_match.map(|tag| ("if-none-match".to_string(), tag.to_string()));
    let request = Request {
        method: method.to_string(),
        target: target.to_string(),
        headers: tag.into_iter().collect(),
        body: Vec::new(),
    };
    let settings = Settings {
        base: REPOSITORY,
        within,
        segments,
        now: Instant(0),
    };
    serve(replica, &settings, &request).await
}

async fn got<S: Store>(replica: &Rc<Replica<S>>, target: &str) -> Response {
    asked(replica, target, Some(Sharing::Private), None, "GET", None).await
}

/// The addresses of all packs, below the base.
fn addresses(published: &Published) -> Vec<String> {
    let base = Base::parse(REPOSITORY).unwrap();
    let link = |name: String| base.pack(published.lineage(), &name).unwrap();
    let links = published.packs.iter().map(|pack| link(pack.name()));
    let links = links.map(|link| link.as_str().strip_prefix(REPOSITORY).unwrap().to_string());
    links.collect()
}

#[test]
fn it_is_handed_out_where_that_is_set_and_to_who_may_see_all_of_it() {
    run(async {
        let life = lived(&mut Chance(1), small(Versions::Current), 20).await;
        let replica = &life.replica;
        let published = Published::open(&got(replica, "/$replica").await.body).unwrap();
        let pack = addresses(&published).remove(0);
        for target in ["/$replica", "$replica", "/%24replica", &pack] {
            let private = asked(replica, target, Some(Sharing::Private), None, "GET", None).await;
            assert_eq!(private.status, 200, "{target}");
            assert_eq!(
                private.header("content-type"),
                Some("application/octet-stream")
            );
            assert_eq!(private.header("vary"), Some("authorization"));
            let head = asked(replica, target, Some(Sharing::Private), None, "HEAD", None).await;
            assert_eq!((head.status, head.body.len()), (200, 0));
            let status = async |segments, within, method| {
                asked(replica, target, segments, within, method, None)
                    .await
                    .status
            };
            assert_eq!(status(None, None, "GET").await, 404);
            assert_eq!(
                status(Some(Sharing::Shared), Some("Patient/r1"), "GET").await,
                403
            );
            assert_eq!(status(Some(Sharing::Private), None, "POST").await, 405);
        }
        let control = async |target: &str, sharing| {
            let response = asked(replica, target, Some(sharing), None, "GET", None).await;
            response.header("cache-control").unwrap().to_string()
        };
        for sharing in [Sharing::Private, Sharing::Shared] {
            assert_eq!(control("/$replica", sharing).await, "private, no-cache");
        }
        let immutable = "max-age=31536000, immutable";
        assert_eq!(
            control(&pack, Sharing::Private).await,
            format!("private, {immutable}")
        );
        assert_eq!(
            control(&pack, Sharing::Shared).await,
            format!("public, {immutable}")
        );
        let tag = got(replica, "/$replica")
            .await
            .header("etag")
            .unwrap()
            .to_string();
        let held = asked(
            replica,
            "/$replica",
            Some(Sharing::Private),
            None,
            "GET",
            Some(&tag),
        )
        .await;
        assert_eq!((held.status, held.body.len()), (304, 0));
        for nothing in [
            "/$replica/",
            "/$replica/1",
            "/$replica/1/2",
            "/$replica/1/2.1/3",
            "/$replica/x/0.1",
            "/$replica/1/0.1",
            "/$replicas",
            "/$replica/1/",
            "/$replica//0.1",
        ] {
            let response = got(replica, nothing).await;
            assert_eq!(response.status, 404, "{nothing}");
            assert_eq!(response.header("cache-control"), Some("private, no-cache"));
        }
    })
    .unwrap();
}

#[test]
fn an_address_never_means_other_bytes_whatever_is_merged_and_after_a_wipe() {
    for (style, seeds, steps) in [(small as fn(_) -> _, 60, 40), (large as fn(_) -> _, 6, 60)] {
        each_seed(seeds, |mut chance| {
            run(async {
                let mut life = lived(&mut chance, style(Versions::Current), 3).await;
                let mut kept: BTreeMap<String, Vec<u8>> = BTreeMap::new();
                for step in 0..steps {
                    life.step(&mut chance).await.unwrap();
                    if step == steps / 2 {
                        life.replica.wipe().await.unwrap();
                        life.committed = Oracle::new(Versions::Current);
                        life.forget();
                        life.offer(&mut chance).await.unwrap();
                        life.commit().await.unwrap();
                    }
                    let published = Published::open(&got(&life.replica, "/$replica").await.body);
                    for address in addresses(&published.unwrap()) {
                        let body = got(&life.replica, &address).await.body;
                        let before = kept.entry(address.clone()).or_insert_with(|| body.clone());
                        assert!(*before == body, "{address}");
                    }
                }
                // Whoever kept an address gets the same bytes, or hears that they are gone.
                let mut gone = 0;
                for (address, body) in &kept {
                    let response = got(&life.replica, address).await;
                    match response.status {
                        200 => assert!(response.body == *body),
                        status => {
                            assert_eq!(status, 404);
                            gone += 1;
                        }
                    }
                }
                assert!(gone > 0);
            })
            .unwrap();
        });
    }
}

#[test]
fn l6_no_link_of_the_source_is_handed_out() {
    run(async {
        let life = lived(&mut Chance(2), small(Versions::Current), 10).await;
        let mut writer = fhir_pull::replica::Writer::begin(life.replica.clone())
            .await
            .unwrap();
        writer.note(fhir_pull::replica::Checkpoint {
            feed: "Patient/_history".into(),
            chain: Some(fhir_pull::replica::Chain {
                next: "https://model.test/fhir?_getpages=secret".into(),
                ..Default::default()
            }),
            ..Default::default()
        });
        writer.commit().await.unwrap();
        writer.settle().await.unwrap();
        let body = got(&life.replica, "/$replica").await.body;
        assert!(!body.windows(6).any(|six| six == b"secret"));
        let published = Published::open(&body).unwrap();
        assert!(
            published
                .checkpoints()
                .iter()
                .any(|it| it.feed == "Patient/_history")
        );
    })
    .unwrap();
}
