/** How fhir-pull's medians stand to the others'. */

import { measuredOnly } from "../measurements.mjs";

/** The metrics that ratios are made of, as the table names them. */
export const METRIC = {
  ingest: "ingest",
  searches: { newest: "subject+code newest 20", all: "all of a code", total: "count by code" },
  cold: "modules, open and first search",
  stored: "stored on disk / JSON",
  load: "first load by history",
  update: "update of 1 %",
  task: "longest task on the page",
};

const OURS = "fhir-pull";
const RIVALS = { dexie: "dexie", sqlite_opfs: "sqlite-opfs", packed_limit: "limit", floor: "floor" };

/**
 * `X_vs_RIVAL` says how many times faster fhir-pull is; `update_vs_first_load` how the rate of an
 * update stands to the rate of the first load. `stored_per_json_byte` and `longest_task_ms` compare nothing.
 * @param {import("../measurements.mjs").Measurements} measured
 */
export function ratios(measured) {
  const of = (metric, contender = OURS) => measured.median(contender, metric);
  const found = {};
  for (const [key, rival] of Object.entries(RIVALS)) {
    const faster = (metric) => of(metric, rival) / of(metric);
    found[`ingest_vs_${key}`] = of(METRIC.ingest) / of(METRIC.ingest, rival);
    found[`update_vs_${key}`] = of(METRIC.update) / of(METRIC.update, rival);
    for (const [name, metric] of Object.entries(METRIC.searches)) found[`${name}_vs_${key}`] = faster(metric);
    const each = Object.values(METRIC.searches).map(faster);
    found[`searches_geomean_vs_${key}`] = each.reduce((product, one) => product * one, 1) ** (1 / each.length);
    found[`cold_vs_${key}`] = faster(METRIC.cold);
  }
  found.update_vs_first_load = of(METRIC.update) / of(METRIC.load);
  found.stored_per_json_byte = of(METRIC.stored);
  found.longest_task_ms = of(METRIC.task);
  return measuredOnly(found);
}
