//! Talks to one FHIR server: links that stay inside its base, tokens, patience, pages.
//!
//! | file | thought |
//! | --- | --- |
//! | [`url`] | the http(s) URLs that a browser and this crate read alike |
//! | [`base`] | the server's base, and which links lie inside it |
//! | [`interactions`] | read, search, history and capabilities as links, and their calls |
//! | [`client`] | one GET: token, retries, the answer or the error |
//! | [`answer`] | what an HTTP response means |
//! | [`patience`] | how long to try, and when again |
//! | [`pages`] | a search or history, page after page |

pub mod answer;
pub mod base;
// The type that the module is named after is what the module is for.
#[allow(clippy::module_inception)]
pub mod client;
pub mod credentials;
pub mod http_date;
pub mod interactions;
pub mod pages;
pub mod patience;
pub mod url;

pub use answer::Answer;
pub use base::{Base, Interaction, Link};
pub use client::Client;
pub use credentials::{Credentials, NoToken};
pub use pages::{Chain, Pages};
pub use patience::Patience;
