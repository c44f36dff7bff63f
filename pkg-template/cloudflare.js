// For Cloudflare's platform: stores for a replica, a Worker that pulls by its cron and serves, and replicas in Durable
// Objects that pull by their alarm.

export { d1Store } from "./cloudflare/d1-store.js";
export { durableObjectStore } from "./cloudflare/durable-object-store.js";
export { kvStore } from "./cloudflare/kv-store.js";
export { publish } from "./cloudflare/publish.js";
export { r2Store } from "./cloudflare/r2-store.js";
export { fhirShards } from "./cloudflare/shards.js";
export { fhirWorker } from "./cloudflare/worker.js";
