//! Moments on a server's clock, to the millisecond.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z. Finer digits are cut off, never rounded up: a moment
/// read from a server is at or before what the server meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(pub i64);

/// Milliseconds in a day.
pub(super) const DAY: i64 = 86_400_000;

impl Instant {
    /// Reads a FHIR `instant`: date, time to at least seconds, and a zone.
    pub fn parse(text: &str) -> Option<Instant> {
        let (low, precision, zoned) = super::date::parse_parts(text)?;
        (zoned && precision <= 1000).then_some(Instant(low))
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

/// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant's algorithm).
pub(super) fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The day of the Gregorian calendar that stands so many days after 1970-01-01.
pub(super) fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_goes_there_and_back() {
        for days in -200_000..100_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(civil_from_days(11_016), (2000, 2, 29));
    }

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
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
