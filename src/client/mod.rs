//! Talks to one FHIR server: links that stay inside its base, tokens, patience, pages.
//!
//! | file | thought |
//! | --- | --- |
//! | [`url`] | the http(s) URLs that a browser and this crate read alike |
//! | [`base`] | the server's base, and which links lie inside it |
//! | [`interaction`] | what a request is for |
//! | [`interactions`] | read, search, history and capabilities as links, and their calls |
//! | [`operations`] | operations as links, and their calls |
//! | [`batch`] | many reads in one request |
//! | [`bulk`] | bulk export as requests |
//! | [`handed_out`] | what a server hands out of its replica, as requests |
//! | [`ask`] | what is asked: method, link, headers, body |
//! | [`client`] | one request: permit, token, retries, the answer or the error |
//! | [`limit`] | how many requests are in flight at once |
//! | [`answer`] | what an HTTP response means |
//! | [`stream`] | an answer piece by piece |
//! | [`patience`] | how long to try, and when again |
//! | [`pages`] | a search or history, page after page |

pub mod answer;
pub mod ask;
pub mod base;
pub mod batch;
pub mod bulk;
// The type that the module is named after is what the module is for.
#[allow(clippy::module_inception)]
pub mod client;
pub mod credentials;
pub mod handed_out;
pub mod interaction;
pub mod interactions;
pub mod limit;
pub mod operations;
pub mod pages;
pub mod patience;
pub mod stream;
pub mod url;

pub use answer::Answer;
pub use ask::{Ask, Held};
pub use base::{Base, Link};
pub use batch::{BatchAnswer, Wanted};
pub use client::Client;
pub use credentials::{Credentials, NoToken};
pub use interaction::Interaction;
pub use limit::Limit;
pub use pages::{Chain, First, Pages};
pub use patience::Patience;
pub use stream::Stream;
