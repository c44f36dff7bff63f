// A replica for each patient, panel or tenant, in a Durable Object of its own, which pulls by its alarm. In front of them
// stands a Worker: who may ask is decided there, before there is an object to ask.

import { FhirPullError } from "fhir-pull";
import { outcome } from "../outcome.js";
import { fhirServer } from "../server.js";
import { answering, notYet } from "./answering.js";
import { Bounds, pullWithin } from "./bounds.js";
import { durableObjectStore } from "./durable-object-store.js";
import { feedsOf, opened } from "./opening.js";
import { baseOf, checkedSettings, isWhole } from "./settings.js";

/** From the end of one pull to the next. */
const EVERY_MS = 60_000;
/** A pull that reached its bound goes on after a moment; one that failed after this, twice as long each time. */
const FIRST_WAIT_MS = 2_000;

const NAMES = {
  required: ["server", "feeds", "authorize", "namespace", "shardOf"],
  optional: ["token", "base", "cors", "encrypt", "every", "bounds", "onPull", "fetch", "replica"],
};

/** Set by the Worker in front alone, whatever a client sends: the shard, its base, and what it is narrowed to. */
const SHARD = "fhir-pull-shard";
const BASE = "fhir-pull-base";
const WITHIN = "fhir-pull-within";

/** Where the object keeps its shard's name: it is not told its own. */
const KEPT_NAME = "fhir-pull/shard";

/**
 * See ShardSettings in cloudflare.d.ts.
 *
 * @returns {{ fetch(request: Request, env: object): Promise<Response>, FhirReplica: new (state: object, env: object) => object }}
 */
export function fhirShards(settings) {
  const { authorize, namespace, shardOf, base, cors } = checkedSettings("fhirShards", settings, NAMES);

  return {
    async fetch(request, env) {
      const ask = async (request, { base, within }) => {
        const shard = await shardOf(request, env);
        if (typeof shard !== "string" || shard === "") return outcome(404, "not-found", "There is no such replica here.");
        const headers = new Headers(request.headers);
        headers.set(SHARD, encodeURIComponent(shard));
        headers.set(BASE, base);
        headers.delete(WITHIN);
        if (within) headers.set(WITHIN, within);
        const objects = namespace(env);
        return objects.get(objects.idFromName(shard)).fetch(new Request(request, { headers }));
      };
      const server = fhirServer({
        replica: { serve: ask },
        base: baseOf(base, request),
        authorize: (request) => authorize(request, env),
        cors,
      });
      return server(request);
    },

    FhirReplica: shardClass(settings),
  };
}

function shardClass(settings) {
  const { every = EVERY_MS, bounds, onPull, fetch } = settings;

  return class FhirReplica {
    #storage;
    #env;
    #shard;
    /** The replica, opened once for all who ask; and whether its first pull was complete. */
    #opening;
    #whole = false;
    /** Whether the alarm is known to be set. */
    #wakes = false;
    #failures = 0;
    /** What the pull under way may still do. */
    #bounds;

    constructor(state, env) {
      this.#storage = state.storage;
      this.#env = env;
    }

    async fetch(request) {
      const [shard, base, within] = [SHARD, BASE, WITHIN].map((name) => request.headers.get(name) ?? undefined);
      await this.#begun(decodeURIComponent(shard));
      const { serve } = answering(async (request, options) => {
        const replica = await this.#replica();
        this.#whole ||= await isWhole(replica, await feedsOf(settings, this.#env, this.#shard));
        return this.#whole ? replica.serve(request, options) : notYet();
      });
      return serve(request, { base, within });
    }

    /** Pulls, and sees to it that it is called again: an alarm that throws is given up after some attempts. */
    async alarm() {
      this.#shard ??= await this.#storage.get(KEPT_NAME);
      const { done, error } = await this.#pulled();
      this.#failures = error?.retryable ? this.#failures + 1 : 0;
      await this.#storage.setAlarm(Date.now() + this.#wait(done, error));
      this.#wakes = true;
      try {
        await this.#told({ done, error });
      } catch (thrown) {
        // The pull is made and the alarm set: what its listener makes of that is no reason to do it again.
        console.error("fhir-pull: onPull failed.", thrown);
      }
    }

    async #told({ done, error }) {
      if (onPull) return onPull({ done, error, shard: this.#shard, store: durableObjectStore(this.#storage) }, this.#env);
      if (error) console.error(`fhir-pull: a pull failed (${error.code}). ${error.message}`);
    }

    async #pulled() {
      this.#bounds = new Bounds(bounds, fetch?.(this.#env));
      try {
        const feeds = await feedsOf(settings, this.#env, this.#shard);
        return { done: await pullWithin(this.#bounds, await this.#replica(), feeds) };
      } catch (thrown) {
        const error = FhirPullError.from(thrown);
        return { done: false, error };
      } finally {
        this.#bounds.end();
      }
    }

    #wait(done, error) {
      if (done) return every;
      if (!error) return 0;
      if (!error.retryable) return every;
      const patience = Math.min(FIRST_WAIT_MS * 2 ** (this.#failures - 1), Math.max(every, FIRST_WAIT_MS));
      return Math.max(patience, (error.retryAfter ?? 0) * 1000);
    }

    /** Keeps the name, and sets the first alarm. */
    async #begun(shard) {
      if (this.#wakes) return;
      this.#shard = shard;
      await this.#storage.put(KEPT_NAME, shard);
      if ((await this.#storage.getAlarm()) === null) await this.#storage.setAlarm(Date.now());
      this.#wakes = true;
    }

    #replica() {
      const env = this.#env;
      const counted = (request) => this.#bounds.fetch(request);
      this.#opening ??= opened(settings, { env, shard: this.#shard, store: durableObjectStore(this.#storage), fetch: counted });
      this.#opening.catch(() => (this.#opening = undefined));
      return this.#opening;
    }
  };
}
