/**
 * `npm run bench -- pull`: pulls from a server of 50 ms latency whose pages are made beforehand, beside
 * a client that follows the same links and throws the pages away; pulls with nothing new; and the
 * memory that one huge page takes. All in Chromium.
 *
 * Options: `--runs N` (3), `--limit N|all` (40000 resources, each type in its share), `--latency MS` (50),
 * `--page N` (500 resources), `--large MB` (200).
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { inFreshProfile } from "../browser-profile.mjs";
import { inChromium, ORIGIN } from "../chromium.mjs";
import { Measurements, measuredOnly } from "../measurements.mjs";
import { serve } from "../serve.mjs";
import { onOnePage, Source, versions } from "./source.mjs";

const OURS = "fhir-pull";
const DRAIN = "drain";
/** So many feeds the package pulls at once. */
const AT_ONCE = 4;
const MEMORY = "wasm memory after a large page";

/** What is pulled: its chains as the drain follows them, and the feeds. */
const PULLS = {
  searches: { label: "several searches", of: (types) => types.map((type) => ({ chain: type, feed: { search: type } })) },
  histories: {
    label: "several histories",
    of: (types) => types.map((type) => ({ chain: `${type}/_history`, feed: { history: type } })),
  },
  history: { label: "one history", of: () => [{ chain: "_history", feed: { history: "*" } }] },
};

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ machine: object, results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { runs, limit, latency, page, large } = options(args);
  if (!existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const all = await versions({ root, limit, log });
  const source = new Source(all, { page, latency });
  const megabytes = (source.bytesOf("_history") / 1e6).toFixed(1);
  log(`${all.length} resources, ${megabytes} MB and ${source.pagesOf("_history")} pages of history; ${latency} ms, ${runs} rounds.`);
  const measured = new Measurements();
  const { port, close } = await serve(root, (url) => source.answer(url));
  try {
    for (let round = 0; round < runs; round += 1) {
      await inFreshProfile(root, (profile) =>
        inChromium({ profile, port }, async (context) => {
          for (const kind of Object.keys(PULLS)) {
            const turn = { context, source, held: all.length, kind };
            // Who begins has the connections to make: they take turns at that.
            const both = [drained, pulled];
            for (const each of round % 2 ? both.reverse() : both) await each(turn, measured);
          }
        }),
      );
      log(`Round ${round + 1} of ${runs}.`);
    }
  } finally {
    await close();
  }
  if (large) await memory({ root, all, bytes: large * 1e6, measured, runs, log });
  return { machine: { latency, page, resources: all.length }, results: measured.results(), ratios: ratios(measured, { latency, large }) };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "3" },
      limit: { type: "string", default: "40000" },
      latency: { type: "string", default: "50" },
      page: { type: "string", default: "500" },
      large: { type: "string", default: "200" },
    },
  });
  const { limit, ...rest } = values;
  const numbers = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value)]));
  for (const [name, least] of Object.entries({ runs: 1, latency: 0, page: 1, large: 0 })) {
    if (!Number.isInteger(numbers[name]) || numbers[name] < least) {
      throw new Error(`--${name} takes a whole number from ${least} on.`);
    }
  }
  const most = limit === "all" ? Infinity : Number(limit);
  if (!(most >= 1)) throw new Error('--limit takes a number of resources or "all".');
  return { ...numbers, limit: most };
}

/** The client that throws all away. */
async function drained({ context, source, kind }, measured) {
  const { label, of } = PULLS[kind];
  const chains = of(source.types).map(({ chain }) => chain);
  await onPage(context, async (call) => {
    const { milliseconds, bytes } = await call("drain", { chains, atOnce: AT_ONCE });
    const right = chains.reduce((sum, chain) => sum + source.bytesOf(chain), 0);
    if (bytes !== right) throw new Error(`drain: ${bytes} bytes of ${label} instead of ${right}`);
    measured.add(DRAIN, label, "ms", milliseconds);
  });
}

/** A first pull, and two with nothing new, an hour apart. */
async function pulled({ context, source, held, kind }, measured) {
  const { label, of } = PULLS[kind];
  const feeds = of(source.types).map(({ feed }) => feed);
  const add = (metric, unit, value) => measured.add(OURS, metric, unit, value);
  await onPage(context, async (call) => {
    await call("open", { name: kind });
    add(label, "ms", (await call("pull", { feeds })).milliseconds);
    for (const when of ["an hour later", "two hours later"]) {
      source.anHourPasses();
      source.begin();
      const { milliseconds, stored, commits } = await call("pull", { feeds });
      if (stored) throw new Error(`fhir-pull: ${stored} resources of ${label} came new where nothing was`);
      const nothing = `${label}, nothing new ${when}`;
      add(nothing, "ms", milliseconds);
      add(`${nothing}: requests a feed`, "requests", source.asked.requests / feeds.length);
      add(`${nothing}: bytes a feed`, "bytes", source.asked.bytes / feeds.length);
      add(`${nothing}: commits`, "commits", commits);
    }
    const has = await call("close");
    if (has !== held) throw new Error(`fhir-pull: ${has} resources of ${label} instead of ${held}`);
    if (source.asked.unknown.length) throw new Error(`The source has no answer to ${source.asked.unknown[0]}`);
  });
}

async function memory({ root, all, bytes, measured, runs, log }) {
  const page = onOnePage(all, bytes);
  const { port, close } = await serve(root, page.answer);
  try {
    for (let round = 0; round < runs; round += 1) {
      const found = await inFreshProfile(root, (profile) =>
        inChromium({ profile, port }, (context) =>
          onPage(context, (call) => call("memoryOf", { name: "large", feeds: [{ history: "*" }] })),
        ),
      );
      if (found.held !== page.resources) throw new Error(`fhir-pull: ${found.held} resources instead of ${page.resources}`);
      measured.add(OURS, MEMORY, "MiB", found.after / 2 ** 20);
      measured.add(OURS, "wasm memory before", "MiB", found.before / 2 ** 20);
      measured.add(OURS, "the large page", "MB/s", page.bytes / 1e3 / found.milliseconds);
      log(`${(page.bytes / 1e6).toFixed(0)} MB on a page, round ${round + 1} of ${runs}.`);
    }
  } finally {
    await close();
  }
}

/** Opens a page of the bench; `use` calls the functions of page.js in it, one after the other. */
async function onPage(context, use) {
  const page = await context.newPage();
  try {
    await page.goto(`${ORIGIN}/`);
    const call = (name, message) =>
      page.evaluate(async ({ name, message }) => (await import("/bench/pull/page.js"))[name](message), { name, message });
    return await use(call);
  } finally {
    await page.close();
  }
}

/**
 * The keys name the latency and the size that they were measured with.
 * @param {Measurements} measured
 */
function ratios(measured, { latency, large }) {
  const of = (metric, contender = OURS) => measured.median(contender, metric);
  const found = {};
  const worst = (key, value) => (found[key] = Math.max(found[key] ?? 0, value));
  for (const [kind, { label }] of Object.entries(PULLS)) {
    const ratio = of(label) / of(label, DRAIN);
    found[`latency${latency}_${kind}_vs_drain`] = ratio;
    worst(`latency${latency}_vs_drain`, ratio);
    worst("noop_requests_per_feed", of(`${label}, nothing new an hour later: requests a feed`));
    worst("noop_bytes_per_feed", of(`${label}, nothing new an hour later: bytes a feed`));
  }
  found[`peak_wasm_mib_${large}mb_page`] = of(MEMORY);
  return measuredOnly(found);
}
