//! One transaction: what is dropped before its end is aborted.

use std::cell::RefCell;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction};

use super::failure::Failure;

#[wasm_bindgen]
extern "C" {
    // web-sys has the third argument only behind a compiler flag.
    #[wasm_bindgen(extends = IdbDatabase)]
    type Database;

    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &Database,
        stores: &JsValue,
        mode: &str,
        options: &Object,
    ) -> Result<IdbTransaction, JsValue>;
}

/// A transaction that has not ended yet.
pub(super) struct Transaction {
    raw: IdbTransaction,
    listening: RefCell<Option<Listening>>,
}

/// A request that Rust listens to. The listener lives as long as the transaction is waited for.
struct Listening {
    request: IdbRequest,
    _listener: Closure<dyn FnMut()>,
}

impl Transaction {
    /// Reads one object store.
    pub(super) fn reading(database: &IdbDatabase, store: &str) -> Result<Transaction, Failure> {
        Transaction::reading_all(database, &[store])
    }

    /// Reads several object stores in one state.
    pub(super) fn reading_all(
        database: &IdbDatabase,
        stores: &[&str],
    ) -> Result<Transaction, Failure> {
        Transaction::begin(database, stores, "readonly", &Object::new())
    }

    /// Writes, and is complete only when the platform has flushed it to the disk.
    pub(super) fn writing(database: &IdbDatabase, stores: &[&str]) -> Result<Transaction, Failure> {
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into())?;
        Transaction::begin(database, stores, "readwrite", &options)
    }

    fn begin(
        database: &IdbDatabase,
        stores: &[&str],
        mode: &str,
        options: &Object,
    ) -> Result<Transaction, Failure> {
        let stores: Array = stores
            .iter()
            .map(|store| JsValue::from_str(store))
            .collect();
        let database: &Database = database.unchecked_ref();
        Ok(Transaction {
            raw: database.transaction(&stores, mode, options)?,
            listening: RefCell::default(),
        })
    }

    /// One of the object stores that the transaction was begun with.
    pub(super) fn store(&self, name: &str) -> Result<IdbObjectStore, Failure> {
        Ok(self.raw.object_store(name)?)
    }

    /// Asks `approve` about the result of `request` the moment it is there; aborts on `false`.
    pub(super) fn on_success(
        &self,
        request: &IdbRequest,
        mut approve: impl FnMut(&JsValue) -> bool + 'static,
    ) {
        let (asked, transaction) = (request.clone(), self.raw.clone());
        let listener = Closure::<dyn FnMut()>::new(move || {
            let approved = asked.result().is_ok_and(|result| approve(&result));
            if !approved {
                // Refused only if the transaction has ended already, in which case it was aborted.
                let _ = transaction.abort();
            }
        });
        request.set_onsuccess(Some(listener.as_ref().unchecked_ref()));
        self.listening.replace(Some(Listening {
            request: request.clone(),
            _listener: listener,
        }));
    }

    /// Waits for the result of `last`, the request made last, and so of all.
    pub(super) async fn answered(self, last: &IdbRequest) -> Result<(), Failure> {
        self.settled(|resolve| last.set_onsuccess(Some(resolve)))
            .await
    }

    /// Waits until all of it is durable.
    pub(super) async fn completed(self) -> Result<(), Failure> {
        self.settled(|resolve| self.raw.set_oncomplete(Some(resolve)))
            .await
    }

    /// Waits for the event that `on` subscribes to, or for the abort. Every failure of a request
    /// or of the commit itself ends in an abort, whose reason is the transaction's error.
    async fn settled(&self, mut on: impl FnMut(&Function)) -> Result<(), Failure> {
        let settled = Promise::new(&mut |resolve, reject| {
            on(&resolve);
            self.raw.set_onabort(Some(&reject));
        });
        match JsFuture::from(settled).await {
            Ok(_) => Ok(()),
            Err(_) => Err(match self.raw.error() {
                Some(reason) => Failure::named(&reason.name()),
                None => Failure::named("AbortError"),
            }),
        }
    }
}

impl Drop for Transaction {
    /// Ends what was not waited for to its end: half the requests of a commit must not be
    /// committed by the platform. An ended transaction refuses to be aborted, which is well.
    fn drop(&mut self) {
        let _ = self.raw.abort();
        if let Some(listening) = self.listening.take() {
            listening.request.set_onsuccess(None);
        }
    }
}
