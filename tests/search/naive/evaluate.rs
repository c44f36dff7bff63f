//! What a FHIRPath expression selects of a resource.
//!
//! A choice of types (`value[x]`) is one element whose items remember which type they have. What
//! `resolve()` finds is decided by how the reference is written, as nothing is fetched.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::path::Path;
use super::reference::type_in;

/// One element that an expression selected.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) value: Cow<'a, Value>,
    /// The type that a choice of types says.
    kind: Option<&'a str>,
}

impl<'a> Item<'a> {
    pub(crate) fn of(value: &'a Value) -> Item<'a> {
        Item {
            value: Cow::Borrowed(value),
            kind: None,
        }
    }

    fn made(value: Value) -> Item<'a> {
        Item {
            value: Cow::Owned(value),
            kind: None,
        }
    }
}

/// The data types that an element `name[x]` can be of, as its name in JSON ends.
const DATA_TYPES: &str = " Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant \
    Integer Integer64 Markdown Oid PositiveInt String Time UnsignedInt Uri Url Uuid Address Age \
    Annotation Attachment CodeableConcept CodeableReference Coding ContactPoint Count Distance \
    Duration HumanName Identifier Money Period Quantity Range Ratio RatioRange Reference \
    SampledData Signature Timing ContactDetail DataRequirement Expression ParameterDefinition \
    RelatedArtifact TriggerDefinition UsageContext Availability ExtendedContactDetail Dosage Meta \
    Contributor SimpleQuantity MoneyQuantity ";

/// Whether an element's name in JSON can end so because it is a choice of types.
pub(crate) fn is_data_type(kind: &str) -> bool {
    DATA_TYPES.split_whitespace().any(|known| known == kind)
}

/// All that `path` selects, beginning at `from`, which is `resource` or within it.
pub(crate) fn evaluate<'a>(path: &Path, from: &Item<'a>, resource: &'a Value) -> Vec<Item<'a>> {
    match path {
        Path::This => vec![from.clone()],
        Path::Resource => vec![Item::of(resource)],
        Path::Text(text) => vec![Item::made(json!(text))],
        Path::Truth(truth) => vec![Item::made(json!(truth))],
        Path::Step(before, name) => {
            let items = evaluate(before, from, resource);
            items.iter().flat_map(|item| step(item, name)).collect()
        }
        Path::Index(before, index) => {
            let items = evaluate(before, from, resource);
            items.into_iter().skip(*index).take(1).collect()
        }
        Path::Call(before, name, arguments) => {
            call(evaluate(before, from, resource), name, arguments, resource)
        }
        Path::Binary(left, operator, right) => {
            let mut found = evaluate(left, from, resource);
            match *operator {
                "as" => found.retain(|item| is_a(item, right.type_name())),
                "is" => found = truth(found.first().map(|item| is_a(item, right.type_name()))),
                "|" => found.extend(evaluate(right, from, resource)),
                _ => found = combine(found, operator, evaluate(right, from, resource)),
            }
            found
        }
    }
}

fn combine<'a>(left: Vec<Item<'a>>, operator: &str, right: Vec<Item<'a>>) -> Vec<Item<'a>> {
    if operator == "and" {
        // False beside the unknown is false (FHIRPath, Boolean logic).
        return match (known(&left), known(&right)) {
            (Some(false), _) | (_, Some(false)) => truth(Some(false)),
            (Some(true), Some(true)) => truth(Some(true)),
            _ => Vec::new(),
        };
    }
    if operator == "or" {
        return match (known(&left), known(&right)) {
            (Some(true), _) | (_, Some(true)) => truth(Some(true)),
            (Some(false), Some(false)) => truth(Some(false)),
            _ => Vec::new(),
        };
    }
    let (Some(one), Some(other)) = (left.first(), right.first()) else {
        return Vec::new();
    };
    truth(Some((one.value == other.value) == (operator == "=")))
}

/// The truth that a collection stands for; one that holds something else is true.
fn known(items: &[Item<'_>]) -> Option<bool> {
    items
        .first()
        .map(|item| item.value.as_bool() != Some(false))
}

fn truth<'a>(truth: Option<bool>) -> Vec<Item<'a>> {
    truth.into_iter().map(|it| Item::made(json!(it))).collect()
}

fn call<'a>(
    items: Vec<Item<'a>>,
    name: &str,
    arguments: &[Path],
    resource: &'a Value,
) -> Vec<Item<'a>> {
    let holds = |condition: &Path, item: &Item<'a>| {
        known(&evaluate(condition, item, resource)) == Some(true)
    };
    match (name, arguments) {
        ("where", [condition]) => {
            let kept = items.into_iter().filter(|item| holds(condition, item));
            kept.collect()
        }
        ("exists", []) => truth(Some(!items.is_empty())),
        ("first", []) => items.into_iter().take(1).collect(),
        ("as" | "ofType", [kind]) => {
            let kept = items.into_iter().filter(|it| is_a(it, kind.type_name()));
            kept.collect()
        }
        ("extension", [Path::Text(url)]) => {
            let all = items.iter().flat_map(|item| step(item, "extension"));
            all.filter(|it| it.value["url"] == url.as_str()).collect()
        }
        ("hasExtension", [Path::Text(url)]) => {
            let all = items.iter().flat_map(|item| step(item, "extension"));
            truth(Some(
                all.into_iter().any(|it| it.value["url"] == url.as_str()),
            ))
        }
        ("resolve", []) => {
            let kinds = items.iter().filter_map(|item| {
                let written = item.value["reference"].as_str().or(item.value.as_str());
                let said = item.value["type"].as_str();
                Some(written.and_then(type_in).or(said)?.to_string())
            });
            let found = kinds.map(|kind| Item::made(json!({ "resourceType": kind })));
            found.collect()
        }
        _ => panic!("the function `{name}` is not known"),
    }
}

fn is_a(item: &Item<'_>, kind: &str) -> bool {
    match (item.kind, item.value["resourceType"].as_str()) {
        (Some(known), _) => known.eq_ignore_ascii_case(kind),
        (None, Some(known)) => known == kind,
        // An element that is no choice is of the type that the expression says.
        (None, None) => true,
    }
}

/// The children of that name; or, by the name of a type, the resource itself if it is of it.
fn step<'a>(item: &Item<'a>, name: &str) -> Vec<Item<'a>> {
    if name.starts_with(char::is_uppercase) {
        let same = item.value["resourceType"] == name;
        return same.then(|| item.clone()).into_iter().collect();
    }
    let Cow::Borrowed(Value::Object(members)) = item.value else {
        return Vec::new();
    };
    if let Some(child) = members.get(name) {
        return each(child, None);
    }
    let choices = members.iter().filter_map(|(key, child)| {
        let kind = key.strip_prefix(name)?;
        is_data_type(kind).then(|| each(child, Some(kind)))
    });
    choices.flatten().collect()
}

fn each<'a>(value: &'a Value, kind: Option<&'a str>) -> Vec<Item<'a>> {
    let item = |value| Item {
        value: Cow::Borrowed(value),
        kind,
    };
    match value {
        Value::Null => Vec::new(),
        Value::Array(all) => all.iter().filter(|it| !it.is_null()).map(item).collect(),
        one => vec![item(one)],
    }
}
