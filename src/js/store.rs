//! The store that JavaScript chose, behind one type.

use crate::Result;
use crate::host::indexed_db::IndexedDb;
use crate::host::memory::Memory;
use crate::host::{Commit, Head, Key, Store, Usage};

/// One of the stores that there are.
pub(super) enum ChosenStore {
    /// Nothing is kept.
    Memory(Memory),
    /// Kept by the browser.
    IndexedDb(IndexedDb),
}

impl Store for ChosenStore {
    async fn head(&self) -> Result<Option<Head>> {
        match self {
            ChosenStore::Memory(store) => store.head().await,
            ChosenStore::IndexedDb(store) => store.head().await,
        }
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        match self {
            ChosenStore::Memory(store) => store.read(keys).await,
            ChosenStore::IndexedDb(store) => store.read(keys).await,
        }
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        match self {
            ChosenStore::Memory(store) => store.commit(commit).await,
            ChosenStore::IndexedDb(store) => store.commit(commit).await,
        }
    }

    async fn wipe(&self) -> Result<()> {
        match self {
            ChosenStore::Memory(store) => store.wipe().await,
            ChosenStore::IndexedDb(store) => store.wipe().await,
        }
    }

    async fn usage(&self) -> Result<Usage> {
        match self {
            ChosenStore::Memory(store) => store.usage().await,
            ChosenStore::IndexedDb(store) => store.usage().await,
        }
    }
}
