//! One page of an answer, and the part of each resource that was asked for
//! (R5 search.html#count, search.html#summary, search.html#elements).

use serde_json::{Map, Value, json};

use super::definitions::{Element, Part, Type};
use super::evaluate::is_data_type;
use super::question::Question;
use super::{Refusal, Server};

/// The resources of a page as they are answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) matches: Vec<Value>,
    pub(crate) included: Vec<Value>,
}

impl Server {
    /// The page that `_count` and `_offset` of the query say; all without them.
    pub(crate) fn page(&self, query: &str) -> Result<Page, Refusal> {
        let question = self.question(query)?;
        let count = match question.summary.as_deref() {
            Some("count") => 0,
            _ => question.count.unwrap_or(usize::MAX),
        };
        let matches = self.sorted(&question).into_iter();
        let matches: Vec<&Value> = matches.skip(question.offset).take(count).collect();
        let included = self.included(&question, &matches);
        let part = |resources: Vec<&Value>, is_match| {
            let parts = resources.into_iter();
            let parts = parts.map(|resource| self.part(&question, resource, is_match));
            parts.collect()
        };
        Ok(Page {
            matches: part(matches, true),
            included: part(included, false),
        })
    }

    fn part(&self, question: &Question<'_>, resource: &Value, is_match: bool) -> Value {
        let kind = resource["resourceType"].as_str().unwrap_or_default();
        let unknown = Type::default();
        let known = self.definitions.get(kind).unwrap_or(&unknown);
        let always = ["resourceType", "id", "meta"].map(Element::whole);
        let mut part = resource.clone();
        if let Some(summary) = question.summary.as_deref() {
            part = match summary {
                "true" => listed(&part, &[&always[..], &known.summary].concat()),
                "text" => {
                    let text = [Element::whole("text")];
                    listed(&part, &[&always[..], &text, &known.mandatory].concat())
                }
                "data" => without_text(&part),
                _ => part,
            };
        }
        let named = question
            .elements
            .iter()
            .filter_map(|element| match element.split_once('.') {
                Some((of, element)) if of == kind => Some(element),
                None if is_match => Some(element.as_str()),
                _ => None,
            });
        // A choice of types can be asked for without the type.
        let named = named.flat_map(|name| [name.to_string(), format!("{name}[x]")]);
        let named: Vec<Element> = named.map(|name| Element::whole(&name)).collect();
        if !named.is_empty() {
            part = listed(&part, &[&always[..], &named, &known.mandatory].concat());
        }
        if part != *resource {
            mark(&mut part);
        }
        part
    }
}

/// The members of an object that a list of elements names, with their parts.
fn listed(value: &Value, elements: &[Element]) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    let mut kept = Map::new();
    for (name, child) in members {
        // `_name` has the extensions of `name`.
        let plain = name.strip_prefix('_').unwrap_or(name);
        let Some(element) = elements.iter().find(|element| names(&element.name, plain)) else {
            continue;
        };
        let part = match &element.part {
            Part::Whole => child.clone(),
            Part::AsAround => each(child, elements),
            Part::Children(children) => each(
                child,
                &[&children[..], &[Element::whole("modifierExtension")]].concat(),
            ),
        };
        kept.insert(name.clone(), part);
    }
    Value::Object(kept)
}

fn each(child: &Value, elements: &[Element]) -> Value {
    match child {
        Value::Array(all) => all.iter().map(|one| listed(one, elements)).collect(),
        one => listed(one, elements),
    }
}

/// `value[x]` names `valueQuantity`.
fn names(element: &str, name: &str) -> bool {
    match element.strip_suffix("[x]") {
        None => element == name,
        Some(choice) => name.strip_prefix(choice).is_some_and(is_data_type),
    }
}

fn without_text(resource: &Value) -> Value {
    let mut part = resource.clone();
    if let Some(members) = part.as_object_mut() {
        members.remove("text");
    }
    part
}

fn mark(part: &mut Value) {
    let subsetted = json!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
        "code": "SUBSETTED",
    });
    match part["meta"]["tag"].as_array_mut() {
        Some(tags) => tags.push(subsetted),
        None => part["meta"]["tag"] = json!([subsetted]),
    }
}
