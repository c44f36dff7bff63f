//! A store in memory: for tests, for Node, and wherever nothing is to be kept.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Commit, Head, Key, Store, Usage};
use crate::{Code, Error, Result};

/// Values in memory. Clones are handles on the same store, so that dropping one and going on with
/// another is what closing and opening again is to a database.
#[derive(Clone, Debug, Default)]
pub struct Memory(Rc<RefCell<Content>>);

#[derive(Debug, Default)]
struct Content {
    head: Option<Head>,
    values: HashMap<Key, Vec<u8>>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Memory::default()
    }
}

impl Store for Memory {
    async fn head(&self) -> Result<Option<Head>> {
        Ok(self.0.borrow().head.clone())
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        let content = self.0.borrow();
        Ok(keys
            .iter()
            .map(|key| content.values.get(key).cloned())
            .collect())
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let mut content = self.0.borrow_mut();
        let found = content.head.as_ref().map_or(0, |head| head.generation);
        if found != commit.expected {
            return Err(conflict(found, commit.expected));
        }
        for key in &commit.deletes {
            content.values.remove(key);
        }
        content.values.extend(commit.puts);
        content.head = Some(Head {
            generation: commit.expected + 1,
            manifest: commit.manifest,
        });
        Ok(())
    }

    async fn wipe(&self) -> Result<()> {
        *self.0.borrow_mut() = Content::default();
        Ok(())
    }

    async fn usage(&self) -> Result<Usage> {
        let content = self.0.borrow();
        let manifest = content.head.as_ref().map_or(0, |head| head.manifest.len());
        let values: usize = content.values.values().map(Vec::len).sum();
        Ok(Usage {
            values: content.values.len() as u64,
            bytes: (values + manifest) as u64,
        })
    }
}

/// The error of a commit that was made from a generation other than the store's.
pub(super) fn conflict(found: u64, expected: u64) -> Error {
    Error::new(
        Code::Conflict,
        format!(
            "Another tab or worker committed first: the store is at generation {found}, this \
             commit was made from {expected}. Nothing was changed; read the manifest again and retry."
        ),
    )
}
