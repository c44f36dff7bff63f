//! The order of an answer (R5 search.html#sort).

use std::cmp::Ordering;

use serde_json::Value;

use super::date::Span;
use super::definitions::{Kind, Parameter};
use super::evaluate::{Item, evaluate};
use super::number::{Decimal, Extent};
use super::question::Question;
use super::reference::{Target, target};
use super::text::{fold, strings};
use super::token::tokens;
use super::{Condition, Refusal, Server, name};

/// One of the keys: a parameter, by the type of what is sorted.
pub(super) struct SortKey {
    parameters: Vec<(String, &'static Parameter)>,
    descending: bool,
}

/// What a resource is sorted by.
#[derive(Clone, Debug)]
enum Rank {
    Text(String),
    Moment(i128),
    Number(Decimal),
}

impl Rank {
    fn compare(&self, other: &Rank) -> Ordering {
        match (self, other) {
            (Rank::Text(one), Rank::Text(other)) => one.cmp(other),
            (Rank::Moment(one), Rank::Moment(other)) => one.cmp(other),
            (Rank::Number(one), Rank::Number(other)) => one.compare(*other),
            // Parameters of one code can differ in kind between types.
            _ => Ordering::Equal,
        }
    }
}

impl Server {
    pub(super) fn sort_key(
        &self,
        types: &[(String, Vec<Condition<'_>>)],
        text: &str,
    ) -> Result<SortKey, Refusal> {
        let (code, descending) = match text.strip_prefix('-') {
            Some(code) => (code, true),
            None => (text, false),
        };
        let mut parameters = Vec::new();
        for (kind, _) in types {
            let parameter = self.known(kind, code)?;
            if matches!(parameter.kind, Kind::Composite | Kind::Special) {
                return Err(Refusal::Unsupported(format!("sorting by {code}")));
            }
            parameters.push((kind.clone(), parameter));
        }
        Ok(SortKey {
            parameters,
            descending,
        })
    }

    /// All matches, in order; what is equal stays in the order of type and id.
    pub(super) fn sorted<'s>(&'s self, question: &Question<'s>) -> Vec<&'s Value> {
        let mut found = self.found(question);
        found.sort_by_key(|resource| name(resource));
        found.sort_by(|one, other| self.compare(&question.sort, one, other));
        found
    }

    fn compare(&self, keys: &[SortKey], one: &Value, other: &Value) -> Ordering {
        let by_key = keys
            .iter()
            .map(|key| match (self.rank(key, one), self.rank(key, other)) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(one), Some(other)) if key.descending => other.compare(&one),
                (Some(one), Some(other)) => one.compare(&other),
            });
        by_key.fold(Ordering::Equal, Ordering::then)
    }

    /// The item "that comes earliest in the specified sort order".
    fn rank(&self, key: &SortKey, resource: &Value) -> Option<Rank> {
        let of_type = |kind: &str| kind == "Resource" || resource["resourceType"] == kind;
        let (_, parameter) = key.parameters.iter().find(|(kind, _)| of_type(kind))?;
        let items = evaluate(&parameter.path, &Item::of(resource), resource);
        let ranks = items
            .iter()
            .flat_map(|item| self.ranks(parameter, key.descending, &item.value));
        match key.descending {
            false => ranks.min_by(Rank::compare),
            true => ranks.max_by(Rank::compare),
        }
    }

    fn ranks(&self, parameter: &Parameter, descending: bool, value: &Value) -> Vec<Rank> {
        let text = |text: String| Rank::Text(text);
        match parameter.kind {
            Kind::Text => strings(value)
                .into_iter()
                .map(|it| text(fold(it)))
                .collect(),
            Kind::Uri => value
                .as_str()
                .map(|it| text(it.into()))
                .into_iter()
                .collect(),
            Kind::Token => {
                let tokens = tokens(value, None).into_iter();
                tokens.filter_map(|token| token.code).map(text).collect()
            }
            Kind::Reference => {
                let written = target(&self.base, value).map(|target| match target {
                    Target::Own { kind, id, .. } => format!("{kind}/{id}"),
                    Target::Url { url, .. } => url,
                });
                written.map(text).into_iter().collect()
            }
            Kind::Date => {
                let span = Span::by(parameter, value);
                let moment = span.map(|span| if descending { span.last } else { span.first });
                moment.map(Rank::Moment).into_iter().collect()
            }
            Kind::Number | Kind::Quantity => {
                let extent = Extent::of(value);
                let end = extent.and_then(|it| match descending {
                    true => it.high.or(it.low),
                    false => it.low.or(it.high),
                });
                end.map(Rank::Number).into_iter().collect()
            }
            Kind::Composite | Kind::Special => Vec::new(),
        }
    }

    /// Whether matches, given as `Type/id`, stand in an order that the query's `_sort` allows.
    pub(crate) fn same_order(&self, query: &str, names: &[String]) -> Result<bool, Refusal> {
        let question = self.question(query)?;
        let found = self.found(&question);
        let find = |wanted: &String| found.iter().find(|it| name(it) == *wanted).copied();
        let ordered: Option<Vec<&Value>> = names.iter().map(find).collect();
        let ordered = ordered.ok_or_else(|| Refusal::BadInput("no match of the search".into()))?;
        Ok(ordered.is_sorted_by(|one, other| self.compare(&question.sort, one, other).is_le()))
    }
}
