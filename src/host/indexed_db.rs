//! A store in IndexedDB: one database for each replica, `fhir-pull/<name>`.
//!
//! | object store | key | value |
//! | --- | --- | --- |
//! | `values` | `[key, length]` | the bytes, as a `Uint8Array` |
//! | `head` | `0` | `{ generation, manifest }` |
//!
//! The length stands in the key so that what is stored is counted from the keys alone. A value is
//! found by the range `[key] .. [key, []]`: arrays sort after numbers.
//!
//! A transaction commits by itself as soon as no request of it is waiting, so nothing here awaits
//! between two requests of one transaction.

mod connection;
mod failure;
mod transaction;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{IdbDatabase, IdbKeyRange};

use self::connection::Connection;
use self::failure::Failure;
use self::transaction::Transaction;
use super::memory::conflict;
use super::{Commit, Head, Key, Store, Usage};
use crate::{Code, Error};

const VALUES: &str = "values";
const HEAD: &str = "head";
/// The key of the only record of `head`.
const HEAD_KEY: u32 = 0;

/// Values in an IndexedDB database. Clones share one connection.
///
/// The browser may close that connection at any time (another tab deletes the database, the site's
/// data are cleared, the disk fails). A call that meets this opens a new one and tries once more.
#[derive(Clone)]
pub struct IndexedDb {
    database: Rc<str>,
    connection: Rc<RefCell<Option<Rc<Connection>>>>,
}

impl IndexedDb {
    /// Opens the database of the replica called `name`, and makes it where there is none.
    ///
    /// # Errors
    /// [`Code::Unsupported`] where the platform has no IndexedDB or denies it,
    /// [`Code::NewerFormat`] where a newer version of this package has upgraded the database.
    pub async fn open(name: &str) -> crate::Result<IndexedDb> {
        let store = IndexedDb {
            database: format!("fhir-pull/{name}").into(),
            connection: Rc::default(),
        };
        store.attempt(async |_| Ok(())).await?;
        Ok(store)
    }

    /// Does `work`, and once more on a new connection if the first was lost under it.
    async fn attempt<T>(
        &self,
        work: impl AsyncFn(&IdbDatabase) -> Result<T, Failure>,
    ) -> crate::Result<T> {
        let mut again = true;
        loop {
            let outcome = match self.connected().await {
                Ok(connection) => work(connection.database()).await,
                Err(failure) => Err(failure),
            };
            match outcome {
                Err(Failure::Lost(_)) if again => drop(self.connection.take()),
                outcome => return outcome.map_err(Error::from),
            }
            again = false;
        }
    }

    async fn connected(&self) -> Result<Rc<Connection>, Failure> {
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        self.connect().await?;
        let lost = || Failure::Lost("InvalidStateError".into());
        self.live().ok_or_else(lost)
    }

    fn live(&self) -> Option<Rc<Connection>> {
        let connection = self.connection.borrow();
        connection.as_ref().filter(|it| !it.is_closed()).cloned()
    }

    /// Opens in a task of its own: were it dropped halfway, a database without object stores could
    /// be left behind, or an open connection that nobody closes.
    async fn connect(&self) -> Result<(), Failure> {
        let factory = connection::factory()?;
        let database = Rc::clone(&self.database);
        let slot = Rc::clone(&self.connection);
        // As what JavaScript's calls await is: one kind of promise.
        let opened: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move {
            let connection = Connection::open(&factory, &database).await?;
            slot.replace(Some(Rc::new(connection)));
            Ok(JsValue::UNDEFINED)
        });
        JsFuture::from(future_to_promise(opened)).await?;
        Ok(())
    }
}

impl Store for IndexedDb {
    async fn head(&self) -> crate::Result<Option<Head>> {
        self.attempt(async |database| {
            let transaction = Transaction::reading(database, HEAD)?;
            let found = transaction.store(HEAD)?.get(&HEAD_KEY.into())?;
            transaction.answered(&found).await?;
            Ok(head(&found.result()?)?)
        })
        .await
    }

    async fn read(&self, keys: &[Key]) -> crate::Result<Vec<Option<Vec<u8>>>> {
        self.attempt(async |database| {
            let transaction = Transaction::reading(database, VALUES)?;
            let values = transaction.store(VALUES)?;
            let mut requests = Vec::with_capacity(keys.len());
            for key in keys {
                requests.push(values.get(&range(*key)?)?);
            }
            if let Some(last) = requests.last() {
                transaction.answered(last).await?;
            }
            let mut found = Vec::with_capacity(keys.len());
            for request in requests {
                found.push(bytes(&request.result()?)?);
            }
            Ok(found)
        })
        .await
    }

