/** The SQLite contender behind a dedicated worker, with the calls that a page makes of it. */

export async function open() {
  const worker = new Worker("/bench/open/sqlite-worker.js", { type: "module" });
  const waiting = new Map();
  let last = 0;
  const settle = (id, { answer, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  };
  worker.onmessage = ({ data }) => settle(data.id, data);
  worker.onerror = (event) => {
    for (const id of waiting.keys()) settle(id, { error: event.message ?? "the worker could not be loaded" });
  };
  const call = (name, ...given) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ id: last, name, given });
    });

  await call("open");
  return {
    ingest: (pages) => call("ingest", pages),
    newest: (...question) => call("newest", ...question),
    async close() {
      await call("close");
      worker.terminate();
    },
  };
}
