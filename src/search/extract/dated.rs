//! Dates, Periods and Timings as the range of time that they cover.

use crate::fhir::DateRange;
use crate::fhir::json::{Broken, Kind, Scanner, Text};

/// A date, dateTime or instant, a Period, or the outer limits of a Timing.
pub(super) fn range(scanner: &mut Scanner<'_>) -> Result<Option<DateRange>, Broken> {
    let mut limits = Limits::default();
    match scanner.kind()? {
        Kind::String => limits.moment(scanner)?,
        Kind::Object => limits.members(scanner)?,
        _ => {
            scanner.pass()?;
        }
    }
    Ok(limits.range())
}

/// The earliest and latest of what was met; an open end of a Period stays open.
#[derive(Default)]
struct Limits {
    low: Option<i64>,
    high: Option<i64>,
}

impl Limits {
    fn moment(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        let text = scanner.string_or_skip()?.map(Text::decode);
        self.widen(text.and_then(|text| DateRange::parse(&text)));
        Ok(())
    }

    fn widen(&mut self, by: Option<DateRange>) {
        if let Some(range) = by {
            self.low = Some(self.low.map_or(range.low, |low| low.min(range.low)));
            self.high = Some(self.high.map_or(range.high, |high| high.max(range.high)));
        }
    }

    /// The members of a Period (`start`, `end`) or a Timing (`event`, `repeat.boundsPeriod`).
    fn members(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Broken> {
        scanner.object(|scanner, key| {
            match (key, scanner.kind()?) {
                (b"start", _) => {
                    let mut start = Limits::default();
                    start.moment(scanner)?;
                    self.low = self.low.or(start.low);
                }
                (b"end", _) => {
                    let mut end = Limits::default();
                    end.moment(scanner)?;
                    self.high = self.high.or(end.high);
                }
                (b"event", Kind::Array) => scanner.array(|scanner| self.moment(scanner))?,
                (b"repeat", Kind::Object) => self.members(scanner)?,
                (b"boundsPeriod", Kind::Object) => {
                    let mut bounds = Limits::default();
                    bounds.members(scanner)?;
                    self.widen(bounds.range());
                }
                _ => {
                    scanner.pass()?;
                }
            }
            Ok(())
        })
    }

    fn range(&self) -> Option<DateRange> {
        if self.low.is_none() && self.high.is_none() {
            return None;
        }
        Some(DateRange {
            low: self.low.unwrap_or(DateRange::EARLIEST),
            high: self.high.unwrap_or(DateRange::LATEST),
        })
    }
}
