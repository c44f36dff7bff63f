//! Modifiers and values that a parameter of a kind can be asked by.

use super::features::Features;
use super::pools::*;
use crate::answers::BASE;
use crate::chance::Chance;
use crate::naive::{Definitions, Kind, Parameter};

/// A modifier that fits the parameter, or none.
pub(super) fn modifier(
    chance: &mut Chance,
    features: &Features,
    parameter: &Parameter,
) -> Option<&'static str> {
    let mut known: Vec<&'static str> = Vec::new();
    let mut add = |on: bool, modifiers: &[&'static str]| {
        if on {
            known.extend(modifiers);
        }
    };
    let is_identifier = parameter.code == "identifier";
    let is_plain = !parameter.code.starts_with('_');
    add(
        features.missing && parameter.kind != Kind::Composite,
        &["missing"],
    );
    match parameter.kind {
        Kind::Token => {
            add(features.not, &["not"]);
            add(features.text_modifiers && is_plain, &["text", "code-text"]);
            add(features.value_sets && is_plain, &["in", "not-in"]);
            add(features.hierarchies && is_plain, &["above", "below"]);
            add(features.of_type && is_identifier, &["of-type"]);
        }
        Kind::Text => add(features.exact_contains, &["exact", "contains"]),
        Kind::Uri => {
            add(features.exact_contains, &["contains"]);
            add(features.hierarchies, &["above", "below"]);
        }
        Kind::Reference => {
            let is_canonical = parameter.code == "questionnaire";
            add(features.identifier && !is_canonical, &["identifier"]);
            add(features.text_modifiers && !is_canonical, &["text"]);
            add(
                features.hierarchies && features.canonicals && is_canonical,
                &["below"],
            );
            let kinds = ["Patient", "Practitioner", "Encounter"];
            let fits = kinds
                .iter()
                .find(|kind| parameter.targets.iter().any(|it| it == *kind));
            let fits: Vec<&str> = fits.into_iter().copied().collect();
            add(features.type_modifier, &fits);
        }
        _ => {}
    }
    let asked = !known.is_empty() && chance.below(2) == 0;
    asked.then(|| *chance.of(&known))
}

/// One value. `kind` is the type that the parameter is of.
pub(super) fn value(
    chance: &mut Chance,
    features: &Features,
    definitions: &'static Definitions,
    kind: &str,
    parameter: &Parameter,
    modifier: Option<&str>,
) -> String {
    match (parameter.kind, modifier) {
        (_, Some("missing")) => chance.of(&["true", "false"]).to_string(),
        (_, Some("text")) => chance.of(&BEGINNINGS).replace(',', "\\,"),
        (_, Some("code-text")) => chance.of(&["a", "B", "m", "C\\,"]).to_string(),
        (_, Some("in" | "not-in")) => {
            let sets = [
                "ValueSet/v0",
                "http://acme.org/ValueSet/v0",
                "http://acme.org/ValueSet/v1",
                "urn:oid:1.2.3",
            ];
            chance.of(&sets).to_string()
        }
        (_, Some("of-type")) => {
            let number = chance.of(&["1", "2", "x\\|y"]);
            format!("{V2_0203}|{}|{number}", chance.of(&IDENTIFIER_TYPES))
        }
        (_, Some("identifier")) => format!("{}|{}", chance.of(&SYSTEMS), chance.of(&["1", "2"])),
        (Kind::Token, Some("above" | "below")) => {
            let code = chance.of(&["top", "mid", "low", "a", "b"]);
            let system = chance.of(&["", "http://acme.org/codes|"]);
            format!("{system}{code}")
        }
        (Kind::Token, _) => token(chance, features, parameter),
        (Kind::Reference, _) => reference(chance, features, parameter, modifier),
        (Kind::Date, _) => format!("{}{}", prefix(chance, features), chance.of(&DATES)),
        (Kind::Text, _) => match chance.below(3) {
            0 => chance.of(&TEXTS).replace(',', "\\,"),
            _ => chance.of(&BEGINNINGS).replace(',', "\\,"),
        },
        (Kind::Number, _) => number(chance, features),
        (Kind::Quantity, _) => {
            let number = number(chance, features);
            let (system, code) = chance.of(&UNITS);
            match chance.below(4) {
                0 => format!("{number}|{system}|{code}"),
                1 => format!("{number}||{code}"),
                2 => format!("{number}|{system}|"),
                _ => number,
            }
        }
        (Kind::Uri, Some("above" | "below")) => {
            let urls = [
                "http://acme.org",
                "http://acme.org/ValueSet/",
                "http://acme.org/ValueSet/v0",
                "http://acme.org/ValueSet/v0/x/y",
            ];
            chance.of(&urls).to_string()
        }
        (Kind::Uri, _) => chance
            .of(&[&URLS[..], &CANONICALS[..]].concat())
            .to_string(),
        (Kind::Composite, _) => {
            let parts = parameter.components.iter().map(|(code, _)| {
                let component = definitions.parameter(kind, code);
                component.map_or("a".to_string(), |it| {
                    value(chance, features, definitions, kind, it, None)
                })
            });
            let parts: Vec<String> = parts.collect();
            parts.join("$")
        }
        (Kind::Special, _) => "a".to_string(),
    }
}

