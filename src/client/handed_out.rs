//! What a server hands out of the replica behind it: not FHIR, but this package's own (`replica/published.rs`).

use super::ask::{Ask, Wants};
use super::base::{Base, Link};
use super::client::Client;
use super::credentials::Credentials;
use super::interaction::Interaction;
use crate::Result;
use crate::host::{Clock, Transport};

impl Base {
    /// Where a server says what its replica consists of.
    ///
    /// # Errors
    /// None for a base that was parsed.
    pub fn published(&self) -> Result<Link> {
        self.below("$replica", Interaction::Published)
    }

    /// Where a pack of a replica's values is.
    ///
    /// # Errors
    /// [`Code::BadInput`](crate::Code::BadInput) for a name that can't stand in a URL.
    pub fn pack(&self, lineage: u64, name: &str) -> Result<Link> {
        self.below(&format!("$replica/{lineage:x}/{name}"), Interaction::Pack)
    }
}

impl<T: Transport, C: Clock, K: Credentials> Client<T, C, K> {
    /// The bytes at such a link, whatever they are: who asked for them checks them.
    ///
    /// # Errors
    /// Those of [`Client::ask`].
    pub async fn handed_out(&self, link: &Link) -> Result<Vec<u8>> {
        let ask = Ask::get(link).accept("application/octet-stream");
        Ok(self.respond(&ask.wants(Wants::Body)).await?.body)
    }
}
