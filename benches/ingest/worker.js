/**
 * One contender's part of a run, in a dedicated worker: `ingest` into an empty profile and search
 * warm, `reopen` what an earlier browser process has left and search cold, or `follow`: load into
 * an empty profile by history, and then what has changed.
 */

import { answering } from "../contenders/in-worker.js";
import { keyOf } from "../key.mjs";

const ROUNDS = { newest: 3, all: 9, total: 15 };
const TASKS = { ingest, reopen, follow };

answering(({ task, contender, ...given }) => TASKS[task](() => import(`../contenders/${contender}.js`), given));

async function ingest(load, { pages, questions, profiled }) {
  const held = await withBytes("search", pages.search);
  const before = await usage();
  const opened = await (await load()).open({ worker: false, memory: true });
  if (profiled) console.profile();
  const milliseconds = await timed(() => opened.ingest(held));
  if (profiled) console.profileEnd();
  const searches = opened.newest && { answers: await ask(opened, questions), times: await times(opened, questions) };
  const storedBytes = await opened.storedBytes?.();
  await opened.close();
  return { milliseconds, ...searches, storedBytes, quotaBytes: (await usage()) - before };
}

async function reopen(load, { questions: { code, count, subjects } }) {
  const start = performance.now();
  const opened = await (await load()).open({ worker: false, memory: true });
  const first = await opened.newest?.(subjects[0], code, count);
  const milliseconds = performance.now() - start;
  await opened.close();
  return { milliseconds, first: first?.map(keyOf) };
}

async function follow(load, { pages, questions }) {
  const [all, changed] = [await withBytes("history", pages.history), await withBytes("update", pages.update)];
  const opened = await (await load()).open({ worker: false, memory: true });
  const first = await timed(() => opened.ingest(all));
  const update = await timed(() => opened.update(changed));
  const answers = await ask(opened, questions);
  await opened.close();
  return { first, update, answers };
}

/** Asks every question once. */
async function ask(opened, { code, count, subjects }) {
  const newest = await Promise.all(subjects.map((subject) => opened.newest(subject, code, count)));
  const all = await opened.all(code);
  return { newest: newest.map((of) => of.map(keyOf)), all: all.map(keyOf), total: await opened.total(code) };
}

/** Times every question, which has been asked before. */
async function times(opened, { code, count, subjects }) {
  const taken = { newest: [], all: [], total: [] };
  for (let round = 0; round < ROUNDS.newest; round += 1) {
    for (const subject of subjects) {
      taken.newest.push(await timed(() => opened.newest(subject, code, count)));
    }
  }
  for (let round = 0; round < ROUNDS.all; round += 1) taken.all.push(await timed(() => opened.all(code)));
  for (let round = 0; round < ROUNDS.total; round += 1) taken.total.push(await timed(() => opened.total(code)));
  return taken;
}

async function timed(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** The pages of a kind with their bytes, as they lie in the bench's memory. */
function withBytes(kind, pages) {
  return Promise.all(
    pages.map(async (page, n) => ({ ...page, bytes: await (await fetch(`/pages/${kind}/${n}`)).arrayBuffer() })),
  );
}

async function usage() {
  return (await navigator.storage.estimate()).usage;
}
