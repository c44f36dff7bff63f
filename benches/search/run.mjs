/**
 * `npm run bench -- search`: the Android FHIR SDK's queries over generated patients and a ward's over
 * Synthea's, cold and warm, beside Dexie and SQLite on OPFS; and how fhir-pull's times grow.
 *
 * Options: `--runs N` (5), `--sets android,ward,growth`, `--patients N` (10000, of the set android),
 * `--limit N|all` (all, resources of the set ward), `--sizes 10000,100000,1000000` (of growth),
 * `--contenders a,b,c`, `--plans` (SQLite's plan for each query), `--plot` (docs/search-growth.svg),
 * `--fresh` (makes the stores anew).
 */

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { inChromium, inPage } from "../chromium.mjs";
import { keptStore } from "../kept-store.mjs";
import { Measurements, median } from "../measurements.mjs";
import { resources } from "../open/population.mjs";
import { store } from "../open/store.mjs";
import { serve } from "../serve.mjs";
import { growthQueries } from "./growth.mjs";
import { PlainAnswers } from "./plain.mjs";
import { plotted } from "./plot.mjs";
import { growth, label, ratios } from "./ratios.mjs";
import { androidSet, wardSet } from "./sets.mjs";

const PAGE = "/bench/search/page.js";
const OURS = "fhir-pull";
/** Has no store of its own: it asks fhir-pull's, before the clock runs. */
const FLOOR = "floor";
/** The modules of each contender. A profile keeps them for an hour in the browser's cache, so a changed one needs another. */
const CONTENDERS = {
  dexie: ["search/dexie.js", "search/dexie-answers.js", "search/indexes.js"],
  "sqlite-opfs": ["search/sqlite.js", "search/sqlite-queries.js", "search/sqlite-worker.js", "search/indexes.js"],
  [OURS]: ["contenders/fhir-pull.js"],
  [FLOOR]: [],
};
const WARM = { before: 5, times: 30 };

/** @param {{ root: string, args: string[] }} options The project's folder, and the command line. */
export default async function bench({ root, args }) {
  const given = options(args);
  if (!existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const run = { ...given, root, log, measured: new Measurements(), refused: new Map() };
  const made = {};
  for (const set of given.sets) {
    if (set === "android") made.android = await compare(run, set, androidSet(given));
    if (set === "ward") made.ward = await compare(run, set, await wardSet(run));
    if (set === "growth") made.growth = await grow(run);
  }
  const results = [...run.measured.results(), ...run.refused.values()].map(({ sentence, ...row }) => row);
  if (given.plot) await plot(root, run.measured, given.sizes);
  return {
    machine: { sets: made },
    results,
    ratios: ratios(run.measured, given.sizes),
    failures: [...run.refused.values()].map(({ metric, unit, sentence }) => `${metric}: ${unit}: ${sentence}`),
  };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      contenders: { type: "string", default: Object.keys(CONTENDERS).join() },
      fresh: { type: "boolean", default: false },
      limit: { type: "string", default: "all" },
      patients: { type: "string", default: "10000" },
      plans: { type: "boolean", default: false },
      plot: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      sets: { type: "string", default: "android,ward,growth" },
      sizes: { type: "string", default: "10000,100000,1000000" },
    },
  });
  const contenders = values.contenders.split(",");
  const unknown = contenders.find((contender) => !Object.hasOwn(CONTENDERS, contender));
  if (unknown) throw new Error(`No contender is called "${unknown}": there are ${Object.keys(CONTENDERS).join(", ")}.`);
  if (contenders.includes(FLOOR) && !contenders.includes(OURS)) throw new Error(`"${FLOOR}" is measured beside "${OURS}".`);
  const sets = values.sets.split(",");
  if (!sets.every((set) => ["android", "ward", "growth"].includes(set))) throw new Error("--sets takes android, ward and growth.");
  const [runs, patients] = [Number(values.runs), Number(values.patients)];
  const limit = values.limit === "all" ? Infinity : Number(values.limit);
  const sizes = values.sizes.split(",").map(Number);
  if (![runs, patients].every((number) => Number.isInteger(number) && number >= 1)) {
    throw new Error("--runs and --patients take a whole number from 1 on.");
  }
  if (!(limit >= 1)) throw new Error('--limit takes a number of resources or "all".');
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1000)) throw new Error("--sizes takes whole numbers from 1000 on.");
  return { contenders, fresh: values.fresh, limit, patients, plans: values.plans, plot: values.plot, runs, sets, sizes };
}

