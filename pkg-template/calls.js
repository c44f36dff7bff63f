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

/** Why a signal fired, as the package's error. */
export function reasonOf(signal) {
  return signal.reason instanceof FhirPullError ? signal.reason : aborted(signal.reason);
}
