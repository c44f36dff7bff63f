//! FHIR as data: what every other floor reads and nothing here does I/O.
//!
//! All of it borrows from the bytes that came; nothing builds a tree.

pub mod bundle;
mod calendar;
pub mod capability;
pub mod date;
pub mod decimal;
pub mod export;
pub mod head;
pub mod instant;
pub mod json;
pub mod merged;
pub mod outcome;
pub mod parts;
pub mod reference;
pub(crate) mod text;
pub mod version;

pub use bundle::Page;
pub use capability::Capability;
pub use date::DateRange;
pub use decimal::Decimal;
pub use export::{ExportFile, ExportManifest};
pub use head::{Head, Resource};
pub use instant::Instant;
pub use outcome::Outcome;
pub use parts::Parts;
pub use reference::Identity;
pub use version::FhirVersion;
