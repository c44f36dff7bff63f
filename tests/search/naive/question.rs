//! A search as text, read (R5 search.html#searchcontexts, search.html#modifyingresults).

use serde_json::Value;

use super::escape::decode;
use super::include::Include;
use super::sort::SortKey;
use super::{Condition, Refusal, Server};

/// A search that was read and understood.
pub(super) struct Question<'s> {
    /// The types searched, and what must hold for each. `Resource` stands for all types.
    pub(super) types: Vec<(String, Vec<Condition<'s>>)>,
    pub(super) sort: Vec<SortKey>,
    pub(super) count: Option<usize>,
    pub(super) offset: usize,
    pub(super) summary: Option<String>,
    pub(super) elements: Vec<String>,
    pub(super) includes: Vec<Include>,
}

impl Server {
    pub(super) fn question(&self, query: &str) -> Result<Question<'_>, Refusal> {
        let (path, parameters) = query.split_once('?').unwrap_or((query, ""));
        let pairs = parameters.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        let pairs: Vec<(String, String)> = pairs.collect::<Result<_, Refusal>>()?;
        let mut question = Question {
            types: self.context(path, &pairs)?,
            sort: Vec::new(),
            count: None,
            offset: 0,
            summary: None,
            elements: Vec::new(),
            includes: Vec::new(),
        };
        for (name, value) in &pairs {
            self.add(&mut question, name, value)?;
        }
        Ok(question)
    }

    /// What is searched: a type, some types, all, or what is in a compartment.
    fn context<'s>(
        &'s self,
        path: &str,
        pairs: &[(String, String)],
    ) -> Result<Vec<(String, Vec<Condition<'s>>)>, Refusal> {
        let steps: Vec<&str> = path.split('/').collect();
        match steps[..] {
            [""] => {
                let named = pairs.iter().find(|(name, _)| name == "_type");
                let all = || vec![("Resource".to_string(), Vec::new())];
                Ok(named.map_or_else(all, |(_, types)| {
                    let types = types.split(',');
                    types.map(|kind| (kind.to_string(), Vec::new())).collect()
                }))
            }
            [kind] => {
                self.known_type(kind)?;
                Ok(vec![(kind.to_string(), Vec::new())])
            }
            [of, id, kind] => self.compartment(of, id, kind),
            _ => Err(Refusal::BadInput("this is no search".into())),
        }
    }

    fn add<'s>(
        &'s self,
        question: &mut Question<'s>,
        name: &str,
        value: &str,
    ) -> Result<(), Refusal> {
        let number = |value: &str| {
            let bad = |_| Refusal::BadInput(format!("`{name}` is no whole number"));
            value.parse::<usize>().map_err(bad)
        };
        match name {
            "_count" => question.count = Some(number(value)?),
            "_offset" => question.offset = number(value)?,
            "_total" | "_format" => {}
            "_contained" if value == "false" => {}
            "_summary" => match value {
                "true" | "text" | "data" | "count" | "false" => {
                    question.summary = Some(value.to_string());
                }
                _ => return Err(Refusal::BadInput("`_summary` has no such value".into())),
            },
            "_elements" => question.elements = value.split(',').map(String::from).collect(),
            "_sort" => {
                for key in value.split(',') {
                    let key = self.sort_key(&question.types, key)?;
                    question.sort.push(key);
                }
            }
            "_include" | "_include:iterate" | "_revinclude" | "_revinclude:iterate" => {
                question.includes.push(self.include(name, value)?);
            }
            _ => {
                for (kind, conditions) in &mut question.types {
                    conditions.push(match name {
                        "_filter" => self.filter(kind, value)?,
                        _ => self.condition(kind, name, value)?,
                    });
                }
            }
        }
        Ok(())
    }

    /// All that a question finds, in no order.
    pub(super) fn found<'s>(&'s self, question: &Question<'s>) -> Vec<&'s Value> {
        let holds = |resource: &&Value| {
            question.types.iter().any(|(kind, conditions)| {
                let of_type = kind == "Resource" || resource["resourceType"] == kind.as_str();
                of_type && conditions.iter().all(|condition| condition(resource))
            })
        };
        self.resources.iter().filter(holds).collect()
    }
}
