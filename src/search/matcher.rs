//! What one value of a query asks of an index, by the kind of its parameter.

use std::borrow::Cow;
use std::rc::Rc;

use super::parameter::{Parameter, ParameterKind};
use super::term;
use crate::fhir::reference::{is_id, is_type};
use crate::fhir::{DateRange, Decimal, Identity, Instant};
use crate::{Code, Error, Result};

/// What of a resource is looked at.
#[derive(Clone, Debug)]
pub enum Field {
    /// `_id`
    Id,
    /// `_lastUpdated`
    LastUpdated,
    /// Any other parameter.
    Parameter(Rc<Parameter>),
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
    /// The same, but for some terms.
    SuffixExcept(Vec<u8>, Vec<Vec<u8>>),
    /// The resource has a term that, in lower case, is one that is looked for.
    AnyCase(Box<Matcher>),
    /// The resource has a text that compares so by its code points.
    Order(Comparison, Vec<u8>),
    /// The resource refers to this id, of whatever type.
    AnyType(Vec<u8>),
    /// The resource has a term that has this somewhere.
    Contains(Vec<u8>),
    /// The resource has a term whose code or text, folded, begins so.
    FoldedPrefix(Vec<u8>),
    /// The resource has a term that, folded, has this somewhere.
    FoldedContains(Vec<u8>),
    /// One of the resource's ranges compares so.
    Range(Comparison, DateRange),
    /// One of the resource's numbers compares so and has that unit.
    Number(Comparison, DateRange, Option<Unit>),
}

/// The unit that a quantity must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    system: Option<String>,
    code: Option<String>,
}

impl Matcher {
    /// Whether ranges of time or numbers are compared.
    pub fn is_range(&self) -> bool {
        matches!(self, Matcher::Range(..) | Matcher::Number(..))
    }

    /// Whether a term is one that is looked for; where the index has no order to find it by.
    pub fn is(&self, found: &[u8]) -> bool {
        match self {
            Matcher::Term(term) => found == term,
            Matcher::Prefix(prefix) => found.starts_with(prefix),
            Matcher::Suffix(suffix) => found.ends_with(suffix),
            Matcher::Contains(part) => has(found, part),
            Matcher::FoldedPrefix(prefix) => refolded(found).starts_with(prefix),
            Matcher::FoldedContains(part) => has(&refolded(found), part),
            Matcher::SuffixExcept(suffix, except) => {
                found.ends_with(suffix) && !except.iter().any(|it| it == found)
            }
            Matcher::AnyType(id) => {
                let kind = found
                    .strip_suffix(id.as_slice())
                    .and_then(|rest| rest.strip_suffix(b"/"));
                kind.is_some_and(|kind| std::str::from_utf8(kind).is_ok_and(is_type))
            }
            Matcher::AnyCase(it) => it.is(lowered(&String::from_utf8_lossy(found)).as_bytes()),
            Matcher::Order(comparison, text) => {
                let order = found.cmp(text);
                !found.is_empty()
                    && match comparison {
                        Comparison::Gt => order.is_gt(),
                        Comparison::Ge => order.is_ge(),
                        Comparison::Lt => order.is_lt(),
                        _ => order.is_le(),
                    }
            }
            Matcher::Range(..) | Matcher::Number(..) => false,
        }
    }
}

impl Unit {
    /// Whether this is the unit that [`term::unit`] wrote. Without a system the code and the unit as
    /// people read it are one as good as the other (R5 search.html#quantity).
    pub fn is(&self, written: &[u8]) -> bool {
        let mut parts = written.split(|byte| *byte == 0);
        let mut part = || parts.next().unwrap_or_default();
        let (code, system, unit) = (part(), part(), part());
        let wanted = self.code.as_deref().map(str::as_bytes);
        match &self.system {
            Some(named) => system == named.as_bytes() && wanted.is_none_or(|wanted| code == wanted),
            None => wanted == Some(code) || wanted == Some(unit),
        }
    }
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
    /// The resource's has something in common with the search value, which is widened.
    Ap,
    /// The same, not widened: `po` of a `_filter`.
    Overlaps,
    /// The resource's contains the search value: `co` of a `_filter`.
    Covers,
}