/** All contenders over one set. */
async function compare(run, title, set) {
  const { contenders, root, fresh, log } = run;
  const right = rightAnswers(set.queries, set.resources());
  log(`${title}: ${set.size} resources, ${set.queries.length} queries.`);
  const stores = new Map();
  for (const contender of contenders.filter((contender) => contender !== FLOOR)) {
    const kept = await keptStore({
      root,
      name: `search-${set.name}-${contender}`,
      title: `${contender}'s store of ${set.name}`,
      modules: ["search/android.mjs", "search/page.js", "search/clinical.mjs", ...CONTENDERS[contender]],
      packaged: contender === OURS,
      page: PAGE,
      contender,
      source: () => ({ pages: set.pages, page: (n) => set.page(n), answers: () => ({}) }),
      fresh,
      log,
    });
    stores.set(contender, kept);
  }
  const made = Object.fromEntries([...stores].map(([name, { bytes }]) => [name, { megabytes: Math.round(bytes / 1e6) }]));
  if (contenders.includes(FLOOR)) stores.set(FLOOR, stores.get(OURS));
  await rounds(run, { title, queries: set.queries, right, stores });
  return { resources: set.size, stores: made };
}

/** fhir-pull alone, over more and more. */
async function grow(run) {
  const { root, fresh, log, sizes } = run;
  const queries = growthQueries();
  const made = {};
  for (const size of sizes) {
    const kept = await store({ root, contender: OURS, module: OURS, size, fresh, log });
    const right = rightAnswers(queries, resources(size));
    await rounds(run, { title: `growth ${label(size)}`, queries, right, stores: new Map([[OURS, kept]]) });
    made[label(size)] = { megabytes: Math.round(kept.bytes / 1e6) };
  }
  return made;
}

function rightAnswers(queries, all) {
  const answers = new PlainAnswers(queries);
  for (const resource of all) answers.add(resource);
  return answers.right();
}

/** The contenders take turns; in each round another query is the first of its process. */
async function rounds({ root, runs, plans, log, measured, refused }, { title, queries, right, stores }) {
  const { port, close } = await serve(root, () => undefined);
  const sent = queries.map(({ name, asked, fhir, plain }) => ({
    name,
    counted: Boolean(plain.total),
    asks: asked.map((values) => ({ values, fhir: fhir(values) })),
  }));
  const turn = (contender, name, message) =>
    inChromium({ profile: stores.get(contender).profile, port }, (context) => inPage(context, { module: PAGE, name, message }));
  try {
    // The first opening after the making goes through IndexedDB's log, and fills the cache of modules.
    for (const contender of stores.keys()) await turn(contender, "ask", { contender, queries: [], variant: 0 });
    if (plans && stores.has("sqlite-opfs")) log(JSON.stringify(await turn("sqlite-opfs", "plans"), null, 2));
    for (let round = 0; round < runs; round += 1) {
      const first = Math.floor((round * sent.length) / runs);
      const rotated = [...sent.slice(first), ...sent.slice(0, first)];
      for (const contender of stores.keys()) {
        const found = await turn(contender, "ask", { contender, queries: rotated, variant: round, warm: WARM });
        queries.forEach(({ name }, n) => {
          const result = found[name];
          const metric = `${title}: ${name}`;
          if (result.refused) {
            const { code, sentence } = result.refused;
            const none = { median: null, min: null, max: null, runs: 0 };
            refused.set(metric, { contender, metric, unit: `not answered (${code})`, ...none, sentence });
            return;
          }
          for (const [at, answer] of Object.entries(result.answers)) right[n][at].check(contender, name, answer);
          measured.add(contender, `${metric}, warm`, "ms", median(result.warm));
          measured.add(contender, `${metric}, warm p95`, "ms", percentile95(result.warm));
          if (contender !== FLOOR) measured.add(contender, `${metric}, cold`, "ms", result.cold);
        });
        const { cold } = found[rotated[0].name];
        if (cold !== undefined && contender !== FLOOR) measured.add(contender, `${title}: first of the process`, "ms", cold);
      }
      log(`${title}, round ${round + 1} of ${runs}.`);
    }
  } finally {
    await close();
  }
}

function percentile95(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1];
}

async function plot(root, measured, sizes) {
  const file = path.join(root, "docs", "search-growth.svg");
  await writeFile(file, plotted(growth(measured, sizes), sizes));
}
