/**
 * One contender's part of a run, in a dedicated worker: `ingest` into an empty profile and search
 * warm, or `reopen` what an earlier browser process has left and search cold.
 */

const ROUNDS = { newest: 3, all: 9, total: 15 };

self.onmessage = async ({ data: { task, contender, ...given } }) => {
  try {
    const load = () => import(`./contenders/${contender}.js`);
    const answer = task === "ingest" ? await ingest(load, given) : await reopen(load, given);
    self.postMessage({ answer });
  } catch (error) {
    self.postMessage({ error: String(error?.stack ?? error) });
  }
};

async function ingest(load, { pages, questions, profiled }) {
  const held = await Promise.all(pages.map(async (page, n) => ({ ...page, bytes: await bytesOf(n) })));
  const before = await usage();
  const { open } = await load();
  const opened = await open();
  if (profiled) console.profile();
  const start = performance.now();
  await opened.ingest(held);
  const milliseconds = performance.now() - start;
  if (profiled) console.profileEnd();
  if (!opened.newest) {
    await opened.close();
    return { milliseconds, quotaBytes: (await usage()) - before };
  }
  const searches = await search(opened, questions);
  const storedBytes = await opened.storedBytes?.();
  await opened.close();
  return { milliseconds, ...searches, storedBytes, quotaBytes: (await usage()) - before };
}

async function reopen(load, { questions: { code, count, subjects } }) {
  const start = performance.now();
  const { open } = await load();
  const opened = await open();
  const first = await opened.newest?.(subjects[0], code, count);
  const milliseconds = performance.now() - start;
  await opened.close();
  return { milliseconds, first: first && ids(first) };
}

/** Asks every question, each once before it is timed. */
async function search(opened, { code, count, subjects }) {
  const newest = await Promise.all(subjects.map((subject) => opened.newest(subject, code, count)));
  const all = await opened.all(code);
  const total = await opened.total(code);
  const times = { newest: [], all: [], total: [] };
  for (let round = 0; round < ROUNDS.newest; round += 1) {
    for (const subject of subjects) {
      times.newest.push(await timed(() => opened.newest(subject, code, count)));
    }
  }
  for (let round = 0; round < ROUNDS.all; round += 1) times.all.push(await timed(() => opened.all(code)));
  for (let round = 0; round < ROUNDS.total; round += 1) times.total.push(await timed(() => opened.total(code)));
  return { answers: { newest: newest.map(ids), all: ids(all), total }, times };
}

async function timed(call) {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

function ids(resources) {
  return resources.map(({ id }) => id);
}

async function bytesOf(n) {
  return (await fetch(`/pages/${n}`)).arrayBuffer();
}

async function usage() {
  return (await navigator.storage.estimate()).usage;
}
