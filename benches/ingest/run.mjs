/**
 * `npm run bench -- ingest`: pages of a server's answers, held in memory, into a durable and
 * searchable store in Chromium: fhir-pull beside Dexie, SQLite on OPFS, and two bounds.
 *
 * Contenders take turns (A, B, C, A, B, C, ...), each run in a fresh profile, so that what else the
 * machine does hits all alike. Options: `--runs N` (3), `--limit N|all` (40000 resources, each type
 * in its share), `--contenders a,b,c`.
 */

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";

import { check, checkNewest, questions } from "./answers.mjs";
import { runIn } from "./chromium.mjs";
import { COLD, Measurements, STORED, median, ratios } from "./medians.mjs";
import { makePages } from "./pages.mjs";
import { serve } from "./serve.mjs";

const SEARCHES = { newest: "subject+code newest 20", all: "all of a code", total: "count by code" };
/** The contenders, and the module of each. */
const CONTENDERS = { floor: "floor", limit: "limit", dexie: "dexie", "sqlite-opfs": "sqlite", "fhir-pull": "fhir-pull" };

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { contenders, limit, runs } = options(args);
  const log = (sentence) => console.error(sentence);
  const set = await makePages({ root, limit, log });
  log(
    `${set.resources} resources, ${(set.jsonBytes / 1e6).toFixed(1)} MB of JSON, in ${set.pages.length} pages; ` +
      `${contenders.length} contenders, ${runs} rounds.`,
  );
  const { origin, close } = await serve(root, set.pages);
  const measured = new Measurements();
  try {
    for (let round = 1; round <= runs; round += 1) {
      for (const contender of contenders) {
        const rate = await inFreshProfile(root, (profile) => run({ contender, origin, profile, set, measured }));
        log(`Round ${round}: ${contender}, ${Math.round(rate)} resources/s.`);
      }
    }
  } finally {
    await close();
  }
  return { results: measured.results(), ratios: ratios(measured, Object.values(SEARCHES)) };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      contenders: { type: "string", default: Object.keys(CONTENDERS).join() },
      limit: { type: "string", default: "40000" },
      runs: { type: "string", default: "3" },
    },
  });
  const contenders = values.contenders.split(",");
  const unknown = contenders.find((contender) => !Object.hasOwn(CONTENDERS, contender));
  if (unknown) throw new Error(`No contender is called "${unknown}": there are ${Object.keys(CONTENDERS).join(", ")}.`);
  const runs = Number(values.runs);
  const limit = values.limit === "all" ? Infinity : Number(values.limit);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on.");
  if (!(limit >= 1)) throw new Error('--limit takes a number of resources or "all".');
  return { contenders, limit, runs };
}

/** A profile on the disk that the project is on, removed in the end. */
async function inFreshProfile(root, use) {
  const folder = path.join(root, "target", "bench-profiles");
  await mkdir(folder, { recursive: true });
  const profile = await mkdtemp(path.join(folder, "run-"));
  try {
    return await use(profile);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * One contender's turn: ingest and warm searches, then a new browser process and a cold search.
 * Gives the rate of its ingest.
 */
async function run({ contender, origin, profile, set, measured }) {
  const asked = { contender: CONTENDERS[contender], questions: questions(set.answers) };
  const pages = set.pages.map(({ url, type, resources }) => ({ url, type, resources }));
  const add = (metric, unit, value) => measured.add(contender, metric, unit, value);

  const warm = await runIn({ origin, profile, message: { task: "ingest", pages, ...asked } });
  const seconds = warm.milliseconds / 1000;
  const rate = set.resources / seconds;
  add("ingest", "resources/s", rate);
  add("ingest, bytes", "MB/s", set.jsonBytes / 1e6 / seconds);
  if (warm.quotaBytes > 0) add("quota used / JSON", "bytes/byte", warm.quotaBytes / set.jsonBytes);
  if (warm.storedBytes) add(STORED, "bytes/byte", warm.storedBytes / set.jsonBytes);
  if (!warm.answers) return rate;

  check(contender, set.answers, warm.answers);
  for (const [search, metric] of Object.entries(SEARCHES)) add(metric, "ms", median(warm.times[search]));

  const cold = await runIn({ origin, profile, message: { task: "reopen", ...asked } });
  checkNewest(contender, set.answers, 0, cold.first);
  add("quota used / JSON, reopened", "bytes/byte", cold.quotaBytes / set.jsonBytes);
  add(COLD, "ms", cold.milliseconds);
  return rate;
}
