//! What only the resource itself can tell: is its text this exactly, do its components match together.

use std::rc::Rc;

use super::condition::Check;
use super::definitions::{Definitions, TypeDefinition};
use super::extract::{Extractor, Measure, Sink};
use super::matcher::Matcher;
use super::parameter::{Parameter, ParameterKind};
use super::path::Path;
use super::plan::{Leaf, Plan, Visitor};
use super::term;
use super::words::words;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::fhir::{DateRange, Decimal, Identity};

/// Asks resources of one type, one after the other.
#[derive(Debug)]
pub struct Checker<'a> {
    any: &'a [Check],
    plan: Plan,
    /// By path: the type that references must be to.
    targets: Vec<Option<String>>,
    /// How to find the values of one element.
    element: Plan,
    /// Of a composite: how to find the values of each component.
    components: Vec<Component>,
    extractor: Extractor,
    base: String,
}

#[derive(Debug)]
struct Component {
    plan: Plan,
    of_resource: bool,
}

impl<'a> Checker<'a> {
    /// For a parameter of `kind`, on the server at `base`.
    pub fn new(
        definitions: &Definitions,
        kind: &str,
        parameter: &Rc<Parameter>,
        any: &'a [Check],
        base: &str,
    ) -> Self {
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
            targets: paths.iter().map(|path| path.target.clone()).collect(),
            element: TypeDefinition::plan_of(&[Path::default()], parameter.kind, &parameter.system),
            components: parameter.components.iter().map(component).collect(),
            extractor: Extractor::new(base),
            base: base.to_string(),
        }
    }

    /// Whether one of the checks holds for the resource.
    ///
    /// # Errors
    /// Where the bytes are no JSON.
    pub fn holds(&mut self, resource: &[u8]) -> Result<bool, Broken> {
        let mut found = false;
        let Checker {
            any,
            plan,
            targets,
            element,
            components,
            extractor,
            base,
        } = self;
        let mut see = |leaf: &Leaf, scanner: &mut Scanner<'_>| {
            let value = scanner.pass()?;
            if let Some(Some(wanted)) = targets.get(leaf.column)
                && !is_to(value, wanted)?
            {
                return Ok(());
            }
            for check in *any {
                found |= match check {
                    Check::Exact(text) => {
                        let mut same = false;
                        strings(&mut Scanner::new(value), &mut |own| same |= own == text)?;
                        same
                    }
                    Check::Words(wanted) => {
                        let mut there = Vec::new();
                        strings(&mut Scanner::new(value), &mut |own| {
                            there.append(&mut words(own))
                        })?;
                        wanted.iter().all(|word| there.contains(word))
                    }
                    Check::Text(folded) => begins(&mut Scanner::new(value), TEXTS, folded)?,
                    Check::Version(version) => names_version(value, version, base)?,
                    Check::OfType {
                        system,
                        code,
                        value: wanted,
                    } => is_of_type(value, system.as_deref(), code, wanted)?,
                    // Of what only exists or not there is one value, and that is equal.
                    Check::Other(_) if leaf.exists => false,
                    Check::Other(same) => {
                        let mut matching = Matching::of(std::slice::from_ref(same));
                        extractor.by_plan(element, value, &mut matching)?;
                        matching.any_value && !matching.found
                    }
                    Check::Together(wanted) => {
                        together(extractor, components, wanted, value, resource)?
                    }
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
struct Each<'a>(&'a mut dyn FnMut(&Leaf, &mut Scanner<'_>) -> Result<(), Broken>);

impl Visitor for Each<'_> {
    fn value(&mut self, leaf: &Leaf, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        (self.0)(leaf, scanner)
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
        let mut matching = Matching::of(any);
        let from = if component.of_resource {
            resource
        } else {
            element
        };
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
    any_value: bool,
}

impl<'a> Matching<'a> {
    fn of(any: &'a [Matcher]) -> Self {
        Matching {
            any,
            found: false,
            any_value: false,
        }
    }
}

impl Sink for Matching<'_> {
    fn term(&mut self, _: usize, term: &[u8]) {
        self.any_value = true;
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
                comparison.holds(*value, range)
                    && unit.as_ref().is_none_or(|unit| unit.is(measure.unit))
            }
            _ => false,
        };
        self.found |= self.any.iter().any(holds);
    }
}

impl Measure<'_> {
    /// Between which numbers it is, in an order that integers have.
    pub fn range(&self) -> DateRange {
        if self.low.is_none() && self.high.is_none() {
            return DateRange::NEVER;
        }
        DateRange {
            low: self.low.map_or(i64::MIN, Decimal::exactly),
            high: self.high.map_or(i64::MAX, Decimal::exactly),
        }
    }
}