impl Comparison {
    /// Whether a resource's range compares so to the range of the search value.
    pub fn holds(self, value: DateRange, resource: DateRange) -> bool {
        if !resource.is_some() {
            return false;
        }
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
            Comparison::Covers => resource.low <= value.low && value.high <= resource.high,
            Comparison::Ap | Comparison::Overlaps => {
                resource.low <= value.high && value.low <= resource.high
            }
        }
    }

    /// Whether one of some ranges may compare so, of which is known only between which ends they lie.
    pub fn may_hold(self, value: DateRange, ends: DateRange) -> bool {
        let overlap = ends.low <= value.high && value.low <= ends.high;
        match self {
            Comparison::Ne => true,
            Comparison::Gt | Comparison::Sa => ends.high > value.high,
            Comparison::Lt | Comparison::Eb => ends.low < value.low,
            Comparison::Ge => ends.high > value.high || overlap,
            Comparison::Le => ends.low < value.low || overlap,
            _ => overlap,
        }
    }

    /// The prefix of a value, and what stands after it.
    pub(super) fn of(value: &str) -> (Comparison, &str) {
        let comparison = match value.get(..2) {
            Some("eq") => Comparison::Eq,
            Some("ne") => Comparison::Ne,
            Some("gt") => Comparison::Gt,
            Some("lt") => Comparison::Lt,
            Some("ge") => Comparison::Ge,
            Some("le") => Comparison::Le,
            Some("sa") => Comparison::Sa,
            Some("eb") => Comparison::Eb,
            Some("ap") => Comparison::Ap,
            _ => return (Comparison::Eq, value),
        };
        (comparison, &value[2..])
    }
}

/// What values are read against.
#[derive(Clone, Copy, Debug)]
pub struct Readings<'a> {
    /// The base URL of the server: absolute references to it are its own.
    pub base: &'a str,
    /// The time that `ap` measures its distance from.
    pub now: Instant,
}

impl Readings<'_> {
    /// The matchers of one value: one, or one per thing that it may mean.
    pub(super) fn matchers(
        self,
        on: &Field,
        only: Option<&str>,
        name: &str,
        value: &str,
    ) -> Result<Vec<Matcher>> {
        let parameter = match on {
            Field::Id => return id(value).map(|id| vec![id]),
            Field::LastUpdated => return self.date(name, value).map(|date| vec![date]),
            Field::Parameter(parameter) => parameter,
        };
        let one = match parameter.kind {
            ParameterKind::Date => self.date(name, value)?,
            ParameterKind::Token => token(value),
            ParameterKind::String => Matcher::Prefix(folded(&unescape(value))),
            ParameterKind::Uri => Matcher::Term(unescape(value).into_owned().into_bytes()),
            ParameterKind::Number => number(name, value, None)?,
            ParameterKind::Quantity => quantity(name, value)?,
            ParameterKind::Reference => return Ok(self.references(parameter, only, value)),
            ParameterKind::Composite | ParameterKind::Special => return Err(unanswered(name)),
        };
        Ok(vec![one])
    }

    /// `Type/id`, an absolute URL, or an id alone, which may be of any type that the parameter allows.
    fn references(self, parameter: &Parameter, only: Option<&str>, value: &str) -> Vec<Matcher> {
        let value = unescape(value);
        let mut written = Vec::new();
        if !is_id(&value) {
            term::reference(&mut written, self.base, &value);
            let named = Identity::of_url(&value).map(|identity| identity.kind);
            if only.is_some_and(|only| named.is_some_and(|named| named != only)) {
                return Vec::new();
            }
            let mut any = vec![Matcher::Term(written.clone())];
            if term::target(&written).is_none() {
                // With the type that the reference names beside it.
                let mut typed = written.clone();
                term::put_target(&mut typed, only.unwrap_or_default());
                any.push(Matcher::Prefix(typed));
            }
            if value.contains(':') && !value.contains('|') {
                // A canonical without a version means any version of it.
                written.push(b'|');
                any.push(Matcher::Prefix(written));
            }
            return any;
        }
        let targets = parameter.targets.iter().map(|kind| &**kind);
        let kinds: Vec<&str> = match only {
            Some(only) => vec![only],
            None => targets.collect(),
        };
        if kinds.is_empty() {
            term::pack_id(&mut written, &value);
            return vec![Matcher::AnyType(written)];
        }
        let to = |kind| {
            term::reference_to(&mut written, Identity { kind, id: &value });
            Matcher::Term(written.clone())
        };
        kinds.into_iter().map(to).collect()
    }

    fn date(self, name: &str, value: &str) -> Result<Matcher> {
        let (comparison, date) = Comparison::of(value);
        let mut range = self.range(name, date)?;
        if comparison == Comparison::Ap {
            // A tenth of the time between now and then, to either side.
            let gap = (self.now.0.abs_diff(range.low) / 10) as i64;
            range = DateRange {
                low: range.low - gap,
                high: range.high + gap,
            };
        }
        Ok(Matcher::Range(comparison, range))
    }

    /// What a date without a prefix covers.
    pub(super) fn range(self, name: &str, date: &str) -> Result<DateRange> {
        // A plus sign that was not encoded arrives as a space; only a zone can have stood there.
        DateRange::parse(&date.replace(' ', "+")).ok_or_else(|| {
            bad(format!(
                "A value of the search parameter `{}` is no date.",
                shown(name)
            ))
        })
    }
}

