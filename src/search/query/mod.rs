//! A FHIR search as text, read into what an index can be asked.
//!
//! What cannot be answered from a replica is refused by name: an answer that left a parameter out
//! would show resources that were not asked for, or hide none and look complete.

pub(super) mod conditions;
mod includes;
mod text;

use std::rc::Rc;

pub use includes::Include;

use super::condition::Target;
use super::definitions::Definitions;
use super::matcher::{Field, Readings, bad, shown};
use crate::fhir::reference::{is_id, is_type};
use crate::{Code, Error, Result};
use text::{decode, number, pairs};

/// A search: which types, what must hold, sorted, one page of it.
#[derive(Clone, Debug)]
pub struct Query {
    /// Each type that is searched, with what must hold for its resources.
    pub scopes: Vec<Target>,
    /// The first decides, the next breaks ties.
    pub sort: Vec<Sort>,
    /// `_count`: how many matches a page holds; all without it.
    pub count: Option<usize>,
    /// `_offset`: how many matches stand before this page.
    pub offset: usize,
    /// What else belongs into the answer.
    pub includes: Vec<Include>,
    /// What of the resources belongs into the answer.
    pub shape: Shape,
    /// What was left out because it cannot be answered.
    pub ignored: Vec<String>,
    /// What was used of the query, without `_offset`: what links are made from.
    pub text: String,
}

/// What of a resource an answer has (R5 search.html#summary).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// All.
    #[default]
    Whole,
    /// `_summary=true`
    Summary,
    /// `_summary=text`
    Text,
    /// `_summary=data`
    Data,
    /// `_summary=count`: no resource at all.
    Count,
    /// `_elements`
    Elements(Vec<String>),
}

/// One key of `_sort`.
#[derive(Clone, Debug)]
pub struct Sort {
    /// By what, for each of the query's types.
    pub by: Vec<Field>,
    /// `-`: the greatest first.
    pub descending: bool,
}

/// What to do about what cannot be answered (R5 search.html#errors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// Refuse the query.
    #[default]
    Strict,
    /// Leave it out and say so.
    Lenient,
}

/// What a query is read with.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The definitions of the server's FHIR version.
    pub definitions: &'a Definitions,
    /// How values are read.
    pub values: Readings<'a>,
    /// What to do about what cannot be answered.
    pub handling: Handling,
}

impl Query {
    /// Reads `Type?parameter=value&...`, `Compartment/id/Type?...`, `Compartment/id/*?...` or
    /// `?_type=A,B&...`, percent-encoded or not.
    ///
    /// # Errors
    /// [`Code::BadInput`] for what is no query, [`Code::Unsupported`] with the name of a parameter or
    /// modifier that a replica cannot answer.
    pub fn parse(reading: &Reading<'_>, text: &str) -> Result<Query> {
        let (place, parameters) = text.split_once('?').unwrap_or((text, ""));
        let mut query = Query {
            scopes: scopes(reading.definitions, place, parameters)?,
            sort: Vec::new(),
            count: None,
            offset: 0,
            includes: Vec::new(),
            shape: Shape::Whole,
            ignored: Vec::new(),
            text: place.to_string(),
        };
        let mut before = '?';
        for pair in pairs(parameters) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match query.add(reading, &name, &value) {
                Err(error) if error.code() == Code::Unsupported && reading.handling == Handling::Lenient => {
                    query.ignored.push(shown(&name).to_string());
                }
                added => {
                    added?;
                    if name != "_offset" {
                        query.text.push(before);
                        query.text.push_str(pair);
                        before = '&';
                    }
                }
            }
        }
        if conditions::size(&query.scopes) > conditions::MOST {
            return Err(bad("The search asks for more than a replica looks up at once; divide it."));
        }
        Ok(query)
    }

    fn add(&mut self, reading: &Reading<'_>, name: &str, value: &str) -> Result<()> {
        let (code, modifier) = name.split_once(':').unwrap_or((name, ""));
        match code {
            "_count" => self.count = Some(number(name, value)?),
            "_offset" => self.offset = number(name, value)?,
            "_summary" => self.shape = summary(value)?,
            "_elements" => {
                let elements = value.split(',').filter(|name| !name.is_empty());
                self.shape = Shape::Elements(elements.map(|name| name.trim().to_string()).collect());
            }
            "_sort" => self.sort = self.sort_keys(reading.definitions, value)?,
            "_include" | "_revinclude" => {
                let include = Include::parse(reading.definitions, code, modifier, value)?;
                self.includes.push(include);
            }
            // Which types was read before all else. The answer is always JSON, its total always exact.
            "_type" | "_format" | "_pretty" | "_total" => {}
            "_contained" if value == "false" => {}
            _ => {
                if value.is_empty() {
                    let name = shown(name);
                    return Err(bad(format!("The search parameter `{name}` has no value.")));
                }
                // In a search of several types each must know what is asked.
                let asked = self.scopes.iter().map(|scope| {
                    conditions::Asked { reading, kind: &scope.kind, depth: 0 }.condition(name, value)
                });
                let asked = asked.collect::<Result<Vec<_>>>()?;
                for (scope, condition) in self.scopes.iter_mut().zip(asked) {
                    scope.all.push(condition);
                }
            }
        }
        Ok(())
    }

    fn sort_keys(&self, definitions: &Definitions, value: &str) -> Result<Vec<Sort>> {
        let keys = value.split(',').filter(|key| !key.is_empty());
        keys.map(|key| {
            let (descending, code) = match key.strip_prefix('-') {
                Some(code) => (true, code),
                None => (false, key),
            };
            let of = |scope: &Target| match field(definitions, &scope.kind, code)? {
                Field::Parameter(parameter) if parameter.sources.is_empty() => Err(super::matcher::unanswered("_sort")),
                field => Ok(field),
            };
            let by = self.scopes.iter().map(of).collect::<Result<_>>()?;
            Ok(Sort { by, descending })
        })
        .collect()
    }

    /// Whether an answer holds no resources.
    pub fn is_count(&self) -> bool {
        self.shape == Shape::Count || self.count == Some(0)
    }
}

