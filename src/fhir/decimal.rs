//! Decimals as they are written: what `5.40` means, and between which numbers (R5 search.html#number).

use super::DateRange;

/// A number as digits and the place of the point: `mantissa * 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// All digits that were written, as far as they fit.
    pub mantissa: i64,
    /// Of the last digit.
    pub exponent: i16,
}

/// More digits than this are rounded off towards zero: no measurement has them.
const MOST: i64 = i64::MAX / 10_000;

impl Decimal {
    /// Reads a JSON number, or one with a plus sign before it.
    pub fn parse(text: &[u8]) -> Option<Decimal> {
        let (negative, digits) = match text.first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let mark = digits.iter().position(|b| matches!(b, b'e' | b'E'));
        let (digits, power) = digits.split_at(mark.unwrap_or(digits.len()));
        let (mut mantissa, mut exponent, mut any, mut point) = (0i64, 0i32, false, false);
        for byte in digits {
            match byte {
                b'.' if !point && any => point = true,
                b'0'..=b'9' => {
                    any = true;
                    let fits = mantissa < MOST;
                    if fits {
                        mantissa = mantissa * 10 + i64::from(byte - b'0');
                    }
                    exponent += i32::from(!fits) - i32::from(point);
                }
                _ => return None,
            }
        }
        if let Some(power) = power.get(1..) {
            let power = std::str::from_utf8(power).ok()?;
            exponent = exponent.checked_add(power.parse().ok()?)?;
        } else if !power.is_empty() {
            return None;
        }
        (any && digits.last() != Some(&b'.')).then_some(())?;
        Some(Decimal {
            mantissa: if negative { -mantissa } else { mantissa },
            exponent: i16::try_from(exponent).ok()?,
        })
    }

    /// The number itself, in an order that integers have.
    pub fn exactly(self) -> i64 {
        order(scaled(self.mantissa, self.exponent))
    }

    /// The numbers that round to this one at its precision: half a unit of the last digit to either
    /// side, the upper end not included. Of one with a power of ten the specification counts a digit
    /// more: 1e2 is from 95 to 105.
    pub fn precision(self) -> DateRange {
        let digits = if self.exponent > 0 { 10 } else { 1 };
        let tenfold = self.mantissa * 10 * digits;
        let exponent = self
            .exponent
            .saturating_sub(if self.exponent > 0 { 2 } else { 1 });
        DateRange {
            low: order(scaled(tenfold - 5, exponent)),
            high: order(scaled(tenfold + 5, exponent)) - 1,
        }
    }

    /// A tenth of it to either side, both ends included: what `ap` means.
    pub fn about(self) -> DateRange {
        let (tenfold, exponent) = (self.mantissa * 10, self.exponent.saturating_sub(1));
        let tenth = self.mantissa.abs();
        DateRange {
            low: order(scaled(tenfold - tenth, exponent)),
            high: order(scaled(tenfold + tenth, exponent)),
        }
    }
}

/// Powers of ten that a float holds exactly: multiplied or divided by, they round once.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Equal decimals give equal floats, however they are written, where both are within 15 digits.
fn scaled(mantissa: i64, exponent: i16) -> f64 {
    let (mut mantissa, mut exponent) = (mantissa, i32::from(exponent));
    while mantissa != 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    let mut value = mantissa as f64;
    while exponent != 0 && value != 0.0 && value.is_finite() {
        let step = exponent.clamp(-22, 22);
        let power = POWERS[step.unsigned_abs() as usize];
        value = if step > 0 {
            value * power
        } else {
            value / power
        };
        exponent -= step;
    }
    value
}

/// Floats as integers that compare the same way.
fn order(value: f64) -> i64 {
    // Adding zero makes one zero of two.
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    fn contains(range: &str, text: &str) -> bool {
        let (range, value) = (decimal(range).precision(), decimal(text).exactly());
        range.low <= value && value <= range.high
    }

    #[test]
    fn precision_is_that_of_the_table_in_r5_search_html_number() {
        assert!(
            contains("100", "99.5") && contains("100", "100.49999") && !contains("100", "100.5")
        );
        assert!(contains("100.00", "99.995") && !contains("100.00", "100.005"));
        assert!(contains("1e2", "95") && contains("1e2", "104.99") && !contains("1e2", "105"));
        assert!(
            contains("5.4", "5.35") && !contains("5.4", "5.45") && !contains("5.4", "5.349999")
        );
        assert!(contains("-5.4", "-5.45") && !contains("-5.4", "-5.35"));
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (a, b) in [
            ("1", "1.000"),
            ("100", "1e2"),
            ("0.1", "1E-1"),
            ("-0", "0.0"),
            ("12e-1", "+1.2"),
        ] {
            assert_eq!(decimal(a).exactly(), decimal(b).exactly(), "{a} {b}");
        }
        let sorted = [
            "-1e300", "-7", "-6.99", "-0.001", "0", "1e-300", "0.3", "7", "7.0001", "1e300",
        ];
        assert!(sorted.is_sorted_by(|a, b| decimal(a).exactly() < decimal(b).exactly()));
    }

    #[test]
    fn l9_what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1x",
            "0x10",
            "1.2.3",
            "e5",
            "1e99999999999",
            "NaN",
        ] {
            assert_eq!(Decimal::parse(text.as_bytes()), None, "{text}");
        }
        let long = "9".repeat(5000);
        assert!(decimal(&long).exactly() > decimal("1e300").exactly());
        let fraction = format!("0.{}", "3".repeat(1000));
        assert!(decimal(&fraction).precision().low > 0);
    }
}
