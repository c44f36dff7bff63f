//! `Replica` for JavaScript.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use web_sys::AbortSignal;

use super::error::{closed, thrown, unfit};
use super::host::Host;
use super::options::{Kept, Options, base, feeds as feeds_of};
use super::store::ChosenStore;
use crate::Result;
use crate::client::{Base, Patience};
use crate::fhir::Instant;
use crate::host::abort::{aborted, unless_aborted};
use crate::host::clock::PlatformClock;
use crate::host::lock::{Guard, WebLocks};
use crate::host::{Clock, Lock, Store, Usage};
use crate::pull::{
    Cloning, Committed, Feed, Imported, Observer, Progress, Verified, ask, begun, covered, forget,
    pull, verify,
};
use crate::replica::{Replica, StartedOver, Versions};
use crate::search::Definitions;
use crate::search::query::Handling;

/// A replica; see `docs/engine-contract.md`.
#[wasm_bindgen(js_name = Replica)]
pub struct JsReplica {
    open: RefCell<Option<Rc<Open>>>,
}

pub(super) struct Open {
    options: Options,
    pub(super) base: Base,
    pub(super) host: Host,
    pub(super) replica: Rc<Replica<ChosenStore>>,
    wiped: Cell<bool>,
    /// The merging that a pull has left to do, while it goes on.
    tidying: RefCell<Option<Promise>>,
}

#[derive(Serialize)]
struct PullResult {
    feeds: Vec<Progress>,
    generation: u64,
}

#[derive(Serialize)]
struct VerifyResult {
    feeds: Vec<Verified>,
    generation: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    server: String,
    store: &'static str,
    generation: u64,
    types: Vec<TypeStatus>,
    feeds: Vec<FeedStatus>,
    segments: usize,
    json_bytes: u64,
    stored_bytes: u64,
    versions: &'static str,
    damaged: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_over: Option<&'static str>,
}

#[derive(Serialize)]
struct TypeStatus {
    r#type: String,
    resources: u64,
    deleted: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FeedStatus {
    feed: String,
    complete: bool,
    cursor: Option<String>,
    as_of: Option<String>,
}

#[derive(Serialize)]
struct Wiped {
    values: u64,
    bytes: u64,
}

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// Opens a replica.
    pub fn open(options: JsValue, host: JsValue) -> Promise {
        promise(async move {
            let base = base(&options)?;
            let host = Host::of(&host, &options)?;
            let mut options = Options::of(&options)?;
            let key = options.key.clone();
            let store = match &options.kept {
                Kept::InMemory => ChosenStore::in_memory(),
                Kept::InIndexedDb => ChosenStore::in_indexed_db(&options.database, key).await?,
                Kept::ByObject(object) => {
                    ChosenStore::of_object(object.clone(), &options.name, key)
                }
            };
            let clock = PlatformClock::default();
            let chance = clock.now() as u64 ^ (clock.random() * (1u64 << 53) as f64) as u64;
            let mut definitions = Definitions::parse(&std::mem::take(&mut options.definitions))?;
            if let Some(lines) = options.search_parameters.take() {
                definitions.add(&lines)?;
            }
            let replica =
                Replica::open_with(store, base.as_str(), chance, options.versions, definitions);
            let replica = replica.await?;
            let open = Open {
                options,
                base,
                host,
                replica: Rc::new(replica),
                wiped: Cell::new(false),
                tidying: RefCell::default(),
            };
            Ok(JsReplica {
                open: RefCell::new(Some(Rc::new(open))),
            }
            .into())
        })
    }

