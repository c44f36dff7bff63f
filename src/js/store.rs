//! The store that JavaScript chose, behind one type.

use wasm_bindgen::JsValue;

use crate::Result;
use crate::host::indexed_db::IndexedDb;
use crate::host::memory::Memory;
use crate::host::sealed::Sealed;
use crate::host::web_crypto::WebCrypto;
use crate::host::{Commit, Head, Key, Store, Usage};

/// One of the stores that there are.
pub(super) enum ChosenStore {
    /// Nothing is kept.
    Memory(Memory),
    /// Kept by the browser.
    IndexedDb(IndexedDb),
    /// Kept by the browser, encrypted.
    Sealed(Sealed<IndexedDb, WebCrypto>),
}

impl ChosenStore {
    /// A database, all of it encrypted where there is a key.
    pub(super) async fn in_indexed_db(database: &str, key: JsValue) -> Result<ChosenStore> {
        if key.is_undefined() {
            return Ok(ChosenStore::IndexedDb(IndexedDb::open(database).await?));
        }
        // First: where nothing can be encrypted, no database is made.
        let cipher = WebCrypto::new(key)?;
        let store = IndexedDb::open(database).await?;
        Ok(ChosenStore::Sealed(Sealed::new(store, cipher, database)))
    }
}

impl Store for ChosenStore {
    async fn head(&self) -> Result<Option<Head>> {
        match self {
            ChosenStore::Memory(store) => store.head().await,
            ChosenStore::IndexedDb(store) => store.head().await,
            ChosenStore::Sealed(store) => store.head().await,
        }
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        match self {
            ChosenStore::Memory(store) => store.read(keys).await,
            ChosenStore::IndexedDb(store) => store.read(keys).await,
            ChosenStore::Sealed(store) => store.read(keys).await,
        }
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        match self {
            ChosenStore::Memory(store) => store.commit(commit).await,
            ChosenStore::IndexedDb(store) => store.commit(commit).await,
            ChosenStore::Sealed(store) => store.commit(commit).await,
        }
    }

    async fn wipe(&self) -> Result<()> {
        match self {
            ChosenStore::Memory(store) => store.wipe().await,
            ChosenStore::IndexedDb(store) => store.wipe().await,
            ChosenStore::Sealed(store) => store.wipe().await,
        }
    }

    async fn usage(&self) -> Result<Usage> {
        match self {
            ChosenStore::Memory(store) => store.usage().await,
            ChosenStore::IndexedDb(store) => store.usage().await,
            ChosenStore::Sealed(store) => store.usage().await,
        }
    }
}
