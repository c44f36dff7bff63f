//! Expressions for `_filter`, by chance.

use super::pools::TYPES;
use super::questions::Asker;
use super::values;
use crate::chance::Chance;
use crate::naive::{Kind, Parameter};

/// A filter for resources of a type, nested so deep at most.
pub(super) fn filter(asker: &Asker, chance: &mut Chance, kind: &str, depth: u32) -> String {
    if depth > 0 {
        match chance.below(7) {
            0 => {
                let (one, other) = (
                    filter(asker, chance, kind, depth - 1),
                    filter(asker, chance, kind, depth - 1),
                );
                return format!("{one} {} {other}", chance.of(&["and", "or"]));
            }
            1 => return format!("({})", filter(asker, chance, kind, depth - 1)),
            2 => return format!("not ({})", filter(asker, chance, kind, depth - 1)),
            3 if asker.features.chains => {
                if let Some((parameter, target)) = asker.reference(chance, kind) {
                    let within = match chance.below(3) {
                        0 => format!("[{}]", test(asker, chance, target)),
                        _ => String::new(),
                    };
                    return format!("{}{within}.{}", parameter.code, test(asker, chance, target));
                }
            }
            4 if asker.features.has => {
                let (source, _) = *chance.of(&TYPES);
                if let Some((parameter, target)) = asker.reference(chance, source)
                    && target == kind
                {
                    let test = test(asker, chance, source);
                    return format!("_has:{source}:{}:{test}", parameter.code);
                }
            }
            _ => {}
        }
    }
    test(asker, chance, kind)
}

fn test(asker: &Asker, chance: &mut Chance, kind: &str) -> String {
    let parameter = asker.parameter(chance, kind);
    if parameter.kind == Kind::Composite {
        let value = asker.bare_value(chance, kind, parameter);
        return format!("{} eq {}", parameter.code, json(&value));
    }
    if chance.below(6) == 0 {
        return format!("{} pr {}", parameter.code, chance.of(&["true", "false"]));
    }
    let (operator, value) = operation(asker, chance, kind, parameter);
    let quoted = value.contains([' ', ')', ']']) || chance.below(2) == 0;
    let value = if quoted { json(&value) } else { value };
    format!("{} {operator} {value}", parameter.code)
}

fn operation(
    asker: &Asker,
    chance: &mut Chance,
    kind: &str,
    parameter: &Parameter,
) -> (&'static str, String) {
    let ordered = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
    let ordered = &ordered[..ordered.len() - usize::from(!asker.features.ap)];
    let plain = super::Features {
        prefixes: false,
        ap: false,
        ..asker.features
    };
    let operator = match parameter.kind {
        Kind::Text => *chance.of(&["eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"]),
        Kind::Date => *chance.of(&[ordered, &["co", "po"]].concat()),
        Kind::Number | Kind::Quantity => *chance.of(ordered),
        Kind::Token if asker.features.value_sets && chance.below(4) == 0 => {
            *chance.of(&["in", "ni"])
        }
        Kind::Token if asker.features.hierarchies && chance.below(4) == 0 => {
            *chance.of(&["ss", "sb"])
        }
        Kind::Reference => "re",
        _ => *chance.of(&["eq", "ne"]),
    };
    let modifier = match operator {
        "in" | "ni" => Some("in"),
        "ss" | "sb" => Some("below"),
        _ => None,
    };
    let value = values::value(chance, &plain, asker.definitions, kind, parameter, modifier);
    let value = if parameter.kind == Kind::Text {
        value.replace('\\', "")
    } else {
        value
    };
    (operator, value)
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
