//! The store that JavaScript chose, behind one type.
//!
//! A trait object, its futures boxed: an enum had each of its variants' futures inside those of all
//! callers, which was 400 bytes more after brotli, and a call of a store waits for a disk anyway.

use std::future::Future;
use std::pin::Pin;

use wasm_bindgen::JsValue;

use crate::Result;
use crate::host::indexed_db::IndexedDb;
use crate::host::js_store::JsStore;
use crate::host::memory::Memory;
use crate::host::sealed::Sealed;
use crate::host::web_crypto::WebCrypto;
use crate::host::{Commit, Head, Key, Store, Usage};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// One of the stores that there are.
pub(super) struct ChosenStore(Box<dyn BoxedStore>);

impl ChosenStore {
    /// Nothing is kept.
    pub(super) fn in_memory() -> ChosenStore {
        ChosenStore(Box::new(Memory::new()))
    }

    /// Kept by the browser, all of it encrypted where there is a key.
    pub(super) async fn in_indexed_db(database: &str, key: JsValue) -> Result<ChosenStore> {
        let store = IndexedDb::open(database).await?;
        Ok(sealed_with(key, Box::new(store), database))
    }

    /// Kept by an object of JavaScript's, all of it encrypted where there is a key.
    pub(super) fn of_object(object: JsValue, name: &str, key: JsValue) -> ChosenStore {
        sealed_with(key, Box::new(JsStore::new(object)), name)
    }
}

fn sealed_with(key: JsValue, store: Box<dyn BoxedStore>, scope: &str) -> ChosenStore {
    let store = ChosenStore(store);
    match key.is_undefined() {
        true => store,
        false => ChosenStore(Box::new(Sealed::new(store, WebCrypto::new(key), scope))),
    }
}

/// [`Store`] as a trait object.
trait BoxedStore {
    fn boxed_head(&self) -> Boxed<'_, Option<Head>>;
    fn boxed_read<'a>(&'a self, keys: &'a [Key]) -> Boxed<'a, Vec<Option<Vec<u8>>>>;
    fn boxed_commit(&self, commit: Commit) -> Boxed<'_, ()>;
    fn boxed_wipe(&self) -> Boxed<'_, ()>;
    fn boxed_usage(&self) -> Boxed<'_, Usage>;
}

impl<S: Store> BoxedStore for S {
    fn boxed_head(&self) -> Boxed<'_, Option<Head>> {
        Box::pin(self.head())
    }

    fn boxed_read<'a>(&'a self, keys: &'a [Key]) -> Boxed<'a, Vec<Option<Vec<u8>>>> {
        Box::pin(self.read(keys))
    }

    fn boxed_commit(&self, commit: Commit) -> Boxed<'_, ()> {
        Box::pin(self.commit(commit))
    }

    fn boxed_wipe(&self) -> Boxed<'_, ()> {
        Box::pin(self.wipe())
    }

    fn boxed_usage(&self) -> Boxed<'_, Usage> {
        Box::pin(self.usage())
    }
}

impl Store for ChosenStore {
    async fn head(&self) -> Result<Option<Head>> {
        self.0.boxed_head().await
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.0.boxed_read(keys).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        self.0.boxed_commit(commit).await
    }

    async fn wipe(&self) -> Result<()> {
        self.0.boxed_wipe().await
    }

    async fn usage(&self) -> Result<Usage> {
        self.0.boxed_usage().await
    }
}
