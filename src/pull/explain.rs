//! How each feed is pulled, in words.

use serde::Serialize;

use super::strategy::{Reason, Strategy};
use super::{Feed, cursor};
use crate::host::Store;
use crate::replica::{Checkpoint, Replica};

/// What is known of a feed. Serialises as JavaScript's `FeedExplanation`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// The feed's name.
    pub feed: String,
    /// The way it takes, by its name for programs.
    pub strategy: &'static str,
    /// What is done each time.
    pub does: &'static str,
    /// Why this way.
    pub why: &'static str,
    /// What it can miss.
    pub misses: &'static str,
    /// Whether it was ever pulled to its end.
    pub complete: bool,
    /// How much of the past is read again each time, in milliseconds.
    pub overlap: i64,
    /// Resources that the server says nothing certain about any more.
    pub unaccounted: u64,
    /// What the last pull that brought something cost.
    pub cost: Cost,
}

/// What a pull cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Repetitions not counted.
    pub requests: u64,
    /// Of the answers' bodies.
    pub bytes: u64,
    /// Entries seen.
    pub resources: u64,
    /// By this device.
    pub milliseconds: u64,
}

/// Every feed that was ever begun.
pub fn explain<S: Store>(replica: &Replica<S>) -> Vec<Explained> {
    let checkpoints = replica.status().checkpoints.into_iter();
    checkpoints.filter_map(|it| explained(&it)).collect()
}

/// The feeds that were ever begun; the parts of one are no feeds.
pub fn begun<S: Store>(replica: &Replica<S>) -> Vec<Feed> {
    let checkpoints = replica.status().checkpoints.into_iter();
    checkpoints
        .filter_map(|it| Feed::of_name(&it.feed).ok())
        .collect()
}

fn explained(checkpoint: &Checkpoint) -> Option<Explained> {
    let strategy = Strategy::of_number(checkpoint.strategy)?;
    let reason = Reason::of_number(checkpoint.reason)?;
    let cost = checkpoint.cost;
    Some(Explained {
        feed: checkpoint.feed.clone(),
        strategy: strategy.name(),
        does: strategy.does(),
        why: reason.says(),
        misses: strategy.misses(reason),
        complete: checkpoint.complete,
        overlap: cursor::overlap(checkpoint),
        unaccounted: checkpoint.unaccounted,
        cost: Cost {
            requests: cost.requests,
            bytes: cost.bytes,
            resources: cost.resources,
            milliseconds: cost.milliseconds,
        },
    })
}
