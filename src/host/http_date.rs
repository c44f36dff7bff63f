//! Dates of HTTP headers (RFC 9110 section 5.6.7), in their three spellings.

use crate::fhir::Instant;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
/// `Sun Nov  6 08:49:37 1994`; the day of the week is not checked.
pub fn parse(text: &str) -> Option<Instant> {
    let words = text.split([' ', ',', '-']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    let (day, month, year, time) = match words[..] {
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        [_, month, day, time, year] => (day, month, year, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    let year: u16 = match (year.len(), year.parse().ok()?) {
        (4, year) => year,
        (2, year @ 70..) => 1900 + year,
        (2, year) => 2000 + year,
        _ => return None,
    };
    Instant::parse(&format!("{year:04}-{month:02}-{day:02}T{time}Z"))
}

/// Writes it in the first of the three spellings; milliseconds are cut off.
pub fn write(instant: Instant) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let weekday = DAYS[instant.0.div_euclid(86_400_000).rem_euclid(7) as usize];
    let text = instant.to_string();
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse().unwrap_or(1usize);
    let month = MONTHS.get(month.wrapping_sub(1)).unwrap_or(&MONTHS[0]);
    let (year, day, time) = (part(0..4), part(8..10), part(11..19));
    format!("{weekday}, {day} {month} {year} {time} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_a_time_is_written_as_it_was_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Mon, 23 Nov 2026 00:00:00 GMT",
            "Thu, 29 Feb 2024 23:59:59 GMT",
            "Wed, 31 Dec 1969 23:59:59 GMT",
        ] {
            assert_eq!(parse(text).map(write).as_deref(), Some(text));
        }
    }

    #[test]
    fn w1_all_three_spellings_of_a_date_are_read() {
        let expected = Instant::parse("1994-11-06T08:49:37Z");
        assert!(expected.is_some());
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        let today = parse("Mon, 23 Nov 2026 00:00:00 GMT");
        assert_eq!(today, parse("Monday, 23-Nov-26 00:00:00 GMT"));
    }

    #[test]
    fn l9_what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "120",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 PST",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37+01:00 GMT",
            "Sun, 06 Nov 99999999 08:49:37 GMT",
            "Sun, 99 Nov 1994 08:49:37 GMT",
            "Sun, 06 Növ 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
