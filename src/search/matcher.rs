//! What one value of a query asks of an index, by the kind of its parameter.

use std::borrow::Cow;

use super::parameter::{Parameter, ParameterKind};
use super::term;
use crate::fhir::reference::{is_id, is_type};
use crate::fhir::{DateRange, Identity};
use crate::{Code, Error, Result};

/// What of a resource is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// `_id`
    Id,
    /// `_lastUpdated`
    LastUpdated,
    /// Any other parameter, by its code.
    Parameter(&'static str, ParameterKind),
}

/// One value of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// The resource has exactly this term.
    Term(Vec<u8>),
    /// The resource has a term that begins so.
    Prefix(Vec<u8>),
    /// The resource has a term that ends so.
    Suffix(Vec<u8>),
    /// One of the resource's ranges compares so.
    Range(Comparison, DateRange),
}

/// The prefixes of ordered parameters (R5 search.html#prefix).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The search value contains the resource's.
    Eq,
    /// It does not.
    Ne,
    /// The resource's reaches above the search value.
    Gt,
    /// The resource's reaches below the search value.
    Lt,
    /// Gt or Eq.
    Ge,
    /// Lt or Eq.
    Le,
    /// The resource's begins after the search value ends.
    Sa,
    /// The resource's ends before the search value begins.
    Eb,
}

impl Comparison {
    /// Whether a resource's range compares so to the range of the search value.
    pub fn holds(self, value: DateRange, resource: DateRange) -> bool {
        let contained = value.low <= resource.low && resource.high <= value.high;
        let above = resource.high > value.high;
        let below = resource.low < value.low;
        match self {
            Comparison::Eq => contained,
            Comparison::Ne => !contained,
            Comparison::Gt => above,
            Comparison::Lt => below,
            Comparison::Ge => above || contained,
            Comparison::Le => below || contained,
            Comparison::Sa => resource.low > value.high,
            Comparison::Eb => resource.high < value.low,
        }
    }
}

/// The matchers of one value: one, or one per type that a reference without a type may mean.
pub(super) fn matchers(
    base: &str,
    on: &Field,
    parameter: Option<&Parameter>,
    name: &str,
    modifier: Option<&str>,
    value: &str,
) -> Result<Vec<Matcher>> {
    let kind = match on {
        Field::Parameter(_, kind) => Some(*kind),
        _ => None,
    };
    let target =
        modifier.filter(|modifier| kind == Some(ParameterKind::Reference) && is_type(modifier));
    if modifier.is_some() && target.is_none() {
        let name = shown(name);
        return Err(Error::new(
            Code::Unsupported,
            format!(
                "The search parameter `{name}` has a modifier that a replica cannot answer yet."
            ),
        ));
    }
    let one = match (on, kind) {
        (Field::Id, _) => {
            if !is_id(value) {
                return Err(bad("A value of the search parameter `_id` is no FHIR id."));
            }
            let mut packed = Vec::new();
            term::pack_id(&mut packed, value);
            Matcher::Term(packed)
        }
        (Field::LastUpdated, _) | (_, Some(ParameterKind::Date)) => date(name, value)?,
        (_, Some(ParameterKind::Token)) => token(value),
        (_, Some(ParameterKind::String)) => {
            let mut folded = Vec::new();
            term::string(&mut folded, &unescape(value));
            Matcher::Prefix(folded)
        }
        (_, _) => {
            let targets = parameter.map_or(&[] as &[&str], |parameter| &parameter.targets);
            return Ok(references(base, value, target, targets));
        }
    };
    Ok(vec![one])
}

/// `code`, `system|code`, `|code` (no system) or `system|` (any code of it).
fn token(value: &str) -> Matcher {
    let mut parts = split(value, '|');
    let first = unescape(parts.next().unwrap_or_default());
    let mut written = Vec::new();
    match parts.next().map(unescape) {
        None => {
            term::token(&mut written, "", &first);
            Matcher::Prefix(written)
        }
        Some(code) if code.is_empty() => {
            term::token(&mut written, &first, "");
            Matcher::Suffix(written)
        }
        Some(code) => {
            term::token(&mut written, &first, &code);
            Matcher::Term(written)
        }
    }
}

/// `Type/id`, an absolute URL, or an id alone, which may be of any type that the parameter allows.
fn references(base: &str, value: &str, only: Option<&str>, targets: &[&str]) -> Vec<Matcher> {
    let value = unescape(value);
    let mut written = Vec::new();
    let mut exactly = |write: &dyn Fn(&mut Vec<u8>)| {
        write(&mut written);
        Matcher::Term(written.clone())
    };
    if !is_id(&value) {
        return vec![exactly(&|out| term::reference(out, base, &value))];
    }
    let kinds = targets
        .iter()
        .filter(|kind| only.is_none_or(|only| only == **kind));
    let to = |kind| Identity { kind, id: &value };
    kinds
        .map(|kind| exactly(&|out| term::reference_to(out, to(kind))))
        .collect()
}

fn date(name: &str, value: &str) -> Result<Matcher> {
    let (comparison, date) = match value.get(..2) {
        Some("eq") => (Comparison::Eq, &value[2..]),
        Some("ne") => (Comparison::Ne, &value[2..]),
        Some("gt") => (Comparison::Gt, &value[2..]),
        Some("lt") => (Comparison::Lt, &value[2..]),
        Some("ge") => (Comparison::Ge, &value[2..]),
        Some("le") => (Comparison::Le, &value[2..]),
        Some("sa") => (Comparison::Sa, &value[2..]),
        Some("eb") => (Comparison::Eb, &value[2..]),
        Some("ap") => {
            let sentence =
                format!("The prefix `ap` of the search parameter `{name}` cannot be answered yet.");
            return Err(Error::new(Code::Unsupported, sentence));
        }
        _ => (Comparison::Eq, value),
    };
    // A plus sign that was not encoded arrives as a space; only a zone can have stood there.
    let range = DateRange::parse(&date.replace(' ', "+"));
    let range = range.ok_or_else(|| {
        bad(format!(
            "A value of the search parameter `{name}` is no date."
        ))
    })?;
    Ok(Matcher::Range(comparison, range))
}

/// The parts of `text` between separators that no backslash escapes; escapes are kept.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut escaped = false;
    text.split(move |character| {
        let splits = character == separator && !escaped;
        escaped = character == '\\' && !escaped;
        splits
    })
}

/// Resolves `\,`, `\|`, `\$` and `\\` (R5 search.html#escaping).
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.extend(characters.next()),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// A name that came from the caller, for a message: only what looks like one is repeated.
pub(super) fn shown(name: &str) -> &str {
    let is_name = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic());
    if is_name { name } else { "?" }
}

pub(super) fn bad(sentence: impl Into<String>) -> Error {
    Error::new(Code::BadInput, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefixes_of_dates_compare_ranges_as_r5_search_html_says() {
        let range = |text| DateRange::parse(text).unwrap();
        let (day, before, within, year) = (
            range("2013-01-14"),
            range("2013-01-13"),
            range("2013-01-14T10:00"),
            range("2013"),
        );
        use Comparison::*;
        assert!(Eq.holds(day, within) && !Eq.holds(day, year) && Ne.holds(day, year));
        assert!(
            Gt.holds(day, year) && Lt.holds(day, year),
            "a year reaches above and below its day"
        );
        assert!(!Gt.holds(day, within) && Ge.holds(day, within) && Le.holds(day, within));
        assert!(Lt.holds(day, before) && Eb.holds(day, before) && !Sa.holds(day, before));
        assert!(Sa.holds(before, day) && !Sa.holds(day, year));
    }
}
