//! The text of dates and times, and the Gregorian calendar, in milliseconds since 1970.

/// Milliseconds in a day.
pub(super) const DAY: i64 = 86_400_000;

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

/// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant's algorithm).
pub(super) const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
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
}
