//! Queries by chance.

use super::features::Features;
use super::pools::*;
use super::{filters, values};
use crate::chance::Chance;
use crate::naive::{Definitions, Kind, Parameter, Version};

/// Asks queries of the features that it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(super) definitions: &'static Definitions,
    pub(super) features: Features,
}

/// `name=value,value`, not yet encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

impl Asked {
    /// As it stands in a query.
    pub(crate) fn text(&self) -> String {
        format!(
            "{}={}",
            encoded(&self.name),
            encoded(&self.values.join(","))
        )
    }
}

/// What would mean something else in a query is percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            ' ' => out.push_str("%20"),
            '+' | '&' | '%' | '#' | '=' => out.push_str(&format!("%{:02X}", character as u32)),
            other => out.push(other),
        }
    }
    out
}

impl Asker {
    pub(crate) fn new(version: Version, features: Features) -> Asker {
        Asker {
            definitions: Definitions::of(version),
            features,
        }
    }

    /// A type that there are resources of.
    pub(crate) fn kind(&self, chance: &mut Chance) -> &'static str {
        chance.of(&TYPES).0
    }

    pub(crate) fn definition(&self, kind: &str, code: &str) -> &'static Parameter {
        self.definitions.parameter(kind, code).expect("a parameter")
    }

    /// A value without a prefix.
    pub(crate) fn bare_value(
        &self,
        chance: &mut Chance,
        kind: &str,
        parameter: &Parameter,
    ) -> String {
        let plain = Features {
            prefixes: false,
            ap: false,
            ..self.features
        };
        values::value(chance, &plain, self.definitions, kind, parameter, None)
    }

    /// Another value of the same parameter, or another condition.
    pub(crate) fn same(&self, chance: &mut Chance, kind: &str, asked: &Asked) -> Asked {
        for _ in 0..40 {
            let other = self.condition(chance, kind, 0);
            if other.name == asked.name {
                return other;
            }
        }
        self.condition(chance, kind, 2)
    }

    /// A whole search.
    pub(crate) fn query(&self, chance: &mut Chance) -> String {
        let (kind, _) = *chance.of(&TYPES);
        let f = &self.features;
        let id = chance.of(&IDS);
        let mut parts = Vec::new();
        let of_patient = self
            .definitions
            .get(kind)
            .is_some_and(|it| it.compartments.contains_key("Patient"));
        let (context, kind) = match chance.below(12) {
            0 if f.compartments && of_patient => (format!("Patient/{id}/{kind}"), kind),
            1 if f.compartments => (format!("Patient/{id}/*"), "Resource"),
            2 if f.system => (String::new(), "Resource"),
            3 if f.system => {
                parts.push(format!("_type={kind},{}", chance.of(&TYPES).0));
                (String::new(), "Resource")
            }
            _ => (kind.to_string(), kind),
        };
        let least = u64::from(kind == "Resource");
        for _ in 0..least + chance.below(3) {
            parts.push(self.condition(chance, kind, 2).text());
        }
        if f.filter && kind != "Resource" && chance.below(6) == 0 {
            parts.push(format!(
                "_filter={}",
                encoded(&filters::filter(self, chance, kind, 2))
            ));
        }
        if f.includes && chance.below(4) == 0 {
            for _ in 0..1 + chance.below(2) {
                parts.extend(self.include(chance, kind));
            }
        }
        if f.sort && chance.below(3) == 0 {
            parts.extend(self.sort(chance, kind));
        }
        match parts.is_empty() {
            true => context,
            false => format!("{context}?{}", parts.join("&")),
        }
    }

    /// A search by nothing but a filter.
    pub(crate) fn filter(&self, chance: &mut Chance) -> String {
        let (kind, _) = *chance.of(&TYPES);
        let filter = filters::filter(self, chance, kind, 3);
        format!("{kind}?_filter={}", encoded(&filter))
    }

    /// A condition on resources of a type, with chains of so many steps at most.
    pub(crate) fn condition(&self, chance: &mut Chance, kind: &str, depth: u32) -> Asked {
        let f = &self.features;
        match chance.below(12) {
            0 | 1 if f.chains && depth > 0 => {
                if let Some(chain) = self.chain(chance, kind, depth) {
                    return chain;
                }
            }
            2 if f.has && depth > 0 => {
                if let Some(has) = self.has(chance, kind, depth) {
                    return has;
                }
            }
            3 if f.words => {
                let name = chance.of(&["_text", "_content"]).to_string();
                let words = chance.of(&["headache", "acute headache", "muller", "a", "555", "mul"]);
                let values = vec![words.to_string()];
                return Asked { name, values };
            }
            4 if f.list => {
                let name = "_list".to_string();
                let values = vec![chance.of(&IDS).to_string()];
                return Asked { name, values };
            }
            _ => {}
        }
        let parameter = self.parameter(chance, kind);
        self.plain(chance, parameter, kind)
    }

    /// A parameter with a modifier perhaps, and values.
    pub(crate) fn plain(
        &self,
        chance: &mut Chance,
        parameter: &'static Parameter,
        kind: &str,
    ) -> Asked {
        let f = &self.features;
        let modifier = values::modifier(chance, f, parameter);
        let several = f.or && modifier != Some("missing");
        let count = if several { 1 + chance.below(3) / 2 } else { 1 };
        let values = (0..count)
            .map(|_| values::value(chance, f, self.definitions, kind, parameter, modifier));
        Asked {
            values: values.collect(),
            name: match modifier {
                Some(modifier) => format!("{}:{modifier}", parameter.code),
                None => parameter.code.clone(),
            },
        }
    }

    /// A parameter of the type that the features allow.
    pub(crate) fn parameter(&self, chance: &mut Chance, kind: &str) -> &'static Parameter {
        let f = &self.features;
        let known = TYPES.iter().find(|(name, _)| *name == kind);
        let used = known.map_or(&["_id", "_lastUpdated"][..], |(_, codes)| *codes);
        let any = f.any_parameter && chance.below(6) == 0;
        let allowed = |parameter: &&&'static Parameter| {
            let code = parameter.code.as_str();
            let kind = match parameter.kind {
                Kind::Number => f.numbers,
                Kind::Quantity => f.quantities,
                Kind::Uri => f.uris || META.contains(&code),
                Kind::Composite => f.composites && self.components_known(kind, parameter),
                Kind::Special => false,
                Kind::Reference => code != "_in" && (f.canonicals || code != "questionnaire"),
                _ => true,
            };
            kind && (any || used.contains(&code) || f.meta && META.contains(&code))
                && (f.meta || !META.contains(&code))
        };
        let all: Vec<&'static Parameter> = self.definitions.parameters(kind).collect();
        let all: Vec<&'static Parameter> = all.iter().filter(allowed).copied().collect();
        all[chance.below(all.len() as u64) as usize]
    }

    fn components_known(&self, kind: &str, parameter: &Parameter) -> bool {
        let mut codes = parameter.components.iter().map(|(code, _)| code);
        codes.all(|code| self.definitions.parameter(kind, code).is_some())
    }

    /// A reference parameter of a type, and a type of [`TYPES`] that it may point to.
    pub(crate) fn reference(
        &self,
        chance: &mut Chance,
        kind: &str,
    ) -> Option<(&'static Parameter, &'static str)> {
        let used = TYPES
            .iter()
            .find(|(name, _)| *name == kind)
            .map(|(_, codes)| *codes)?;
        let all = self
            .definitions
            .parameters(kind)
            .filter(|it| it.kind == Kind::Reference);
        let all = all.filter(|it| used.contains(&it.code.as_str()));
        let all = all.flat_map(|parameter| {
            let own = TYPES.iter().map(|(name, _)| *name);
            let own = own.filter(|name| parameter.targets.iter().any(|it| it == name));
            own.map(move |name| (parameter, name))
        });
        let all: Vec<_> = all.collect();
        (!all.is_empty()).then(|| *chance.of(&all))
    }

    fn chain(&self, chance: &mut Chance, kind: &str, depth: u32) -> Option<Asked> {
        let (parameter, target) = self.reference(chance, kind)?;
        let rest = self.condition(chance, target, depth - 1);
        let only = match chance.below(3) {
            0 => String::new(),
            _ => format!(":{target}"),
        };
        Some(Asked {
            name: format!("{}{only}.{}", parameter.code, rest.name),
            values: rest.values,
        })
    }

    fn has(&self, chance: &mut Chance, kind: &str, depth: u32) -> Option<Asked> {
        for _ in 0..8 {
            let (source, _) = *chance.of(&TYPES);
            match self.reference(chance, source) {
                Some((parameter, target)) if target == kind => {
                    let rest = self.condition(chance, source, depth - 1);
                    return Some(Asked {
                        name: format!("_has:{source}:{}:{}", parameter.code, rest.name),
                        values: rest.values,
                    });
                }
                _ => {}
            }
        }
        None
    }

    fn include(&self, chance: &mut Chance, kind: &str) -> Option<String> {
        let iterate = match self.features.iterate && chance.below(2) == 0 {
            true => ":iterate",
            false => "",
        };
        let reverse = chance.below(2) == 0;
        let source = match reverse || kind == "Resource" || !iterate.is_empty() {
            true => chance.of(&TYPES).0,
            false => TYPES.iter().find(|(name, _)| *name == kind)?.0,
        };
        let (parameter, target) = self.reference(chance, source)?;
        let name = if reverse { "_revinclude" } else { "_include" };
        let what = match chance.below(5) {
            0 if self.features.iterate => format!("{source}:*"),
            1 => format!("{source}:{}:{target}", parameter.code),
            _ => format!("{source}:{}", parameter.code),
        };
        Some(format!("{name}{iterate}={what}"))
    }

    fn sort(&self, chance: &mut Chance, kind: &str) -> Option<String> {
        let count = 1 + chance.below(2);
        let keys = (0..count).filter_map(|_| {
            let parameter = self.parameter(chance, kind);
            let sorts = parameter.kind != Kind::Composite;
            sorts.then(|| format!("{}{}", chance.of(&["", "-"]), parameter.code))
        });
        let keys: Vec<String> = keys.collect();
        (!keys.is_empty()).then(|| format!("_sort={}", keys.join(",")))
    }
}
