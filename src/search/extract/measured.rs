//! Numbers, Quantities, Money and Ranges as numbers with a unit.

use super::Measure;
use crate::fhir::Decimal;
use crate::fhir::json::{Broken, Kind, Scanner, Text};
use crate::search::term;

/// The system of a currency's code.
const CURRENCY: &[u8] = b"urn:iso:std:iso:4217";

/// Gives `take` the number, Quantity, Money or Range that comes next, if it is one; `unit` is a buffer.
pub(super) fn measures(
    unit: &mut Vec<u8>,
    scanner: &mut Scanner<'_>,
    take: &mut dyn FnMut(Measure<'_>),
) -> Result<bool, Broken> {
    let (mut low, mut high) = (Part::default(), Part::default());
    let mut is_range = false;
    match scanner.kind()? {
        Kind::Number => low.value = Decimal::parse(scanner.pass()?),
        Kind::Object => scanner.object(|scanner, key| match (key, scanner.kind()?) {
            (b"low" | b"high", Kind::Object) => {
                is_range = true;
                let part = if key == b"low" { &mut low } else { &mut high };
                scanner.object(|scanner, key| part.member(scanner, key))
            }
            _ => low.member(scanner, key),
        })?,
        _ => {
            scanner.pass()?;
        }
    }
    let named = if low.code.is_some() || low.unit.is_some() {
        &low
    } else {
        &high
    };
    let [system, code, name] = [named.system, named.code, named.unit]
        .map(|text| text.map(Text::plain).unwrap_or_default());
    term::unit(unit, &system, &code, &name);
    if let Some(currency) = low.currency {
        term::unit(unit, CURRENCY, &currency.plain(), b"");
    }
    let (low, high) = match low.comparator.map(|it| it.0) {
        _ if is_range => (low.value, high.value),
        Some(b"<" | b"<=") => (None, low.value),
        Some(b">" | b">=") => (low.value, None),
        _ => (low.value, low.value),
    };
    let found = low.is_some() || high.is_some();
    if found {
        take(Measure { unit, low, high });
    }
    Ok(found)
}

/// A Quantity as far as it was read.
#[derive(Default)]
struct Part<'a> {
    value: Option<Decimal>,
    unit: Option<Text<'a>>,
    system: Option<Text<'a>>,
    code: Option<Text<'a>>,
    comparator: Option<Text<'a>>,
    currency: Option<Text<'a>>,
}

impl<'a> Part<'a> {
    fn member(&mut self, scanner: &mut Scanner<'a>, key: &[u8]) -> Result<(), Broken> {
        match key {
            b"value" => self.value = Decimal::parse(scanner.pass()?),
            b"unit" => self.unit = scanner.string_or_skip()?,
            b"system" => self.system = scanner.string_or_skip()?,
            b"code" => self.code = scanner.string_or_skip()?,
            b"comparator" => self.comparator = scanner.string_or_skip()?,
            b"currency" => self.currency = scanner.string_or_skip()?,
            _ => {
                scanner.pass()?;
            }
        }
        Ok(())
    }
}
