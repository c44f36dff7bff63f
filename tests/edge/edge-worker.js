// Runs inside workerd: a replica of the same server by each way that fhir-pull/cloudflare has, each below a path of its
// own, and what tests need to know of what is stored.

import { d1Store, fhirShards, fhirWorker, kvStore, publish, r2Store } from "fhir-pull/cloudflare";

/** "Bearer all" may read everything, "Bearer Patient/123" that patient's compartment. */
function authorize(request) {
  const token = request.headers.get("authorization")?.slice("Bearer ".length);
  if (!token) return undefined;
  return token === "all" ? true : { within: token };
}

const settings = {
  server: (env) => env.SERVER,
  feeds: (env) => env.FEEDS,
  token: (env) => env.TOKEN,
  authorize,
  freshFor: 0,
};

/** The bounds of the tests' environment: read at each start of the worker. */
const made = new Map();
function by(kind, env) {
  if (!made.has(kind)) made.set(kind, MAKERS[kind]({ ...settings, base: `/${kind}/fhir`, bounds: env.BOUNDS }));
  return made.get(kind);
}

const aesKey = (env) =>
  crypto.subtle.importKey("raw", Uint8Array.fromHex(env.KEY), "AES-GCM", false, ["encrypt", "decrypt"]);

const MAKERS = {
  r2: (settings) => fhirWorker({ ...settings, store: (env) => r2Store(env.BUCKET, "plain/") }),
  sealed: (settings) => fhirWorker({ ...settings, encrypt: aesKey, store: (env) => r2Store(env.BUCKET, "sealed/") }),
  d1: (settings) =>
    fhirWorker({
      ...settings,
      store: (env) => d1Store(env.DB),
      onPull: async ({ done, store }, env) => done && void (await publish(store, kvStore(env.COPY))),
    }),
  kv: (settings) => fhirWorker({ ...settings, store: (env) => kvStore(env.COPY) }),
};

const shards = fhirShards({
  server: settings.server,
  token: settings.token,
  authorize,
  namespace: (env) => env.REPLICAS,
  feeds: (env, shard) =>
    shard === "all" ? env.FEEDS : [`Observation?patient=${shard}`, { references: [`Patient/${shard}`] }],
  base: (request) => new URL(request.url).pathname.split("/").slice(0, 4).join("/"),
  shardOf: (request) => decodeURIComponent(new URL(request.url).pathname.split("/")[2]),
  every: 500,
  bounds: { milliseconds: 60_000, requests: 6 },
});
export const { FhirReplica } = shards;

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const kind = pathname.split("/")[1];
    if (kind === "stored") {
      const { objects } = await env.BUCKET.list({ prefix: pathname.slice("/stored/".length) });
      const bodies = await Promise.all(objects.map(async ({ key }) => (await env.BUCKET.get(key)).blob()));
      return new Response(new Blob([JSON.stringify(objects.map(({ key }) => key)), ...bodies]));
    }
    return kind === "shards" ? shards.fetch(request, env) : by(kind, env).fetch(request, env);
  },

  /** The test says by the cron's text which of them is to pull. */
  scheduled(event, env) {
    return by(event.cron, env).scheduled(event, env);
  },
};
