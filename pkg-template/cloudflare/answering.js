// Answers from a replica that is opened when there is a request that may be answered: what is not there yet, or can't
// be read just now, is said to be so (503) and never looks like an answer.

import { FhirPullError } from "fhir-pull";
import { outcome } from "../outcome.js";

/** Seconds after which it is worth asking again. */
const SOON = { "retry-after": "5" };

/** What a replica is to `fhirServer`: something that serves. */
export function answering(work) {
  return {
    serve: async (request, options) => {
      try {
        return await work(request, options);
      } catch (thrown) {
        const { code, retryable, message } = FhirPullError.from(thrown);
        if (code === "aborted" || code === "bad-input") throw thrown;
        if (retryable || TRANSIENT.includes(code)) return outcome(503, "transient", message, SOON);
        return outcome(500, "exception", message);
      }
    },
  };
}

/** A store that lost its connection, refused or was written to may be asked again. */
const TRANSIENT = ["store-lost", "store-failed", "conflict"];

/** The answer while the first pull goes on. */
export function notYet() {
  return outcome(503, "transient", "The first pull of this replica is not complete yet.", SOON);
}
