//! A store that can be copied and damaged.

use std::cell::RefCell;
use std::rc::Rc;

use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};
use fhir_pull::{Code, Error, Result};

use crate::done;
use crate::edits::Edit;

/// Keeps the keys that are in use, which a store need not tell.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    store: Memory,
    keys: Rc<RefCell<Vec<Key>>>,
}

impl Shelf {
    /// What is stored: the manifest, and then the values by their keys.
    pub fn content(&self) -> Content {
        let keys = self.keys.borrow().clone();
        let values = done(self.store.read(&keys)).unwrap_or_default();
        let manifest = done(self.store.head()).ok().flatten();
        Content {
            manifest: manifest.map(|head| head.manifest).unwrap_or_default(),
            values: keys.into_iter().zip(values).collect(),
        }
    }
}

impl Store for Shelf {
    async fn head(&self) -> Result<Option<Head>> {
        self.store.head().await
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.store.read(keys).await
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        let put: Vec<Key> = commit.puts.iter().map(|(key, _)| *key).collect();
        if put.iter().any(|key| key.0 >= 1 << 53) {
            return Err(Error::new(
                Code::StoreFailed,
                "The key is no JavaScript number.",
            ));
        }
        let deleted = commit.deletes.clone();
        self.store.commit(commit).await?;
        let mut keys = self.keys.borrow_mut();
        keys.retain(|key| !deleted.contains(key) && !put.contains(key));
        keys.extend(put);
        Ok(())
    }

    async fn wipe(&self) -> Result<()> {
        self.keys.borrow_mut().clear();
        self.store.wipe().await
    }

    async fn usage(&self) -> Result<Usage> {
        self.store.usage().await
    }
}

/// What a store holds.
#[derive(Clone, Debug)]
pub struct Content {
    manifest: Vec<u8>,
    values: Vec<(Key, Option<Vec<u8>>)>,
}

impl Content {
    /// Makes a change; which value is meant is taken modulo how many there are, so that every input
    /// is a change whatever the format makes of a replica.
    pub fn edit(&mut self, edit: &Edit<'_>) {
        let source = self.value(edit.source).cloned().unwrap_or_default();
        let whole = self
            .value(edit.value)
            .is_none_or(|value| edit.make(value, &source));
        if !whole {
            self.remove(edit.value);
        }
    }

    /// A store of it.
    pub fn shelve(self) -> Shelf {
        let shelf = Shelf::default();
        let whole = |(key, value): (Key, Option<Vec<u8>>)| Some((key, value?));
        let commit = Commit {
            manifest: self.manifest,
            puts: self.values.into_iter().filter_map(whole).collect(),
            ..Commit::default()
        };
        let made = done(shelf.commit(commit));
        made.expect("a new store takes any commit");
        shelf
    }

    /// 0 is the manifest.
    fn value(&mut self, number: u8) -> Option<&mut Vec<u8>> {
        match usize::from(number) % (self.values.len() + 1) {
            0 => Some(&mut self.manifest),
            number => self.values[number - 1].1.as_mut(),
        }
    }

    /// A manifest that is missing is a new store, which is no damage.
    fn remove(&mut self, number: u8) {
        let at = usize::from(number) % (self.values.len() + 1);
        if let Some(at) = at.checked_sub(1) {
            self.values[at].1 = None;
        }
    }
}
