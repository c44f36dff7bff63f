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
    /// Pages read in this pull.
    pub pages: u32,
    /// Entries seen in this pull.
    pub resources: u64,
    /// Of these, taken because they are new or newer.
    pub stored: u64,
    /// Of these, deletions newly learnt of.
    pub deleted: u64,
    /// Of these, held already.
    pub unchanged: u64,
    /// Bytes of the pages' bodies.
    pub bytes: u64,
    /// How many entries the server said there would be (P5: an estimate).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Since the pull of this feed began.
    pub milliseconds: i64,
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
            pages: 0,
            resources: 0,
            stored: 0,
            deleted: 0,
            unchanged: 0,
            bytes: 0,
            total: None,
            milliseconds: 0,
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

/// Who is told.
pub trait Observer {
    /// After every page, and at the end of a feed.
    fn progress(&mut self, _progress: &Progress) {}
    /// After every step of an import.
    fn imported(&mut self, _imported: &Imported) {}
    /// After every commit; twice where it holds both what is settled and what is not.
    fn committed(&mut self, commit: &Committed);
}
