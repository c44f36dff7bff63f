//! What a feed alone has brought, found and given up: what no other feed brings too.

use std::collections::HashSet;

use serde::Serialize;

use super::Feed;
use super::feed::{asks, is_part, kind_of};
use super::plan::is_unanswerable;
use super::reads::referred;
use crate::client::Base;
use crate::fhir::Identity;
use crate::host::Store;
use crate::replica::Replica;
use crate::{Code, Error, Result};

/// What was forgotten. Serialises as JavaScript's `Forgotten`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Resources that no other feed brings.
    pub resources: u64,
    /// The generation without them.
    pub generation: u64,
    /// Their types.
    #[serde(skip)]
    pub types: Vec<String>,
}

/// Which resources of a type a feed brings.
enum Brings {
    /// Every one.
    All,
    /// These ids.
    These(Vec<String>),
    /// Nobody here can tell.
    Some,
}

/// Forgets a feed and what it alone has brought from the server at `base`. Of what this replica can't tell
/// which feed brought it, all is kept.
///
/// # Errors
/// [`Code::BadInput`] for a feed that was never begun; those of [`Replica::forget`].
pub async fn forget<S: Store>(replica: &Replica<S>, base: &Base, feed: &Feed) -> Result<Forgotten> {
    replica.refresh().await?;
    let checkpoints = replica.status().checkpoints;
    let name = feed.name();
    if !checkpoints.iter().any(|it| it.feed == name) {
        return Err(Error::new(
            Code::BadInput,
            "That feed was never pulled into this replica; status() lists those that were.",
        ));
    }
    let (mut types, mut names, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for checkpoint in checkpoints {
        if checkpoint.feed == name || is_part(&name, &checkpoint.feed) {
            super::session::join(&mut types, &checkpoint.types);
            names.push(checkpoint.feed);
        } else if let Ok(feed) = Feed::of_name(&checkpoint.feed) {
            others.push(feed);
        }
    }
    let mut left: Vec<(String, String)> = Vec::new();
    for kind in &types {
        let mut ids: HashSet<String> = match brings(replica, base, feed, kind).await? {
            Brings::All => replica.ids(kind).await?.into_iter().collect(),
            Brings::These(ids) => ids.into_iter().collect(),
            Brings::Some => continue,
        };
        for other in &others {
            match brings(replica, base, other, kind).await? {
                Brings::All | Brings::Some => ids.clear(),
                Brings::These(others) => others.iter().for_each(|id| {
                    ids.remove(id);
                }),
            }
        }
        left.extend(ids.into_iter().map(|id| (kind.clone(), id)));
    }
    let identities: Vec<_> = left
        .iter()
        .map(|(kind, id)| Identity { kind, id })
        .collect();
    let (resources, generation) = replica.forget(&names, &identities).await?;
    Ok(Forgotten {
        resources,
        generation,
        types,
    })
}

async fn brings<S: Store>(
    replica: &Replica<S>,
    base: &Base,
    feed: &Feed,
    kind: &str,
) -> Result<Brings> {
    let named = |names: &[String]| {
        let names = names.iter().filter_map(|name| Identity::parse(name));
        let ids = names.filter(|it| it.kind == kind);
        Brings::These(ids.map(|it| it.id.to_string()).collect())
    };
    Ok(match feed {
        Feed::History(of) if of == "*" || of == kind => Brings::All,
        Feed::History(of) => named(std::slice::from_ref(of)),
        Feed::Export { types, .. } if !types.is_empty() && !types.iter().any(|it| it == kind) => {
            Brings::These(Vec::new())
        }
        Feed::Export { of, .. } if of == "*" => Brings::All,
        Feed::Export { .. } => Brings::Some,
        Feed::Everything(of) => found(replica, &format!("{of}/{kind}")).await?,
        Feed::References { of, depth } => named(&reached(replica, base, of, *depth).await?),
        Feed::Search(search) if kind_of(search) == kind => found(replica, search).await?,
        Feed::Search(search) if asks(search, "_include") || asks(search, "_revinclude") => {
            Brings::Some
        }
        Feed::Search(_) => Brings::These(Vec::new()),
    })
}

async fn found<S: Store>(replica: &Replica<S>, search: &str) -> Result<Brings> {
    match replica.ids(search).await {
        Err(error) if is_unanswerable(&error) => Ok(Brings::Some),
        ids => ids.map(Brings::These),
    }
}

/// The resources named, and what they refer to, so many references deep, as far as they are held.
async fn reached<S: Store>(
    replica: &Replica<S>,
    base: &Base,
    of: &[String],
    depth: u32,
) -> Result<Vec<String>> {
    let mut known: HashSet<String> = HashSet::new();
    let mut ring = of.to_vec();
    for level in 0..=depth {
        ring.retain(|name| known.insert(name.clone()));
        if level == depth || ring.is_empty() {
            break;
        }
        ring = referred(replica, base, &ring).await?;
    }
    Ok(known.into_iter().collect())
}
