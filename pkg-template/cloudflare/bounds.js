// The work of one invocation, bounded: a platform stops what takes too long or asks too often, wherever it is. A pull
// that reaches its bound is stopped in between, what had come is stored, and the next invocation goes on from there.

import { FhirPullError } from "fhir-pull";
import { nameOf } from "./settings.js";

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
  /** Requests whose answers have not come to their end, and who waits for there being none. */
  #underWay = 0;
  #waiting = [];
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

  /** A `fetch` that counts. The first request too many ends the pull, once the answers to those before it are there. */
  fetch = async (request) => {
    if (this.#left <= 0) {
      await this.#quiet();
      this.#reach();
    }
    request.signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    this.#left -= 1;
    this.#underWay += 1;
    try {
      return this.#followed(await this.#fetch(request));
    } catch (thrown) {
      this.#ended();
      throw thrown;
    }
  };

  end() {
    clearTimeout(this.#timer);
  }

  #reach() {
    this.reached = true;
    this.#stop.abort();
    this.#waiting.splice(0).forEach((go) => go());
  }

  #quiet() {
    if (this.#underWay === 0 || this.reached) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #ended() {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#waiting.splice(0).forEach((go) => go());
  }

  /** The answer, of which is told when its body has come to its end or is given up. */
  #followed(answer) {
    // One that was redirected is refused by whoever asked, who can tell it by the platform's own object alone.
    if (!answer.body || answer.redirected) {
      this.#ended();
      return answer;
    }
    const reader = answer.body.getReader();
    const body = new ReadableStream({
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
        } catch (thrown) {
          controller.error(thrown);
        }
        this.#ended();
      },
      cancel: (reason) => {
        this.#ended();
        return reader.cancel(reason);
      },
    });
    return new Response(body, answer);
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
    await replica.pull(await lastFirst(replica, feeds), { signal, toItsEnd: true });
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

/** The feeds that are furthest behind come first: else those at the end of the list might never have their turn. */
async function lastFirst(replica, feeds) {
  const asOf = new Map((await replica.status()).feeds.map((status) => [status.feed, status.asOf]));
  const since = (feed) => Date.parse(asOf.get(nameOf(feed))) || 0;
  return feeds.toSorted((one, other) => since(one) - since(other));
}

/** What else goes wrong in the moment of the bound is not the bound's. */
function unlessReached(bounds, thrown) {
  if (!bounds.reached || FhirPullError.from(thrown).code !== "aborted") throw thrown;
}