    async fn commit(&self, commit: Commit) -> crate::Result<()> {
        self.attempt(async |database| {
            let transaction = Transaction::writing(database, &[VALUES, HEAD])?;
            let (values, heads) = (transaction.store(VALUES)?, transaction.store(HEAD)?);

            // Asked first and answered first: while the writes wait in the same transaction, the
            // answer can still undo them, and no second round trip is needed.
            let found = heads.get(&HEAD_KEY.into())?;
            let refused = Rc::new(Cell::new(None));
            let (refusal, expected) = (Rc::clone(&refused), commit.expected);
            transaction.on_success(&found, move |record| {
                let verdict = match generation(record) {
                    Ok(found) if found == expected => return true,
                    Ok(found) => conflict(found, expected),
                    Err(damage) => damage,
                };
                refusal.set(Some(verdict));
                false
            });

            for key in &commit.deletes {
                values.delete(&range(*key)?)?;
            }
            for (key, value) in &commit.puts {
                let id = Array::of2(&number(*key), &(value.len() as f64).into());
                values.put_with_key(&Uint8Array::from(value.as_slice()), &id)?;
            }
            let record = Object::new();
            let manifest = Uint8Array::from(commit.manifest.as_slice());
            Reflect::set(
                &record,
                &"generation".into(),
                &((expected + 1) as f64).into(),
            )?;
            Reflect::set(&record, &"manifest".into(), &manifest)?;
            heads.put_with_key(&record, &HEAD_KEY.into())?;

            let outcome = transaction.completed().await;
            match refused.take() {
                Some(refusal) => Err(refusal.into()),
                None => outcome,
            }
        })
        .await
    }

    async fn wipe(&self) -> crate::Result<()> {
        if let Some(connection) = self.connection.take() {
            connection.close();
        }
        connection::delete(&self.database).await
    }

    async fn usage(&self) -> crate::Result<Usage> {
        self.attempt(async |database| {
            let transaction = Transaction::reading_all(database, &[VALUES, HEAD])?;
            let keys = transaction.store(VALUES)?.get_all_keys()?;
            let found = transaction.store(HEAD)?.get(&HEAD_KEY.into())?;
            transaction.answered(&found).await?;
            let keys = Array::from(&keys.result()?);
            let manifest = head(&found.result()?)?.map_or(0, |head| head.manifest.len());
            let lengths = keys.iter().map(|key| Array::from(&key).get(1).as_f64());
            Ok(Usage {
                values: u64::from(keys.length()),
                bytes: lengths
                    .map(|length| length.unwrap_or(0.0) as u64)
                    .sum::<u64>()
                    + manifest as u64,
            })
        })
        .await
    }
}

fn number(key: Key) -> JsValue {
    (key.0 as f64).into()
}

/// Where the value of `key` is, whatever its length.
fn range(key: Key) -> Result<JsValue, JsValue> {
    let key = number(key);
    let range = IdbKeyRange::bound(&Array::of1(&key), &Array::of2(&key, &Array::new()))?;
    Ok(range.into())
}

fn bytes(value: &JsValue) -> crate::Result<Option<Vec<u8>>> {
    if value.is_undefined() {
        return Ok(None);
    }
    let bytes = value.dyn_ref::<Uint8Array>().ok_or_else(damaged)?;
    Ok(Some(bytes.to_vec()))
}

/// The generation in a record of `head`, 0 where there is none.
fn generation(record: &JsValue) -> crate::Result<u64> {
    if record.is_undefined() {
        return Ok(0);
    }
    let found = Reflect::get(record, &"generation".into()).ok();
    let generation = found.and_then(|it| it.as_f64());
    let generation = generation
        .filter(|it| it.fract() == 0.0 && (1.0..=js_sys::Number::MAX_SAFE_INTEGER).contains(it));
    Ok(generation.ok_or_else(damaged)? as u64)
}

fn head(record: &JsValue) -> crate::Result<Option<Head>> {
    let generation = generation(record)?;
    if generation == 0 {
        return Ok(None);
    }
    let manifest = Reflect::get(record, &"manifest".into()).map_err(|_| damaged())?;
    Ok(Some(Head {
        generation,
        manifest: bytes(&manifest)?.ok_or_else(damaged)?,
    }))
}

fn damaged() -> Error {
    Error::new(
        Code::Damaged,
        "The replica's database holds a record that this package never wrote. Wipe the replica and pull again.",
    )
}
