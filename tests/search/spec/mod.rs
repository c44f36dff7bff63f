//! The query examples of R5 search.html and search_filter.html, each with a few resources that it must find and some that it
//! must not. Whoever answers searches can be held to them.

mod conditions;
mod filters;
mod modifiers;
mod results;
mod values;

use serde_json::Value;

use crate::answers::Answers;
use crate::naive::{Server, Version};

/// A query of the specification.
struct Example {
    /// The anchor in search.html, or what of search_filter.html it is.
    section: &'static str,
    query: &'static str,
    /// Where it is no query of all versions.
    only: Option<Version>,
    resources: Vec<Value>,
    /// `Type/id`; in this order where the query sorts.
    finds: Vec<&'static str>,
}

/// An example of R4 and R5; `resources` is a JSON array.
fn example(
    section: &'static str,
    query: &'static str,
    resources: Value,
    finds: &[&'static str],
) -> Example {
    let Value::Array(resources) = resources else {
        panic!("{query}: the resources are no array");
    };
    Example {
        section,
        query,
        only: None,
        resources,
        finds: finds.to_vec(),
    }
}

impl Example {
    fn only(mut self, version: Version) -> Example {
        self.only = Some(version);
        self
    }

    fn hold<A: Answers>(&self, version: Version) {
        let told = format!("search.html#{} {version:?}: {}", self.section, self.query);
        let answers = A::of(version, &self.resources);
        let mut found = answers
            .search(self.query)
            .unwrap_or_else(|why| panic!("{told}: {why}"));
        let mut finds: Vec<String> = self.finds.iter().map(|name| name.to_string()).collect();
        if !self.query.contains("_sort=") {
            found.sort();
            finds.sort();
        }
        assert_eq!(found, finds, "{told}");
    }
}

/// Holds whoever answers to all examples of a version; to refusing those that ask what it does not answer.
pub(crate) fn hold_to_examples<A: Answers>(version: Version) {
    let all = [
        values::examples(),
        modifiers::examples(),
        conditions::examples(),
        filters::examples(),
        results::examples(),
    ];
    for example in all.iter().flatten() {
        if example.only.is_some_and(|only| only != version) {
            continue;
        }
        example.hold::<A>(version);
    }
    for query in filters::REFUSED {
        let answer = A::of(version, &[]).search(query);
        assert!(answer.is_err(), "{query}: {answer:?}");
    }
}

#[test]
fn the_naive_server_answers_the_examples_of_the_specification() {
    hold_to_examples::<Server>(Version::R4);
    hold_to_examples::<Server>(Version::R4B);
    hold_to_examples::<Server>(Version::R5);
}
