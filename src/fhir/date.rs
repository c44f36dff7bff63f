//! FHIR dates of any precision as the range of moments they mean (R5 search.html#date).

use super::calendar::parse_parts;
use super::instant::Instant;

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

    /// Something is there, but no time that could be compared.
    pub const NEVER: DateRange = DateRange { low: 1, high: 0 };

    /// Whether there is a time to compare.
    pub fn is_some(self) -> bool {
        self.low <= self.high
    }

    /// The shortest that has all of both.
    pub fn to_hold(self, other: DateRange) -> DateRange {
        DateRange {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }

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
