//! Reads the plain objects that JavaScript gives, property by property. Its own side has checked them;
//! what does not fit all the same is refused. (serde's way of reading would bring all of its words for
//! what can be wrong, floating point formatting included: 9 KB of the download.)

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;

use super::error::unfit;
use crate::Result;
use crate::pull::Feed;
use crate::replica::Versions;

/// What `Replica.open` is given.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) name: String,
    pub(super) server: String,
    /// Whether the browser keeps it, or memory.
    pub(super) kept: bool,
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
            server: text(options, "server")?,
            kept: match text(options, "store")?.as_str() {
                "indexeddb" => true,
                "memory" => false,
                _ => return Err(unfit("options")),
            },
            database: text(options, "database")?,
            versions,
            definitions: text(options, "definitions")?,
            search_parameters: maybe_text(options, "searchParameters")?,
            key: property(options, "key")?,
        })
    }
}

/// The text of a property.
pub(super) fn text(object: &JsValue, name: &str) -> Result<String> {
    maybe_text(object, name)?.ok_or_else(|| unfit("options"))
}

/// Feeds: a search as text, or an object with a search or a history.
pub(super) fn feeds(feeds: &JsValue) -> Result<Vec<Feed>> {
    let feed = |feed: JsValue| {
        if let Some(search) = feed.as_string() {
            return Ok(Feed::Search(search));
        }
        let search = maybe_text(&feed, "search")?.map(Feed::Search);
        let history = maybe_text(&feed, "history")?.map(Feed::History);
        search.or(history).ok_or_else(|| unfit("feeds"))
    };
    Array::from(feeds).iter().map(feed).collect()
}

fn maybe_text(object: &JsValue, name: &str) -> Result<Option<String>> {
    let value = property(object, name)?;
    match value.is_undefined() {
        true => Ok(None),
        false => value.as_string().map(Some).ok_or_else(|| unfit("options")),
    }
}

fn property(object: &JsValue, name: &str) -> Result<JsValue> {
    Reflect::get(object, &name.into()).map_err(|_| unfit("options"))
}
