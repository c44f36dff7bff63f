//! A FHIR search as text, read into what an index can be asked.
//!
//! What cannot be answered from a replica is refused by name: an answer that left a parameter out
//! would show resources that were not asked for, or hide none and look complete.

pub(super) mod conditions;
mod filter;
mod includes;
mod narrowed;
mod operators;
mod text;

use std::rc::Rc;

pub use includes::Include;

use super::condition::Target;
use super::definitions::Definitions;
use super::matcher::{Field, Readings, bad, shown};
use crate::fhir::Instant;
use crate::fhir::reference::{is_id, is_type};
use crate::{Code, Error, Result};
use text::number;
pub(crate) use text::{decode, pairs};

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
    /// `_page`: under which number it is remembered where this page begins.
    pub page: Option<u64>,
    /// What else belongs into the answer.
    pub includes: Vec<Include>,
    /// What of the resources belongs into the answer.
    pub shape: Shape,
    /// What was left out because it cannot be answered.
    pub ignored: Vec<String>,
    /// What was used of the query, without `_offset` and `_page`: what links are made from.
    pub text: String,
    /// The resource in whose compartment all of it is, as `Type/id`; empty: anywhere.
    pub within: String,
    /// What of all this an answer shows.
    pub shown: Shown,
    /// Whether it is answered to somebody else, who may go on from the time that the answer has.
    pub followed: bool,
}

/// What an answer shows of what was found and of what belongs to that, as `$everything` is asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Of these types; empty: of all.
    pub kinds: Vec<String>,
    /// What has changed, or has come to the replica, at or after this time.
    pub since: Option<Instant>,
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