const PREFIXES: [&str; 8] = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"];

fn prefix(chance: &mut Chance, features: &Features) -> &'static str {
    match (features.prefixes, features.ap, chance.below(10)) {
        (true, _, 0..8) => chance.of::<&'static str>(&PREFIXES),
        (_, true, 8) => "ap",
        _ => "",
    }
}

fn number(chance: &mut Chance, features: &Features) -> String {
    format!(
        "{}{}",
        prefix(chance, features),
        chance.of(&SEARCHED_NUMBERS)
    )
}

fn token(chance: &mut Chance, features: &Features, parameter: &Parameter) -> String {
    let escaped = |text: &str| {
        let mut out = String::new();
        for character in text.chars() {
            if ",|$\\".contains(character) {
                out.push('\\');
            }
            out.push(character);
        }
        out
    };
    let plain = match parameter.code.as_str() {
        "_id" => return chance.of(&IDS).to_string(),
        "_language" => return chance.of(&["en", "de"]).to_string(),
        "email" | "phone" | "telecom" => return chance.of(&["555", "a@b.org", "556"]).to_string(),
        "identifier" => *chance.of(&["1", "2", "x|y"]),
        _ if parameter.system.is_some() => *chance.of(&STATES),
        _ => *chance.of(&[&CODES[..], &STATES[..5]].concat()),
    };
    let needs_escapes = plain.contains(&[',', '|', '$', '\\'][..]);
    let code = if needs_escapes && !features.escapes {
        "a".into()
    } else {
        escaped(plain)
    };
    let system = parameter.system.as_deref().unwrap_or(*chance.of(&SYSTEMS));
    match chance.below(6) {
        0 => format!("{system}|{code}"),
        1 => format!("|{code}"),
        2 => format!("{system}|"),
        _ => code,
    }
}

fn reference(
    chance: &mut Chance,
    features: &Features,
    parameter: &Parameter,
    modifier: Option<&str>,
) -> String {
    let id = *chance.of(&IDS);
    if modifier.is_some_and(|it| it.starts_with(char::is_uppercase)) {
        return id.to_string();
    }
    if parameter.code == "questionnaire" || parameter.code == "_profile" {
        let versions = if features.canonicals {
            CANONICALS.len()
        } else {
            1
        };
        return chance.of(&CANONICALS[..versions]).to_string();
    }
    let own = TYPES.iter().map(|(kind, _)| *kind);
    let fits: Vec<&str> = own
        .filter(|kind| parameter.targets.iter().any(|it| it == kind))
        .collect();
    if fits.is_empty() {
        return id.to_string();
    }
    let kind = chance.of(&fits);
    match chance.below(8) {
        0 => format!("{BASE}/{kind}/{id}"),
        1 => format!("http://other.org/fhir/{kind}/{id}"),
        2 => "urn:uuid:0b1f2b3c-0000-4000-8000-000000000001".to_string(),
        3 => format!("{kind}/{id}/_history/1"),
        4 | 5 => id.to_string(),
        _ => format!("{kind}/{id}"),
    }
}
