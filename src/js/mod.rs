//! The only exports to JavaScript: options in, bytes and plain objects out, no decisions.
//!
//! `docs/engine-contract.md` is the list. Every method returns a promise that owns what it works on,
//! so that JavaScript may drop the object while a call goes on.

mod changes;
mod client;
mod clone;
mod error;
mod host;
mod import;
mod options;
mod replica;
mod serve;
mod store;
mod versions;
