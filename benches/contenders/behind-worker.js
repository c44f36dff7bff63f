/** A contender in a dedicated worker of its own, with the calls that a page makes of it. */

/**
 * @param {string} address Of the worker's module, which answers `{ name, given }` by in-worker.js.
 * @param {string[]} names Of the calls, beside `open`, which is made here, and `close`.
 */
export async function behindWorker(address, names) {
  const worker = new Worker(address, { type: "module" });
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
    ...Object.fromEntries(names.map((name) => [name, (...given) => call(name, ...given)])),
    async close() {
      await call("close");
      worker.terminate();
    },
  };
}
