//! `Replica.changes` and `Replica.export` for JavaScript: both go through the changes, some at a time.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::closed;
use super::replica::{JsReplica, promise};
use super::store::ChosenStore;
use crate::pull::export;
use crate::replica::{Change, Changes};
use crate::{Code, Error};

/// Changes on their way out.
#[wasm_bindgen(js_name = Changes)]
pub struct JsChanges {
    changes: Rc<RefCell<Option<Changes<ChosenStore>>>>,
    write: fn(&[Change]) -> Vec<u8>,
}

#[wasm_bindgen(js_class = Replica)]
impl JsReplica {
    /// The changes after a generation: pages of a JSON array.
    pub fn changes(&self, since: f64) -> std::result::Result<JsChanges, JsValue> {
        self.after(since as u64, export::array)
    }

    /// All that is held: pages of NDJSON.
    pub fn export(&self) -> std::result::Result<JsChanges, JsValue> {
        self.after(0, export::lines)
    }

    fn after(
        &self,
        since: u64,
        write: fn(&[Change]) -> Vec<u8>,
    ) -> std::result::Result<JsChanges, JsValue> {
        let replica = self
            .replica()
            .ok_or_else(|| super::error::thrown(&closed()))?;
        let changes = Changes::since(replica, since);
        Ok(JsChanges {
            changes: Rc::new(RefCell::new(Some(changes))),
            write,
        })
    }
}

#[wasm_bindgen(js_class = Changes)]
impl JsChanges {
    /// The next page, or nothing after the last. One call at a time.
    pub fn next(&self) -> Promise {
        let (slot, write) = (self.changes.clone(), self.write);
        promise(async move {
            // Taken out while the page is awaited: a second call meanwhile finds it gone.
            let Some(mut changes) = slot.take() else {
                return Err(Error::new(
                    Code::BadInput,
                    "The next changes are already being read; await them first.",
                ));
            };
            let told = loop {
                match changes.next().await {
                    // Deletions alone are no lines.
                    Ok(Some(some)) => match write(&some) {
                        bytes if bytes.is_empty() => {}
                        bytes => break Ok(Uint8Array::from(bytes.as_slice()).into()),
                    },
                    Ok(None) => break Ok(JsValue::UNDEFINED),
                    Err(error) => break Err(error),
                }
            };
            slot.replace(Some(changes));
            told
        })
    }
}
