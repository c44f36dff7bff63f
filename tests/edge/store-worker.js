// Runs inside workerd: a test of the suite over a store, which is a new one for each request.

import { d1Store } from "../../pkg-template/cloudflare/d1-store.js";
import { durableObjectStore } from "../../pkg-template/cloudflare/durable-object-store.js";
import { r2Store } from "../../pkg-template/cloudflare/r2-store.js";
import { broken } from "./broken.js";
import { PUBLISHING } from "./publishing.js";
import { TESTS } from "./store-suite.js";

const run = async (test, given) => {
  try {
    await test(given);
    return new Response("passed");
  } catch (thrown) {
    return new Response(`${thrown?.stack ?? thrown}\n${thrown?.cause?.stack ?? thrown?.cause ?? ""}`, { status: 500 });
  }
};
const named = async (request) => Object.fromEntries(new URL(request.url).searchParams);

export class Kept {
  constructor(state) {
    this.storage = state.storage;
  }

  async fetch(request) {
    const { test } = await named(request);
    return run(TESTS[test] ?? broken(test), () => durableObjectStore(this.storage));
  }
}

export default {
  async fetch(request, env) {
    const { store, test, name } = await named(request);
    if (store === "durable-object") return env.KEPT.get(env.KEPT.idFromName(name)).fetch(request);
    if (store === "kv") return run(PUBLISHING[test], { env, name });
    const openers = { r2: (bucket = env.BUCKET) => r2Store(bucket, `${name}/`), d1: (db = env.DB) => d1Store(db, { tables: name }) };
    const open = openers[store];
    return run(TESTS[test] ?? broken(test, { env, name }), TESTS[test] ? () => open() : open);
  },
};
