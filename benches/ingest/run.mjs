/**
 * `npm run bench -- ingest`: pages of a server's answers, held in memory, into a durable and
 * searchable store in Chromium: fhir-pull beside Dexie, SQLite on OPFS, and two bounds; then what
 * changed of them; and what a page notices of a pull.
 *
 * Contenders take turns (A, B, C, A, B, C, ...), each run in a fresh profile, so that what else the
 * machine does hits all alike. Options: `--runs N` (3), `--limit N|all` (40000 resources, each type
 * in its share), `--contenders a,b,c`, `--profile` (afterwards one more run of each contender, its
 * ingest under the CPU profiler: target/bench/ingest-NAME.cpuprofile, and its hottest functions).
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { check, checkNewest, questions, wrong } from "../answers.mjs";
import { addressOf, countOf } from "../asked.mjs";
import { inFreshProfile, originBytes } from "../browser-profile.mjs";
import { inChromium, inPage } from "../chromium.mjs";
import { hearProfiles, saveProfile } from "../cpu-profile.mjs";
import { Measurements, median } from "../measurements.mjs";
import { serve } from "../serve.mjs";
import { METRIC, ratios } from "./ratios.mjs";
import { makeSet } from "./set.mjs";

/** The contenders, and the module of each. */
const CONTENDERS = { floor: "floor", limit: "limit", dexie: "dexie", "sqlite-opfs": "sqlite", "fhir-pull": "fhir-pull" };
/** Those that keep what they store up to date. */
const FOLLOWERS = ["dexie", "sqlite-opfs", "fhir-pull"];
const OURS = "fhir-pull";

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { contenders, limit, profiled, runs } = options(args);
  if (contenders.includes(OURS) && !existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const set = await makeSet({ root, limit, log });
  log(
    `${set.resources} resources, ${(set.jsonBytes / 1e6).toFixed(1)} MB of JSON, in ${set.pages.search.length} pages; ` +
      `${contenders.length} contenders, ${runs} rounds.`,
  );
  const { port, close } = await serve(root, answering(set.pages));
  const measured = new Measurements();
  const turn = (contender, use) =>
    inFreshProfile(root, (profile) => use({ contender, port, profile, set, add: measured.add.bind(measured, contender) }));
  try {
    for (let round = 1; round <= runs; round += 1) {
      for (const contender of contenders) {
        const rate = await turn(contender, ingest);
        if (FOLLOWERS.includes(contender)) await turn(contender, follow);
        if (contender === OURS) await turn(contender, pullOnPage);
        log(`Round ${round}: ${contender}, ${Math.round(rate)} resources/s.`);
      }
    }
    for (const contender of profiled ? contenders : []) {
      log(await saveProfile({ root, contender, profile: await turn(contender, profileOf) }));
    }
  } finally {
    await close();
  }
  return { results: measured.results(), ratios: ratios(measured) };
}

/** What the bench serves: the pages by kind and number, and at their own addresses as a FHIR server would. */
function answering(pages) {
  const byAddress = new Map(pages.search.map((page) => [addressOf(page.url), page]));
  return (url) => {
    const [, first, kind, n] = url.pathname.split("/");
    if (first === "pages") return pages[kind]?.[n]?.bytes;
    const asked = new URL(url.pathname + url.search, pages.search[0].url);
    return countOf(asked, pages.search) ?? byAddress.get(addressOf(asked))?.bytes;
  };
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
async function ingest({ contender, port, profile, set, add }) {
  const { answers } = set;
  const warm = await inChromium({ profile, port }, (context) => work(context, ask("ingest", contender, set, answers)));
  const seconds = warm.milliseconds / 1000;
  const rate = set.resources / seconds;
  add(METRIC.ingest, "resources/s", rate);
  add("ingest, bytes", "MB/s", set.jsonBytes / 1e6 / seconds);
  if (warm.quotaBytes) add("quota used / JSON", "bytes/byte", warm.quotaBytes / set.jsonBytes);
  if (warm.storedBytes) add("storedBytes / JSON", "bytes/byte", warm.storedBytes / set.jsonBytes);
  if (warm.answers) {
    check(contender, answers, warm.answers);
    for (const [search, metric] of Object.entries(METRIC.searches)) add(metric, "ms", median(warm.times[search]));
  }

  const cold = await inChromium({ profile, port }, (context) => work(context, ask("reopen", contender, set, answers)));
  if (cold.first) {
    checkNewest(contender, answers, 0, cold.first);
    add(METRIC.cold, "ms", cold.milliseconds);
  }
  if (warm.quotaBytes) add(METRIC.stored, "bytes/byte", (await originBytes(profile)) / set.jsonBytes);
  return rate;
}

/** All by history, and then what changed of it. */
async function follow({ contender, port, profile, set, add }) {
  const message = ask("follow", contender, set, set.answersAfter);
  const { first, update, answers } = await inChromium({ profile, port }, (context) => work(context, message));
  check(contender, set.answersAfter, answers);
  const changed = set.pages.update.reduce((sum, { resources }) => sum + resources, 0);
  add(METRIC.load, "resources/s", set.resources / (first / 1000));
  add(METRIC.update, "resources/s", changed / (update / 1000));
}

/** What a page notices of a pull by the package's default engine. */
async function pullOnPage({ contender, port, profile, set, add }) {
  const feeds = [...new Set(set.pages.search.map(({ feed }) => feed.search))];
  const call = { module: "/bench/ingest/page.js", name: "pullOnPage", message: { feeds, questions: questions(set.answers) } };
  const seen = await inChromium({ profile, port }, (context) => inPage(context, call));
  checkNewest(contender, set.answers, 0, seen.first);
  if (seen.total !== set.answers.all.length) throw wrong(contender, `a count of ${seen.total} after a pull by the page`);
  if (seen.told < feeds.length) throw wrong(contender, `${seen.told} reports of progress for ${feeds.length} feeds`);
  add(METRIC.task, "ms", seen.longest);
  add("longest time between beats of 5 ms", "ms", seen.gap);
  add("pull on a page, over HTTP", "resources/s", set.resources / (seen.milliseconds / 1000));
}

async function profileOf({ contender, port, profile, set }) {
  let found;
  const message = { ...ask("ingest", contender, set, set.answers), profiled: true };
  const hear = (page) => hearProfiles(page, (cpu) => (found = cpu));
  await inChromium({ profile, port }, (context) => work(context, message, hear));
  return found;
}

function work(context, message, onPage) {
  return inPage(context, { module: "/bench/ingest/page.js", name: "inWorker", message, onPage });
}

/** What the worker is told: the pages without their bytes, which it fetches, and the questions. */
function ask(task, contender, set, answers) {
  const withoutBytes = ([kind, pages]) => [kind, pages.map(({ bytes, ...page }) => page)];
  const pages = Object.fromEntries(Object.entries(set.pages).map(withoutBytes));
  return { task, contender: CONTENDERS[contender], pages, questions: questions(answers) };
}
