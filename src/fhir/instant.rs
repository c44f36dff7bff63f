//! Moments on a server's clock, to the millisecond.

use std::fmt;
use std::ops::Range;

use super::calendar::{DAY, civil_from_days, days_from_civil, parse_parts};

/// Milliseconds since 1970-01-01T00:00:00Z. Finer digits are cut off, never rounded up: a moment
/// read from a server is at or before what the server meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads a FHIR `instant`: date, time to at least seconds, and a zone. Its year in UTC has four
    /// digits too, so that it can go back to the server.
    pub fn parse(text: &str) -> Option<Instant> {
        let (low, precision, zoned) = parse_parts(text)?;
        let instant = Instant(low);
        (zoned && precision <= 1000 && instant.has_four_digits()).then_some(instant)
    }

    /// Whether its year in UTC has four digits.
    pub fn has_four_digits(self) -> bool {
        const YEARS: Range<i64> =
            days_from_civil(1, 1, 1) * DAY..days_from_civil(10_000, 1, 1) * DAY;
        YEARS.contains(&self.0)
    }

    /// The same moment earlier by so many milliseconds.
    pub fn minus(self, milliseconds: i64) -> Instant {
        Instant(self.0.saturating_sub(milliseconds))
    }
}

impl fmt::Display for Instant {
    /// As a FHIR `instant` in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let milliseconds = self.0.rem_euclid(DAY);
        let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_any_zone_and_written_in_utc() {
        let text = |text| Instant::parse(text).map(|instant| instant.to_string());
        assert_eq!(
            text("2015-02-07T13:28:17.239+02:00").as_deref(),
            Some("2015-02-07T11:28:17.239Z")
        );
        assert_eq!(
            text("2017-01-01T00:00:00Z").as_deref(),
            Some("2017-01-01T00:00:00.000Z")
        );
        // Helios writes nanoseconds in history beside milliseconds in meta (H1): both are one moment.
        assert_eq!(
            text("2026-01-01T01:02:03.004999999Z").as_deref(),
            Some("2026-01-01T01:02:03.004Z")
        );
    }

    #[test]
    fn what_is_not_an_instant_is_refused() {
        for text in [
            "",
            "2015",
            "2015-02-07",
            "2015-02-07T13:28",
            "2015-02-07T13:28:17",
            "2015-13-01T00:00:00Z",
            "2015-02-30T00:00:00Z",
            "2015-02-07T25:00:00Z",
            "2015-02-07T13:28:17Zx",
            "x015-02-07T13:28:17Z",
            // In UTC of a year that has not four digits, so that it could not be asked for again.
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-01:00",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
