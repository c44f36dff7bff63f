//! FHIR search without I/O: what a parameter means, what a resource offers to be found by, and what
//! a query asks for.
//!
//! Two ways meet in terms and ranges. A resource goes definition → path → plan → [`extract`] →
//! terms; a query string goes [`query`] → conditions → matchers over the same terms. Where the terms
//! are kept and how they are looked up is the replica's.

pub mod check;
pub mod condition;
pub mod definitions;
pub mod extract;
pub mod hierarchy;
pub mod matcher;
pub mod parameter;
pub mod path;
pub mod plan;
pub mod query;
pub mod shape;
pub mod term;
pub mod value_set;
pub mod words;

pub use definitions::Definitions;
pub use extract::{Extractor, Sink};
pub use parameter::{Parameter, ParameterKind};
pub use query::Query;
