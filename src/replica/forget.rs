//! Gives up resources that nobody wants any more, with the feeds that brought them.
//!
//! They are no longer found from that commit on, as if they had never come: nothing says that they were
//! deleted. Their bytes go with the next merges, as those of old versions do.

use std::collections::HashMap;
use std::rc::Rc;

use super::held::Names;
use super::ids::packed;
use super::{Replica, Snapshot, Versions};
use crate::fhir::Identity;
use crate::host::{Commit, Store};
use crate::{Code, Error, Result};

impl<S: Store> Replica<S> {
    /// Forgets the checkpoints of these feeds and the current versions of these resources, in one commit;
    /// how many resources that were, and the generation without them.
    ///
    /// # Errors
    /// [`Code::Unsupported`] where all versions are kept, and those of the store. Nothing is changed then.
    pub async fn forget(&self, feeds: &[String], names: &[Identity<'_>]) -> Result<(u64, u64)> {
        let ids: Vec<Vec<u8>> = names.iter().map(|name| packed(name.id)).collect();
        let mut asked: Names<'_> = HashMap::new();
        for (name, id) in names.iter().zip(&ids) {
            asked.entry(name.kind).or_default().push(id);
        }
        loop {
            self.refresh().await?;
            let (snapshot, known) = self
                .consistent(async |snapshot: &Snapshot| {
                    let known = self.held(snapshot, &asked).await?;
                    Ok((self.snapshot(), known))
                })
                .await?;
            if self.versions(&snapshot) == Versions::All {
                return Err(keeps_all());
            }
            let mut next = Snapshot {
                generation: snapshot.generation + 1,
                manifest: snapshot.manifest.clone(),
            };
            let mut forgotten = 0;
            for (name, id) in names.iter().zip(&ids) {
                if let Some(held) = known.current(name.kind, id) {
                    let deleted = held.state().deleted;
                    next.manifest.give_up(held.address, deleted);
                    forgotten += u64::from(!deleted);
                }
            }
            let checkpoints = &mut next.manifest.checkpoints;
            checkpoints.retain(|checkpoint| !feeds.contains(&checkpoint.feed));
            let commit = Commit {
                expected: snapshot.generation,
                manifest: next.manifest.encode(),
                ..Commit::default()
            };
            match self.store.commit(commit).await {
                Ok(()) => {
                    let generation = next.generation;
                    self.replace_snapshot(Rc::new(next));
                    return Ok((forgotten, generation));
                }
                // Another tab was first: what it committed is looked at anew.
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn keeps_all() -> Error {
    Error::new(
        Code::Unsupported,
        "This replica keeps all versions (versions: \"all\"), so it forgets none of them; wipe it and pull what is wanted.",
    )
}