/// Shows a string, or each of the parts of a HumanName or Address.
fn strings(scanner: &mut Scanner<'_>, see: &mut dyn FnMut(&str)) -> Result<(), Broken> {
    match scanner.kind()? {
        Kind::String => {
            see(&scanner.string()?.decode());
            Ok(())
        }
        Kind::Array => scanner.array(|scanner| strings(scanner, see)),
        Kind::Object => scanner.object(|scanner, key| match scanner.kind()? {
            Kind::String | Kind::Array if term::STRING_PARTS.contains(&key) => {
                strings(scanner, see)
            }
            _ => scanner.pass().map(drop),
        }),
        _ => scanner.pass().map(drop),
    }
}

/// Where people read what a CodeableConcept, Coding, Identifier or Reference is: members, and those
/// that their members have.
const TEXTS: &[(&[u8], &[u8])] = &[
    (b"text", b""),
    (b"display", b""),
    (b"coding", b"display"),
    (b"type", b"text"),
    (b"assigner", b"display"),
];

/// Whether one of the texts begins so, folded.
fn begins(
    scanner: &mut Scanner<'_>,
    texts: &[(&[u8], &[u8])],
    folded: &[u8],
) -> Result<bool, Broken> {
    let mut found = false;
    match scanner.kind()? {
        Kind::Object => scanner.object(|scanner, key| {
            if let Some((_, inner)) = texts.iter().find(|(member, _)| *member == key) {
                let kind = scanner.kind()?;
                match inner.is_empty() {
                    true if kind == Kind::String => {
                        let mut own = Vec::new();
                        term::string(&mut own, &scanner.string()?.decode());
                        found |= own.starts_with(folded);
                    }
                    true => drop(scanner.pass()?),
                    false => found |= begins(scanner, &[(inner, b"")], folded)?,
                }
                return Ok::<(), Broken>(());
            }
            scanner.pass().map(drop)
        })?,
        Kind::Array => scanner.array(|scanner| {
            found |= begins(scanner, texts, folded)?;
            Ok::<(), Broken>(())
        })?,
        _ => {
            scanner.pass()?;
        }
    }
    Ok(found)
}

/// Whether a Reference is to that type, by its address, or where that tells none by what it says.
fn is_to(value: &[u8], wanted: &str) -> Result<bool, Broken> {
    let mut scanner = Scanner::new(value);
    if scanner.kind()? != Kind::Object {
        return Ok(true);
    }
    let (mut address, mut kind) = (None, None);
    scanner.object(|scanner, key| {
        match key {
            b"reference" => address = scanner.string_or_skip()?,
            b"type" => kind = scanner.string_or_skip()?,
            _ => drop(scanner.pass()?),
        }
        Ok::<(), Broken>(())
    })?;
    let address = address.map(Text::decode);
    let told = address.as_deref().and_then(Identity::of_url);
    Ok(match told {
        Some(identity) => identity.kind == wanted,
        None => kind.is_some_and(|kind| kind.decode() == wanted),
    })
}

/// Whether a reference is to that version.
fn names_version(value: &[u8], version: &str, base: &str) -> Result<bool, Broken> {
    let mut scanner = Scanner::new(value);
    let mut text = None;
    match scanner.kind()? {
        Kind::String => text = scanner.string_or_skip()?,
        Kind::Object => scanner.object(|scanner, key| {
            match key {
                b"reference" => text = scanner.string_or_skip()?,
                _ => {
                    scanner.pass()?;
                }
            }
            Ok::<(), Broken>(())
        })?,
        _ => {}
    }
    let relative = |text: &str| {
        let own = text
            .strip_prefix(base)
            .and_then(|rest| rest.strip_prefix('/'));
        own.unwrap_or(text).to_string()
    };
    Ok(text.is_some_and(|text| relative(&text.decode()) == relative(version)))
}

/// Whether an Identifier has that type and value.
fn is_of_type(
    identifier: &[u8],
    system: Option<&str>,
    code: &str,
    wanted: &str,
) -> Result<bool, Broken> {
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
