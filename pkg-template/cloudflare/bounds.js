// The work of one invocation, bounded: a platform stops what takes too long or asks too often, wherever it is. A pull
// that reaches its bound is stopped in between, what had come is stored, and the next invocation goes on from there.

import { FhirPullError } from "fhir-pull";

/** Less than the CPU time of a paid invocation, even were all of it computing; and less than the pause of a cron. */
const MILLISECONDS = 20_000;
/** Of the 50 subrequests of a free invocation. */
const REQUESTS = 40;

/** What may still be done in this invocation. */
export class Bounds {
  #left;
  #fetch;
  #stop = new AbortController();
  #timer;
  /** Whether a bound was reached. */
  reached = false;

  /** @param {{ milliseconds?: number, requests?: number }} [bounds] */
  constructor({ milliseconds = MILLISECONDS, requests = REQUESTS } = {}, fetch = (request) => globalThis.fetch(request)) {
    this.#left = requests;
    this.#fetch = fetch;
    this.#timer = setTimeout(() => this.#reach(), milliseconds);
  }

  get signal() {
    return this.#stop.signal;
  }

  /** A `fetch` that counts. */
  fetch = async (request) => {
    if (this.#left <= 0) this.#reach();
    request.signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    this.#left -= 1;
    return this.#fetch(request);
  };

  end() {
    clearTimeout(this.#timer);
  }

  #reach() {
    this.reached = true;
    this.#stop.abort();
  }
}

/**
 * Pulls the feeds and merges, as far as the bounds allow.
 *
 * @returns {Promise<boolean>} whether all was pulled that there is
 */
export async function pullWithin(bounds, replica, feeds) {
  try {
    const { signal } = bounds;
    await replica.pull(feeds, { signal, toItsEnd: true });
    // What is not merged now is merged after the next pull.
    await replica.tidy({ signal }).catch((thrown) => unlessReached(bounds, thrown));
    return true;
  } catch (thrown) {
    unlessReached(bounds, thrown);
    return false;
  } finally {
    bounds.end();
  }
}

/** What else goes wrong in the moment of the bound is not the bound's. */
function unlessReached(bounds, thrown) {
  if (!bounds.reached || FhirPullError.from(thrown).code !== "aborted") throw thrown;
}
