// The page's side: the same `call` as engine.js, served by a worker. The protocol stands in messages.js.

import { reasonOf } from "./calls.js";
import { FhirPullError, aborted, badInput } from "./errors.js";
import { failureOf, partsOfResponse, requestOf } from "./messages.js";

/** The engine behind a worker. */
export class RemoteEngine {
  #port;
  #host;
  #calls = new Map();
  #asked = new Map();
  #last = 0;
  #ended = false;

  /**
   * @param {Worker} port that has said that it is ready
   * @param {{ fetch?: Function, token?: Function }} host
   * @param {WebAssembly.Module} [module] where it is given none, the worker loads it
   */
  constructor(port, host, module) {
    this.#port = port;
    this.#host = host;
    port.onmessage = ({ data }) => this.#receive(data);
    port.onerror = (event) => {
      event.preventDefault?.();
      this.#fail();
    };
    port.onmessageerror = () => this.#fail();
    port.postMessage({ start: { fetch: Boolean(host.fetch), token: Boolean(host.token), module } });
  }

  /** See Engine.call. */
  call(name, args, { signal, on, toItsEnd = false, next } = {}) {
    if (signal?.aborted) return Promise.reject(reasonOf(signal));
    if (this.#ended) return Promise.reject(badInput("This was closed before. Open it again."));
    this.#last += 1;
    const call = this.#last;
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#port.postMessage({ abort: call });
        // The call stays known until the worker's last word on it: what it stores yet is told.
        if (!toItsEnd) reject(reasonOf(signal));
      };
      signal?.addEventListener("abort", stop, { once: true });
      const forget = () => signal?.removeEventListener("abort", stop);
      this.#calls.set(call, { resolve, reject, on, next, forget });
      try {
        this.#port.postMessage({ call, name, args });
      } catch (thrown) {
        const { reject } = this.#settle(call);
        reject(badInput(`What was given to ${name} can't be sent to the worker: plain values only. (${thrown.name})`));
      }
    });
  }

  /** Stops every call and the worker. */
  end() {
    this.#stop(aborted(undefined, "It was closed while the call was under way."));
  }

  #fail() {
    this.#stop(FhirPullError.from(new Error("The worker stopped.")));
  }

  #stop(error) {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.terminate();
    for (const call of [...this.#calls.keys()]) this.#settle(call).reject(error);
    for (const controller of this.#asked.values()) controller.abort();
  }

  #settle(call) {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    waiting?.forget();
    return waiting;
  }

  #receive(message) {
    if ("ask" in message) this.#answer(message);
    else if ("unask" in message) this.#asked.get(message.unask)?.abort();
    else if ("event" in message) this.#calls.get(message.call)?.on?.(message.event, message.value);
    else if ("failure" in message) this.#settle(message.call)?.reject(FhirPullError.from(message.failure));
    else if ("call" in message) this.#settle(message.call)?.resolve(message.result);
  }

  async #answer({ ask, name, value }) {
    const controller = new AbortController();
    this.#asked.set(ask, controller);
    try {
      const answer = await this.#give(name, value, controller.signal);
      this.#send({ answer: ask, value: answer }, answer?.body ? [answer.body] : []);
    } catch (thrown) {
      this.#send({ answer: ask, failure: failureOf(thrown) });
    } finally {
      this.#asked.delete(ask);
    }
  }

  #give(name, value, signal) {
    if (name === "fetch") return this.#fetch(value, signal);
    // A call that has ended meanwhile takes nothing more.
    if (name === "next") return this.#calls.get(value)?.next();
    return this.#host.token(value);
  }

  async #fetch(parts, signal) {
    return partsOfResponse(await this.#host.fetch(requestOf(parts, signal)));
  }

  #send(message, transfer) {
    if (!this.#ended) this.#port.postMessage(message, transfer);
  }
}

/**
 * The worker once it has said that it is ready and what it is to be sent is there, or a rejection where
 * it can't be had: forbidden by a Content-Security-Policy, started from a `file:` page, not found by its address.
 *
 * @param {() => Worker} spawn
 * @param {Promise<unknown>} awaited which does not reject
 * @param {AbortSignal} [signal]
 */
export async function started(spawn, awaited, signal) {
  if (signal?.aborted) throw reasonOf(signal);
  const worker = spawn();
  try {
    await new Promise((resolve, reject) => {
      worker.onmessage = () => awaited.then(resolve);
      worker.onerror = (event) => {
        event.preventDefault?.();
        reject(new Error(event.message || "The worker did not start."));
      };
      signal?.addEventListener("abort", () => reject(reasonOf(signal)), { once: true });
    });
    return worker;
  } catch (thrown) {
    worker.terminate();
    throw thrown;
  }
}
