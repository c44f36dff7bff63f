/**
 * `npm run bench -- open`: how long it takes from opening a replica to its first answer, cold, and
 * how much WebAssembly memory it then has; at 100 000 resources beside Dexie and SQLite on OPFS.
 *
 * The stores are made once and kept. Options: `--runs N` (5), `--sizes 100000,1000000`, `--fresh`
 * (makes the stores anew).
 */

import { existsSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { checkNewest, questions, wrong } from "../answers.mjs";
import { inChromium, inPage } from "../chromium.mjs";
import { Measurements, measuredOnly } from "../measurements.mjs";
import { serve } from "../serve.mjs";
import { store } from "./store.mjs";

const OURS = "fhir-pull";
const INLINE = `${OURS}, worker: false`;
/** Up to this many resources the others take part. */
const RIVALS_UP_TO = 100_000;
const RIVALS = { dexie: "dexie", "sqlite-opfs": "sqlite" };

const PAGE = "/bench/open/page.js";
const CALL = "open and first search";
const WITH_MODULES = "modules, open and first search";
const RUNNING = "open and first search, engine running";
const FLOOR = "floor: a new worker, its database opened, two reads";
const MEMORY = "wasm memory after the list";

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ machine: object, results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { fresh, runs, sizes } = options(args);
  if (!existsSync(path.join(root, "pkg", "browser.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const measured = new Measurements();
  const made = {};
  const { port, close } = await serve(root, () => undefined);
  try {
    for (const size of sizes) {
      const stores = new Map();
      for (const [contender, module] of Object.entries(contendersAt(size))) {
        const kept = await store({ root, contender, module, size, fresh, log });
        stores.set(contender, kept);
        made[`${contender} ${label(size)}`] = { seconds: Math.round(kept.seconds), megabytes: Math.round(kept.bytes / 1e6) };
        // The first opening after the making goes through IndexedDB's log, and fills the cache of modules.
        await turn({ contender, kept, port, round: 0, add: () => {} });
      }
      for (let round = 0; round < runs; round += 1) {
        for (const contender of [...stores.keys(), INLINE]) {
          const kept = stores.get(contender) ?? stores.get(OURS);
          const add = (metric, unit, value) => measured.add(contender, `${label(size)}: ${metric}`, unit, value);
          await turn({ contender, kept, port, round, add });
          if (contender === INLINE) await list({ kept, port, add });
        }
        log(`${label(size)}, round ${round + 1} of ${runs}.`);
      }
    }
  } finally {
    await close();
  }
  return { machine: { stores: made }, results: measured.results(), ratios: ratios(measured, sizes) };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      fresh: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      sizes: { type: "string", default: "100000,1000000" },
    },
  });
  const runs = Number(values.runs);
  const sizes = values.sizes.split(",").map(Number);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs takes a whole number from 1 on.");
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1000)) {
    throw new Error("--sizes takes whole numbers of resources, from 1000 on, with commas between them.");
  }
  return { fresh: values.fresh, runs, sizes };
}

function contendersAt(size) {
  return { ...(size <= RIVALS_UP_TO && RIVALS), [OURS]: OURS };
}

/** 100k, 1m; other sizes as they are. */
function label(size) {
  if (size % 1_000_000 === 0) return `${size / 1_000_000}m`;
  return size % 1000 === 0 ? `${size / 1000}k` : String(size);
}

/** One contender's turn: a new browser process with a page, then another page in it; the running engine last. */
async function turn({ contender, kept, port, round, add }) {
  const { answers, profile } = kept;
  const subject = round % answers.subjects.length;
  const { code, count, subjects } = questions(answers);
  const ask = async (context, running) => {
    const message = { contender, running, question: [subjects[subject], code, count] };
    const found = await inPage(context, { module: PAGE, name: "first", message });
    checkNewest(contender, answers, subject, found.keys);
    return found;
  };
  await inChromium({ profile, port }, async (context) => {
    const cold = await ask(context, false);
    add(CALL, "ms", cold.call);
    add(WITH_MODULES, "ms", cold.modules + cold.call);
    add("open alone", "ms", cold.open);
    const again = await ask(context, false);
    add(`new page: ${CALL}`, "ms", again.call);
    add(`new page: ${WITH_MODULES}`, "ms", again.modules + again.call);
  });
  if (contender === OURS) {
    await inChromium({ profile, port }, async (context) => add(FLOOR, "ms", await inPage(context, { module: PAGE, name: "floor" })));
  }
  if (contender !== INLINE) return;
  await inChromium({ profile, port }, async (context) => add(RUNNING, "ms", (await ask(context, true)).call));
}

/** The list of searches in a new browser process, and the memory after it. */
async function list({ kept: { answers, profile }, port, add }) {
  const call = { module: PAGE, name: "list", message: { questions: answers } };
  const found = await inChromium({ profile, port }, (context) => inPage(context, call));
  checkList(answers, found.answers);
  for (const [step, milliseconds] of Object.entries(found.times)) add(`list, ${step}`, "ms", milliseconds);
  add("wasm memory after the first search", "MiB", found.bytes.newest / 2 ** 20);
  add(MEMORY, "MiB", found.bytes.read / 2 ** 20);
  add("wasm memory after all of a code in one answer", "MiB", found.bytes.all / 2 ** 20);
}

function checkList(right, { newest, code, total, range, name, read, all }) {
  checkNewest(OURS, right, 0, newest);
  const known = new Set(right.all);
  const distinct = new Set(code.filter((key) => known.has(key)));
  if (distinct.size !== code.length || code.length !== Math.min(100, known.size)) {
    throw wrong(OURS, `${distinct.size} of the first 100 Observations of the code`);
  }
  const sorted = [...all].sort();
  if (sorted.join() !== right.all.join()) throw wrong(OURS, "other Observations of the code than there are");
  const totals = { "of the code": [total, right.all.length], "in the range": [range, right.range.total], "so named": [name, right.name.total] };
  for (const [what, [given, expected]] of Object.entries(totals)) {
    if (given !== expected) throw wrong(OURS, `${given} ${what}, not ${expected}`);
  }
  if (`Patient/${read}` !== right.patient) throw wrong(OURS, "another Patient than was read");
}

function ratios(measured, sizes) {
  const found = {};
  for (const size of sizes) {
    const at = label(size);
    const of = (metric, contender = OURS) => measured.median(contender, `${at}: ${metric}`);
    found[`open_first_search_ms_${at}`] = of(CALL);
    found[`open_first_search_with_modules_ms_${at}`] = of(WITH_MODULES);
    found[`open_first_search_new_page_ms_${at}`] = of(`new page: ${CALL}`);
    found[`open_first_search_engine_running_ms_${at}`] = of(RUNNING, INLINE);
    found[`open_first_search_vs_dexie_${at}`] = of(CALL, "dexie") / of(CALL);
    found[`open_first_search_vs_sqlite_opfs_${at}`] = of(CALL, "sqlite-opfs") / of(CALL);
    found[`open_floor_ms_${at}`] = of(FLOOR);
    found[`open_first_search_vs_floor_${at}`] = of(FLOOR) / of(CALL);
    found[`wasm_mib_${at}`] = of(MEMORY, INLINE);
  }
  return measuredOnly(found);
}
