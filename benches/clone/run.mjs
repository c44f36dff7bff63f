/**
 * `npm run bench -- clone`: a browser fills an empty replica from a repository, by cloning it and by pulling from it
 * over FHIR, at 50 ms latency and at none; then one of a hundred resources changes, and both pull what is newer.
 *
 * Options: `--runs N` (3), `--limit N|all` (40000 resources, each type in its share), `--latency MS` (50).
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { inFreshProfile } from "../browser-profile.mjs";
import { EPOCH, STEP } from "../bundles.mjs";
import { inChromium, ORIGIN } from "../chromium.mjs";
import { Measurements, measuredOnly } from "../measurements.mjs";
import { versions } from "../pull/source.mjs";
import { serve } from "../serve.mjs";
import { Repository } from "./repository.mjs";

const CHANGES_EVERY = 100;
const HISTORY = [{ history: "*" }];
const QUERY = "Observation?code=http://loinc.org|8302-2&_count=1";

/** How an empty replica is filled, and how it is then kept up to date. */
const WAYS = {
  clone: { fill: (call) => call("clone"), feeds: () => HISTORY },
  "pull of the history": { fill: (call) => call("pull", { feeds: HISTORY }), feeds: () => HISTORY },
  "pull of searches": {
    fill: (call, types) => call("pull", { feeds: types }),
    feeds: (types) => types,
  },
};

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ machine: object, results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { runs, limit, latency } = options(args);
  if (!existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const all = await versions({ root, limit, log });
  const types = [...new Set(all.map(({ type }) => type))];
  const megabytes = (all.reduce((sum, { text }) => sum + text.length, 0) / 1e6).toFixed(1);
  log(`${all.length} resources, ${megabytes} MB; ${runs} rounds.`);
  const measured = new Measurements();
  const latencies = [...new Set([latency, 0])];
  for (let round = 0; round < runs; round += 1) {
    for (const milliseconds of latencies) {
      // Who comes first finds the machine otherwise than who comes last: they take turns.
      const ways = Object.keys(WAYS);
      ways.push(...ways.splice(0, round % ways.length));
      for (const way of ways) await measure({ root, all, types, way, latency: milliseconds }, measured);
    }
    log(`Round ${round + 1} of ${runs}.`);
  }
  return { machine: { latency, resources: all.length }, results: measured.results(), ratios: ratios(measured, latencies) };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "3" },
      limit: { type: "string", default: "40000" },
      latency: { type: "string", default: "50" },
    },
  });
  const [runs, latency] = [Number(values.runs), Number(values.latency)];
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on.");
  if (!Number.isInteger(latency) || latency < 0) throw new Error("--latency takes a whole number from 0 on.");
  const limit = values.limit === "all" ? Infinity : Number(values.limit);
  if (!(limit >= 1)) throw new Error('--limit takes a number of resources or "all".');
  return { runs, latency, limit };
}

/** Fills a replica one way in a browser of its own, from a repository of its own. */
async function measure({ root, all, types, way, latency }, measured) {
  const repository = await Repository.of({ root, all });
  const { port, close } = await serve(root, (url, request) => repository.answer(url, request));
  const add = (metric, unit, value) => measured.add(way, `${metric}, ${latency} ms`, unit, value);
  try {
    await inFreshProfile(root, (profile) =>
      inChromium({ profile, port }, async (context) => {
        const page = await context.newPage();
        await page.goto(`${ORIGIN}/`);
        const call = (name, message) =>
          page.evaluate(async ({ name, message }) => (await import("/bench/clone/page.js"))[name](message), { name, message });
        await call("open", { name: "clone" });
        repository.latency = latency;
        repository.begin();
        const { fill, feeds } = WAYS[way];
        add("filled", "ms", (await fill(call, types)).milliseconds);
        add("filled: requests", "requests", repository.asked.requests);
        add("filled: bytes", "bytes", repository.asked.bytes);
        add("first search", "ms", (await call("search", { query: QUERY })).milliseconds);

        const newer = changed(all);
        await repository.take(newer);
        repository.begin();
        const { milliseconds, stored } = await call("pull", { feeds: feeds(types) });
        if (stored !== newer.length) throw new Error(`${way}: ${stored} of ${newer.length} changes came`);
        add("1 % newer", "ms", milliseconds);
        add("1 % newer: requests", "requests", repository.asked.requests);
        add("1 % newer: bytes", "bytes", repository.asked.bytes);
        const held = await call("close");
        if (held !== all.length) throw new Error(`${way}: ${held} resources instead of ${all.length}`);
      }),
    );
  } finally {
    await close();
  }
}

/** One of a hundred in a later version. */
function changed(all) {
  return all
    .filter((_, number) => number % CHANGES_EVERY === 0)
    .map(({ text }, number) => {
      const time = new Date(EPOCH + (all.length + number) * STEP).toISOString();
      const later = text.replace(/"versionId":"[^"]*"/, '"versionId":"2"');
      return { text: later.replace(/"lastUpdated":"[^"]*"/, `"lastUpdated":"${time}"`) };
    });
}

/** Of the faster of the two ways to pull. */
function ratios(measured, latencies) {
  const found = {};
  for (const latency of latencies) {
    const of = (way, metric) => measured.median(way, `${metric}, ${latency} ms`);
    const pulls = Object.keys(WAYS).filter((way) => way !== "clone");
    const best = (metric) => Math.min(...pulls.map((way) => of(way, metric)));
    found[`latency${latency}_clone_vs_pull`] = of("clone", "filled") / best("filled");
    found[`latency${latency}_clone_bytes_vs_pull`] = of("clone", "filled: bytes") / best("filled: bytes");
  }
  found.clone_vs_pull = found[`latency${latencies[0]}_clone_vs_pull`];
  return measuredOnly(found);
}
