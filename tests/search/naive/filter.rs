//! `_filter` (R5 search_filter.html).

use serde_json::Value;

use super::definitions::{Kind, Parameter};
use super::filter_text::{Filter, Step, read};
use super::prefix::Prefix;
use super::text::{fold, strings};
use super::{Check, Condition, Refusal, Server, date, parameter, token};

/// Whether a test holds, for each item that its path leads to.
type Set<'s> = Box<dyn Fn(&Value) -> Vec<bool> + 's>;

impl Server {
    pub(super) fn filter<'s>(&'s self, kind: &str, text: &str) -> Result<Condition<'s>, Refusal> {
        self.holds(kind, &read(text)?)
    }

    fn holds<'s>(&'s self, kind: &str, filter: &Filter) -> Result<Condition<'s>, Refusal> {
        Ok(match filter {
            Filter::And(one, other) => {
                let (one, other) = (self.holds(kind, one)?, self.holds(kind, other)?);
                Box::new(move |resource| one(resource) && other(resource))
            }
            Filter::Or(one, other) => {
                let (one, other) = (self.holds(kind, one)?, self.holds(kind, other)?);
                Box::new(move |resource| one(resource) || other(resource))
            }
            Filter::Not(inner) => {
                let inner = self.holds(kind, inner)?;
                Box::new(move |resource| !inner(resource))
            }
            Filter::Test {
                path,
                operator,
                value,
            } => {
                let set = self.set(kind, path, operator, value)?;
                match operator.as_str() {
                    "pr" => {
                        let present = match value.as_str() {
                            "true" => true,
                            "false" => false,
                            _ => return Err(Refusal::BadInput("`pr` is true or false".into())),
                        };
                        Box::new(move |resource| set(resource).is_empty() != present)
                    }
                    "ni" => Box::new(move |resource| !set(resource).contains(&true)),
                    _ => Box::new(move |resource| set(resource).contains(&true)),
                }
            }
        })
    }

    fn set<'s>(
        &'s self,
        kind: &str,
        path: &[Step],
        operator: &str,
        value: &str,
    ) -> Result<Set<'s>, Refusal> {
        let Some((step, rest)) = path.split_first() else {
            return Err(Refusal::BadInput("a path is empty".into()));
        };
        if let Some(has) = step.name.strip_prefix("_has:") {
            if step.filter.is_some() || !rest.is_empty() {
                return Err(Refusal::BadInput("something follows `_has`".into()));
            }
            return self.referring(has, operator, value);
        }
        if rest.is_empty() {
            if step.filter.is_some() {
                return Err(Refusal::BadInput("a path ends with a filter".into()));
            }
            let parameter = self.known(kind, &step.name)?;
            let check = match (parameter.kind, operator) {
                (Kind::Composite, "eq") => self.composite(kind, parameter, value)?,
                (Kind::Composite, _) => {
                    return Err(Refusal::Unsupported(format!("{operator} of a composite")));
                }
                _ => self.operator(parameter, operator, value)?,
            };
            return Ok(Box::new(move |resource| {
                let items = self.present(parameter, resource);
                items
                    .iter()
                    .map(|item| check(&item.value, resource))
                    .collect()
            }));
        }
        let parameter = self.known_reference(kind, &step.name)?;
        let mut ways = Vec::new();
        let mut refusal = Refusal::Unsupported(step.name.clone());
        for target in &parameter.targets {
            let within = step
                .filter
                .as_ref()
                .map(|filter| self.holds(target, filter));
            match (within.transpose(), self.set(target, rest, operator, value)) {
                (Ok(within), Ok(set)) => ways.push((target, within, set)),
                (Err(error), _) | (_, Err(error)) => refusal = error,
            }
        }
        if ways.is_empty() {
            return Err(refusal);
        }
        Ok(Box::new(move |resource| {
            let mut all = Vec::new();
            for other in self.pointed(parameter, resource) {
                for (kind, within, set) in &ways {
                    let meant = within.as_ref().is_none_or(|within| within(other));
                    if other["resourceType"] == kind.as_str() && meant {
                        all.extend(set(other));
                    }
                }
            }
            all
        }))
    }

    /// `Type:reference:parameter`: what the resources have that refer to the one at hand.
    fn referring<'s>(&'s self, has: &str, operator: &str, value: &str) -> Result<Set<'s>, Refusal> {
        let mut parts = has.splitn(3, ':');
        let (Some(kind), Some(code), Some(name)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::BadInput("`_has` wants three names".into()));
        };
        self.known_type(kind)?;
        let parameter = self.known_reference(kind, code)?;
        let last = Step {
            name: name.to_string(),
            filter: None,
        };
        let set = self.set(kind, &[last], operator, value)?;
        let kind = kind.to_string();
        Ok(Box::new(move |resource| {
            let others = self.of_type(&kind);
            let others = others.filter(|other| self.points_to(parameter, other, resource));
            others.flat_map(&set).collect()
        }))
    }

    /// The tables of search_filter.html#ops.
    fn operator<'s>(
        &'s self,
        parameter: &'static Parameter,
        operator: &str,
        value: &str,
    ) -> Result<Check<'s>, Refusal> {
        let folded = fold(value);
        let any = |element: &Value, fits: &dyn Fn(&str) -> bool| {
            let texts = strings(value_of_extension(element));
            texts.into_iter().any(|text| fits(&fold(text)))
        };
        Ok(match (parameter.kind, operator) {
            (_, "pr") => Box::new(|_, _| true),
            (Kind::Text, "eq") => Box::new(move |element, _| any(element, &|it| it == folded)),
            (Kind::Text, "ne") => Box::new(move |element, _| !any(element, &|it| it == folded)),
            (Kind::Text, "co") => {
                Box::new(move |element, _| any(element, &|it| it.contains(&folded)))
            }
            (Kind::Text, "sw") => {
                Box::new(move |element, _| any(element, &|it| it.starts_with(&folded)))
            }
            (Kind::Text, "ew") => {
                Box::new(move |element, _| any(element, &|it| it.ends_with(&folded)))
            }
            (Kind::Text, "gt" | "lt" | "ge" | "le") => {
                let operator = operator.to_string();
                Box::new(move |element, _| {
                    any(element, &|it| match operator.as_str() {
                        "gt" => it > folded.as_str(),
                        "lt" => !it.is_empty() && it < folded.as_str(),
                        "ge" => it >= folded.as_str(),
                        _ => !it.is_empty() && it <= folded.as_str(),
                    })
                })
            }
            (Kind::Date, "co" | "po") => {
                let (_, search) = date::parse(value)?;
                let contains = operator == "co";
                Box::new(move |element, _| {
                    date::Span::by(parameter, element).is_some_and(|has| match contains {
                        true => has.first <= search.first && search.last <= has.last,
                        false => has.first <= search.last && search.first <= has.last,
                    })
                })
            }
            (Kind::Date | Kind::Number | Kind::Quantity, _)
                if Prefix::named(operator).is_some() =>
            {
                self.check(
                    parameter,
                    None,
                    &format!("{operator}{}", spelled_out(value)),
                )?
            }
            // An id is told apart by its case (R5 datatypes.html#id).
            (Kind::Token, "eq") if parameter.code == "_id" => self.check(parameter, None, value)?,
            (Kind::Token, "eq") => {
                let search = token::Search::parse(&lower(&spelled_out(value)))?;
                let implied = parameter.system.as_deref();
                Box::new(move |element, _| {
                    let tokens = token::tokens(value_of_extension(element), implied);
                    tokens.into_iter().any(|it| {
                        search.holds(&token::Token {
                            system: it.system.map(|it| lower(&it)),
                            code: it.code.map(|it| lower(&it)),
                        })
                    })
                })
            }
            (Kind::Uri, "eq") => {
                let wanted = lower(value);
                Box::new(move |element, _| {
                    let uri = value_of_extension(element).as_str();
                    uri.is_some_and(|uri| lower(uri) == wanted)
                })
            }
            (Kind::Token | Kind::Uri, "ne") => {
                let equal = self.operator(parameter, "eq", value)?;
                Box::new(move |element, resource| !equal(element, resource))
            }
            (Kind::Token, "ss" | "sb" | "in" | "ni") if parameter.code == "_id" => {
                return Err(Refusal::Unsupported(format!("{operator} of an id")));
            }
            (Kind::Token, "ss") => self.check(parameter, Some("below"), &spelled_out(value))?,
            (Kind::Token, "sb") => self.check(parameter, Some("above"), &spelled_out(value))?,
            (Kind::Token, "in" | "ni") => self.check(parameter, Some("in"), value)?,
            (Kind::Reference, "re") => self.check(parameter, None, value)?,
            _ => {
                return Err(Refusal::Unsupported(format!(
                    "{operator} of {}",
                    parameter.code
                )));
            }
        })
    }
}

/// "Values are never case sensitive."
fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Where a parameter's expression ends at an extension, its value is meant.
fn value_of_extension(element: &Value) -> &Value {
    parameter::value_of_extension(element).unwrap_or(element)
}

/// "The codes loinc, snomed, rxnorm and ucum are predefined."; of a quantity, in its second part.
fn spelled_out(token: &str) -> String {
    if let Some((number, unit)) = token.split_once('|')
        && number.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && unit.contains('|')
    {
        return format!("{number}|{}", spelled_out(unit));
    }
    const SYSTEMS: [(&str, &str); 4] = [
        ("loinc|", "http://loinc.org|"),
        ("snomed|", "http://snomed.info/sct|"),
        ("rxnorm|", "http://www.nlm.nih.gov/research/umls/rxnorm|"),
        ("ucum|", "http://unitsofmeasure.org|"),
    ];
    let known = SYSTEMS.iter().find(|(short, _)| token.starts_with(short));
    known.map_or(token.to_string(), |(short, long)| {
        token.replacen(short, long, 1)
    })
}