/// The types that are searched; in a compartment, with the condition of being in it.
fn scopes(definitions: &Definitions, place: &str, parameters: &str) -> Result<Vec<Target>> {
    let target = |kind: &str| Target { kind: kind.to_string(), all: Vec::new() };
    let parts: Vec<&str> = place.split('/').collect();
    match parts.as_slice() {
        [""] | ["", ..] => {
            let mut named = Vec::new();
            for pair in pairs(parameters) {
                if let Some(types) = pair.strip_prefix("_type=") {
                    named.extend(decode(types)?.split(',').map(str::to_string));
                }
            }
            if parts.len() > 1 || parameters.is_empty() {
                return Err(bad("A search begins with a resource type, as in `Observation?code=...`."));
            }
            if named.is_empty() {
                return Ok(definitions.types().map(target).collect());
            }
            named.iter().map(|kind| known(definitions, kind).map(|()| target(kind))).collect()
        }
        [kind] => known(definitions, kind).map(|()| vec![target(kind)]),
        [compartment, id, kind] if is_type(compartment) && is_id(id) => {
            known(definitions, compartment)?;
            let within = |kind: &str| {
                let inside = conditions::in_compartment(definitions, kind, compartment, id)?;
                Some(Target { kind: kind.to_string(), all: vec![inside] })
            };
            if *kind == "*" {
                return Ok(definitions.types().filter_map(within).collect());
            }
            known(definitions, kind)?;
            let scope = within(kind).ok_or_else(|| {
                Error::new(Code::Unsupported, format!("{kind} is not in the compartment of a {compartment}."))
            })?;
            Ok(vec![scope])
        }
        _ => Err(bad("A search begins with a resource type, as in `Observation?code=...`.")),
    }
}

fn known(definitions: &Definitions, kind: &str) -> Result<()> {
    if !is_type(kind) {
        return Err(bad("A search begins with a resource type, as in `Observation?code=...`."));
    }
    if !definitions.knows(kind) {
        let version = definitions.version();
        let sentence = format!("There is no resource type `{kind}` in FHIR {version}.");
        return Err(Error::new(Code::Unsupported, sentence));
    }
    Ok(())
}

/// What the parameter `code` looks at.
fn field(definitions: &Definitions, kind: &str, code: &str) -> Result<Field> {
    match code {
        "_id" => Ok(Field::Id),
        "_lastUpdated" => Ok(Field::LastUpdated),
        _ => {
            let found = definitions.of(kind).parameter(code);
            let parameter = found.ok_or_else(|| unknown(kind, code))?;
            Ok(Field::Parameter(Rc::clone(parameter)))
        }
    }
}

fn unknown(kind: &str, code: &str) -> Error {
    let name = shown(code);
    Error::new(
        Code::Unsupported,
        format!("The search parameter `{name}` of {kind} is unknown or cannot be answered from a replica."),
    )
}

fn summary(value: &str) -> Result<Shape> {
    Ok(match value {
        "true" => Shape::Summary,
        "text" => Shape::Text,
        "data" => Shape::Data,
        "count" => Shape::Count,
        "false" => Shape::Whole,
        _ => return Err(bad("`_summary` is one of true, text, data, count and false.")),
    })
}
