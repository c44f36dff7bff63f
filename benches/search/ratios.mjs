/** How fhir-pull's times stand to the others', and how they grow. */

import { measuredOnly } from "../measurements.mjs";

const OURS = "fhir-pull";
const RIVALS = { dexie: "dexie", sqlite_opfs: "sqlite-opfs", floor: "floor" };
const COMPARED = /^(?:android|ward): .*, (warm|cold)$/;

/** 10k, 1m; other sizes as they are. */
export function label(size) {
  if (size % 1_000_000 === 0) return `${size / 1_000_000}m`;
  return size % 1000 === 0 ? `${size / 1000}k` : String(size);
}

/** The warm medians of each query that was answered at every size, in the order of the sizes. */
export function growth(measured, sizes) {
  const smallest = new RegExp(`^growth ${label(sizes[0])}: (.*), warm$`);
  const names = measured.results().flatMap(({ metric }) => smallest.exec(metric)?.[1] ?? []);
  const timesOf = (name) => sizes.map((size) => measured.median(OURS, `growth ${label(size)}: ${name}, warm`));
  return names.map((name) => ({ name, times: timesOf(name) })).filter(({ times }) => times.every(Number.isFinite));
}

/** @param {import("../measurements.mjs").Measurements} measured @param {number[]} sizes */
export function ratios(measured, sizes) {
  const ours = measured.results().filter(({ contender, metric }) => contender === OURS && COMPARED.test(metric));
  const of = (temperature) => ours.filter(({ metric }) => COMPARED.exec(metric)[1] === temperature).map(({ metric }) => metric);
  const worst = (metrics) => Math.max(...metrics.map((metric) => measured.median(OURS, metric)));
  const found = { worst_warm_ms: worst(of("warm")), worst_cold_ms: worst(of("cold")) };
  for (const [key, rival] of Object.entries(RIVALS)) {
    for (const [prefix, temperature] of [["", "warm"], ["cold_", "cold"]]) {
      const faster = of(temperature).map((metric) => measured.median(rival, metric) / measured.median(OURS, metric));
      found[`${prefix}geomean_vs_${key}`] = Math.exp(faster.reduce((sum, one) => sum + Math.log(one), 0) / faster.length);
      found[`${prefix}least_vs_${key}`] = Math.min(...faster);
    }
  }
  const [first, last] = [sizes[0], sizes[sizes.length - 1]];
  const grown = growth(measured, sizes).map(({ times }) => times[times.length - 1] / times[0] / (last / first));
  found[`growth_${label(first)}_to_${label(last)}`] = Math.max(...grown);
  return measuredOnly(found);
}
