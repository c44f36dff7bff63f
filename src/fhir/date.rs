//! FHIR dates of any precision as the range of moments they mean (R5 search.html#date).

use super::instant::{DAY, Instant, days_from_civil};

/// The moments that a date, dateTime, instant or Period covers, both ends included. A date
/// without a zone is taken as UTC, as the specification leaves it to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateRange {
    /// The first millisecond covered.
    pub low: i64,
    /// The last millisecond covered.
    pub high: i64,
}

impl DateRange {
    /// A Period without a start begins here.
    pub const EARLIEST: i64 = i64::MIN / 4;
    /// A Period without an end lasts until here.
    pub const LATEST: i64 = i64::MAX / 4;

    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or a date with a time to minutes, seconds or finer.
    pub fn parse(text: &str) -> Option<DateRange> {
        let (low, precision, _) = parse_parts(text)?;
        Some(DateRange {
            low,
            high: low + precision - 1,
        })
    }
}

impl From<Instant> for DateRange {
    fn from(instant: Instant) -> Self {
        DateRange {
            low: instant.0,
            high: instant.0,
        }
    }
}

/// The first millisecond of a date, how many it covers, and whether it names a zone.
pub(super) fn parse_parts(text: &str) -> Option<(i64, i64, bool)> {
    let bytes = text.as_bytes();
    let year = digits(bytes, 0, 4)?;
    if bytes.len() == 4 {
        let days = days_from_civil(year + 1, 1, 1) - days_from_civil(year, 1, 1);
        return Some((days_from_civil(year, 1, 1) * DAY, days * DAY, false));
    }
    let month = separated(bytes, 4, b'-', 1..=12)?;
    let days = days_in(year, month);
    let first = days_from_civil(year, month, 1);
    if bytes.len() == 7 {
        return Some((first * DAY, days * DAY, false));
    }
    let day = separated(bytes, 7, b'-', 1..=days)?;
    let midnight = (first + day - 1) * DAY;
    if bytes.len() == 10 {
        return Some((midnight, DAY, false));
    }
    let hour = separated(bytes, 10, b'T', 0..=23)?;
    let minute = separated(bytes, 13, b':', 0..=59)?;
    let mut moment = midnight + (hour * 60 + minute) * 60_000;
    let mut precision = 60_000;
    let mut at = 16;
    if bytes.get(at) == Some(&b':') {
        // 60 is a leap second; it is taken as the first of the next minute.
        moment += separated(bytes, at, b':', 0..=60)? * 1000;
        precision = 1000;
        at += 3;
        if bytes.get(at) == Some(&b'.') {
            let fraction = &bytes[at + 1..];
            let length = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            for digit in &fraction[..3.min(length)] {
                precision /= 10;
                moment += i64::from(digit - b'0') * precision;
            }
            at += 1 + length;
        }
    }
    let zone = zone(&bytes[at..])?;
    Some((moment - zone.unwrap_or(0), precision, zone.is_some()))
}

/// `Z`, `+hh:mm`, `-hh:mm` or nothing, in milliseconds east of UTC.
fn zone(bytes: &[u8]) -> Option<Option<i64>> {
    match bytes {
        [] => Some(None),
        [b'Z'] => Some(Some(0)),
        [sign @ (b'+' | b'-'), rest @ ..] if rest.len() == 5 && rest[2] == b':' => {
            let hours = digits(rest, 0, 2).filter(|hours| *hours <= 14)?;
            let minutes = digits(rest, 3, 2).filter(|minutes| *minutes <= 59)?;
            let offset = (hours * 60 + minutes) * 60_000;
            Some(Some(if *sign == b'-' { -offset } else { offset }))
        }
        _ => None,
    }
}

fn separated(
    bytes: &[u8],
    at: usize,
    separator: u8,
    range: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    if bytes.get(at) != Some(&separator) {
        return None;
    }
    digits(bytes, at + 1, 2).filter(|value| range.contains(value))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<i64> {
    let digits = bytes.get(at..at + count)?;
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
    })
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> (String, String) {
        let range = DateRange::parse(text).unwrap();
        (
            Instant(range.low).to_string(),
            Instant(range.high).to_string(),
        )
    }

    fn spans(text: &str, low: &str, high: &str) {
        assert_eq!(range(text), (low.to_string(), high.to_string()), "{text}");
    }

    #[test]
    fn a_date_covers_all_that_its_precision_leaves_open() {
        spans(
            "2013",
            "2013-01-01T00:00:00.000Z",
            "2013-12-31T23:59:59.999Z",
        );
        spans(
            "2012-02",
            "2012-02-01T00:00:00.000Z",
            "2012-02-29T23:59:59.999Z",
        );
        spans(
            "2013-01-14",
            "2013-01-14T00:00:00.000Z",
            "2013-01-14T23:59:59.999Z",
        );
        spans(
            "2013-01-14T10:00",
            "2013-01-14T10:00:00.000Z",
            "2013-01-14T10:00:59.999Z",
        );
        spans(
            "2013-01-14T10:00:07-05:00",
            "2013-01-14T15:00:07.000Z",
            "2013-01-14T15:00:07.999Z",
        );
        spans(
            "2013-01-14T10:00:07.5Z",
            "2013-01-14T10:00:07.500Z",
            "2013-01-14T10:00:07.599Z",
        );
        spans(
            "1900",
            "1900-01-01T00:00:00.000Z",
            "1900-12-31T23:59:59.999Z",
        );
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "13",
            "2013-",
            "2013-00",
            "2013-02-29",
            "2013-1-1",
            "2013-01-01T",
            "2013-01-01T10",
            "é013",
            "2013-01-14T10:00:07.Z",
            "2013-01-14T10:00+1",
        ] {
            assert_eq!(DateRange::parse(text), None, "{text}");
        }
    }
}
