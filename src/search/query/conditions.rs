//! One parameter of a query with its values, read into a condition.

use std::rc::Rc;

use super::{Reading, field, known, unknown};
use crate::fhir::Identity;
use crate::fhir::reference::is_id;
use crate::search::condition::{Check, Condition, Target};
use crate::search::definitions::Definitions;
use crate::search::matcher::{
    Field, Matcher, bad, folded, id, identifier, shown, split, token, type_of, unescape,
};
use crate::search::parameter::{Parameter, ParameterKind};
use crate::search::term;
use crate::search::words::{Words, words};
use crate::{Code, Error, Result};

/// How far chains may reach.
const DEEPEST: usize = 8;
/// How many values a query may have, all that its chains may mean counted.
pub(super) const MOST: usize = 20_000;

/// Of which type something is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) reading: &'a Reading<'a>,
    pub(super) kind: &'a str,
    pub(super) depth: usize,
}

impl Asked<'_> {
    /// The condition of `name=value`; `name` may have a modifier and go on as a chain.
    pub(super) fn condition(self, name: &str, value: &str) -> Result<Condition> {
        if let Some(has) = name.strip_prefix("_has:") {
            return self.referred(has, &|asked, rest| asked.condition(rest, value));
        }
        if let Some((link, rest)) = name.split_once('.') {
            let (code, only) = match link.split_once(':') {
                Some((code, only)) => (code, Some(only)),
                None => (link, None),
            };
            return self.linked(code, only, &|asked| Ok(vec![asked.condition(rest, value)?]));
        }
        if name == "_filter" {
            return self.filter(value);
        }
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        if code == "_list" {
            return match is_id(value) && modifier.is_none() {
                true => Ok(Condition::Listed(value.to_string())),
                false => Err(bad("`_list` is the id of a List.")),
            };
        }
        if let ("_text" | "_content", None) = (code, modifier) {
            let any = split(value, ',').map(|value| Words::parse(&unescape(value)));
            return Ok(Condition::Says {
                everywhere: code == "_content",
                any: any.collect::<Result<_>>()?,
            });
        }
        let on = field(self.reading.definitions, self.kind, code)?;
        match modifier {
            None => self.values(on, None, name, &listed(value)),
            Some("missing") => match value {
                "true" => Ok(Condition::Missing(on)),
                "false" => Ok(Condition::Not(Box::new(Condition::Missing(on)))),
                _ => Err(bad("`:missing` is true or false.")),
            },
            Some("not") if matches!(on, Field::Id) => {
                let it = self.values(on, None, name, &listed(value))?;
                Ok(Condition::Not(Box::new(it)))
            }
            Some(modifier) => {
                let Field::Parameter(parameter) = &on else {
                    return Err(unknown_modifier(name));
                };
                self.modified(&on, parameter, modifier, name, value)
            }
        }
    }

    fn modified(
        &self,
        on: &Field,
        parameter: &Rc<Parameter>,
        modifier: &str,
        name: &str,
        value: &str,
    ) -> Result<Condition> {
        let any = |one: &dyn Fn(&str) -> Result<Matcher>| {
            let any = split(value, ',').map(one).collect::<Result<Vec<_>>>()?;
            Ok(Condition::Any {
                on: on.clone(),
                any,
            })
        };
        let read = |one: &dyn Fn(&str) -> Result<Check>| {
            let any = split(value, ',').map(one).collect::<Result<Vec<_>>>()?;
            Ok(Condition::Read {
                on: parameter.clone(),
                any,
            })
        };
        match (parameter.kind, modifier) {
            (ParameterKind::String, "contains") => {
                any(&|value| Ok(Matcher::Contains(folded(&unescape(value)))))
            }
            (ParameterKind::String, "exact") => {
                let exact = read(&|value| Ok(Check::Exact(unescape(value).into_owned())))?;
                // The index has the folded text: few are left to be read.
                let same = any(&|value| Ok(Matcher::Term(folded(&unescape(value)))))?;
                Ok(Condition::All(vec![same, exact]))
            }
            (ParameterKind::Token, "not") => {
                let it = self.values(on.clone(), None, name, &listed(value))?;
                Ok(Condition::Not(Box::new(it)))
            }
            (ParameterKind::Token | ParameterKind::Reference, "text") => {
                read(&|value| Ok(Check::Text(folded(&unescape(value)))))
            }
            (ParameterKind::String, "text") => {
                read(&|value| Ok(Check::Words(words(&unescape(value)))))
            }
            (ParameterKind::Token, "code-text") => {
                any(&|value| Ok(Matcher::FoldedPrefix(folded(&unescape(value)))))
            }
            (ParameterKind::Token, "of-type") => {
                let identified = any(&|value| {
                    let value = split(value, '|')
                        .nth(2)
                        .ok_or_else(|| bad("`:of-type` is `system|code|value`."))?;
                    Ok(token(value))
                })?;
                Ok(Condition::All(vec![identified, read(&of_type)?]))
            }
            (ParameterKind::Token, "in" | "not-in") => {
                let within = split(value, ',').map(|value| Condition::InValueSet {
                    on: parameter.clone(),
                    value_set: unescape(value).into_owned(),
                });
                let within = Condition::Either(within.collect());
                Ok(match modifier {
                    "in" => within,
                    _ => Condition::Not(Box::new(within)),
                })
            }
            // MIME types: also with parameters.
            (ParameterKind::Token, "below") if !value.contains('|') && value.contains('/') => {
                let ends = [0, b';'];
                let types = split(value, ',').map(unescape);
                let any = types.flat_map(|it| {
                    ends.map(|end| Matcher::Prefix([it.as_bytes(), &[end]].concat()))
                });
                Ok(Condition::Any {
                    on: on.clone(),
                    any: any.collect(),
                })
            }
            (ParameterKind::Token, "below" | "above") => {
                let related = split(value, ',');
                let related = related.map(|it| self.related(parameter, it, modifier == "above"));
                Ok(Condition::Either(related.collect::<Result<_>>()?))
            }
            (ParameterKind::Uri, "below" | "above") => {
                let mut any = Vec::new();
                for value in split(value, ',') {
                    let url = unescape(value);
                    if !url.contains("://") {
                        return Err(bad(
                            "`:above` and `:below` go by the path of a URL, and a value is none.",
                        ));
                    }
                    any.extend(match modifier {
                        "below" => below(&url),
                        _ => above(&url),
                    });
                }
                Ok(Condition::Any {
                    on: on.clone(),
                    any,
                })
            }
            (ParameterKind::Uri, "contains") => {
                any(&|value| Ok(Matcher::FoldedContains(folded(&unescape(value)))))
            }
            (ParameterKind::Reference, "identifier") => any(&identifier),
            (ParameterKind::Reference, "below") => {
                let canonicals = split(value, ',').map(|value| canonical_below(&unescape(value)));
                let canonicals = canonicals.collect::<Result<Vec<_>>>()?;
                Ok(Condition::Any {
                    on: on.clone(),
                    any: canonicals.concat(),
                })
            }
            (ParameterKind::Reference, _) => {
                let only = type_of(modifier).ok_or_else(|| unknown_modifier(name))?;
                known(self.reading.definitions, only)?;
                let targets = &parameter.targets;
                if !targets.is_empty() && !targets.iter().any(|target| **target == *only) {
                    return Err(unknown_modifier(name));
                }
                self.values(on.clone(), Some(only), name, &listed(value))
            }
            _ => Err(unknown_modifier(name)),
        }
    }

    /// A code above or below this one.
    pub(super) fn related(
        &self,
        on: &Rc<Parameter>,
        value: &str,
        above: bool,
    ) -> Result<Condition> {
        let mut parts = split(value, '|').map(|part| unescape(part).into_owned());
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        let (system, code) = match second {
            Some(code) => (Some(first).filter(|system| !system.is_empty()), code),
            None => (None, first),
        };
        let on = on.clone();
        match code.is_empty() {
            true => Err(bad("`:above` and `:below` need a code.")),
            false => Ok(Condition::Related {
                on,
                system,
                code,
                above,
            }),
        }
    }

    /// One of the values.
    pub(super) fn values(
        &self,
        on: Field,
        only: Option<&str>,
        name: &str,
        values: &[&str],
    ) -> Result<Condition> {
        if let Field::Parameter(parameter) = &on
            && parameter.kind == ParameterKind::Composite
        {
            return self.together(parameter, name, values);
        }
        let (mut any, mut versions) = (Vec::new(), Vec::new());
        for value in values {
            let matchers = self.reading.values.matchers(&on, only, name, value)?;
            match (&on, value.rsplit_once('/')) {
                (Field::Parameter(by), Some((place, _)))
                    if by.kind == ParameterKind::Reference && place.ends_with("/_history") =>
                {
                    // The index knows nothing of versions: the resource tells.
                    let named = Condition::Any {
                        on: on.clone(),
                        any: matchers,
                    };
                    let version = Check::Version(unescape(value).into_owned());
                    let read = Condition::Read {
                        on: by.clone(),
                        any: vec![version],
                    };
                    versions.push(Condition::All(vec![named, read]));
                }
                _ => any.extend(matchers),
            }
        }
        if versions.is_empty() {
            return Ok(Condition::Any { on, any });
        }
        versions.push(Condition::Any { on, any });
        Ok(Condition::Either(versions))
    }

    /// A composite: the components one by one by the index, then together by the resource.
    fn together(
        &self,
        parameter: &Rc<Parameter>,
        name: &str,
        values: &[&str],
    ) -> Result<Condition> {
        let definition = self.reading.definitions.of(self.kind);
        let (mut either, mut checks) = (Vec::new(), Vec::new());
        for value in values {
            let parts: Vec<&str> = split(value, '$').collect();
            if parts.len() != parameter.components.len() {
                let (name, count) = (shown(name), parameter.components.len());
                return Err(bad(format!(
                    "The search parameter `{name}` has {count} parts, joined by `$`."
                )));
            }
            let (mut all, mut wanted) = (Vec::new(), Vec::new());
            for (component, part) in parameter.components.iter().zip(parts) {
                let of = definition
                    .parameter(&component.code)
                    .ok_or_else(|| unknown(self.kind, &component.code))?;
                let on = Field::Parameter(Rc::clone(of));
                let any = self.reading.values.matchers(&on, None, name, part)?;
                wanted.push(any.clone());
                all.push(Condition::Any { on, any });
            }
            either.push(Condition::All(all));
            checks.push(Check::Together(wanted));
        }
        let read = Condition::Read {
            on: parameter.clone(),
            any: checks,
        };
        Ok(Condition::All(vec![Condition::Either(either), read]))
    }

    /// What is asked one step further.
    fn further<'k>(self, kind: &'k str) -> Result<Asked<'k>>
    where
        Self: 'k,
    {
        match self.depth < DEEPEST {
            true => Ok(Asked {
                kind,
                depth: self.depth + 1,
                ..self
            }),
            false => Err(bad("The search has a chain that is too long.")),
        }
    }

    /// `code[:Type].`, and what is asked of each type that it may point to.
    pub(super) fn linked(
        self,
        code: &str,
        only: Option<&str>,
        then: &dyn Fn(Asked<'_>) -> Result<Vec<Condition>>,
    ) -> Result<Condition> {
        let by = self.reference(self.kind, code)?;
        let definitions = self.reading.definitions;
        if let Some(only) = only {
            known(definitions, only)?;
        }
        let named = by.targets.iter().map(|kind| &**kind);
        let kinds: Vec<&str> = match only {
            Some(only) => vec![only],
            None if by.targets.is_empty() => definitions.types().collect(),
            None => named.collect(),
        };
        let mut targets = Vec::new();
        let mut refused = None;
        for kind in kinds {
            match then(self.further(kind)?) {
                Ok(all) => targets.push(Target {
                    kind: kind.to_string(),
                    all,
                }),
                // Of the types that it may point to, those that have such a parameter are meant.
                Err(error) if error.code() == Code::Unsupported => refused = Some(error),
                Err(error) => return Err(error),
            }
            if size(&targets) > MOST {
                return Err(bad(
                    "The search has a chain that may mean too much; name the types in it.",
                ));
            }
        }
        match refused {
            Some(error) if targets.is_empty() => Err(error),
            _ => Ok(Condition::RefersTo { by, targets }),
        }
    }

    /// `_has:Type:reference:rest` without its beginning, and what is asked by `rest`.
    pub(super) fn referred(
        self,
        has: &str,
        then: &dyn Fn(Asked<'_>, &str) -> Result<Condition>,
    ) -> Result<Condition> {
        let mut parts = has.splitn(3, ':');
        let (kind, code, rest) = (parts.next(), parts.next(), parts.next());
        let (Some(kind), Some(code), Some(rest)) = (kind, code, rest) else {
            return Err(bad("`_has` is given as `_has:Type:reference:parameter`."));
        };
        known(self.reading.definitions, kind)?;
        let by = self.reference(kind, code)?;
        let condition = then(self.further(kind)?, rest)?;
        let from = Target {
            kind: kind.to_string(),
            all: vec![condition],
        };
        Ok(Condition::ReferredBy { by, from })
    }

    fn reference(&self, kind: &str, code: &str) -> Result<Rc<Parameter>> {
        let parameter = self.reading.definitions.of(kind).parameter(code);
        let parameter = parameter.ok_or_else(|| unknown(kind, code))?;
        match parameter.kind {
            ParameterKind::Reference => Ok(Rc::clone(parameter)),
            _ => {
                // Of the types that a chain may point to, another may have a reference of that name.
                let error = match self.depth {
                    0 => Code::BadInput,
                    _ => Code::Unsupported,
                };
                let code = shown(code);
                let sentence =
                    format!("A chain goes by references, and `{code}` of {kind} is none.");
                Err(Error::new(error, sentence))
            }
        }
    }
}

/// Being in the compartment of a resource; none where a type never is.
pub(super) fn in_compartment(
    definitions: &Definitions,
    kind: &str,
    compartment: &str,
    id_text: &str,
) -> Option<Condition> {
    let definition = definitions.of(kind);
    let mut compartments = definition.compartments.iter();
    let (_, codes) = compartments.find(|(name, _)| **name == *compartment)?;
    let mut written = Vec::new();
    term::reference_to(
        &mut written,
        Identity {
            kind: compartment,
            id: id_text,
        },
    );
    let mut either = Vec::new();
    for code in codes {
        if &**code == "{def}" {
            let any = id(id_text).into_iter().collect();
            either.push(Condition::Any { on: Field::Id, any });
        } else if let Some(parameter) = definition.parameter(code) {
            let on = Field::Parameter(Rc::clone(parameter));
            either.push(Condition::Any {
                on,
                any: vec![Matcher::Term(written.clone())],
            });
        }
    }
    Some(Condition::Either(either))
}

/// How many values are asked for.
pub(super) fn size(targets: &[Target]) -> usize {
    fn of(condition: &Condition) -> usize {
        match condition {
            Condition::Any { any, .. } => any.len(),
            Condition::Read { any, .. } => any.len(),
            Condition::Says { any, .. } => any.len(),
            Condition::RefersTo { targets, .. } => size(targets),
            Condition::ReferredBy { from, .. } => size(std::slice::from_ref(from)),
            Condition::All(them) | Condition::Either(them) => them.iter().map(of).sum(),
            Condition::Not(it) => of(it),
            Condition::Missing(_)
            | Condition::Listed(_)
            | Condition::Related { .. }
            | Condition::InValueSet { .. } => 1,
        }
    }
    targets
        .iter()
        .map(|target| 1 + target.all.iter().map(of).sum::<usize>())
        .sum()
}

/// The values between commas.
fn listed(value: &str) -> Vec<&str> {
    split(value, ',').collect()
}

fn of_type(value: &str) -> Result<Check> {
    let parts: Vec<_> = split(value, '|')
        .map(|part| unescape(part).into_owned())
        .collect();
    match parts.as_slice() {
        [system, code, value] if !code.is_empty() && !value.is_empty() => Ok(Check::OfType {
            system: (!system.is_empty()).then(|| system.clone()),
            code: code.clone(),
            value: value.clone(),
        }),
        _ => Err(bad("`:of-type` is `system|code|value`.")),
    }
}

/// A canonical of that url in any version, or in that version and what it was refined to.
fn canonical_below(value: &str) -> Result<Vec<Matcher>> {
    if !value.contains(':') {
        return Err(Error::new(
            Code::Unsupported,
            "`:below` of a reference goes by the versions of a canonical; a replica knows no hierarchy of resources.",
        ));
    }
    let further = if value.contains('|') { '.' } else { '|' };
    Ok(vec![
        Matcher::Term(value.as_bytes().to_vec()),
        Matcher::Prefix(format!("{value}{further}").into_bytes()),
    ])
}

/// A URL and what is below it, by whole steps of the path.
fn below(url: &str) -> Vec<Matcher> {
    let top = url.trim_end_matches('/').as_bytes().to_vec();
    let mut inside = top.clone();
    inside.push(b'/');
    vec![Matcher::Term(top), Matcher::Prefix(inside)]
}

/// The URLs that one is below of, itself included.
fn above(url: &str) -> Vec<Matcher> {
    let cuts = url.match_indices('/').flat_map(|(at, _)| [at, at + 1]);
    let ends = cuts.chain([url.len()]);
    let tops = ends
        .map(|end| &url[..end])
        .filter(|top| top.contains("://"));
    let terms = tops.map(|top| Matcher::Term(top.as_bytes().to_vec()));
    terms
        .chain([Matcher::Term(format!("{url}/").into_bytes())])
        .collect()
}

fn unknown_modifier(name: &str) -> Error {
    let name = shown(name);
    Error::new(
        Code::Unsupported,
        format!(
            "The search parameter `{name}` has a modifier that it does not know or that a replica cannot answer."
        ),
    )
}
