//! Dates, times and periods as the moments that they cover (R5 search.html#date).

use serde_json::Value;

use super::Refusal;
use super::definitions::Parameter;
use super::prefix::Prefix;

/// Milliseconds since 1970, the first and the last one covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: i128,
    pub(crate) last: i128,
}

/// Before and after any date that can be written.
const NEVER: i128 = i128::MAX / 4;

impl Span {
    /// `2013`, `2013-01`, `2013-01-14`, or with a time to the minute, the second or finer.
    pub(crate) fn parse(text: &str) -> Option<Span> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let mut parts = date.split('-');
        let year = digits(parts.next()?, 4)?;
        let month = parts.next().map(|text| digits(text, 2));
        let day = parts.next().map(|text| digits(text, 2));
        if parts.next().is_some() {
            return None;
        }
        let span = |first: i128, length: i128| {
            Some(Span {
                first,
                last: first + length - 1,
            })
        };
        let start = |year, month, day| days(year, month, day) * DAY;
        let Some(month) = month else {
            let first = start(year, 1, 1);
            return time
                .is_none()
                .then_some(())
                .and_then(|()| span(first, start(year + 1, 1, 1) - first));
        };
        let month = month.filter(|month| (1..=12).contains(month))?;
        let next_month = match month {
            12 => start(year + 1, 1, 1),
            _ => start(year, month + 1, 1),
        };
        let Some(day) = day else {
            let first = start(year, month, 1);
            return time
                .is_none()
                .then_some(())
                .and_then(|()| span(first, next_month - first));
        };
        let first = start(year, month, day?);
        if day? < 1 || first >= next_month {
            return None;
        }
        let Some(time) = time else {
            return span(first, DAY);
        };
        let (since_midnight, length) = of_day(time)?;
        span(first + since_midnight, length)
    }

    /// What an element covers. `_lastUpdated` is an instant: "an interval with an effective width of 0".
    pub(crate) fn by(parameter: &Parameter, value: &Value) -> Option<Span> {
        let span = Span::of(value)?;
        let last = match parameter.code.as_str() {
            "_lastUpdated" => span.first,
            _ => span.last,
        };
        Some(Span { last, ..span })
    }

    /// Of a date, a Period or a Timing.
    pub(crate) fn of(value: &Value) -> Option<Span> {
        if let Some(text) = value.as_str() {
            return Span::parse(text);
        }
        let limits = &value["repeat"]["boundsPeriod"];
        if value.get("event").is_some() || !limits.is_null() {
            let events = value["event"].as_array().into_iter().flatten();
            let spans = events.chain([limits]).filter_map(Span::of);
            return spans.reduce(|one, other| Span {
                first: one.first.min(other.first),
                last: one.last.max(other.last),
            });
        }
        let end = |name: &str| value[name].as_str().map(Span::parse);
        match (end("start"), end("end")) {
            (None, None) => None,
            (start, end) => {
                let first = start.map_or(Some(-NEVER), |span| Some(span?.first))?;
                let last = end.map_or(Some(NEVER), |span| Some(span?.last))?;
                (first <= last).then_some(Span { first, last })
            }
        }
    }
}

const DAY: i128 = 86_400_000;

/// Milliseconds since midnight in UTC, and how many of them are meant. Without a zone it is UTC.
fn of_day(time: &str) -> Option<(i128, i128)> {
    let (time, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => (time, "Z"),
    };
    let offset = match zone.strip_prefix(['+', '-']) {
        None if zone == "Z" => 0,
        None => return None,
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            if zone.starts_with('-') {
                -minutes
            } else {
                minutes
            }
        }
    };
    let mut parts = time.split(':');
    let hour = digits(parts.next()?, 2).filter(|hour| *hour < 24)?;
    let minute = digits(parts.next()?, 2).filter(|minute| *minute < 60)?;
    let second = parts.next();
    let to_minute = (hour * 60 + minute - offset) * 60_000;
    if parts.next().is_some() {
        return None;
    }
    let Some(second) = second else {
        return Some((to_minute, 60_000));
    };
    let (second, fraction) = match second.split_once('.') {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (second, None),
    };
    let to_second = to_minute + digits(second, 2).filter(|it| *it <= 60)? * 1000;
    let Some(fraction) = fraction else {
        return Some((to_second, 1000));
    };
    // Finer than milliseconds nothing is told apart.
    let kept = &fraction[..fraction.len().min(3)];
    let unit = [1000, 100, 10, 1][kept.len()];
    digits(fraction, fraction.len())?;
    Some((to_second + digits(kept, kept.len())? * unit, unit))
}

fn digits(text: &str, length: usize) -> Option<i128> {
    let all = !text.is_empty() && text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 in the Gregorian calendar, counted out year by year and month by month.
fn days(year: i128, month: i128, day: i128) -> i128 {
    let leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before =
        |year: i128| (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let lengths = [
        31,
        28 + i128::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let months: i128 = lengths[..(month - 1) as usize].iter().sum();
    before(year) - before(1970) + months + day - 1
}

/// The prefix and the date of a search value.
pub(crate) fn parse(value: &str) -> Result<(Prefix, Span), Refusal> {
    let (prefix, date) = Prefix::split(value);
    // A plus sign that was not encoded arrives as a space.
    let span = Span::parse(&date.replace(' ', "+"));
    let span = span.ok_or_else(|| Refusal::BadInput("a value is no date".into()))?;
    Ok((prefix, span))
}

/// Whether what a resource has compares so to what is searched (R5 search.html#prefix).
pub(crate) fn holds(prefix: Prefix, search: Span, has: Span, now: i128) -> bool {
    let contained = search.first <= has.first && has.last <= search.last;
    let above = has.last > search.last;
    let below = has.first < search.first;
    match prefix {
        Prefix::Eq => contained,
        Prefix::Ne => !contained,
        Prefix::Gt => above,
        Prefix::Lt => below,
        Prefix::Ge => above || contained,
        Prefix::Le => below || contained,
        Prefix::Sa => has.first > search.last,
        Prefix::Eb => has.last < search.first,
        Prefix::Ap => {
            let gap = (search.first - now).max(now - search.last).max(0) / 10;
            has.first <= search.last + gap && search.first - gap <= has.last
        }
    }
}
