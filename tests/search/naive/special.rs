//! The parameters that are no element's: `_text`, `_content`, `_list`, `_type` and `_filter`
//! (R5 search.html#standard).

use serde_json::Value;

use super::escape::{split, unescape};
use super::reference::{is_id, target};
use super::text::{has_words, leaves, without_tags};
use super::{Condition, Refusal, Server};

impl Server {
    /// Nothing where `code` is an ordinary parameter.
    pub(crate) fn special<'s>(
        &'s self,
        code: &str,
        modifier: Option<&str>,
        values: &str,
    ) -> Result<Option<Condition<'s>>, Refusal> {
        if !["_text", "_content", "_list", "_type"].contains(&code) {
            return Ok(None);
        }
        if let Some(modifier) = modifier {
            return Err(Refusal::Unsupported(format!("{code}:{modifier}")));
        }
        let each = split(values, ',').into_iter().map(unescape);
        let each: Vec<String> = each.collect::<Result<_, _>>()?;
        if each.iter().any(String::is_empty) {
            return Err(Refusal::BadInput("a value is empty".into()));
        }
        Ok(Some(match code {
            "_text" => Box::new(move |resource| {
                let narrative = narrative(resource);
                each.iter()
                    .any(|words| has_words([narrative.as_str()], words))
            }),
            "_content" => Box::new(move |resource| {
                let narrative = narrative(resource);
                let others = resource.as_object().into_iter().flatten();
                let others = others.filter(|(name, _)| *name != "text" && *name != "resourceType");
                let mut texts: Vec<&str> = others.flat_map(|(_, value)| leaves(value)).collect();
                texts.push(&narrative);
                each.iter()
                    .any(|words| has_words(texts.iter().copied(), words))
            }),
            "_list" => {
                let lists = each.iter().map(|list| self.list(list));
                let lists: Vec<Option<&Value>> = lists.collect::<Result<_, _>>()?;
                Box::new(move |resource| {
                    let mut there = lists.iter().flatten();
                    there.any(|list| self.lists(list, resource))
                })
            }
            _ => {
                for kind in &each {
                    self.known_type(kind)?;
                }
                Box::new(move |resource| {
                    let kind = resource["resourceType"].as_str();
                    kind.is_some_and(|kind| each.iter().any(|it| it == kind))
                })
            }
        }))
    }

    fn list(&self, value: &str) -> Result<Option<&Value>, Refusal> {
        let id = value.strip_prefix("List/").unwrap_or(value);
        if !is_id(id) {
            return Err(Refusal::Unsupported("_list by its function".into()));
        }
        Ok(self.of_type("List").find(|list| list["id"] == id))
    }

    fn lists(&self, list: &Value, resource: &Value) -> bool {
        let entries = list["entry"].as_array().into_iter().flatten();
        let mut targets = entries.filter_map(|entry| target(&self.base, &entry["item"]));
        targets.any(|target| self.is_target(&target, resource))
    }
}

fn narrative(resource: &Value) -> String {
    without_tags(resource["text"]["div"].as_str().unwrap_or_default())
}
