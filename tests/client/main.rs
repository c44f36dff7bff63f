//! The client against a scripted server: each test is named after the rule it keeps.

// Clippy knows tests by their attribute; helpers are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod batch;
mod bulk;
mod conditional;
mod in_flight;
mod pages;
mod patience;
mod posts;
mod refusals;
mod script;
mod tokens;
