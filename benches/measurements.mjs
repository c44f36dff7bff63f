/** Puts the runs of a contender together: the median, and how far the runs were apart. */

/** The middle value; of two middle values their mean. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Gathers measurements and gives the rows of the report, in the order in which they first came. */
export class Measurements {
  #rows = new Map();

  add(contender, metric, unit, value) {
    const key = `${contender}\n${metric}`;
    if (!this.#rows.has(key)) this.#rows.set(key, { contender, metric, unit, values: [] });
    this.#rows.get(key).values.push(value);
  }

  /** The median of one contender's metric, or NaN where it was never measured. */
  median(contender, metric) {
    const row = this.#rows.get(`${contender}\n${metric}`);
    return row ? median(row.values) : NaN;
  }

  results() {
    return [...this.#rows.values()].map(({ contender, metric, unit, values }) => ({
      contender,
      metric,
      unit,
      median: round(median(values)),
      min: round(Math.min(...values)),
      max: round(Math.max(...values)),
      runs: values.length,
    }));
  }
}

/** The figures that there are, of those named: what was not measured is left out. */
export function measuredOnly(figures) {
  return Object.fromEntries(
    Object.entries(figures)
      .filter(([, figure]) => Number.isFinite(figure))
      .map(([key, figure]) => [key, round(figure)]),
  );
}

/** Four significant digits: more would claim a precision that no run has. */
function round(value) {
  return Number(value.toPrecision(4));
}
