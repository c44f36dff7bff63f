//! What a server told of a resource, and what becomes of it.

use crate::fhir::{Identity, Instant};

/// A version of a resource that a server told of.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Who it is.
    pub identity: Identity<'a>,
    /// `meta.versionId`, or empty where the server gave none (H7: opaque).
    pub version: &'a str,
    /// When this version came to be, by the server's clock.
    pub last_updated: Option<Instant>,
    /// The resource as it came; `None` when it was deleted.
    pub bytes: Option<&'a [u8]>,
    /// Whether it is only a part of the resource (SUBSETTED).
    pub partial: bool,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// New or newer, and in the next commit.
    Stored,
    /// A deletion newly learnt of, and in the next commit.
    Deleted,
    /// Held already, or older than what is held (H1, H11), or a part of what is held in full (L5).
    Unchanged,
}
