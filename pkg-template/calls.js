// What every call has in common, whichever engine serves it: it ends at once when its signal fires.

import { FhirPullError, aborted } from "./errors.js";

/** The promise's result, or a rejection with `code: "aborted"` as soon as the signal fires. */
export function untilAborted(promise, signal) {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(reasonOf(signal));
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    if (signal.aborted) stop();
  });
}

/** Stops a call, as an AbortController does; that is made where its signal is asked for, and most calls never ask. */
export class Stop {
  #controller;
  #reason;
  /** The rejections of who waits. */
  #waiting = new Set();

  get signal() {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** @param {FhirPullError} reason */
  abort(reason) {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    for (const reject of this.#waiting) reject(reason);
  }

  /** The promise's result, or a rejection with the reason as soon as there is one. */
  before(promise) {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const ended = (settle) => (value) => {
        this.#waiting.delete(reject);
        settle(value);
      };
      promise.then(ended(resolve), ended(reject));
      if (this.#reason) reject(this.#reason);
    });
  }
}

/** Why a signal fired, as the package's error. */
export function reasonOf(signal) {
  return signal.reason instanceof FhirPullError ? signal.reason : aborted(signal.reason);
}
