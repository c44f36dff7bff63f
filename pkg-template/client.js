// The Client of index.d.ts over an engine, inline or in a worker.

import { parse } from "./bytes.js";
import { badInput } from "./errors.js";
import { checked, checkedText } from "./options.js";

export class Client {
  #engine;
  #handle;
  #closed = false;

  /**
   * @param {{ call: Function, end: Function }} engine
   * @param {number} handle
   * @param {string} server
   */
  constructor(engine, handle, server) {
    this.#engine = engine;
    this.#handle = handle;
    this.server = server;
  }

  async capabilities(options) {
    const { signal } = checked("capabilities", options, { optional: ["signal"] });
    return parse(await this.#call("capabilities", [this.#handle], signal));
  }

  async read(reference, options) {
    checkedText("read", reference, "Patient/123");
    const { signal } = checked("read", options, { optional: ["signal"] });
    return parse(await this.#call("clientRead", [this.#handle, reference], signal));
  }

  async *search(query, options) {
    checkedText("search", query, "Observation?patient=123");
    const { signal } = checked("search", options, { optional: ["signal"] });
    yield* this.#pages("clientSearch", [this.#handle, query], signal);
  }

  async *history(of, options) {
    checkedText("history", of, "Patient/123");
    const { signal, since } = checked("history", options, { optional: ["signal", "since"] });
    yield* this.#pages("clientHistory", [this.#handle, of, since], signal);
  }

  async close() {
    this.#closed = true;
    this.#engine.end();
  }

  async *#pages(name, args, signal) {
    const pages = await this.#call(name, args, signal);
    try {
      for (;;) {
        const bytes = await this.#call("pagesNext", [pages], signal);
        if (bytes === undefined) return;
        yield parse(bytes);
      }
    } finally {
      // Nothing is left to stop where the client was closed meanwhile.
      await this.#engine.call("close", [pages]).catch(() => {});
    }
  }

  #call(name, args, signal) {
    if (this.#closed) {
      return Promise.reject(badInput("This client was closed. Open another with openClient."));
    }
    return this.#engine.call(name, args, { signal });
  }
}
