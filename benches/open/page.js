/** What the bench calls in a page: makes a store, opens it and searches first, or asks it a list of questions. */

import { once } from "../contenders/in-worker.js";
import { fill } from "../filling.js";
import { keyOf } from "../key.mjs";
import { hookedMemory } from "../wasm-memory.js";

/** How each contender is loaded and opened in a page. SQLite on OPFS can only run in a worker. */
const CONTENDERS = {
  dexie: { module: "../contenders/dexie.js" },
  "sqlite-opfs": { module: "./sqlite-in-worker.js" },
  "fhir-pull": { module: "../contenders/fhir-pull.js" },
  "fhir-pull, worker: false": { module: "../contenders/fhir-pull.js", options: { worker: false } },
};

/** Fills the contender's empty store from the source. */
export async function make({ contender, pages }) {
  const { open } = await import(CONTENDERS[contender].module);
  const opened = await open();
  await fill(opened, pages);
  await opened.finish?.();
  await opened.close();
}

/**
 * Cold: opens what is stored and asks the first question.
 * @param {{ contender: string, running: boolean, question: [string, string, number] }} message
 *   `running`: the engine has been started before, for something else.
 * @returns Milliseconds from before the modules were loaded, from the call on, and of the opening.
 */
export async function first({ contender, running, question }) {
  const { module, options } = CONTENDERS[contender];
  const before = performance.now();
  const { open } = await import(module);
  const loaded = performance.now();
  if (running) await (await open({ ...options, store: "memory" })).close();
  const called = performance.now();
  const opened = await open(options);
  const ready = performance.now();
  const found = await opened.newest(...question);
  const end = performance.now();
  await opened.close();
  return { modules: loaded - before, open: ready - called, call: end - called, keys: found.map(keyOf) };
}

/** The milliseconds that nothing in IndexedDB behind a worker of its own is faster than. */
export async function floor() {
  const start = performance.now();
  const bytes = await once("/bench/open/floor-worker.js", {});
  if (!(bytes > 0)) throw new Error("the floor has read nothing");
  return performance.now() - start;
}

/**
 * Opens fhir-pull in the page itself and asks a list of questions, each once; in the end for all
 * Observations of a code in one answer, which no page of results is.
 * @returns The answers, the milliseconds of each, and how large WebAssembly's memory was after each.
 *   Such memory never shrinks: it is the most that there was until then.
 */
export async function list({ questions: { code, count, subjects, range, name, patient } }) {
  const memory = hookedMemory();
  const { open } = await import("../contenders/fhir-pull.js");
  const opened = await open({ worker: false });
  const between = `date=ge${range.from}&date=lt${range.to}`;
  const steps = {
    newest: async () => (await opened.newest(subjects[0], code, count)).map(keyOf),
    code: async () => (await opened.search(`Observation?code=${code}&_count=100`)).resources.map(keyOf),
    total: () => opened.total(code),
    range: async () => (await opened.search(`Observation?${between}&_sort=-date&_count=20`)).total,
    name: async () => (await opened.search(`Patient?name=${name.prefix}&_count=20`)).total,
    read: async () => (await opened.read(patient)).id,
    all: async () => (await opened.all(code)).map(keyOf),
  };
  const answers = {};
  const times = {};
  const bytes = {};
  for (const [step, ask] of Object.entries(steps)) {
    const start = performance.now();
    answers[step] = await ask();
    times[step] = performance.now() - start;
    bytes[step] = memory().byteLength;
  }
  await opened.close();
  return { answers, times, bytes };
}
