/**
 * Puts the runs of a contender together (the median, and how far the runs were apart), and says how
 * fhir-pull's medians stand to the others'.
 */

/** Metrics that both the runs and the ratios name. */
export const COLD = "cold open and first search";
export const STORED = "stored on disk / JSON";

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

  /** The median of one contender's metric, or `undefined` where it was never measured. */
  median(contender, metric) {
    const row = this.#rows.get(`${contender}\n${metric}`);
    return row && median(row.values);
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

/** Four significant digits: more would claim a precision that no run has. */
export function round(value) {
  return Number(value.toPrecision(4));
}

const OURS = "fhir-pull";
const RIVALS = ["dexie", "sqlite-opfs", "limit", "floor"];

/**
 * How many times faster fhir-pull is than each rival, per metric; what was not measured is left out.
 * `stored fhir-pull` is no comparison but the bytes on disk per byte of JSON.
 * @param {Measurements} measured
 * @param {string[]} searches The metrics that are warm searches.
 */
export function ratios(measured, searches) {
  const found = {};
  const put = (key, value) => {
    if (Number.isFinite(value)) found[key] = round(value);
  };
  const of = (contender, metric) => measured.median(contender, metric) ?? NaN;
  for (const rival of RIVALS) {
    const faster = (metric) => of(rival, metric) / of(OURS, metric);
    put(`ingest ${OURS}/${rival}`, of(OURS, "ingest") / of(rival, "ingest"));
    for (const metric of [...searches, COLD]) put(`${metric} ${OURS}/${rival}`, faster(metric));
    const product = searches.reduce((sofar, metric) => sofar * faster(metric), 1);
    put(`searches, geometric mean ${OURS}/${rival}`, product ** (1 / searches.length));
  }
  put(`stored ${OURS}`, of(OURS, STORED));
  return found;
}