    /// Pulls feeds; without any, all that were ever begun.
    pub fn pull(
        &self,
        feeds: JsValue,
        on_progress: Option<Function>,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            open.replica.tell_time(now());
            let client = open.host.client(&open.base, signal.clone());
            let _held = open.hold_pulls(signal).await?;
            let feeds = open.feeds(&feeds).await?;
            let mut callbacks = Callbacks {
                on_progress,
                on_commit,
            };
            let clock = PlatformClock::default();
            let pulled = pull(&open.replica, &client, &clock, &feeds, &mut callbacks).await;
            open.begin_to_tidy();
            let (feeds, generation) = pulled?;
            to_js(&PullResult { feeds, generation })
        })
    }

    /// Holds feeds against the server; without any, all that were ever begun.
    pub fn verify(
        &self,
        feeds: JsValue,
        repair: bool,
        on_progress: Option<Function>,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            open.replica.tell_time(now());
            let client = open.host.client(&open.base, signal.clone());
            let _held = open.hold_pulls(signal).await?;
            let feeds = open.feeds(&feeds).await?;
            let mut callbacks = Callbacks {
                on_progress,
                on_commit,
            };
            let clock = PlatformClock::default();
            let verified = verify(
                &open.replica,
                &client,
                &clock,
                &feeds,
                repair,
                &mut callbacks,
            );
            let (feeds, generation) = verified.await?;
            to_js(&VerifyResult { feeds, generation })
        })
    }

    /// Forgets a feed and what it alone has brought.
    pub fn forget(
        &self,
        feed: JsValue,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            let _held = open.hold_pulls(signal).await?;
            let Some(feed) = feeds_of(&feed)?.pop() else {
                return Err(unfit("feeds"));
            };
            let forgotten = forget(&open.replica, &open.base, &feed).await?;
            let mut callbacks = Callbacks {
                on_progress: None,
                on_commit,
            };
            callbacks.committed(&Committed {
                generation: forgotten.generation,
                types: forgotten.types.clone(),
                settled: true,
            });
            open.begin_to_tidy();
            to_js(&forgotten)
        })
    }

    /// Asks the server for a resource or the first page of a search, and keeps what it answers. With
    /// `once` one attempt is made: a held answer may stand in.
    pub fn ask(
        &self,
        what: String,
        once: bool,
        on_commit: Option<Function>,
        signal: Option<AbortSignal>,
    ) -> Promise {
        self.with(async move |open| {
            let mut client = open.host.client(&open.base, signal);
            if once {
                client = client.with_patience(Patience {
                    attempts: 1,
                    ..Patience::default()
                });
            }
            let mut callbacks = Callbacks {
                on_progress: None,
                on_commit,
            };
            let clock = PlatformClock::default();
            let asked = ask(&open.replica, &client, &clock, &what, &mut callbacks).await?;
            let at = asked.at.map(|at| JsValue::from(at.to_string()));
            let body = Uint8Array::from(asked.body.as_slice()).into();
            Ok(Array::of2(&body, &at.unwrap_or_default()).into())
        })
    }

    /// As of when all is held that is asked for, where it is: a list of one, which may be undefined.
    pub fn covered(&self, what: String) -> Promise {
        self.with(async move |open| {
            let Some(as_of) = covered(&open.replica, &what) else {
                return Ok(JsValue::UNDEFINED);
            };
            let as_of = as_of.map(|at| JsValue::from(at.to_string()));
            Ok(Array::of1(&as_of.unwrap_or_default()).into())
        })
    }

    /// Says how each feed is pulled.
    #[wasm_bindgen(js_name = explainFeeds)]
    pub fn explain_feeds(&self) -> Promise {
        self.with(async move |open| to_js(&crate::pull::explain(&open.replica)))
    }

    /// Says how a search is answered.
    pub fn explain(&self, query: String, lenient: bool) -> Promise {
        self.with(async move |open| {
            open.replica.tell_time(now());
            to_js(&open.replica.explain(&query, handling(lenient)).await?)
        })
    }

    /// Answers a search.
    pub fn search(&self, query: String, lenient: bool) -> Promise {
        self.with(async move |open| {
            open.replica.tell_time(now());
            let bundle = open.replica.search_with(&query, handling(lenient)).await?;
            Ok(Uint8Array::from(bundle.as_slice()).into())
        })
    }

    /// What is held.
    pub fn status(&self) -> Promise {
        self.with(async move |open| {
            let status = open.replica.status();
            let types = status.types.into_iter().map(|of_type| TypeStatus {
                r#type: of_type.kind,
                resources: of_type.resources,
                deleted: of_type.deleted,
            });
            let feeds = status.checkpoints.into_iter().map(|checkpoint| FeedStatus {
                feed: checkpoint.feed,
                complete: checkpoint.complete,
                cursor: checkpoint.cursor.map(|cursor| cursor.to_string()),
                as_of: checkpoint.as_of.map(|as_of| as_of.to_string()),
            });
            to_js(&Status {
                name: open.options.name.clone(),
                server: open.base.as_str().to_string(),
                store: match open.options.kept {
                    Kept::InMemory => "memory",
                    Kept::InIndexedDb => "indexeddb",
                    Kept::ByObject(_) => "object",
                },
                generation: status.generation,
                types: types.collect(),
                feeds: feeds.collect(),
                segments: status.segments,
                json_bytes: status.json_bytes,
                stored_bytes: open.replica.usage().await?.bytes,
                versions: match status.versions {
                    Versions::Current => "current",
                    Versions::All => "all",
                },
                damaged: status.damaged,
                started_over: status.started_over.map(StartedOver::as_str),
            })
        })
    }

    /// Takes over what other tabs committed; the generation now.
    pub fn refresh(&self) -> Promise {
        self.with(async move |open| {
            let generation = open.replica.refresh().await?;
            Ok((generation as f64).into())
        })
    }

    /// Merges until nothing is left to merge.
    pub fn tidy(&self, signal: Option<AbortSignal>) -> Promise {
        self.with(async move |open| {
            // Where there are no locks, both would do the same.
            let begun = open.tidying.take();
            if let Some(begun) = begun
                && unless_aborted(&begun, signal.as_ref()).await.is_err()
            {
                return Err(aborted());
            }
            loop {
                let _held = open.hold_pulls(signal.clone()).await?;
                if !open.merge().await? {
                    return Ok(JsValue::UNDEFINED);
                }
            }
        })
    }

    /// Removes everything that was stored.
    pub fn wipe(&self) -> Promise {
        self.with(async move |open| {
            // A merge under way would make the database anew, if only to find it empty.
            let _held = open.hold_merges().await?;
            open.wiped.set(true);
            wiped(open.replica.wipe().await?)
        })
    }

    /// Removes a database without reading what is in it: its key may be lost.
    pub fn remove(database: String) -> Promise {
        promise(async move {
            let store = ChosenStore::in_indexed_db(&database, JsValue::UNDEFINED).await?;
            // What cannot even be counted is removed all the same.
            let usage = store.usage().await.unwrap_or_default();
            store.wipe().await?;
            wiped(usage)
        })
    }

    /// Lets go of the store once the calls under way have ended.
    pub fn close(&self) {
        self.open.take();
    }

    /// The replica, while it is open.
    pub(super) fn replica(&self) -> Option<Rc<Replica<ChosenStore>>> {
        Some(self.open.borrow().as_ref()?.replica.clone())
    }

    pub(super) fn with<F>(&self, work: impl FnOnce(Rc<Open>) -> F + 'static) -> Promise
    where
        F: Future<Output = Result<JsValue>> + 'static,
    {
        let open = self.open.borrow().clone();
        promise(async move {
            match open {
                Some(open) => work(open).await,
                None => Err(closed()),
            }
        })
    }
}

