// A Worker that pulls by its cron and answers from what was pulled, wherever a request comes in: the replica is kept by
// R2 or D1, or read from a copy in KV.

import { fhirServer } from "../server.js";
import { answering, notYet } from "./answering.js";
import { Bounds, pullWithin } from "./bounds.js";
import { feedsOf, opened } from "./opening.js";
import { baseOf, checkedSettings, isWhole } from "./settings.js";

/** For so long an isolate answers from what it has seen, before it looks for what was committed since. */
const FRESH_FOR_MS = 5_000;

const NAMES = {
  required: ["server", "feeds", "authorize", "store"],
  optional: ["name", "token", "base", "cors", "encrypt", "freshFor", "bounds", "onPull", "fetch", "replica"],
};

/**
 * See EdgeSettings in cloudflare.d.ts.
 *
 * @returns {{ fetch(request: Request, env: object): Promise<Response>, scheduled(event: object, env: object): Promise<void> }}
 */
export function fhirWorker(settings) {
  const { authorize, store, base, cors, freshFor = FRESH_FOR_MS, bounds, onPull, fetch } = checkedSettings("fhirWorker", settings, NAMES);
  /** The replica of this isolate: that object, when it was last looked after, and whether its first pull was complete. */
  let held;

  // Nobody waits for what another request has begun: a request that ends takes along what it was doing.
  const replicaOf = async (env) => {
    const before = held;
    if (!held) {
      const replica = await opened(settings, { env, store: store(env) });
      if (held) await replica.close();
      else held = { replica, lookedAt: Date.now(), whole: false };
    }
    const mine = held;
    // Its first pull may be complete by now: who waits for that waits no longer than it takes.
    const isDue = !mine.whole || Date.now() - mine.lookedAt >= freshFor;
    if (mine === before && isDue) {
      mine.lookedAt = Date.now();
      try {
        await mine.replica.refresh();
      } catch (thrown) {
        // It may have been begun anew, which takes another handle.
        if (held === mine) held = undefined;
        throw thrown;
      }
    }
    mine.whole ||= await isWhole(mine.replica, await feedsOf(settings, env));
    return mine;
  };

  return {
    async fetch(request, env) {
      const replica = answering(async (request, options) => {
        const { replica, whole } = await replicaOf(env);
        return whole ? replica.serve(request, options) : notYet();
      });
      const server = fhirServer({ replica, base: baseOf(base, request), authorize: (request) => authorize(request, env), cors });
      return server(request);
    },

    /** Pulls, in a replica of its own, which ends with it. */
    async scheduled(_, env) {
      const kept = store(env);
      const work = new Bounds(bounds, fetch?.(env));
      const replica = await opened(settings, { env, store: kept, fetch: work.fetch }).catch((thrown) => {
        work.end();
        throw thrown;
      });
      try {
        const done = await pullWithin(work, replica, await feedsOf(settings, env));
        await onPull?.({ done, store: kept }, env);
      } finally {
        await replica.close();
      }
    },
  };
}