impl Shape {
    /// What `_summary` or `_elements` asks for.
    ///
    /// # Errors
    /// [`Code::BadInput`] for a summary that there is not.
    pub fn parse(name: &str, value: &str) -> Result<Shape> {
        if name == "_summary" {
            return summary(value);
        }
        let elements = value.split(',').filter(|name| !name.is_empty());
        Ok(Shape::Elements(
            elements.map(|name| name.trim().to_string()).collect(),
        ))
    }
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
            page: None,
            includes: Vec::new(),
            shape: Shape::Whole,
            ignored: Vec::new(),
            text: place.to_string(),
            within: String::new(),
            shown: Shown::default(),
            followed: false,
        };
        let mut before = '?';
        for pair in pairs(parameters) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            match query.add(reading, &name, &value) {
                Err(error)
                    if error.code() == Code::Unsupported
                        && reading.handling == Handling::Lenient =>
                {
                    query.ignored.push(shown(&name).to_string());
                }
                added => {
                    added?;
                    if !matches!(&*name, "_offset" | "_page") {
                        query.text.push(before);
                        query.text.push_str(pair);
                        before = '&';
                    }
                }
            }
        }
        if query.text.is_empty() {
            return Err(bad(
                "A search begins with a resource type, as in `Observation?code=...`, or asks something of all types.",
            ));
        }
        if conditions::size(&query.scopes) > conditions::MOST {
            return Err(bad(
                "The search asks for more than a replica looks up at once; divide it.",
            ));
        }
        Ok(query)
    }

    fn add(&mut self, reading: &Reading<'_>, name: &str, value: &str) -> Result<()> {
        let (code, modifier) = name.split_once(':').unwrap_or((name, ""));
        // Of these, only includes have modifiers.
        let code = match code {
            "_include" | "_revinclude" => code,
            _ => name,
        };
        match code {
            "_count" => self.count = Some(number(name, value)?),
            "_offset" => self.offset = number(name, value)?,
            "_page" => self.page = Some(number(name, value)? as u64),
            "_summary" | "_elements" => self.shape = Shape::parse(code, value)?,
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
                    conditions::Asked {
                        reading,
                        kind: &scope.kind,
                        depth: 0,
                    }
                    .condition(name, value)
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
                Field::Parameter(parameter) if parameter.sources.is_empty() => {
                    Err(super::matcher::unanswered("_sort"))
                }
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
    let target = |kind: &str| Target {
        kind: kind.to_string(),
        all: Vec::new(),
    };
    let parts: Vec<&str> = place.split('/').collect();
    match parts.as_slice() {
        [""] | ["", ..] => {
            if parts.len() > 1 {
                return Err(bad(
                    "A search begins with a resource type, as in `Observation?code=...`.",
                ));
            }
            let named = types_named(definitions, parameters)?;
            if named.is_empty() {
                return Ok(definitions.types().map(target).collect());
            }
            Ok(named.iter().map(|kind| target(kind)).collect())
        }
        [kind] => known(definitions, kind).map(|()| vec![target(kind)]),
        [compartment, id, kind] if is_type(compartment) && is_id(id) => {
            known(definitions, compartment)?;
            let within = |kind: &str| {
                let inside = conditions::in_compartment(definitions, kind, compartment, id)?;
                Some(Target {
                    kind: kind.to_string(),
                    all: vec![inside],
                })
            };
            if *kind == "*" {
                let named = types_named(definitions, parameters)?;
                let is_named = |kind: &&str| named.is_empty() || named.iter().any(|it| it == kind);
                let kinds = definitions.types().filter(is_named);
                return Ok(kinds.filter_map(within).collect());
            }
            known(definitions, kind)?;
            let scope = within(kind).ok_or_else(|| {
                Error::new(
                    Code::Unsupported,
                    format!("{kind} is not in the compartment of a {compartment}."),
                )
            })?;
            Ok(vec![scope])
        }
        _ => Err(bad(
            "A search begins with a resource type, as in `Observation?code=...`.",
        )),
    }
}

/// The types that `_type` names.
fn types_named(definitions: &Definitions, parameters: &str) -> Result<Vec<String>> {
    let mut named = Vec::new();
    for pair in pairs(parameters) {
        if let Some(types) = pair.strip_prefix("_type=") {
            for kind in decode(types)?.split(',') {
                known(definitions, kind)?;
                named.push(kind.to_string());
            }
        }
    }
    Ok(named)
}

fn known(definitions: &Definitions, kind: &str) -> Result<()> {
    if !is_type(kind) {
        return Err(bad(
            "A search begins with a resource type, as in `Observation?code=...`.",
        ));
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
        format!(
            "The search parameter `{name}` of {kind} is unknown or cannot be answered from a replica."
        ),
    )
}

/// What `_summary` asks for.
fn summary(value: &str) -> Result<Shape> {
    Ok(match value {
        "true" => Shape::Summary,
        "text" => Shape::Text,
        "data" => Shape::Data,
        "count" => Shape::Count,
        "false" => Shape::Whole,
        _ => {
            return Err(bad(
                "`_summary` is one of true, text, data, count and false.",
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::condition::Condition;
    use crate::search::matcher::Matcher;

    fn read(text: &str, handling: Handling) -> Result<Query> {
        let reading = Reading {
            definitions: &Definitions::r4(),
            values: Readings {
                base: "https://x.org/fhir",
                now: Instant(0),
            },
            handling,
        };
        Query::parse(&reading, text)
    }

    fn parse(text: &str) -> Result<Query> {
        read(text, Handling::Strict)
    }

    fn matchers(text: &str) -> Vec<Matcher> {
        match parse(text).unwrap().scopes.remove(0).all.remove(0) {
            Condition::Any { any, .. } => any,
            other => panic!("{other:?}"),
        }
    }

    fn code(text: &str) -> Code {
        parse(text).unwrap_err().code()
    }

    #[test]
    fn a_query_is_conditions_sort_and_page() {
        let query = parse("Observation?patient=1&code=http%3A%2F%2Floinc.org%7C4548-4&_sort=-date,_id&_count=20&_offset=40").unwrap();
        assert_eq!(
            (query.scopes[0].kind.as_str(), query.scopes[0].all.len()),
            ("Observation", 2)
        );
        assert_eq!(
            matchers("Observation?patient=1"),
            [Matcher::Term(b"Patient/1".to_vec())]
        );
        assert!(query.sort[0].descending && !query.sort[1].descending);
        assert_eq!((query.count, query.offset), (Some(20), 40));
        assert!(query.text.ends_with("&_count=20"), "{}", query.text);
    }

    #[test]
    fn links_leave_the_offset_out_however_it_is_spelt() {
        let query = parse("Observation?%5Foffset=40&_count=20").unwrap();
        assert_eq!(
            (query.offset, query.text.as_str()),
            (40, "Observation?_count=20")
        );
    }

    #[test]
    fn tokens_with_and_without_system_are_told_apart() {
        assert_eq!(
            matchers("Observation?code=a"),
            [Matcher::Prefix(b"a\0".to_vec())]
        );
        assert_eq!(
            matchers("Observation?code=|a"),
            [Matcher::Term(b"a\0".to_vec())]
        );
        assert_eq!(
            matchers("Observation?code=s|"),
            [Matcher::Suffix(b"\0s".to_vec())]
        );
        assert_eq!(matchers("Observation?code=a\\,b,c").len(), 2);
        assert_eq!(
            matchers("Observation?code=a\\|b"),
            [Matcher::Prefix(b"a|b\0".to_vec())]
        );
    }

    #[test]
    fn an_id_alone_may_be_of_any_type_that_the_parameter_allows() {
        assert_eq!(matchers("Observation?subject=1").len(), 4);
        assert_eq!(
            matchers("Observation?subject:Patient=1"),
            [Matcher::Term(b"Patient/1".to_vec())]
        );
        assert_eq!(
            matchers("Observation?subject=Group/1"),
            [Matcher::Term(b"Group/1".to_vec())]
        );
    }

    #[test]
    fn the_plus_of_a_zone_is_understood_encoded_or_not() {
        let encoded = matchers("Observation?date=ge2013-04-02T09:30:10%2B01:00");
        assert_eq!(
            matchers("Observation?date=ge2013-04-02T09:30:10+01:00"),
            encoded
        );
    }

    #[test]
    fn what_cannot_be_answered_is_refused_by_name_or_left_out_and_said() {
        for text in [
            "Observation?code:magic=5",
            "Observation?patient.magic=x",
            "Observation?_include=Observation:magic",
            "Observation?_sort=magic",
            "Observation?_query=x",
            "Observation?_offset:=1",
            "Observation?_count:exact=1",
            "Observations?code=a",
            "Patient/1/Medication",
        ] {
            assert_eq!(code(text), Code::Unsupported, "{text}");
        }
        assert!(
            parse("Binary").is_ok(),
            "a type without parameters of its own"
        );
        let error = parse("Observation?magic=1").unwrap_err();
        assert!(error.message().contains("`magic`"));
        assert!(!error.message().contains('1'), "no value in a message");
        let query = read("Observation?magic=1&code=a&_sort=magic", Handling::Lenient).unwrap();
        assert_eq!(query.ignored, ["magic", "_sort"]);
        assert_eq!(query.text, "Observation?code=a");
    }

    #[test]
    fn a_name_that_is_none_is_not_repeated_in_a_message() {
        for text in [
            "Observation?Jane Roe",
            "Observation?Jane%20Roe=1",
            "Observation?code:Jane Roe=1",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!error.message().contains("Jane"), "{text}");
        }
    }

    #[test]
    fn what_is_no_query_is_refused_with_a_sentence() {
        let chain = format!("Observation?{}code=1", "has-member.".repeat(100_000));
        let has = format!("Patient?{}code=1", "_has:Observation:patient:".repeat(1000));
        let many = format!("Observation?code={}", "a,".repeat(100_000));
        for text in [
            "",
            "observation",
            "?code=1&",
            "?&",
            "?_offset=3",
            "Observation?code=",
            "Observation?date=soon",
            "Observation?value-quantity=much",
            "Observation?code-value-quantity=a",
            "Observation?_count=-1",
            "Observation?code=%zz",
            "Observation?_id=a/b",
            "Observation?status.code=a",
            "Observation?_include=subject",
            "Observation?_include=Observation:status",
            "Observation?_summary=some",
            "Patient?_has:Observation=1",
            &chain,
            &has,
            &many,
        ] {
            assert!(parse(text).is_err(), "{}", &text[..text.len().min(60)]);
            if !text.starts_with("?") {
                assert_eq!(
                    code(text),
                    Code::BadInput,
                    "{}",
                    &text[..text.len().min(60)]
                );
            }
        }
    }
}
