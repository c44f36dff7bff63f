// The Client of index.d.ts over an engine, inline or in a worker.

import { parse } from "./bytes.js";
import { badInput } from "./errors.js";
import { checked, checkedText } from "./options.js";
import { pages } from "./pages.js";

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
    this.#open();
    for await (const bytes of pages(this.#engine, name, args, signal)) yield parse(bytes);
  }

  async #call(name, args, signal) {
    this.#open();
    return this.#engine.call(name, args, { signal });
  }

  #open() {
    if (this.#closed) throw badInput("This client was closed. Open another with openClient.");
  }
}
