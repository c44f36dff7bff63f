// Which answer an application gets, the replica's or the server's: the read policies of `Replica.get`.

import { parse } from "./bytes.js";

export const POLICIES = ["cache-first", "network-first", "stale-while-revalidate", "cache-only", "network-only"];

export class Answers {
  #engine;
  #underWay = new Map();

  /**
   * @param {{ held(what: string, signal?: AbortSignal): Promise<Uint8Array | undefined>,
   *   covered(what: string): Promise<[asOf: string | undefined] | undefined>,
   *   ask(what: string, once: boolean): Promise<[Uint8Array, string | undefined]> }} engine
   *   `held`: what the replica has of a resource or answers to a search; `covered`: as of when it has all of it, where it has
   */
  constructor(engine) {
    this.#engine = engine;
  }

  /** See Replica.get of index.d.ts. */
  async get(what, policy = "cache-first") {
    if (policy === "network-only") return this.#asked(what, false);
    if (policy === "cache-only") {
      return (await this.#held(what, true)) ?? nothingHeld();
    }
    if (policy === "network-first") {
      try {
        return await this.#asked(what, true);
      } catch (thrown) {
        const held = thrown.retryable ? await this.#held(what) : undefined;
        if (held === undefined) throw thrown;
        return held;
      }
    }
    const held = await this.#held(what);
    if (held === undefined) return this.#asked(what, false);
    if (policy === "stale-while-revalidate") {
      held.fresh = this.#asked(what, true);
      // Whoever does not look at it is not to hear that it failed.
      held.fresh.catch(() => {});
    }
    return held;
  }

  /** What the replica has, if it has all that is asked for; with `anyway` also what may be a part of it. */
  async #held(what, anyway = false) {
    const covered = await this.#engine.covered(what);
    // A part of what a search would find is a wrong answer; a resource is held or not.
    if (!isReference(what) && !covered && !anyway) return undefined;
    const bytes = await this.#engine.held(what);
    return bytes && { resource: parse(bytes), from: "replica", asOf: covered?.[0] };
  }

  /** One request for the same thing is under way at a time. */
  #asked(what, once) {
    const key = `${once} ${what}`;
    let asked = this.#underWay.get(key);
    if (!asked) {
      asked = this.#engine.ask(what, once).then(([bytes, asOf]) => ({ bytes, asOf }));
      this.#underWay.set(key, asked);
      const ended = () => this.#underWay.delete(key);
      asked.then(ended, ended);
    }
    // Each has a resource of its own to do with as it likes.
    return asked.then(({ bytes, asOf }) => ({ resource: parse(bytes), from: "server", asOf }));
  }
}

/** Whether it is `Type/id`, not a search. */
export function isReference(what) {
  return /^[A-Z][A-Za-z]*\/[A-Za-z0-9\-.]{1,64}$/.test(what);
}

function nothingHeld() {
  return { resource: undefined, from: "replica", asOf: undefined };
}
