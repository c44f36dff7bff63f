// The worker's side: an Engine behind a port. What only the page has (its `fetch`, its `token`) is
// asked of it by messages. The protocol stands in messages.js.

import { posted } from "./bytes.js";
import { Stop } from "./calls.js";
import { Engine } from "./engine.js";
import { FhirPullError, aborted } from "./errors.js";
import { errorOf, partsOfRequest, responseOf } from "./messages.js";

/**
 * @param {MessagePort | DedicatedWorkerGlobalScope} port
 * @param {(module?: WebAssembly.Module) => Promise<object>} load the exports of the initialised wasm module
 */
export function answerOn(port, load) {
  const page = new Page(port);
  const running = new Map();
  let engine;

  const answer = async ({ call, name, args }) => {
    const stop = new Stop();
    running.set(call, stop);
    const on = (event, value) => port.postMessage({ call, event, value });
    const next = () => page.next(call, stop.signal);
    try {
      const given = await engine.call(name, args, { stop, on, next, toItsEnd: true });
      const [result, transfer] = posted(given);
      port.postMessage({ call, result }, transfer);
    } catch (thrown) {
      port.postMessage({ call, failure: FhirPullError.from(thrown).toFailure() });
    } finally {
      running.delete(call);
    }
  };

  const start = ({ module, ...host }) => {
    engine = new Engine(() => load(module), page.host(host));
    // Before the first call asks for it; a failure shows itself in that call, which tries again.
    load(module).catch(() => {});
  };

  port.onmessage = ({ data }) => {
    if ("start" in data) start(data.start);
    else if ("call" in data) answer(data);
    else if ("abort" in data) running.get(data.abort)?.abort(aborted());
    else page.answered(data);
  };
  port.postMessage({ ready: true });
}

/** Asks the page. */
class Page {
  #port;
  #asked = new Map();
  #last = 0;

  constructor(port) {
    this.#port = port;
  }

  /** The engine's host, of what the page has. */
  host({ fetch, token }) {
    return {
      fetch: fetch ? (request) => this.#fetch(request) : undefined,
      token: token ? (ask) => this.#ask("token", ask) : undefined,
    };
  }

  /** The next piece of what a call takes. */
  next(call, signal) {
    return this.#ask("next", call, signal);
  }

  answered({ answer, value, failure }) {
    const asked = this.#asked.get(answer);
    this.#asked.delete(answer);
    if (failure) asked?.reject(errorOf(failure));
    else asked?.resolve(value);
  }

  async #fetch(request) {
    const parts = await partsOfRequest(request);
    return responseOf(await this.#ask("fetch", parts, request.signal));
  }

  #ask(name, value, signal) {
    this.#last += 1;
    const ask = this.#last;
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#asked.delete(ask);
        this.#port.postMessage({ unask: ask });
        reject(new DOMException("The request was aborted.", "AbortError"));
      };
      const settle = (end) => (value) => {
        signal?.removeEventListener("abort", stop);
        end(value);
      };
      this.#asked.set(ask, { resolve: settle(resolve), reject: settle(reject) });
      this.#port.postMessage({ ask, name, value });
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    });
  }
}
