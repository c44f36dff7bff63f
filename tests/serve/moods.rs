//! A store that lets others go first, or that fails.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use fhir_pull::host::memory::Memory;
use fhir_pull::host::{Commit, Head, Key, Store, Usage};
use fhir_pull::replica::{Replica, Versions};
use fhir_pull::{Code, Error, Result};

use crate::world::{SOURCE, run, ward_in};

#[derive(Default)]
pub(crate) struct Moods {
    /// Whether each read waits for a turn.
    pub(crate) slow: Cell<bool>,
    /// How many reads are left before one fails, and how it does.
    pub(crate) fails: Cell<Option<(u32, Code)>>,
    /// Whether a value that is read is no more what was written.
    pub(crate) spoilt: Cell<bool>,
}

#[derive(Clone)]
pub(crate) struct Moody(Memory, pub(crate) Rc<Moods>);

impl Store for Moody {
    async fn head(&self) -> Result<Option<Head>> {
        self.0.head().await
    }

    async fn read(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>> {
        let mut waits = self.1.slow.get();
        poll_fn(|_| match std::mem::replace(&mut waits, false) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        })
        .await;
        let mut spoils = false;
        if let Some((left, code)) = self.1.fails.get() {
            self.1
                .fails
                .set(left.checked_sub(1).map(|left| (left, code)));
            if left == 0 {
                match self.1.spoilt.get() {
                    false => return Err(Error::new(code, "The store is in a mood.")),
                    true => spoils = true,
                }
            }
        }
        let mut values = self.0.read(keys).await?;
        if spoils {
            values
                .iter_mut()
                .flatten()
                .for_each(|value| value.truncate(value.len() / 2));
        }
        Ok(values)
    }

    async fn commit(&self, commit: Commit) -> Result<()> {
        self.0.commit(commit).await
    }

    async fn wipe(&self) -> Result<()> {
        self.0.wipe().await
    }

    async fn usage(&self) -> Result<Usage> {
        self.0.usage().await
    }
}

/// The ward over such a store; nothing of it was read yet.
pub(crate) fn moody_ward() -> (Rc<Replica<Moody>>, Rc<Moods>) {
    let memory = Memory::new();
    drop(ward_in(memory.clone(), Versions::All));
    let moods = Rc::new(Moods::default());
    let store = Moody(memory, moods.clone());
    let replica = run(Replica::open(store, SOURCE, 7, Some(Versions::All))).unwrap();
    (Rc::new(replica), moods)
}

/// One request for each thing that is read.
pub(crate) const TARGETS: [&str; 16] = [
    "Observation/mine",
    "Observation/mine/_history/1",
    "Observation/mine?_summary=true",
    "Observation?subject=Patient/a&_sort=-_lastUpdated",
    "Observation?patient.name=Arm",
    "Observation?value-quantity=gt1&_include=*&_revinclude=Composition:entry",
    "Patient?_has:Observation:subject:code=8867-4",
    "Observation?_content=Pulse",
    "Patient/a/*",
    "?_type=Patient,Observation&_sort=_id",
    "Observation/mine/_history",
    "Observation/_history?_count=3",
    "_history?_since=2020-01-01T00:00:00Z",
    "Observation/_history?_at=2024-01-06",
    "Patient/a/$everything",
    "Composition/letter/$document",
];
