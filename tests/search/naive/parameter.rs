//! One search parameter with its modifier and values, made a condition on a resource
//! (R5 search.html#ptypes, search.html#modifiers).

use serde_json::Value;

use super::definitions::{Kind, Parameter};
use super::escape::{split, unescape};
use super::evaluate::{Item, evaluate};
use super::number::{Extent, QuantitySearch, Search as NumberSearch};
use super::text::{fold, has_words, strings};
use super::{Check, Condition, Refusal, Server, date, reference, token};

impl Server {
    /// `code:modifier=values` for resources of a type.
    pub(crate) fn parameter<'s>(
        &'s self,
        kind: &str,
        parameter: &'static Parameter,
        modifier: Option<&str>,
        values: &str,
    ) -> Result<Condition<'s>, Refusal> {
        let composite = parameter.kind == Kind::Composite;
        if modifier == Some("missing") && !composite {
            let missing = match values {
                "true" => true,
                "false" => false,
                _ => return Err(Refusal::BadInput("`:missing` is true or false".into())),
            };
            return Ok(Box::new(move |resource| {
                self.present(parameter, resource).is_empty() == missing
            }));
        }
        let negated = matches!(modifier, Some("not" | "not-in"));
        let positive = match modifier {
            Some("not") if parameter.kind == Kind::Token => None,
            Some("not-in") if parameter.kind == Kind::Token => Some("in"),
            _ => modifier,
        };
        let all = split(values, ',');
        if all.contains(&"") {
            return Err(Refusal::BadInput("a value is empty".into()));
        }
        let checks = all.into_iter().map(|value| match parameter.kind {
            Kind::Composite if modifier.is_none() => self.composite(kind, parameter, value),
            _ => self.check(parameter, positive, value),
        });
        let checks: Vec<Check<'s>> = checks.collect::<Result<_, _>>()?;
        Ok(Box::new(move |resource| {
            let items = evaluate(&parameter.path, &Item::of(resource), resource);
            let matches = |item: &Item<'_>| checks.iter().any(|check| check(&item.value, resource));
            items.iter().any(matches) != negated
        }))
    }

    /// The elements of a parameter that hold more than an id and extensions.
    pub(crate) fn present<'r>(&self, parameter: &Parameter, resource: &'r Value) -> Vec<Item<'r>> {
        let items = evaluate(&parameter.path, &Item::of(resource), resource);
        let holds = |item: &Item<'_>| match &*item.value {
            Value::Object(members) => {
                let is_extension = members.contains_key("url") && members.len() > 1;
                let more = members.keys().any(|key| key != "id" && key != "extension");
                is_extension || more
            }
            _ => true,
        };
        items.into_iter().filter(holds).collect()
    }

    /// Each component's value against the elements within one element of the composite.
    pub(super) fn composite<'s>(
        &'s self,
        kind: &str,
        parameter: &'static Parameter,
        value: &str,
    ) -> Result<Check<'s>, Refusal> {
        let values = split(value, '$');
        if values.len() != parameter.components.len() {
            return Err(Refusal::BadInput(
                "a value has not as many parts as it needs".into(),
            ));
        }
        let mut checks = Vec::new();
        for ((code, path), value) in parameter.components.iter().zip(values) {
            let component = self.definitions.parameter(kind, code);
            let unknown = || Refusal::Unsupported(code.clone());
            checks.push((
                path,
                self.check(component.ok_or_else(unknown)?, None, value)?,
            ));
        }
        Ok(Box::new(move |element, resource| {
            let holds = |(path, check): &(&_, Check<'s>)| {
                let items = evaluate(path, &Item::of(element), resource);
                items.iter().any(|item| check(&item.value, resource))
            };
            checks.iter().all(holds)
        }))
    }

    /// One value against one element.
    pub(crate) fn check<'s>(
        &'s self,
        parameter: &'static Parameter,
        modifier: Option<&str>,
        value: &str,
    ) -> Result<Check<'s>, Refusal> {
        let inner: Check<'s> = match (parameter.kind, modifier) {
            (Kind::Date, None) => {
                let (prefix, search) = date::parse(value)?;
                Box::new(move |element, _| {
                    let span = date::Span::by(parameter, element);
                    span.is_some_and(|span| date::holds(prefix, search, span, self.now))
                })
            }
            (Kind::Number, None) => {
                let search = NumberSearch::parse(value)?;
                Box::new(move |element, _| Extent::of(element).is_some_and(|it| search.holds(it)))
            }
            (Kind::Quantity, None) => {
                let search = QuantitySearch::parse(value)?;
                Box::new(move |element, _| search.holds(element))
            }
            (Kind::Text, _) => text(modifier, unescape(value)?)?,
            (Kind::Uri, _) => uri(modifier, unescape(value)?)?,
            (Kind::Token, _) => self.token(parameter, modifier, value)?,
            (Kind::Reference, _) => self.reference(parameter, modifier, value)?,
            _ => return Err(unfit(parameter, modifier)),
        };
        // Where a parameter's expression ends at an extension, its value is meant.
        Ok(Box::new(
            move |element, resource| match value_of_extension(element) {
                Some(value) => inner(value, resource),
                None => inner(element, resource),
            },
        ))
    }

    fn token<'s>(
        &'s self,
        parameter: &'static Parameter,
        modifier: Option<&str>,
        value: &str,
    ) -> Result<Check<'s>, Refusal> {
        let implied = parameter.system.as_deref();
        let any = move |element: &Value, holds: &dyn Fn(&token::Token) -> bool| {
            token::tokens(element, implied).iter().any(holds)
        };
        Ok(match modifier {
            None => {
                let search = token::Search::parse(value)?;
                Box::new(move |element, _| any(element, &|token| search.holds(token)))
            }
            Some("text") => {
                let begins = fold(&unescape(value)?);
                Box::new(move |element, _| {
                    let mut displays = token::displays(element).into_iter();
                    displays.any(|display| fold(display).starts_with(&begins))
                })
            }
            Some("code-text") => {
                let begins = fold(&unescape(value)?);
                let fits = move |code: &String| fold(code).starts_with(&begins);
                Box::new(move |element, _| any(element, &|it| it.code.as_ref().is_some_and(&fits)))
            }
            Some("of-type") => {
                let holds = token::of_type(value)?;
                Box::new(move |element, _| holds(element))
            }
            Some("in") => {
                let set = self.value_set(&unescape(value)?)?;
                // What it can't be asked shows with any code.
                let nothing = token::Token {
                    system: None,
                    code: None,
                };
                self.is_in(set, &nothing)?;
                Box::new(move |element, _| any(element, &|it| self.is_in(set, it) == Ok(true)))
            }
            // R5 search.html#mimetype: the parameters of a MIME type are below it.
            Some("below") if implied == Some("urn:ietf:bcp:13") => {
                let base = unescape(value)?;
                let below = move |code: &String| {
                    code.strip_prefix(&base)
                        .is_some_and(|it| it.is_empty() || it.starts_with(';'))
                };
                Box::new(move |element, _| any(element, &|it| it.code.as_ref().is_some_and(&below)))
            }
            Some(direction @ ("above" | "below")) => {
                let search = token::Search::parse(value)?;
                let no_code = || Refusal::BadInput("a hierarchy is asked by a code".into());
                let (system, code) = search.concept().ok_or_else(no_code)?;
                let related = self.related(system, code, direction == "above")?;
                Box::new(move |element, _| any(element, &|token| related.contains(token)))
            }
            _ => return Err(unfit(parameter, modifier)),
        })
    }

    fn reference<'s>(
        &'s self,
        parameter: &'static Parameter,
        modifier: Option<&str>,
        value: &str,
    ) -> Result<Check<'s>, Refusal> {
        let search = match modifier {
            None => reference::Search::parse(&self.base, value, &parameter.targets, None)?,
            Some("below") => reference::Search::below(&self.base, value)?,
            Some("identifier") => {
                let search = token::Search::parse(value)?;
                return Ok(Box::new(move |element, _| {
                    let tokens = token::tokens(&element["identifier"], None);
                    tokens.iter().any(|token| search.holds(token))
                }));
            }
            Some("text") => {
                let begins = fold(&unescape(value)?);
                return Ok(Box::new(move |element, _| {
                    let display = element["display"].as_str();
                    display.is_some_and(|display| fold(display).starts_with(&begins))
                }));
            }
            Some(kind) if self.definitions.get(kind).is_some() => {
                if !parameter.targets.iter().any(|target| target == kind) {
                    return Err(unfit(parameter, modifier));
                }
                reference::Search::parse(&self.base, value, &[], Some(kind))?
            }
            _ => return Err(unfit(parameter, modifier)),
        };
        Ok(Box::new(move |element, _| {
            let has = reference::target(&self.base, element);
            has.is_some_and(|target| search.holds(&target))
        }))
    }
}

