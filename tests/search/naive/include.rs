//! `_include` and `_revinclude` (R5 search.html#include).

use serde_json::Value;

use super::definitions::{Kind, Parameter};
use super::question::Question;
use super::{Refusal, Server};

/// One of them. Nothing stands for `*`.
pub(super) struct Include {
    reverse: bool,
    iterate: bool,
    source: Option<String>,
    parameter: Option<&'static Parameter>,
    target: Option<String>,
}

impl Server {
    /// `Source:parameter`, `Source:parameter:Target`, `Source:*` or `*`.
    pub(super) fn include(&self, name: &str, value: &str) -> Result<Include, Refusal> {
        let bad = || Refusal::BadInput(format!("a value of `{name}` is no Type:parameter"));
        let parts: Vec<&str> = value.split(':').collect();
        let (source, parameter, target) = match parts[..] {
            ["*"] => (None, None, None),
            [source, parameter] => (Some(source), Some(parameter), None),
            [source, parameter, target] => (Some(source), Some(parameter), Some(target)),
            _ => return Err(bad()),
        };
        for kind in [source, target].into_iter().flatten() {
            self.known_type(kind)?;
        }
        let parameter = match (source, parameter) {
            (Some(source), Some(code)) if code != "*" => Some(self.known_reference(source, code)?),
            _ => None,
        };
        Ok(Include {
            reverse: name.starts_with("_revinclude"),
            iterate: name.ends_with(":iterate"),
            source: source.map(String::from),
            parameter,
            target: target.map(String::from),
        })
    }

    /// What is included beside these matches.
    pub(super) fn included<'s>(
        &'s self,
        question: &Question<'s>,
        matches: &[&'s Value],
    ) -> Vec<&'s Value> {
        let mut seen: Vec<&Value> = matches.to_vec();
        let mut last: Vec<&Value> = matches.to_vec();
        let mut first = true;
        while !last.is_empty() {
            let mut found = Vec::new();
            for include in question.includes.iter().filter(|it| first || it.iterate) {
                for other in &self.resources {
                    let joined = last
                        .iter()
                        .any(|resource| self.joins(include, resource, other));
                    if joined && !seen.contains(&other) {
                        seen.push(other);
                        found.push(other);
                    }
                }
            }
            last = found;
            first = false;
        }
        seen.split_off(matches.len())
    }

    fn joins(&self, include: &Include, resource: &Value, other: &Value) -> bool {
        let (from, to) = match include.reverse {
            false => (resource, other),
            true => (other, resource),
        };
        let is = |resource: &Value, kind: &Option<String>| {
            kind.as_ref()
                .is_none_or(|kind| resource["resourceType"] == kind.as_str())
        };
        if !is(from, &include.source) || !is(to, &include.target) {
            return false;
        }
        let kind = from["resourceType"].as_str().unwrap_or_default();
        match include.parameter {
            Some(parameter) => self.points_to(parameter, from, to),
            None => {
                let all = self.definitions.parameters(kind);
                let mut all = all.filter(|it| it.kind == Kind::Reference && it.code != "_in");
                all.any(|parameter| self.points_to(parameter, from, to))
            }
        }
    }
}
