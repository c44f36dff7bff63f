//! How long one call tries, and how long it waits between (W1, W2).

use crate::host::Response;
use crate::host::http_date;

/// The first wait of a back-off, doubled with each further one.
const FIRST_MS: u32 = 500;
/// No wait of a back-off is longer.
const LONGEST_MS: u32 = 30_000;

/// The bound of one call. A pull goes on later from where it was, so it need not be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often the request is made at most; a repetition with a fresh token is not counted.
    pub attempts: u32,
    /// No wait is begun that would end later than this many milliseconds after the call began.
    pub total_ms: u32,
}

impl Default for Patience {
    /// Six attempts in two minutes: it outlasts a restart of the server, and a `Retry-After` of a minute.
    fn default() -> Self {
        Patience {
            attempts: 6,
            total_ms: 120_000,
        }
    }
}

/// The wait after the `attempt`-th failure, 1 for the first: exponential, its upper half by chance
/// (`random` in 0.0..1.0), so that clients which failed together don't come back together.
pub(super) fn back_off(attempt: u32, random: f64) -> u32 {
    let doublings = attempt.saturating_sub(1).min(16);
    let step = (FIRST_MS << doublings).min(LONGEST_MS);
    let half = step / 2;
    half + (f64::from(half) * random) as u32
}

/// How long the server asks to wait, in milliseconds: seconds, or a date that is measured against
/// the server's own clock; a date without one to measure it by is not used (H4).
pub(super) fn retry_after(response: &Response) -> Option<u64> {
    let value = response.header("retry-after")?.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        let seconds: u64 = value.parse().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1000));
    }
    let now = http_date::parse(response.header("date")?)?;
    let then = http_date::parse(value)?;
    Some(u64::try_from(then.0 - now.0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(headers: &[(&str, &str)]) -> Response {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        Response {
            status: 503,
            headers: headers.iter().map(owned).collect(),
            body: Vec::new(),
        }
    }

    #[test]
    fn w1_back_off_doubles_up_to_its_longest_and_half_of_it_is_chance() {
        assert_eq!((back_off(1, 0.0), back_off(1, 0.999_999)), (250, 499));
        assert_eq!((back_off(3, 0.0), back_off(3, 0.5)), (1000, 1500));
        assert_eq!(back_off(u32::MAX, 0.0), LONGEST_MS / 2);
        assert_eq!(back_off(0, 0.0), 250);
    }

    #[test]
    fn w1_retry_after_is_seconds_or_a_date_by_the_servers_clock() {
        let after = |headers: &[(&str, &str)]| retry_after(&answered(headers));
        assert_eq!(after(&[("retry-after", " 7 ")]), Some(7000));
        assert_eq!(after(&[("retry-after", &"9".repeat(40))]), Some(u64::MAX));
        let then = ("retry-after", "Fri, 01 Jan 1999 00:00:30 GMT");
        let before = ("date", "Fri, 01 Jan 1999 00:00:10 GMT");
        let after_it = ("date", "Fri, 01 Jan 1999 00:01:00 GMT");
        assert_eq!(after(&[then, before]), Some(20_000));
        assert_eq!(after(&[then, after_it]), Some(0));
        assert_eq!(after(&[then]), None);
        for nonsense in ["", "-1", "1.5", "soon"] {
            assert_eq!(after(&[("retry-after", nonsense), before]), None);
        }
    }
}
