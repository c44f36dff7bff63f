//! What is answered twice from what was read once.

use std::cell::Cell;
use std::rc::Rc;

use fhir_pull::Result;
use fhir_pull::fhir::Identity;
use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};
use fhir_pull::replica::{Offer, Replica, Writer};
use pollster::block_on;

use crate::server::BASE;

/// A store that counts the values it is asked for.
#[derive(Clone, Debug, Default)]
struct Counted {
    store: Memory,
    asked: Rc<Cell<usize>>,
}

impl Store for Counted {
    async fn head(&self) -> Result<Option<Head>> {
        self.store.head().await
    }
    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.asked.set(self.asked.get() + keys.len());
        self.store.read(keys).await
    }
    async fn commit(&self, commit: Commit) -> Result<()> {
        self.store.commit(commit).await
    }
    async fn wipe(&self) -> Result<()> {
        self.store.wipe().await
    }
    async fn usage(&self) -> Result<Usage> {
        self.store.usage().await
    }
}

#[test]
fn an_answer_larger_than_the_cache_is_given_again_without_the_store() {
    let data = "0123456789abcdef".repeat(1 << 16);
    block_on(async {
        let store = Counted::default();
        let replica = Replica::open(store.clone(), BASE, 1, None).await.unwrap();
        let replica = Rc::new(replica);
        let mut writer = Writer::begin(replica.clone()).await.unwrap();
        for number in 0..50 {
            let id = format!("b{number}");
            let binary =
                format!(r#"{{"resourceType":"Binary","id":"{id}","data":"{number}{data}"}}"#);
            let offer = Offer {
                identity: Identity {
                    kind: "Binary",
                    id: &id,
                },
                version: "",
                last_updated: None,
                bytes: Some(binary.as_bytes()),
                partial: false,
            };
            writer.offer(&[offer]).await.unwrap();
        }
        writer.commit().await.unwrap();
        drop(writer);
        drop(replica);
        let replica = Replica::open(store.clone(), BASE, 1, None).await.unwrap();
        let first = replica.search("Binary?_count=50").await.unwrap();
        assert!(first.len() > 50 << 20);
        let asked = store.asked.get();
        assert!(asked > 0);
        let second = replica.search("Binary?_count=50").await.unwrap();
        assert_eq!(store.asked.get(), asked);
        assert!(second == first);
    });
}
