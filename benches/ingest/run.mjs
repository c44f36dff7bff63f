/**
 * `npm run bench -- ingest`: pages of a server's answers, held in memory, into a durable and
 * searchable store in Chromium: fhir-pull beside Dexie, SQLite on OPFS, and two bounds.
 *
 * Contenders take turns (A, B, C, A, B, C, ...), each run in a fresh profile, so that what else the
 * machine does hits all alike. Options: `--runs N` (3), `--limit N|all` (40000 resources, each type
 * in its share), `--contenders a,b,c`, `--profile` (afterwards one more run of each contender, its
 * ingest under the CPU profiler: target/bench/ingest-NAME.cpuprofile, and its hottest functions).
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { check, checkNewest, questions } from "./answers.mjs";
import { inFreshProfile, originBytes } from "./browser-profile.mjs";
import { runIn } from "./chromium.mjs";
import { saveProfile } from "./cpu-profile.mjs";
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
  const { contenders, limit, profiled, runs } = options(args);
  if (contenders.includes("fhir-pull") && !existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
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
    for (const contender of profiled ? contenders : []) {
      const profile = await inFreshProfile(root, (folder) => profileOf({ contender, origin, profile: folder, set }));
      log(await saveProfile({ root, contender, profile }));
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
      profile: { type: "boolean", default: false },
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
  return { contenders, limit, profiled: values.profile, runs };
}

/**
 * One contender's turn: ingest and warm searches, then a new browser process and a cold search.
 * Gives the rate of its ingest.
 */
async function run({ contender, origin, profile, set, measured }) {
  const add = (metric, unit, value) => measured.add(contender, metric, unit, value);

  const warm = await runIn({ origin, profile, message: ask("ingest", contender, set) });
  const seconds = warm.milliseconds / 1000;
  const rate = set.resources / seconds;
  add("ingest", "resources/s", rate);
  add("ingest, bytes", "MB/s", set.jsonBytes / 1e6 / seconds);
  if (warm.quotaBytes) add("quota used / JSON", "bytes/byte", warm.quotaBytes / set.jsonBytes);
  if (warm.storedBytes) add("storedBytes / JSON", "bytes/byte", warm.storedBytes / set.jsonBytes);
  if (warm.answers) {
    check(contender, set.answers, warm.answers);
    for (const [search, metric] of Object.entries(SEARCHES)) add(metric, "ms", median(warm.times[search]));
  }

  const cold = await runIn({ origin, profile, message: ask("reopen", contender, set) });
  if (cold.first) {
    checkNewest(contender, set.answers, 0, cold.first);
    add(COLD, "ms", cold.milliseconds);
  }
  if (warm.quotaBytes) add(STORED, "bytes/byte", (await originBytes(profile)) / set.jsonBytes);
  return rate;
}

/** What the worker is told: the pages without their bytes, which it fetches, and the questions. */
function ask(task, contender, set) {
  const pages = set.pages.map(({ url, type, resources }) => ({ url, type, resources }));
  return { task, contender: CONTENDERS[contender], pages, questions: questions(set.answers) };
}

async function profileOf({ contender, origin, profile, set }) {
  let found;
  const message = { ...ask("ingest", contender, set), profiled: true };
  await runIn({ origin, profile, message, onProfile: (cpu) => (found = cpu) });
  return found;
}
