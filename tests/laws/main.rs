//! The laws of DESIGN section 8 over whole pulls: a server that lives, a store and a network that
//! stop or fail at any call, and a replica held against the server afterwards.
//!
//! Histories are random but repeatable: a failure prints the seed it can be run again with.

// Clippy knows tests by their attribute; helpers are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod caching;
mod chance;
mod cloning;
mod crashes;
mod explaining;
mod faults;
mod faulty;
mod importing;
mod indexing;
mod large;
mod lives;
mod oracle;
mod paging;
mod pulling;
mod refusing;
mod replicating;
mod searching;
mod server;
mod sorting;
mod stops;
mod tabs;
mod unruly;
mod writing;
