/** Page and dedicated worker: a message to a new worker, and the one answer that it gives. */

/**
 * @param {string} address Of the worker's module.
 * @param {object} message
 * @returns {Promise<unknown>} What the worker answered; the worker is ended.
 */
export function once(address, message) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(address, { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error) reject(new Error(data.error));
      else resolve(data.answer);
    };
    worker.onerror = (event) => reject(new Error(event.message ?? "the worker could not be loaded"));
    worker.postMessage(message);
  });
}

/** In the worker: answers every message by `work`. */
export function answering(work) {
  self.onmessage = async ({ data }) => {
    try {
      self.postMessage({ id: data.id, answer: await work(data) });
    } catch (error) {
      self.postMessage({ id: data.id, error: String(error?.stack ?? error) });
    }
  };
}
