//! L1: after a clone a pull brings what is newer, deletes included, and no more: from the repository's
//! source, and from the repository itself.

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::client::{Base, Client, NoToken};
use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Request, Response, Store, Transport};
use fhir_pull::pull::{Feed, Progress, begun, pull};
use fhir_pull::replica::{Replica, Versions};

use super::whole::{holds, lived};
use super::{Heard, REPOSITORY, Repository, cloned};
use crate::chance::{Chance, each_seed};
use crate::lives::small;
use crate::oracle::{Answer, told_as};
use crate::server::{BASE, Server};
use crate::stops::{Still, run};

/// A transport that remembers what was asked for.
#[derive(Clone)]
struct Noted<T>(T, Rc<RefCell<Vec<String>>>);

impl<T: Transport> Transport for Noted<T> {
    async fn send(&self, request: &Request) -> Result<Response> {
        self.1.borrow_mut().push(request.url.clone());
        self.0.send(request).await
    }
}

async fn pulled<S: Store + 'static>(
    replica: &Rc<Replica<S>>,
    base: &str,
    transport: impl Transport,
    feeds: &[Feed],
) -> Vec<Progress> {
    let client = Client::new(Base::parse(base).unwrap(), transport, Still, NoToken);
    let pulled = pull(replica, &client, &Still, feeds, &mut Heard::default()).await;
    pulled.unwrap().0
}

async fn new(server: &str) -> Rc<Replica<Memory>> {
    Rc::new(
        Replica::open(Memory::new(), server, 13, None)
            .await
            .unwrap(),
    )
}

async fn assert_equal<S: Store>(replica: &Replica<S>, server: &Server) {
    for (name, body) in server.current() {
        let read = told_as(replica.read(Identity::parse(&name).unwrap()).await);
        assert_eq!(read, body.map_or(Answer::Deleted, Answer::Body), "{name}");
    }
}

fn feeds(chance: &mut Chance) -> Vec<Feed> {
    let history = |of: &str| Feed::History(of.to_string());
    let search = |search: &str| Feed::Search(search.to_string());
    match chance.below(3) {
        0 => vec![history("*")],
        1 => vec![history("Patient"), history("Observation")],
        _ => vec![search("Patient"), search("Observation?code=a,b,c")],
    }
}

#[test]
fn l1_a_clone_goes_on_from_the_source_as_the_repository_does() {
    each_seed(150, |mut chance| {
        run(async {
            let server = Server::new(1 + chance.below(9) as usize);
            let repository = new(BASE).await;
            let feeds = feeds(&mut chance);
            for _ in 0..1 + chance.below(3) {
                server.live(&mut chance, 15);
                pulled(&repository, BASE, server.clone(), &feeds).await;
                server.0.borrow_mut().now += 400_000;
            }
            let clone = new(BASE).await;
            cloned(&clone, &Repository::of(repository.clone()))
                .await
                .unwrap();
            assert_eq!(begun(&clone), begun(&repository));
            server.live(&mut chance, 6);
            let (first, second) = (Rc::default(), Rc::default());
            let own = Noted(server.clone(), Rc::clone(&first));
            let progress = pulled(&clone, BASE, own, &feeds).await;
            let others = Noted(server.clone(), Rc::clone(&second));
            let expected = pulled(&repository, BASE, others, &feeds).await;
            assert_eq!(*first.borrow(), *second.borrow(), "the same requests");
            assert_eq!(progress, expected);
            if !matches!(feeds[0], Feed::Search(_)) {
                assert_equal(&clone, &server).await;
            }
        })
        .unwrap();
    });
}

#[test]
fn l1_a_clone_that_copies_the_repository_asks_it_for_what_came_since_and_for_no_more() {
    let mut deletes = 0;
    each_seed(300, |mut chance| {
        run(async {
            let server = Server::new(1 + chance.below(9) as usize);
            let repository = new(BASE).await;
            let served = Repository::of(repository.clone());
            let feeds = feeds(&mut chance);
            for _ in 0..1 + chance.below(3) {
                server.live(&mut chance, 15);
                pulled(&repository, BASE, server.clone(), &feeds).await;
            }
            let clone = new(REPOSITORY).await;
            cloned(&clone, &served).await.unwrap();
            let history = [Feed::History("*".to_string())];
            assert_eq!(begun(&clone), history);
            let generation = clone.generation();
            let progress = pulled(&clone, REPOSITORY, served.clone(), &history).await;
            assert_eq!((progress[0].resources, progress[0].requests), (0, 1));
            assert_eq!(clone.generation(), generation, "nothing new is no commit");

            for round in 0..3 {
                let changes = chance.below(6);
                server.live(&mut chance, changes);
                while repository.tidy().await.unwrap() {}
                let stored = pulled(&repository, BASE, server.clone(), &feeds).await;
                let stored: u64 = stored.iter().map(|it| it.stored + it.deleted).sum();
                let progress = &pulled(&clone, REPOSITORY, served.clone(), &history).await[0];
                if round == 0 {
                    assert_eq!(progress.unchanged, 0);
                    assert!(progress.resources <= stored);
                }
                deletes += progress.deleted;
                // As the repository is.
                let (own, other) = (clone.status(), repository.status());
                assert_eq!(own.types, other.types);
                if !matches!(feeds[0], Feed::Search(_)) {
                    assert_equal(&clone, &server).await;
                }
            }
        })
        .unwrap();
    });
    assert!(deletes > 100, "{deletes}");
}

#[test]
fn l1_what_comes_late_to_a_repository_comes_to_its_clone() {
    each_seed(300, |mut chance| {
        run(async {
            let mut life = lived(&mut chance, small(Versions::Current), 25).await;
            let served = Repository::of(life.replica.clone());
            let clone = new(REPOSITORY).await;
            cloned(&clone, &served).await.unwrap();
            let history = [Feed::History("*".to_string())];
            for _ in 0..4 {
                for _ in 0..chance.below(4) {
                    // Its source tells of old versions too, with their old times.
                    life.offer(&mut chance).await.unwrap();
                    life.commit().await.unwrap();
                }
                while chance.below(2) == 0 && life.replica.tidy().await.unwrap() {}
                pulled(&clone, REPOSITORY, served.clone(), &history).await;
                assert!(holds(&clone, &life.committed).await);
                life.committed.check_search(&clone, &mut chance).await;
            }
        })
        .unwrap();
    });
}
