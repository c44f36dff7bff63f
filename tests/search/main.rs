//! L3: what a search finds is what the specification says, held by a naive server written from its
//! text, by the examples of that text, and by laws that the naive server itself has to keep.

// Clippy knows tests by their attribute; helpers are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
#[path = "../laws/chance.rs"]
mod chance;
mod chosen;
mod engine;
mod naive;
mod sanity;
mod spec;
