/** What the figures come to: CPU of an answer beside a fixed body's and SQLite's, memory, and the first answer. */

import { measuredOnly } from "../measurements.mjs";
import { OURS, SQLITE } from "./contenders.mjs";

/** Names of rows: what is measured of a question, and of a process. */
export const gross = (set, question) => `${set}: ${question}, gross`;
export const net = (set, question) => `${set}: ${question}, net`;
export const ofProcess = (set, what) => `${set}: ${what}`;
export const FIRST = "first answer";
export const FIRST_CPU = "first answer, CPU";
/** Beside the fixed body's process after as many answers, and after its first one. */
export const RESIDENT = "RSS at most above the fixed body's";
export const ABOVE_NEW = "RSS at most above a new fixed body's";
export const WASM = "WebAssembly memory";

/**
 * @param {import("../measurements.mjs").Measurements} measured
 * @param {{ small: string, large: string, read: string, searches: string[], least: number }} what The sets' names, those of
 *   the questions, and the least CPU of an answer that could be told from none, which less is taken for.
 */
export function ratios(measured, { small, large, read, searches, least }) {
  const cpu = (contender, set, question) => Math.max(measured.median(contender, net(set, question)), least);
  const worstOfStores = (figure) => Math.max(...Object.values(OURS).map(figure));
  const found = {};
  for (const [set, suffix] of [[small, ""], [large, `_${large}`]]) {
    const readOf = (contender) => cpu(contender, set, read);
    const worstOf = (contender) => Math.max(...searches.map((search) => cpu(contender, set, search)));
    const meanOf = (contender) => geomean(searches.map((search) => cpu(contender, set, search)));
    found[`edge_read_cpu_ms${suffix}`] = worstOfStores(readOf);
    found[`edge_search_cpu_ms${suffix}`] = worstOfStores(worstOf);
    found[`edge_search_geomean_cpu_ms${suffix}`] = worstOfStores(meanOf);
    for (const [store, contender] of Object.entries(OURS)) {
      found[`edge_read_cpu_ms${suffix}_${store}`] = readOf(contender);
      found[`edge_search_cpu_ms${suffix}_${store}`] = worstOf(contender);
      found[`edge_search_geomean_cpu_ms${suffix}_${store}`] = meanOf(contender);
    }
    // Both in a Durable Object, so that the way there costs the same.
    const faster = (question) => cpu(SQLITE, set, question) / cpu(OURS.durable_object, set, question);
    found[`edge_read_vs_sqlite${suffix}`] = faster(read);
    found[`edge_search_vs_sqlite${suffix}`] = geomean(searches.map(faster));
    found[`edge_search_least_vs_sqlite${suffix}`] = Math.min(...searches.map(faster));
  }
  const largest = (what) => worstOfStores((contender) => measured.median(contender, ofProcess(large, what)));
  found[`edge_rss_mib_${large}`] = largest(RESIDENT);
  found[`edge_rss_above_new_mib_${large}`] = largest(ABOVE_NEW);
  found[`edge_wasm_mib_${large}`] = largest(WASM);
  found[`edge_pull_rss_mib_${large}`] = largest(`filling: ${ABOVE_NEW}`);
  found[`edge_pull_wasm_mib_${large}`] = largest(`filling: ${WASM}`);
  found.edge_cold_first_answer_ms = largest(FIRST);
  found.edge_cold_first_answer_cpu_ms = largest(FIRST_CPU);
  return measuredOnly(found);
}

function geomean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