impl Open {
    /// The feeds that were given, or all that were ever begun, in any tab.
    async fn feeds(&self, given: &JsValue) -> Result<Vec<Feed>> {
        match given.is_undefined() {
            false => feeds_of(given),
            true => {
                self.replica.refresh().await?;
                Ok(begun(&self.replica))
            }
        }
    }

    /// One tab writes at a time: the others would ask the server for the same.
    pub(super) async fn hold_pulls(&self, signal: Option<AbortSignal>) -> Result<Guard> {
        let lock = format!("fhir-pull/{}/pull", self.options.database);
        WebLocks::new(signal).acquire(&lock).await
    }

    /// Nobody wipes in the middle of a merge.
    async fn hold_merges(&self) -> Result<Guard> {
        let lock = format!("fhir-pull/{}/merge", self.options.database);
        WebLocks::new(None).acquire(&lock).await
    }

    /// Merges behind the back of whoever called.
    pub(super) fn begin_to_tidy(self: &Rc<Self>) {
        let tidying = promise(tidy(self.clone()));
        self.tidying.replace(Some(tidying));
    }

    /// One step of merging; whether there was one.
    async fn merge(&self) -> Result<bool> {
        let _held = self.hold_merges().await?;
        match self.wiped.get() {
            true => Ok(false),
            false => self.replica.tidy().await,
        }
    }
}

/// Merges what a pull has left in small pieces, a step at a time under the lock of the pulls, so that
/// a pull that comes meanwhile waits for one step at most. What fails is left to the next pull.
async fn tidy(open: Rc<Open>) -> Result<JsValue> {
    while let Ok(_held) = open.hold_pulls(None).await {
        // Held by this task alone once the replica was closed.
        if Rc::strong_count(&open) == 1 || !matches!(open.merge().await, Ok(true)) {
            break;
        }
    }
    Ok(JsValue::UNDEFINED)
}

pub(super) struct Callbacks {
    pub(super) on_progress: Option<Function>,
    pub(super) on_commit: Option<Function>,
}

impl Observer for Callbacks {
    fn progress(&mut self, progress: &Progress) {
        tell(&self.on_progress, progress);
    }

    fn imported(&mut self, imported: &Imported) {
        tell(&self.on_progress, imported);
    }

    fn cloning(&mut self, cloning: &Cloning) {
        tell(&self.on_progress, cloning);
    }

    fn committed(&mut self, commit: &Committed) {
        tell(&self.on_commit, commit);
    }
}

/// Calls back. What the application throws there is its own affair and stops no pull.
fn tell(callback: &Option<Function>, value: &impl Serialize) {
    if let Some(callback) = callback
        && let Ok(value) = to_js(value)
    {
        let _ = callback.call1(&JsValue::UNDEFINED, &value);
    }
}

fn wiped(usage: Usage) -> Result<JsValue> {
    to_js(&Wiped {
        values: usage.values,
        bytes: usage.bytes,
    })
}

pub(super) fn to_js(value: &impl Serialize) -> Result<JsValue> {
    serde_wasm_bindgen::to_value(value).map_err(|_| unfit("results"))
}

/// The promise of what `work` comes to, its error as JavaScript sees it.
pub(super) fn promise(work: impl Future<Output = Result<JsValue>> + 'static) -> Promise {
    promise_of(Box::pin(work))
}

/// One kind of promise for all calls: each other one would be a copy of what drives it.
fn promise_of(work: Pin<Box<dyn Future<Output = Result<JsValue>>>>) -> Promise {
    let work: Pin<Box<dyn Future<Output = _>>> =
        Box::pin(async move { work.await.map_err(|error| thrown(&error)) });
    future_to_promise(work)
}

fn handling(lenient: bool) -> Handling {
    match lenient {
        true => Handling::Lenient,
        false => Handling::Strict,
    }
}

pub(super) fn now() -> Instant {
    Instant(PlatformClock::default().now())
}