/// R5 search.html#string.
fn text<'s>(modifier: Option<&str>, value: String) -> Result<Check<'s>, Refusal> {
    let folded = fold(&value);
    let any =
        |element: &Value, holds: &dyn Fn(&str) -> bool| strings(element).into_iter().any(holds);
    Ok(match modifier {
        None => Box::new(move |element, _| any(element, &|it| fold(it).starts_with(&folded))),
        Some("contains") => {
            Box::new(move |element, _| any(element, &|it| fold(it).contains(&folded)))
        }
        Some("exact") => Box::new(move |element, _| any(element, &|it| it == value)),
        Some("text") => Box::new(move |element, _| has_words(strings(element), &value)),
        Some(other) => return Err(Refusal::Unsupported(format!(":{other}"))),
    })
}

/// R5 search.html#uri. `:above` and `:below` go by whole steps of a path.
fn uri<'s>(modifier: Option<&str>, value: String) -> Result<Check<'s>, Refusal> {
    let below = |uri: &str, base: &str| {
        let rest = uri.strip_prefix(base.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let hierarchical = matches!(modifier, Some("above" | "below"));
    if hierarchical && !value.contains("://") {
        return Err(Refusal::BadInput("only URLs have a hierarchy".into()));
    }
    let holds: Box<dyn Fn(&str) -> bool> = match modifier {
        None => Box::new(move |uri| uri == value),
        Some("contains") => Box::new(move |uri| fold(uri).contains(&fold(&value))),
        Some("below") => Box::new(move |uri| below(uri, &value)),
        Some("above") => Box::new(move |uri| uri.contains("://") && below(&value, uri)),
        Some(other) => return Err(Refusal::Unsupported(format!(":{other}"))),
    };
    Ok(Box::new(move |element, _| {
        element.as_str().is_some_and(&holds)
    }))
}

pub(super) fn value_of_extension(element: &Value) -> Option<&Value> {
    let members = element.as_object()?;
    members.get("url")?;
    let value = members.iter().find(|(name, _)| {
        let kind = name.strip_prefix("value");
        kind.is_some_and(|kind| kind.starts_with(char::is_uppercase))
    });
    value.map(|(_, value)| value)
}

fn unfit(parameter: &Parameter, modifier: Option<&str>) -> Refusal {
    let modifier = modifier.map(|it| format!(":{it}")).unwrap_or_default();
    Refusal::Unsupported(format!("{}{modifier}", parameter.code))
}
