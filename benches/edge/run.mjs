/**
 * `npm run bench -- edge`: what an answer of `fhir-pull/cloudflare` costs in workerd, in CPU time, in memory, and when it
 * is the first; beside SQLite tables by hand in a Durable Object, and beside a fixed body.
 *
 * Options: `--runs N` (3), `--limit N|all` (100000 resources of the large set; the small one has at most so many, too),
 * `--requests N` (200, for each question, contender and round).
 */

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { wrong } from "../answers.mjs";
import { Measurements } from "../measurements.mjs";
import { Source } from "../pull/source.mjs";
import { label } from "../search/ratios.mjs";
import { Edge, FLOOR, NAMES, OURS, fill } from "./contenders.mjs";
import { Oracle } from "./oracle.mjs";
import { TICK_MS } from "./process.mjs";
import { questionsAbout } from "./questions.mjs";
import { ABOVE_NEW, FIRST, FIRST_CPU, RESIDENT, WASM, gross, net, ofProcess, ratios } from "./ratios.mjs";
import { wholeRecords } from "./records.mjs";

const SMALL = "100 patients";
const PAGE = 1000;
/** The question that a process is asked first, after the read: the newest 20 of a code. */
const FIRST_ASKED = 1;
/** As long an answer as that one is. */
const FIRST_BYTES = 15_000;
/**
 * V8 compiles WebAssembly function by function as they are called, and once more, better, what is called often; that is CPU
 * time of the process, too. Each question is asked so often before the first of them is timed.
 */
const WARM_UP = 100;
/** Requests of one contender until the next has its turn. */
const TURN = 10;

/**
 * @param {{ root: string, args: string[] }} options The project's folder, and the command line.
 * @returns {Promise<{ machine: object, results: object[], ratios: Record<string, number> }>}
 */
export default async function bench({ root, args }) {
  const { runs, limit, requests } = options(args);
  if (!existsSync(path.join(root, "pkg", "cloudflare.js"))) {
    throw new Error("The package is not built yet: run `npm run build` first.");
  }
  const log = (sentence) => console.error(sentence);
  const measured = new Measurements();
  const large = limit === Infinity ? "all" : label(limit);
  const sets = [
    { name: SMALL, archive: "synthea-100" },
    { name: large, archive: "synthea-615" },
  ];
  const resources = {};
  let questions;
  for (const { name, archive } of sets) {
    const set = await madeSet({ root, name, archive, limit, log });
    resources[name] = set.versions.length;
    ({ questions } = set);
    await measureSet({ set, runs, requests, log, measured });
  }
  const [read, ...searches] = questions.map(({ name }) => name);
  return {
    machine: { resources, requests },
    results: measured.results(),
    ratios: ratios(measured, { small: SMALL, large, read, searches, least: TICK_MS / requests }),
  };
}

function options(args) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: "string", default: "3" },
      limit: { type: "string", default: "100000" },
      requests: { type: "string", default: "200" },
    },
  });
  const [runs, requests] = [Number(values.runs), Number(values.requests)];
  if (![runs, requests].every((number) => Number.isInteger(number) && number >= 1)) {
    throw new Error("--runs and --requests take a whole number from 1 on.");
  }
  const limit = values.limit === "all" ? Infinity : Number(values.limit);
  if (!(limit >= 1)) throw new Error('--limit takes a number of resources or "all".');
  return { runs, requests, limit };
}

async function madeSet({ root, name, archive, limit, log }) {
  const versions = await wholeRecords({ root, name: archive, limit, log });
  const resources = versions.map(({ text }) => JSON.parse(text));
  const questions = questionsAbout(resources);
  const oracle = new Oracle(versions, resources, questions);
  return { name, versions, questions, oracle, source: new Source(versions, { page: PAGE, latency: 0 }) };
}

