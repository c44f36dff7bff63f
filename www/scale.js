// Axes: from values to places, and the round values at which an axis is marked.

/** A straight line from `[low, high]` to `[from, to]`; the middle where there is no extent. */
export function linear([low, high], [from, to]) {
  const extent = high - low;
  return (value) => (extent === 0 ? (from + to) / 2 : from + ((value - low) / extent) * (to - from));
}

/** Round values, about `wanted` of them, from at most `low` to at least `high`. */
export function ticks(low, high, wanted = 5) {
  const [bottom, top] = low === high ? [low - (Math.abs(low) * 0.1 || 1), high + (Math.abs(high) * 0.1 || 1)] : [low, high];
  const rough = (top - bottom) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const first = Math.floor(bottom / step + 1e-9);
  const last = Math.ceil(top / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

const STEPS_OF_YEARS = [1, 2, 5, 10, 20, 50];
const DAY = 86_400_000;

/**
 * The marks of a time axis: beginnings of years, or of months where that is too coarse.
 * @returns {{ at: number, label: string }[]} those between `low` and `high`, at most about `wanted`
 */
export function timeTicks(low, high, wanted = 6) {
  const years = (high - low) / (365.25 * DAY);
  if (years < 2) return monthTicks(low, high, wanted);
  const step = STEPS_OF_YEARS.find((size) => years / size <= wanted) ?? 100;
  const marks = [];
  for (let year = Math.ceil(yearAt(low) / step) * step; ; year += step) {
    const at = Date.UTC(year, 0, 1);
    if (at > high) return marks;
    if (at >= low) marks.push({ at, label: String(year) });
  }
}

/**
 * Rows for spans so that none covers another, the first row that is free for each; what finds none
 * within `most` rows goes into the last.
 * @param {{ from: number, to: number }[]} spans in the order of their beginnings
 * @returns {number[]} the row of each
 */
export function rowsOf(spans, most) {
  const ends = [];
  return spans.map(({ from, to }) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free >= 0 ? free : Math.min(ends.length, most - 1);
    ends[row] = Math.max(to, ends[row] ?? to);
    return row;
  });
}

function monthTicks(low, high, wanted) {
  const months = Math.max(1, (high - low) / (30.4 * DAY));
  const step = [1, 2, 3, 6, 12].find((size) => months / size <= wanted) ?? 12;
  const names = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });
  const start = new Date(low);
  const marks = [];
  for (let month = Math.floor(start.getUTCMonth() / step) * step; ; month += step) {
    const at = Date.UTC(start.getUTCFullYear(), month, 1);
    if (at > high) return marks;
    if (at >= low) marks.push({ at, label: names.format(at) });
  }
}

function yearAt(moment) {
  return new Date(moment).getUTCFullYear();
}
