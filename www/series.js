// Measured values over time, out of a patient's Observations.

import { moment } from "./dates.js";
import { concept, finding, happened, list, text } from "./fhir.js";

/** Observations that say something other than a result. */
const NO_RESULT = new Set(["entered-in-error", "cancelled", "registered"]);

/**
 * @typedef {{ at: number, date: string, value: number, words: string, status: string }} Point
 * @typedef {{ label: string, points: Point[], range?: { low?: number, high?: number } }} Line
 * @typedef {{ key: string, label: string, unit: string, laboratory: boolean, lines: Line[], size: number }} Series
 */

/**
 * What can be plotted: one series for each code and unit; a panel such as blood pressure is one
 * series with a line for each component. Laboratory values come first, then what has most points.
 * @param {object[]} observations
 * @returns {Series[]}
 */
export function seriesOf(observations) {
  const found = new Map();
  for (const observation of observations) {
    const date = happened(observation);
    const at = moment(date);
    if (at === undefined || NO_RESULT.has(observation.status)) continue;
    const parts = [{ ...observation, own: true }, ...list(observation.component)];
    for (const part of parts) {
      const { value } = part.valueQuantity ?? {};
      if (typeof value !== "number" || !Number.isFinite(value)) continue;
      const series = seriesFor(found, observation, part.valueQuantity);
      const line = lineFor(series, part);
      const words = finding(part);
      line.points.push({ at, date, value, words, status: text(observation.status) });
      series.size += 1;
    }
  }
  const all = [...found.values()].map(finished);
  return all.sort((a, b) => b.laboratory - a.laboratory || b.size - a.size || (a.label < b.label ? -1 : 1));
}

function seriesFor(found, observation, quantity) {
  const unit = text(quantity.unit) || text(quantity.code);
  const key = JSON.stringify([codeOf(observation.code), unit]);
  if (!found.has(key)) {
    const label = concept(observation.code);
    found.set(key, { key, label, unit, laboratory: isLaboratory(observation), lines: new Map(), size: 0 });
  }
  return found.get(key);
}

function lineFor(series, part) {
  const code = codeOf(part.code);
  if (!series.lines.has(code)) series.lines.set(code, { label: concept(part.code), points: [], ranges: [] });
  const line = series.lines.get(code);
  line.ranges.push(rangeOf(part));
  return line;
}

function finished(series) {
  const lines = [...series.lines.values()].map(({ label, points, ranges }) => ({
    label,
    points: points.sort((a, b) => a.at - b.at),
    range: common(ranges),
  }));
  // From the top down, as they stand in the plot.
  return { ...series, lines: lines.sort((a, b) => b.points.at(-1).value - a.points.at(-1).value) };
}

/** The reference range, where the observation gives exactly one. */
function rangeOf({ referenceRange }) {
  const [range, ...more] = list(referenceRange);
  if (!range || more.length > 0) return undefined;
  const bound = (limit) => (typeof limit?.value === "number" ? limit.value : undefined);
  return { low: bound(range.low), high: bound(range.high) };
}

/** The range that all share; a range that changed over time is no band to draw. */
function common(ranges) {
  const [first] = ranges;
  const same = first && ranges.every((range) => range && range.low === first.low && range.high === first.high);
  return same && (first.low !== undefined || first.high !== undefined) ? first : undefined;
}

function isLaboratory({ category }) {
  return list(category).some(({ coding }) => list(coding).some(({ code }) => code === "laboratory"));
}

function codeOf(code) {
  const [coding] = list(code?.coding);
  return coding ? `${text(coding.system)}|${text(coding.code)}` : concept(code);
}
