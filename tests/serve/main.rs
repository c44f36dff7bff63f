//! The FHIR server over a replica (`src/serve`): what every interaction answers, what it refuses and how, and what
//! of it somebody sees whose access is narrowed to a compartment.

// Clippy knows tests by their attribute; helpers are tests too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod capabilities;
mod conditional;
mod documents;
mod everything;
mod failing;
mod generations;
mod histories;
mod moods;
mod narrowed;
mod negotiated;
mod reads;
mod refused;
mod round_trip;
mod searches;
mod ward;
mod world;
