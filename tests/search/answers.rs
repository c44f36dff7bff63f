//! Whoever answers searches over given resources: the naive server, the engine.

use serde_json::Value;

use crate::naive::{Server, Version};

/// Where the resources of examples and generated worlds are from.
pub(crate) const BASE: &str = "http://example.org/fhir";

/// 2014-03-14T00:00:00Z, for `ap`.
pub(crate) const NOW: i64 = 1_394_755_200_000;

/// Answers searches over the resources it was made of.
pub(crate) trait Answers {
    fn of(version: Version, resources: &[Value]) -> Self;

    /// The entries of all pages as `Type/id`: matches in their order, then what is included. Or why not.
    fn search(&self, query: &str) -> Result<Vec<String>, String>;
}

impl Answers for Server {
    fn of(version: Version, resources: &[Value]) -> Server {
        Server::new(version, BASE, NOW, resources.to_vec())
    }

    fn search(&self, query: &str) -> Result<Vec<String>, String> {
        let answer = Server::search(self, query).map_err(|refusal| format!("{refusal:?}"))?;
        Ok(answer.matches.into_iter().chain(answer.included).collect())
    }
}
