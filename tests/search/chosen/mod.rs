//! Chosen by chance, from a seed: plausible resources with odd ones among them, and queries that
//! find some of them. Both draw from the same small pools of values.

mod features;
mod filters;
mod pools;
mod questions;
mod values;
mod world;

pub(crate) use features::Features;
pub(crate) use questions::{Asked, Asker, encoded};
pub(crate) use world::world;
