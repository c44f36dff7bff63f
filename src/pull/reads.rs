//! What is pulled by name: everything of a patient, and resources with what they refer to.

use std::collections::HashSet;

use super::Feed;
use super::compare::Names;
use super::context::Ports;
use super::follow::Follower;
use super::notes::Notes;
use crate::Result;
use crate::client::Base;
use crate::fhir::Identity;
use crate::fhir::reference::references_in;
use crate::host::Store;
use crate::replica::Replica;

impl<P: Ports> Follower<'_, '_, P> {
    /// All pages of `$everything`; then what the replica holds of the patient and they did not bring is
    /// read.
    pub(super) async fn by_everything(&mut self) -> Result<bool> {
        let Feed::Everything(of) = self.feed.clone() else {
            return Ok(true);
        };
        let path = format!("{of}/$everything?_count={}", self.count);
        let first = self.pull.client.base().operation(&path)?;
        let mut notes = Notes {
            names: Some(Names::default()),
            ..Notes::default()
        };
        let (chain, _) = self.chain(&first, false, &mut notes).await?;
        self.ended(&chain);
        if let Some(names) = &notes.names {
            let kinds = self.checkpoint.types.iter();
            let searches: Vec<_> = kinds
                .map(|kind| (kind.clone(), format!("{of}/{kind}")))
                .collect();
            self.read_unnamed(&searches, names).await?;
        }
        Ok(true)
    }

    /// Each resource of the feed, and what they refer to, so many references deep.
    pub(super) async fn by_reads(&mut self) -> Result<bool> {
        let (mut ring, depth) = match &self.feed {
            Feed::References { of, depth } => (of.clone(), *depth),
            feed => (vec![feed.name().replace("/_history", "")], 0),
        };
        let mut known: HashSet<String> = ring.iter().cloned().collect();
        for level in 0..=depth {
            self.progress.unaccounted += self.read_each(&ring).await?;
            if level == depth || ring.is_empty() {
                break;
            }
            self.commit_all().await?;
            ring = referred(self.pull.replica, self.pull.client.base(), &ring).await?;
            ring.retain(|name| known.insert(name.clone()));
        }
        self.whole_as_of(self.answered);
        Ok(true)
    }
}

/// What the resources named refer to, as far as they are held, by any of the server's names (P7).
pub(super) async fn referred<S: Store>(
    replica: &Replica<S>,
    base: &Base,
    names: &[String],
) -> Result<Vec<String>> {
    let bases: Vec<&str> = base.names().collect();
    let mut referred = Vec::new();
    for identity in names.iter().filter_map(|name| Identity::parse(name)) {
        let resource = match replica.read(identity).await {
            Err(error) if error.is_gone() => None,
            resource => resource?,
        };
        let resource = resource.unwrap_or_default();
        let references = references_in(&resource, &bases);
        referred.extend(references.iter().map(|it| it.to_string()));
    }
    Ok(referred)
}