pub(super) fn id(value: &str) -> Result<Matcher> {
    if !is_id(value) {
        return Err(bad("A value of the search parameter `_id` is no FHIR id."));
    }
    let mut packed = Vec::new();
    term::pack_id(&mut packed, value);
    Ok(Matcher::Term(packed))
}

/// `code`, `system|code`, `|code` (no system) or `system|` (any code of it).
pub(super) fn token(value: &str) -> Matcher {
    let mut parts = split(value, '|');
    let first = unescape(parts.next().unwrap_or_default());
    let mut written = Vec::new();
    match parts.next().map(unescape) {
        None => {
            term::token(&mut written, b"", first.as_bytes());
            Matcher::Prefix(written)
        }
        Some(code) if code.is_empty() => {
            term::token(&mut written, first.as_bytes(), b"");
            Matcher::Suffix(written)
        }
        Some(code) => {
            term::token(&mut written, first.as_bytes(), code.as_bytes());
            Matcher::Term(written)
        }
    }
}

/// `:identifier` of a reference: as a token, among the terms that begin as identifiers do.
pub(super) fn identifier(value: &str) -> Result<Matcher> {
    let marked = |mut written: Vec<u8>| {
        written.insert(0, term::IDENTIFIER);
        written
    };
    match token(value) {
        Matcher::Term(mut written) => {
            term::put_target(&mut written, "");
            Ok(Matcher::Prefix(marked(written)))
        }
        Matcher::Prefix(written) => Ok(Matcher::Prefix(marked(written))),
        _ => Err(bad("`:identifier` needs the value of an identifier.")),
    }
}

/// `[prefix]number`
fn number(name: &str, value: &str, unit: Option<Unit>) -> Result<Matcher> {
    let (comparison, text) = Comparison::of(value);
    let number = Decimal::parse(text.trim().as_bytes());
    let number = number.ok_or_else(|| {
        bad(format!(
            "A value of the search parameter `{}` is no number.",
            shown(name)
        ))
    })?;
    let range = match comparison {
        Comparison::Eq | Comparison::Ne => number.precision(),
        Comparison::Ap => number.about(),
        // Otherwise a number has no precision but is what it is.
        _ => DateRange {
            low: number.exactly(),
            high: number.exactly(),
        },
    };
    Ok(Matcher::Number(comparison, range, unit))
}

/// `[prefix]number`, `[prefix]number|system|code` or `[prefix]number||code`
fn quantity(name: &str, value: &str) -> Result<Matcher> {
    let mut parts = split(value, '|');
    let amount = parts.next().unwrap_or_default();
    let mut part = || unescape(parts.next().unwrap_or_default()).into_owned();
    let (system, code) = (part(), part());
    let unit = (!code.is_empty() || !system.is_empty()).then(|| Unit {
        system: (!system.is_empty()).then_some(system),
        code: (!code.is_empty()).then_some(code),
    });
    number(name, amount, unit)
}

/// Whether a term has this somewhere.
fn has(found: &[u8], part: &[u8]) -> bool {
    let Some((first, rest)) = part.split_first() else {
        return true;
    };
    let places = (found.len() + 1).saturating_sub(part.len());
    (0..places).any(|at| found[at] == *first && found[at + 1..].starts_with(rest))
}

/// What stands before the first zero of a term, folded.
fn refolded(found: &[u8]) -> Vec<u8> {
    let code = found.split(|byte| *byte == 0).next().unwrap_or_default();
    folded(&String::from_utf8_lossy(code))
}

/// In lower case, nothing else about it changed.
pub(super) fn lowered(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

pub(super) fn folded(text: &str) -> Vec<u8> {
    let mut written = Vec::new();
    term::string(&mut written, text);
    written
}

/// The type that a modifier names.
pub(super) fn type_of(modifier: &str) -> Option<&str> {
    is_type(modifier).then_some(modifier)
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
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
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

pub(super) fn unanswered(name: &str) -> Error {
    let name = shown(name);
    Error::new(
        Code::Unsupported,
        format!("The search parameter `{name}` cannot be answered from a replica."),
    )
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
