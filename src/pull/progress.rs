//! What a pull tells while it goes on.

use serde::Serialize;

/// Where the pull of one feed stands. Serialises as JavaScript's `Progress`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The feed's name.
    pub feed: String,
    /// Whether it goes on.
    pub state: State,
    /// Requests made in this pull, repetitions not counted.
    pub requests: u64,
    /// Pages read in this pull.
    pub pages: u64,
    /// Entries seen in this pull.
    pub resources: u64,
    /// Of these, taken because they are new or newer.
    pub stored: u64,
    /// Of these, deletions newly learnt of.
    pub deleted: u64,
    /// Of these, held already.
    pub unchanged: u64,
    /// Resources held that the server no longer names, and of which it does not say that they were
    /// deleted: 404 or 403 may mean that the user has lost access (R2).
    pub unaccounted: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
    /// How many entries the server said there would be (P5: an estimate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Since the pull of this feed began.
    pub milliseconds: i64,
    /// The rate: entries a second.
    pub per_second: u64,
    /// How long the rest may take at this rate, where the server said how many there would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds_left: Option<u64>,
}

/// The state of a feed's pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Pages are coming.
    Pulling,
    /// All of it is committed.
    Complete,
    /// It ended with an error.
    Failed,
}

impl Progress {
    pub(super) fn new(feed: String) -> Self {
        Progress {
            feed,
            state: State::Pulling,
            requests: 0,
            pages: 0,
            resources: 0,
            stored: 0,
            deleted: 0,
            unchanged: 0,
            unaccounted: 0,
            bytes: 0,
            total: None,
            milliseconds: 0,
            per_second: 0,
            milliseconds_left: None,
        }
    }

    /// Adds what a part of the feed came to.
    pub(super) fn add(&mut self, part: &Progress) {
        self.pages += part.pages;
        self.requests += part.requests;
        self.resources += part.resources;
        self.stored += part.stored;
        self.deleted += part.deleted;
        self.unchanged += part.unchanged;
        self.unaccounted += part.unaccounted;
        self.bytes += part.bytes;
    }

    /// The same after so many milliseconds.
    pub(super) fn after(&self, milliseconds: i64) -> Self {
        let per_second = u64::try_from(milliseconds)
            .ok()
            .and_then(|it| (self.resources * 1_000).checked_div(it));
        let left = self
            .total
            .and_then(|total| total.checked_sub(self.resources));
        let left = left.filter(|_| self.state == State::Pulling);
        Progress {
            milliseconds,
            per_second: per_second.unwrap_or(0),
            milliseconds_left: left.and_then(|left| (left * 1_000).checked_div(per_second?)),
            ..self.clone()
        }
    }
}

/// A commit that has become durable, or the part of it that is settled or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Committed {
    /// The generation that it made.
    pub generation: u64,
    /// The resource types that may have changed.
    pub types: Vec<String>,
    /// False for what a feed brought that is being pulled for the first time (L7): it is not whole.
    pub settled: bool,
}

/// How far an import is. Serialises as JavaScript's `ImportProgress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Resources and deletions that were read.
    pub resources: u64,
    /// Of these, taken because they are new or newer.
    pub stored: u64,
    /// Of these, deletions newly learnt of.
    pub deleted: u64,
    /// Of these, held already.
    pub unchanged: u64,
    /// Bytes of the source.
    pub bytes: u64,
}

/// How far a clone is. Serialises as JavaScript's `CloneProgress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cloning {
    /// Requests made, repetitions not counted.
    pub requests: u64,
    /// Bytes of the answers' bodies.
    pub bytes: u64,
    /// About how many bytes the replica is that is cloned.
    pub total_bytes: u64,
    /// About how many of them are here, those included that a clone before this one had to leave.
    pub held_bytes: u64,
    /// Since it began.
    pub milliseconds: i64,
}

/// Who is told.
pub trait Observer {
    /// After every page, and at the end of a feed.
    fn progress(&mut self, _progress: &Progress) {}
    /// After every step of an import.
    fn imported(&mut self, _imported: &Imported) {}
    /// After every part of a clone.
    fn cloning(&mut self, _cloning: &Cloning) {}
    /// After every commit; twice where it holds both what is settled and what is not.
    fn committed(&mut self, commit: &Committed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_what_is_left_are_of_what_came_and_what_the_server_says() {
        let of = |resources, total, milliseconds| {
            let progress = Progress {
                resources,
                total,
                ..Progress::new(String::new())
            };
            let progress = progress.after(milliseconds);
            (progress.per_second, progress.milliseconds_left)
        };
        assert_eq!(of(500, Some(2_000), 250), (2_000, Some(750)));
        assert_eq!(of(500, None, 250), (2_000, None));
        assert_eq!(of(500, Some(400), 250), (2_000, None), "an estimate");
        assert_eq!(of(0, Some(400), 250), (0, None));
        assert_eq!(of(500, Some(501), 0), (0, None));
        assert_eq!(of(500, Some(501), -1), (0, None), "a clock that went back");
    }
}
