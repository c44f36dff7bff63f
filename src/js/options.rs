//! Reads the plain objects that JavaScript gives, property by property. Its own side has checked them;
//! what does not fit all the same is refused. (serde's way of reading would bring all of its words for
//! what can be wrong, floating point formatting included: 9 KB of the download.)

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;

use super::error::unfit;
use crate::Result;
use crate::client::{Base, Limit};
use crate::pull::Feed;
use crate::replica::Versions;

/// Where a replica is kept.
#[derive(Clone)]
pub(super) enum Kept {
    InMemory,
    InIndexedDb,
    /// By an object with the methods of a store.
    ByObject(JsValue),
}

/// What `Replica.open` is given.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) name: String,
    pub(super) kept: Kept,
    pub(super) database: String,
    pub(super) versions: Option<Versions>,
    /// The table of the server's FHIR version.
    pub(super) definitions: String,
    /// The application's own search parameters, as [`crate::search::Definitions::add`] takes them.
    pub(super) search_parameters: Option<String>,
    pub(super) key: JsValue,
}

impl Options {
    pub(super) fn of(options: &JsValue) -> Result<Options> {
        let versions = match maybe_text(options, "versions")?.as_deref() {
            None => None,
            Some("current") => Some(Versions::Current),
            Some("all") => Some(Versions::All),
            Some(_) => return Err(unfit("options")),
        };
        Ok(Options {
            name: text(options, "name")?,
            kept: kept(property(options, "store")?)?,
            database: text(options, "database")?,
            versions,
            definitions: text(options, "definitions")?,
            search_parameters: maybe_text(options, "searchParameters")?,
            key: property(options, "key")?,
        })
    }
}

fn kept(store: JsValue) -> Result<Kept> {
    match store.as_string().as_deref() {
        Some("indexeddb") => Ok(Kept::InIndexedDb),
        Some("memory") => Ok(Kept::InMemory),
        None if store.is_object() => Ok(Kept::ByObject(store)),
        _ => Err(unfit("options")),
    }
}

/// The server that `openClient` and `Replica.open` are given: its base, and what else it is known by.
pub(super) fn base(options: &JsValue) -> Result<Base> {
    let base = Base::parse(&text(options, "server")?)?;
    let base = base.with_aliases(texts(options, "aliases")?)?;
    base.with_file_origins(texts(options, "fileOrigins")?)
}

/// How many requests may be in flight at it.
pub(super) fn limit(options: &JsValue) -> Result<Limit> {
    let concurrency = maybe_number(options, "concurrency")?;
    Ok(concurrency.map_or_else(Limit::default, |it| Limit::new(it as usize)))
}

/// For how many milliseconds nothing may come of an answer.
pub(super) fn timeout(options: &JsValue) -> Result<Option<u32>> {
    let timeout = maybe_number(options, "timeout")?;
    Ok(timeout.map(|milliseconds| milliseconds as u32))
}

fn maybe_number(object: &JsValue, name: &str) -> Result<Option<f64>> {
    let value = property(object, name)?;
    match (value.is_undefined(), value.as_f64()) {
        (true, _) => Ok(None),
        (false, Some(number)) => Ok(Some(number)),
        (false, None) => Err(unfit("options")),
    }
}

/// The texts of a property; none where it is not there.
fn texts(object: &JsValue, name: &str) -> Result<Vec<String>> {
    let list = property(object, name)?;
    if list.is_undefined() {
        return Ok(Vec::new());
    }
    let text = |one: JsValue| one.as_string().ok_or_else(|| unfit("options"));
    Array::from(&list).iter().map(text).collect()
}

/// The text of a property.
pub(super) fn text(object: &JsValue, name: &str) -> Result<String> {
    maybe_text(object, name)?.ok_or_else(|| unfit("options"))
}

/// Feeds: a search as text, or an object with what is to be pulled.
pub(super) fn feeds(feeds: &JsValue) -> Result<Vec<Feed>> {
    Array::from(feeds).iter().map(|it| feed(&it)).collect()
}

fn feed(feed: &JsValue) -> Result<Feed> {
    if let Some(search) = feed.as_string() {
        return Ok(Feed::Search(search));
    }
    if let Some(search) = maybe_text(feed, "search")? {
        return Ok(Feed::Search(search));
    }
    if let Some(of) = maybe_text(feed, "history")? {
        return Ok(Feed::History(of));
    }
    if let Some(of) = maybe_text(feed, "everything")? {
        return Ok(Feed::Everything(of));
    }
    if let Some(of) = maybe_text(feed, "export")? {
        let types = texts(feed, "types")?;
        return Ok(Feed::Export { of, types });
    }
    let depth = property(feed, "depth")?.as_f64().unwrap_or(0.0);
    Ok(Feed::References {
        of: texts(feed, "references")?,
        depth: depth as u32,
    })
}

pub(super) fn maybe_text(object: &JsValue, name: &str) -> Result<Option<String>> {
    let value = property(object, name)?;
    match value.is_undefined() {
        true => Ok(None),
        false => value.as_string().map(Some).ok_or_else(|| unfit("options")),
    }
}

fn property(object: &JsValue, name: &str) -> Result<JsValue> {
    Reflect::get(object, &name.into()).map_err(|_| unfit("options"))
}
