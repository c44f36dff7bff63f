//! What the operators of a `_filter` mean for each kind of parameter (R5 search_filter.html#ops), as
//! conditions of an index.

use super::conditions::Asked;
use super::field;
use super::filter::{Filter, Step, Test, read};
use crate::search::condition::{Check, Condition};
use crate::search::matcher::{Comparison, Field, Matcher, bad, folded, lowered, shown, token};
use crate::search::parameter::ParameterKind;
use crate::{Code, Error, Result};

/// "The codes loinc, snomed, rxnorm and ucum are predefined."
const SYSTEMS: [(&str, &str); 4] = [
    ("loinc", "http://loinc.org"),
    ("snomed", "http://snomed.info/sct"),
    ("rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("ucum", "http://unitsofmeasure.org"),
];

impl Asked<'_> {
    /// The condition of `_filter=text`.
    pub(super) fn filter(self, text: &str) -> Result<Condition> {
        self.filtered(&read(text)?)
    }

    fn filtered(self, filter: &Filter<'_>) -> Result<Condition> {
        let each = |them: &[Filter<'_>]| -> Result<Vec<Condition>> {
            them.iter().map(|it| self.filtered(it)).collect()
        };
        Ok(match filter {
            Filter::All(them) => Condition::All(each(them)?),
            Filter::Either(them) => Condition::Either(each(them)?),
            Filter::Not(it) => Condition::Not(Box::new(self.filtered(it)?)),
            Filter::Test(path, test) => {
                let holds = self.tested(path, test)?;
                // These two are about the set: none of all that the path leads to.
                match (test.operator, &*test.value) {
                    ("ni", _) | ("pr", "false") => Condition::Not(Box::new(holds)),
                    _ => holds,
                }
            }
        })
    }

    /// That an item of what the path leads to passes the test.
    fn tested(self, path: &[Step<'_>], test: &Test<'_>) -> Result<Condition> {
        let Some((step, rest)) = path.split_first() else {
            return Ok(Condition::All(Vec::new()));
        };
        if let Some(has) = step.name.strip_prefix("_has:") {
            if !rest.is_empty() || step.within.is_some() {
                return Err(bad(
                    "In a `_filter` nothing follows the parameter of `_has`.",
                ));
            }
            return self.referred(has, &|asked, name| {
                asked.tested(&[Step { name, within: None }], test)
            });
        }
        if rest.is_empty() {
            return self.compared(step.name, test);
        }
        self.linked(step.name, None, &|asked| {
            let mut all = vec![asked.tested(rest, test)?];
            if let Some(within) = &step.within {
                all.push(asked.filtered(within)?);
            }
            Ok(all)
        })
    }

    /// The table: operator by kind.
    fn compared(self, name: &str, test: &Test<'_>) -> Result<Condition> {
        use ParameterKind::{
            Composite, Date, Number, Quantity, Reference, Special, String, Token, Uri,
        };
        let on = field(self.reading.definitions, self.kind, name)?;
        let kind = match &on {
            Field::Id => Token,
            Field::LastUpdated => Date,
            Field::Parameter(parameter) => parameter.kind,
        };
        let value = &*test.value;
        let single = |matcher| Condition::Any {
            on: on.clone(),
            any: vec![matcher],
        };
        let plain = |value: &str| self.values(on.clone(), None, name, &[value]);
        Ok(match (&on, kind, test.operator) {
            (_, Composite, "eq") | (_, Reference, "re") | (Field::Id, _, "eq") => plain(value)?,
            (_, Composite | Special, _) => return Err(self.meaningless(test, name)),
            (_, _, "pr") => Condition::Not(Box::new(Condition::Missing(on))),
            (_, String, "co" | "sw" | "ew" | "gt" | "lt" | "ge" | "le") => {
                let text = folded(value);
                single(match test.operator {
                    "co" => Matcher::Contains(text),
                    "sw" => Matcher::Prefix(text),
                    "ew" => Matcher::Suffix(text),
                    other => Matcher::Order(Comparison::of(other).0, text),
                })
            }
            (_, Date, "co" | "po") => {
                let comparison = match test.operator {
                    "co" => Comparison::Covers,
                    _ => Comparison::Overlaps,
                };
                let range = self.reading.values.range(name, value)?;
                single(Matcher::Range(comparison, range))
            }
            (
                _,
                Date | Number | Quantity,
                "eq" | "ne" | "gt" | "lt" | "ge" | "le" | "ap" | "sa" | "eb",
            ) => plain(&format!("{}{}", test.operator, spelled_out(value)))?,
            (Field::Id, _, "ne") => Condition::Not(Box::new(plain(value)?)),
            (Field::Parameter(parameter), String | Token | Uri, "eq" | "ne") => {
                let same = match kind {
                    String => Matcher::Term(folded(value)),
                    Uri => Matcher::AnyCase(Box::new(Matcher::Term(lowered(value).into()))),
                    _ => Matcher::AnyCase(Box::new(token(&lowered(&spelled_out(value))))),
                };
                let equal = single(same.clone());
                if test.operator == "eq" {
                    return Ok(equal);
                }
                // Where nothing is equal something is unequal, if there is anything at all. Where
                // something is, the resource tells whether there is more than that.
                let unequal = Condition::Not(Box::new(single(same.clone())));
                let present = Condition::Not(Box::new(Condition::Missing(on.clone())));
                let read = Condition::Read {
                    on: parameter.clone(),
                    any: vec![Check::Other(same)],
                };
                Condition::Either(vec![
                    Condition::All(vec![present, unequal]),
                    Condition::All(vec![equal, read]),
                ])
            }
            (Field::Parameter(parameter), Token, "in" | "ni") => Condition::InValueSet {
                on: parameter.clone(),
                value_set: value.to_string(),
            },
            // The value subsumes what is below it.
            (Field::Parameter(parameter), Token, "ss" | "sb") => {
                self.related(parameter, &spelled_out(value), test.operator == "sb")?
            }
            _ => return Err(self.meaningless(test, name)),
        })
    }

    fn meaningless(self, test: &Test<'_>, name: &str) -> Error {
        let (operator, name, kind) = (test.operator, shown(name), self.kind);
        Error::new(
            Code::Unsupported,
            format!(
                "The operator `{operator}` of `_filter` has no meaning for `{name}` of {kind}, or cannot be answered from a replica."
            ),
        )
    }
}

/// A value with its predefined name of a code system replaced by what that stands for.
fn spelled_out(value: &str) -> String {
    let replaced = SYSTEMS.iter().find_map(|(short, long)| {
        let at = value.find(&format!("{short}|"))?;
        let begins = at == 0 || value[..at].ends_with('|');
        begins.then(|| [&value[..at], long, &value[at + short.len()..]].concat())
    });
    replaced.unwrap_or_else(|| value.to_string())
}
