//! What only the resource itself can tell: is its text this exactly, do its components match together.

use std::rc::Rc;

use super::condition::Check;
use super::definitions::{Definitions, TypeDefinition};
use super::extract::{Extractor, Measure, Sink};
use super::matcher::Matcher;
use super::parameter::{Parameter, ParameterKind};
use super::plan::{Leaf, Plan, Visitor};
use super::term;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::fhir::{DateRange, Decimal};

/// Asks resources of one type, one after the other.
#[derive(Debug)]
pub struct Checker<'a> {
    any: &'a [Check],
    plan: Plan,
    /// Of a composite: how to find the values of each component.
    components: Vec<Component>,
    extractor: Extractor,
}

#[derive(Debug)]
struct Component {
    plan: Plan,
    of_resource: bool,
}

impl<'a> Checker<'a> {
    /// For a parameter of `kind`, on the server at `base`.
    pub fn new(definitions: &Definitions, kind: &str, parameter: &Rc<Parameter>, any: &'a [Check], base: &str) -> Self {
        let definition = definitions.of(kind);
        let component = |component: &super::parameter::Component| {
            let of = definition.parameter(&component.code);
            let kind = of.map_or(ParameterKind::Special, |of| of.kind);
            Component {
                plan: TypeDefinition::plan_of(&component.paths, kind, ""),
                of_resource: component.paths.iter().any(|path| path.of_resource),
            }
        };
        let paths = match parameter.kind {
            ParameterKind::Composite => &parameter.within,
            _ => &parameter.paths,
        };
        Checker {
            any,
            plan: TypeDefinition::plan_of(paths, parameter.kind, ""),
            components: parameter.components.iter().map(component).collect(),
            extractor: Extractor::new(base),
        }
    }

    /// Whether one of the checks holds for the resource.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn holds(&mut self, resource: &[u8]) -> Result<bool, Broken> {
        let mut found = false;
        let Checker { any, plan, components, extractor } = self;
        let mut see = |scanner: &mut Scanner<'_>| {
            let value = scanner.pass()?;
            for check in *any {
                found |= match check {
                    Check::Exact(text) => is_exactly(&mut Scanner::new(value), text)?,
                    Check::Text(folded) => has_text(&mut Scanner::new(value), folded)?,
                    Check::OfType { system, code, value: wanted } => {
                        is_of_type(value, system.as_deref(), code, wanted)?
                    }
                    Check::Together(wanted) => together(extractor, components, wanted, value, resource)?,
                };
                if found {
                    break;
                }
            }
            Ok(())
        };
        plan.walk(resource, &mut Each(&mut see))?;
        Ok(found)
    }
}

/// Sees each value as its bytes.
struct Each<'a>(&'a mut dyn FnMut(&mut Scanner<'_>) -> Result<(), Broken>);

impl Visitor for Each<'_> {
    fn value(&mut self, _: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        (self.0)(scanner)
    }
}

/// Whether each component of the element has one of what is wanted of it.
fn together(
    extractor: &mut Extractor,
    components: &[Component],
    wanted: &[Vec<Matcher>],
    element: &[u8],
    resource: &[u8],
) -> Result<bool, Broken> {
    for (component, any) in components.iter().zip(wanted) {
        let mut matching = Matching { any, found: false };
        let from = if component.of_resource { resource } else { element };
        extractor.by_plan(&component.plan, from, &mut matching)?;
        if !matching.found {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether anything that is extracted matches.
struct Matching<'a> {
    any: &'a [Matcher],
    found: bool,
}

impl Sink for Matching<'_> {
    fn term(&mut self, _: usize, term: &[u8]) {
        self.found |= !term.is_empty() && self.any.iter().any(|matcher| matcher.is(term));
    }

    fn range(&mut self, _: usize, range: DateRange) {
        let holds = |matcher: &Matcher| matches!(matcher, Matcher::Range(comparison, value) if comparison.holds(*value, range));
        self.found |= self.any.iter().any(holds);
    }

    fn number(&mut self, _: usize, measure: Measure<'_>) {
        let range = measure.range();
        let holds = |matcher: &Matcher| match matcher {
            Matcher::Number(comparison, value, unit) => {
                comparison.holds(*value, range) && unit.as_ref().is_none_or(|unit| unit.is(measure.unit))
            }
            _ => false,
        };
        self.found |= self.any.iter().any(holds);
    }
}

impl Measure<'_> {
    /// Between which numbers it is, in an order that integers have.
    pub fn range(&self) -> DateRange {
        DateRange {
            low: self.low.map_or(i64::MIN, Decimal::exactly),
            high: self.high.map_or(i64::MAX, Decimal::exactly),
        }
    }
}

