//! fhir-pull pulls the part of a FHIR server that an application needs into a replica of its own
//! and answers FHIR searches from it with no network.
//!
//! The house has floors; a module uses the floors below it, never one above:
//!
//! | floor | modules |
//! | --- | --- |
//! | JavaScript | `js`: the only exports to JavaScript |
//! | work | [`pull`]: feeds → pages → commits · [`serve`]: answers FHIR REST requests from a replica |
//! | stores and servers | [`replica`]: segments, manifest, snapshot · [`client`]: talks to a FHIR server |
//! | ports and search | [`search`]: definitions, extraction, query · [`host`]: ports and their platforms |
//! | ground | [`fhir`]: FHIR as data · [`error`] |

pub mod client;
pub mod error;
pub mod fhir;
pub mod host;
#[cfg(target_arch = "wasm32")]
mod js;
pub mod pull;
pub mod replica;
pub mod search;
pub mod serve;

pub use error::{Code, Error, Result};