/** Fills every contender, and then asks them in rounds: each round in new processes, on what the ones before have kept. */
async function measureSet({ set, runs, requests, log, measured }) {
  const folder = await mkdtemp(path.join(tmpdir(), "fhir-pull-bench-edge-"));
  const run = { set, requests, measured, folder };
  try {
    const floor = await Edge.started(FLOOR, { folder, source: set.source });
    try {
      await floor.ask(fixed(FIRST_BYTES));
      const least = floor.resident.most;
      for (const contender of NAMES.filter((name) => name !== FLOOR)) await fillOne(run, contender, least);
    } finally {
      await floor.end();
    }
    log(`${set.name}: every contender holds ${set.versions.length} resources; ${runs} rounds.`);
    for (let round = 0; round < runs; round += 1) {
      await oneRound(run, round);
      log(`${set.name}: round ${round + 1} of ${runs}.`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillOne({ set, folder, measured }, contender, least) {
  const edge = await Edge.started(contender, { folder, source: set.source });
  const add = (what, unit, value) => measured.add(contender, ofProcess(set.name, `filling: ${what}`), unit, value);
  try {
    const began = performance.now();
    await fill(contender, edge, set.versions);
    add("time", "ms", performance.now() - began);
    await addMemory(contender, edge, least, add);
  } finally {
    await edge.end();
  }
}

async function oneRound(run, round) {
  const { set, folder } = run;
  // Who comes first finds the machine otherwise than who comes last: they take turns.
  const names = [...NAMES];
  names.push(...names.splice(0, round % names.length));
  const edges = new Map();
  try {
    for (const contender of names) {
      edges.set(contender, await Edge.started(contender, { folder, source: set.source }));
      await firstAnswer(run, contender, edges.get(contender), round);
    }
    const least = edges.get(FLOOR).resident.most;
    const right = new Map();
    for (const [contender, edge] of edges) if (contender !== FLOOR) right.set(contender, await checked(set, contender, edge));
    await timed(run, edges, right);
    for (const [contender, edge] of edges) {
      const add = (what, unit, value) => run.measured.add(contender, ofProcess(set.name, what), unit, value);
      await addMemory(contender, edge, least, add);
      add(RESIDENT, "MiB", edge.resident.most - edges.get(FLOOR).resident.most);
    }
  } finally {
    for (const edge of edges.values()) await edge.end();
  }
}

/** What a process costs until it has answered once. The clock runs from when workerd says that it is there. */
async function firstAnswer({ set, measured }, contender, edge, round) {
  const { asked, fhir } = set.questions[FIRST_ASKED];
  const nth = round % asked.length;
  const add = (what, unit, value) => measured.add(contender, ofProcess(set.name, what), unit, value);
  const cpuBefore = edge.cpu;
  const began = performance.now();
  const answer = await edge.ask(contender === FLOOR ? fixed(FIRST_BYTES) : fhir(asked[nth]));
  add(FIRST, "ms", performance.now() - began);
  add("start, CPU", "ms", cpuBefore);
  add(FIRST_CPU, "ms", edge.cpu - cpuBefore);
  if (contender !== FLOOR) set.oracle.check(contender, FIRST_ASKED, nth, answer);
}

/**
 * Holds all answers against the oracle.
 * @returns {Promise<Buffer[][]>} The right answer of the contender to each question with each of its values.
 */
async function checked({ questions, oracle }, contender, edge) {
  const right = [];
  for (const [question, { asked, fhir }] of questions.entries()) {
    right.push([]);
    for (const [nth, values] of asked.entries()) {
      const answer = await edge.ask(fhir(values));
      oracle.check(contender, question, nth, answer);
      right[question].push(answer.body);
    }
  }
  return right;
}

/**
 * The contenders take turns of some requests. Each is a process, and only its own CPU counts: whatever else the machine
 * does meanwhile, it does to all of them. The fixed body has the size of fhir-pull's answer.
 */
async function timed({ set, requests, measured }, edges, right) {
  const ask = async (question, contender, edge, n) => {
    const { name, asked, fhir } = set.questions[question];
    const nth = n % asked.length;
    const before = (right.get(contender) ?? right.get(OURS.durable_object))[question][nth];
    const { status, body } = await edge.ask(contender === FLOOR ? fixed(before.length) : fhir(asked[nth]));
    const isRight = contender === FLOOR ? body.length === before.length : isSame(body, before);
    if (status !== 200 || !isRight) throw wrong(contender, `another answer than before (${status}) for "${name}"`);
  };
  const turns = async (question, count) => {
    for (let from = 0; from < count; from += TURN) {
      for (const [contender, edge] of edges) {
        for (let n = from; n < Math.min(from + TURN, count); n += 1) await ask(question, contender, edge, n);
      }
    }
  };
  for (const question of set.questions.keys()) await turns(question, WARM_UP);
  for (const [question, { name }] of set.questions.entries()) {
    const began = new Map([...edges].map(([contender, edge]) => [contender, edge.cpu]));
    await turns(question, requests);
    const spent = new Map([...edges].map(([contender, edge]) => [contender, (edge.cpu - began.get(contender)) / requests]));
    for (const [contender, cpu] of spent) {
      measured.add(contender, gross(set.name, name), "ms CPU", cpu);
      if (contender !== FLOOR) measured.add(contender, net(set.name, name), "ms CPU", cpu - spent.get(FLOOR));
    }
  }
}

/** `least`: MiB of a fixed body's process that has answered once. */
async function addMemory(contender, edge, least, add) {
  const { now, most } = edge.resident;
  add("RSS", "MiB", now);
  add("RSS at most", "MiB", most);
  add(ABOVE_NEW, "MiB", most - least);
  if (Object.values(OURS).includes(contender)) add(WASM, "MiB", await edge.wasmMiB());
}

/** Whether an answer is the one before: but for its links, since pages are numbered as they are asked for. */
function isSame(body, before) {
  const [entries, entriesBefore] = [body, before].map((one) => one.subarray(Math.max(0, one.indexOf('"entry":['))));
  return entries.equals(entriesBefore);
}

/** The address of a body of so many bytes. */
function fixed(bytes) {
  return `fixed?bytes=${bytes}`;
}