/// Whether a string, or one of the parts of a HumanName or Address, is this one.
fn is_exactly(scanner: &mut Scanner<'_>, text: &str) -> Result<bool, Broken> {
    let mut found = false;
    match scanner.kind()? {
        Kind::String => found = scanner.string()?.decode() == text,
        Kind::Array => scanner.array(|scanner| {
            found |= is_exactly(scanner, text)?;
            Ok::<(), Broken>(())
        })?,
        Kind::Object => scanner.object(|scanner, key| {
            match scanner.kind()? {
                Kind::String | Kind::Array if term::STRING_PARTS.contains(&key) => found |= is_exactly(scanner, text)?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?,
        _ => {
            scanner.pass()?;
        }
    }
    Ok(found)
}

/// Whether a CodeableConcept, Coding or Identifier has a text in which a word begins so.
fn has_text(scanner: &mut Scanner<'_>, folded: &[u8]) -> Result<bool, Broken> {
    let mut found = false;
    match scanner.kind()? {
        Kind::Object => scanner.object(|scanner, key| {
            match (key, scanner.kind()?) {
                (b"text" | b"display", Kind::String) => {
                    let mut own = Vec::new();
                    term::string(&mut own, &scanner.string()?.decode());
                    found |= has_word(&own, folded);
                }
                (b"coding" | b"type", Kind::Object | Kind::Array) => found |= has_text(scanner, folded)?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?,
        Kind::Array => scanner.array(|scanner| {
            found |= has_text(scanner, folded)?;
            Ok::<(), Broken>(())
        })?,
        _ => {
            scanner.pass()?;
        }
    }
    Ok(found)
}

fn has_word(text: &[u8], beginning: &[u8]) -> bool {
    let mut places = memchr::memmem::find_iter(text, beginning);
    places.any(|at| at == 0 || !text[at - 1].is_ascii_alphanumeric())
}

/// Whether an Identifier has that type and value.
fn is_of_type(identifier: &[u8], system: Option<&str>, code: &str, wanted: &str) -> Result<bool, Broken> {
    let (mut value, mut kind) = (None, None);
    let mut scanner = Scanner::new(identifier);
    if scanner.kind()? != Kind::Object {
        return Ok(false);
    }
    scanner.object(|scanner, key| {
        match key {
            b"value" => value = scanner.string_or_skip()?,
            b"type" => kind = Some(scanner.pass()?),
            _ => {
                scanner.pass()?;
            }
        }
        Ok::<(), Broken>(())
    })?;
    let same = value.map(Text::decode).is_some_and(|value| value == wanted);
    match kind {
        Some(kind) if same => has_code(&mut Scanner::new(kind), system, code),
        _ => Ok(false),
    }
}

/// Whether a CodeableConcept has a coding with that code.
fn has_code(scanner: &mut Scanner<'_>, system: Option<&str>, code: &str) -> Result<bool, Broken> {
    let (mut found, mut own_system, mut own_code) = (false, None, None);
    match scanner.kind()? {
        Kind::Object => scanner.object(|scanner, key| {
            match (key, scanner.kind()?) {
                (b"coding", Kind::Array) => scanner.array(|scanner| {
                    found |= has_code(scanner, system, code)?;
                    Ok::<(), Broken>(())
                })?,
                (b"system", _) => own_system = scanner.string_or_skip()?,
                (b"code", _) => own_code = scanner.string_or_skip()?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?,
        _ => {
            scanner.pass()?;
        }
    }
    let same = own_code.map(Text::decode).is_some_and(|own| own == code);
    let own_system = own_system.map(Text::decode);
    Ok(found || same && system.is_none_or(|system| own_system.as_deref() == Some(system)))
}
