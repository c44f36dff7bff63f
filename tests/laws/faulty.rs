//! A store in memory that refuses calls, loses values or breaks them, and that knows what was done
//! to it.

use std::cell::{RefCell, RefMut};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};
use fhir_pull::{Code, Error, Result};

/// A call that can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Head,
    Read,
    Commit,
}

/// What has become of stored bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    Missing,
    /// Cut to so many bytes.
    Cut(usize),
    /// One bit flipped.
    Flipped(usize),
}

impl Break {
    pub(crate) fn apply(self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Break::Missing => return None,
            Break::Cut(length) => bytes.truncate(length),
            Break::Flipped(bit) => {
                if let Some(byte) = bytes.get_mut(bit / 8) {
                    *byte ^= 1 << (bit % 8);
                }
            }
        }
        Some(bytes)
    }
}

type Refusal = Box<dyn FnMut(Call) -> Option<Code>>;

#[derive(Default)]
pub(crate) struct State {
    /// Of the values that are stored.
    pub(crate) keys: BTreeSet<Key>,
    pub(crate) broken: BTreeMap<Key, Break>,
    pub(crate) broken_head: Option<Break>,
    pub(crate) refuse: Option<Refusal>,
    /// Commits that removed values.
    pub(crate) merges: u64,
    pub(crate) deleted: u64,
    /// Values that outlived the head of the segment that they were written with.
    pub(crate) shared: u64,
}

impl State {
    /// A segment's head is its value number 0.
    fn head_of(key: Key) -> Key {
        Key(key.0 >> 20 << 20)
    }

    fn note(&mut self, commit: &Commit) {
        for key in &commit.deletes {
            assert!(
                self.keys.remove(key),
                "{key:?} is deleted, and was not there"
            );
            self.broken.remove(key);
        }
        for (key, _) in &commit.puts {
            assert!(self.keys.insert(*key), "{key:?} is written twice");
        }
        self.merges += u64::from(!commit.deletes.is_empty());
        self.deleted += commit.deletes.len() as u64;
        let heads = commit
            .deletes
            .iter()
            .filter(|key| State::head_of(**key) == **key);
        for head in heads {
            let of_segment = self.keys.range(Key(head.0)..Key(head.0 + (1 << 20)));
            self.shared += of_segment.count() as u64;
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Faulty(pub(crate) Memory, Rc<RefCell<State>>);

impl Faulty {
    pub(crate) fn state(&self) -> RefMut<'_, State> {
        self.1.borrow_mut()
    }

    fn ask(&self, call: Call) -> Result<()> {
        let refused = self.state().refuse.as_mut().and_then(|refuse| refuse(call));
        match refused {
            Some(code) => Err(Error::new(code, "The test refuses.")),
            None => Ok(()),
        }
    }
}

impl Store for Faulty {
    async fn head(&self) -> Result<Option<Head>> {
        self.ask(Call::Head)?;
        let broken = self.state().broken_head;
        let head = self.0.head().await?;
        Ok(match (head, broken) {
            (Some(head), Some(broken)) => broken
                .apply(head.manifest)
                .map(|manifest| Head { manifest, ..head }),
            (head, _) => head,
        })
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        self.ask(Call::Read)?;
        let values = self.0.read(keys).await?;
        let broken = &self.state().broken;
        let values = keys
            .iter()
            .zip(values)
            .map(|(key, value)| match broken.get(key) {
                Some(broken) => broken.apply(value?),
                None => value,
            });
        Ok(values.collect())
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        self.ask(Call::Commit)?;
        self.0.commit(commit.clone()).await?;
        self.state().note(&commit);
        self.state().broken_head = None;
        Ok(())
    }

    async fn wipe(&self) -> Result<()> {
        self.0.wipe().await?;
        let mut state = self.state();
        state.keys.clear();
        state.broken.clear();
        state.broken_head = None;
        Ok(())
    }

    async fn usage(&self) -> Result<Usage> {
        self.0.usage().await
    }
}
