//! One open connection to a database, and the deletion of databases.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest};

use super::failure::Failure;
use super::{HEAD, VALUES};
use crate::host::clock::Timer;
use crate::{Code, Error};

/// The schema: two object stores. What is in them has versions of its own (the manifest's and the
/// segments' formats); this number is raised only when the object stores change.
const VERSION: u32 = 1;

/// How long a deletion waits for connections that do not close when asked to.
const BLOCKED_MILLISECONDS: u32 = 5_000;

/// An open connection. Closed when dropped, and as soon as anybody wants to delete or upgrade the
/// database, so that this tab never stands in another's way.
pub(super) struct Connection {
    database: IdbDatabase,
    closed: Rc<Cell<bool>>,
    _listeners: [Closure<dyn FnMut()>; 2],
}

impl Connection {
    /// Opens the database and makes its object stores where it is new.
    pub(super) async fn open(factory: &IdbFactory, name: &str) -> Result<Connection, JsValue> {
        let request = factory.open_with_u32(name, VERSION)?;
        let opening = request.clone();
        let upgrade = Closure::<dyn FnMut() -> Result<(), JsValue>>::new(move || {
            let database: IdbDatabase = opening.result()?.unchecked_into();
            database.create_object_store(VALUES)?;
            database.create_object_store(HEAD)?;
            Ok(())
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let outcome = JsFuture::from(settled(&request)).await;
        request.set_onupgradeneeded(None);
        outcome.or_else(|_| exception(&request))?;
        Ok(Connection::listening(request.result()?.unchecked_into()))
    }

    fn listening(database: IdbDatabase) -> Connection {
        let closed = Rc::new(Cell::new(false));
        let (asked, flag) = (database.clone(), Rc::clone(&closed));
        let on_versionchange = Closure::<dyn FnMut()>::new(move || {
            flag.set(true);
            asked.close();
        });
        let flag = Rc::clone(&closed);
        let on_close = Closure::<dyn FnMut()>::new(move || flag.set(true));
        database.set_onversionchange(Some(on_versionchange.as_ref().unchecked_ref()));
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Connection {
            database,
            closed,
            _listeners: [on_versionchange, on_close],
        }
    }

    /// For transactions.
    pub(super) fn database(&self) -> &IdbDatabase {
        &self.database
    }

    /// Whether it was closed, by us or by the browser.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Lets running transactions end and takes no new ones.
    pub(super) fn close(&self) {
        self.closed.set(true);
        self.database.close();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
    }
}

/// The platform's IndexedDB, in a window or in a worker.
pub(super) fn factory() -> crate::Result<IdbFactory> {
    // Reading the property itself throws in Firefox where the user blocks the site's data.
    let found = Reflect::get(&js_sys::global(), &"indexedDB".into());
    match found.map(JsCast::dyn_into) {
        Ok(Ok(factory)) => Ok(factory),
        _ => Err(Error::new(
            Code::Unsupported,
            "There is no IndexedDB here, or the browser denies it to this page. Use the store \"memory\".",
        )),
    }
}

/// Deletes a database with all that is in it. One that does not exist is no error.
pub(super) async fn delete(name: &str) -> crate::Result<()> {
    let request = factory()?.delete_database(name).map_err(Failure::from)?;
    let deleted = settled(&request);
    let blocked = Promise::new(&mut |resolve, _| request.set_onblocked(Some(&resolve)));
    let mut outcome = first(&deleted, &blocked).await;
    if outcome.as_ref().is_ok_and(is_blocked) {
        // Connections of this package close when asked to, but only after what they are doing.
        let timer = Timer::start(BLOCKED_MILLISECONDS);
        outcome = first(&deleted, timer.promise()).await;
        if outcome.as_ref().is_ok_and(JsValue::is_undefined) {
            return Err(Error::new(
                Code::StoreFailed,
                "The replica cannot be removed while another tab holds its database open. Close the \
                 other tabs of this site: the browser removes it then.",
            ));
        }
    }
    outcome
        .or_else(|_| exception(&request))
        .map_err(Failure::from)?;
    Ok(())
}

/// Resolves when an open or delete request succeeds, rejects when it fails.
fn settled(request: &IdbOpenDbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

/// What made a failed request fail.
fn exception(request: &IdbOpenDbRequest) -> Result<JsValue, JsValue> {
    Err(request.error()?.map_or(JsValue::UNDEFINED, JsValue::from))
}

fn is_blocked(event: &JsValue) -> bool {
    let event = event.dyn_ref::<Event>();
    event.is_some_and(|event| event.type_() == "blocked")
}

async fn first(one: &Promise, other: &Promise) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::race(&Array::of2(one, other))).await
}
