//! Numbers with the precision they are written in, and quantities
//! (R5 search.html#number, search.html#quantity). Decimals are exact: nothing is binary.

use std::cmp::Ordering;

use serde_json::Value;

use super::Refusal;
use super::escape::{split, unescape};
use super::prefix::Prefix;

/// `digits * 10^power`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    digits: i128,
    power: i32,
}

impl Decimal {
    fn of(value: &Value) -> Option<Decimal> {
        let number = value.as_number()?;
        Decimal::parse(&number.to_string()).map(|(decimal, _)| decimal)
    }

    /// The decimal, and a tenth of what its last digit counts, times five: half of its precision.
    fn parse(text: &str) -> Option<(Decimal, Decimal)> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (text, None),
        };
        let (negative, plain) = match mantissa.strip_prefix('-') {
            Some(plain) => (true, plain),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let all = format!("{whole}{fraction}");
        let is_number =
            !all.is_empty() && all.len() < 25 && all.bytes().all(|b| b.is_ascii_digit());
        let digits = is_number.then(|| all.parse::<i128>().ok()).flatten()?;
        let exponent = exponent.map(|text| text.parse::<i32>().ok().filter(|it| it.abs() < 400));
        let power = exponent.unwrap_or(Some(0))? - fraction.len() as i32;
        let decimal = Decimal {
            digits: if negative { -digits } else { digits },
            power,
        };
        // 1e2 stands for [95 ... 105) in the table of R5 search.html#number: as 1.0e2 would.
        let finer = i32::from(exponent.is_some() && !plain.contains('.'));
        let half = Decimal {
            digits: 5,
            power: power - 1 - finer,
        };
        Some((decimal, half))
    }

    fn plus(self, other: Decimal) -> Decimal {
        let power = self.power.min(other.power);
        Decimal {
            digits: self.scaled(power) + other.scaled(power),
            power,
        }
    }

    fn minus(self, other: Decimal) -> Decimal {
        self.plus(Decimal {
            digits: -other.digits,
            ..other
        })
    }

    fn scaled(self, power: i32) -> i128 {
        let factor = 10i128.checked_pow((self.power - power) as u32);
        self.digits
            .saturating_mul(factor.unwrap_or(i128::MAX))
            .clamp(i128::MIN / 4, i128::MAX / 4)
    }

    pub(crate) fn compare(self, other: Decimal) -> Ordering {
        let power = self.power.min(other.power);
        self.scaled(power).cmp(&other.scaled(power))
    }
}

/// What a resource has: a number is from itself to itself, a Range may be open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) low: Option<Decimal>,
    pub(crate) high: Option<Decimal>,
}

impl Extent {
    /// Of a number, anything with a `value`, or a Range.
    pub(crate) fn of(value: &Value) -> Option<Extent> {
        let number = |value: &Value| Decimal::of(value).or_else(|| Decimal::of(&value["value"]));
        if let Some(decimal) = number(value) {
            return Some(Extent {
                low: Some(decimal),
                high: Some(decimal),
            });
        }
        let (low, high) = (number(&value["low"]), number(&value["high"]));
        (low.is_some() || high.is_some()).then_some(Extent { low, high })
    }
}

/// A number that is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    prefix: Prefix,
    exact: Decimal,
    half: Decimal,
}

impl Search {
    pub(crate) fn parse(value: &str) -> Result<Search, Refusal> {
        let (prefix, text) = Prefix::split(value);
        let parsed = Decimal::parse(text);
        let (exact, half) =
            parsed.ok_or_else(|| Refusal::BadInput("a value is no number".into()))?;
        Ok(Search {
            prefix,
            exact,
            half,
        })
    }

    /// The table of R5 search.html#number: `eq` and `ne` go by the precision, `ap` by a tenth of
    /// the value, all others by the exact number.
    pub(crate) fn holds(&self, has: Extent) -> bool {
        let low = |than: Decimal| has.low.map_or(Ordering::Less, |low| low.compare(than));
        let high = |than: Decimal| {
            has.high
                .map_or(Ordering::Greater, |high| high.compare(than))
        };
        let exact = self.exact;
        let equal = low(exact.minus(self.half)).is_ge() && high(exact.plus(self.half)).is_lt();
        // As of dates: what ends where the range above begins is not in it.
        let within = low(exact).is_ge() && high(exact).is_le();
        match self.prefix {
            Prefix::Eq => equal,
            Prefix::Ne => !equal,
            Prefix::Gt => high(exact).is_gt(),
            Prefix::Ge => high(exact).is_gt() || within,
            Prefix::Lt => low(exact).is_lt(),
            Prefix::Le => low(exact).is_lt() || within,
            Prefix::Sa => low(exact).is_gt(),
            Prefix::Eb => high(exact).is_lt(),
            Prefix::Ap => {
                let tenth = Decimal {
                    digits: exact.digits.abs(),
                    power: exact.power - 1,
                };
                low(exact.plus(tenth)).is_le() && high(exact.minus(tenth)).is_ge()
            }
        }
    }
}

/// `number`, or `number|system|code`, where without a system the code may be the unit as written.
#[derive(Clone, Debug)]
pub(crate) struct QuantitySearch {
    number: Search,
    system: String,
    code: String,
}

impl QuantitySearch {
    pub(crate) fn parse(value: &str) -> Result<QuantitySearch, Refusal> {
        let parts: Vec<&str> = split(value, '|');
        let (number, system, code) = match parts[..] {
            [number] => (number, "", ""),
            [number, system, code] => (number, system, code),
            _ => return Err(Refusal::BadInput("a value is no number|system|code".into())),
        };
        Ok(QuantitySearch {
            number: Search::parse(number)?,
            system: unescape(system)?,
            code: unescape(code)?,
        })
    }

    pub(crate) fn holds(&self, value: &Value) -> bool {
        let measured = ["low", "high"].iter().filter_map(|end| value.get(end));
        let unit = measured.chain([value]).find(|it| it.get("value").is_some());
        let Some((unit, extent)) = unit.zip(Extent::of(value)) else {
            return false;
        };
        let text = |name: &str| unit[name].as_str();
        // Money is a number of a currency, whose codes are those of ISO 4217.
        let money = text("currency").map(|_| "urn:iso:std:iso:4217");
        let system = text("system").or(money).unwrap_or_default();
        let code = text("code").or(text("currency")) == Some(&self.code);
        let fits = match (self.system.is_empty(), self.code.is_empty()) {
            (true, true) => true,
            (true, false) => code || text("unit") == Some(&self.code),
            (false, true) => system == self.system,
            (false, false) => code && system == self.system,
        };
        fits && self.number.holds(extent)
    }
}
