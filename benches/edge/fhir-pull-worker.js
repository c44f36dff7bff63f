// Runs inside workerd: a replica by one of the stores of fhir-pull/cloudflare, env.STORE, with the package's defaults.

import { d1Store, fhirShards, fhirWorker, r2Store } from "fhir-pull/cloudflare";
import { initSync } from "fhir-pull/wasm/fhir_pull";

const HOUR = 3_600_000;

const settings = {
  server: (env) => env.SERVER,
  fetch: (env) => (request) => env.SOURCE.fetch(request),
  feeds: [{ history: "*" }],
  authorize: () => true,
  // The source is there at once and whole: one invocation is to pull all of it.
  bounds: { milliseconds: HOUR, requests: 1_000_000 },
  onPull: async ({ done, error }, env) => {
    await env.PULLED.fetch("http://bench.test/", { method: "POST", body: JSON.stringify({ done, error: error?.message }) });
  },
};

const shards = fhirShards({ ...settings, namespace: (env) => env.REPLICAS, shardOf: () => "all", every: HOUR });
export const { FhirReplica } = shards;

const fronts = {
  // A Durable Object pulls by its alarm, which it sets when it is first asked.
  "durable-object": { ...shards, scheduled: (_, env) => shards.fetch(new Request("http://edge.test/fhir/metadata"), env) },
  r2: fhirWorker({ ...settings, store: (env) => r2Store(env.BUCKET) }),
  d1: fhirWorker({ ...settings, store: (env) => d1Store(env.DB) }),
};

export default {
  fetch(request, env) {
    // What was instantiated before is what it gives.
    if (new URL(request.url).pathname === "/memory") return new Response(String(initSync().memory.buffer.byteLength));
    return fronts[env.STORE].fetch(request, env);
  },

  async scheduled(event, env) {
    await fronts[env.STORE].scheduled(event, env);
  },
};
