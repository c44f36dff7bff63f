// The stores of fhir-pull/cloudflare over what they are made for, in workerd: compare-and-swap, all or nothing, what
// the platform refuses, and a published copy.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { workerd } from "../support/workerd.mjs";
import { TESTS } from "./store-suite.js";

const SUITE = Object.keys(TESTS);
const OVER = {
  "durable-object": [...SUITE, "a Durable Object that refuses a part has the old (L2)"],
  r2: [
    ...SUITE,
    "stopped anywhere, R2 has the old or the new (L2)",
    "what R2 says is told by a code",
    "a lost race and a wipe leave no pack behind in R2",
  ],
  d1: [...SUITE, "stopped anywhere, D1 has the old or the new (L2)", "what D1 says is told by a code"],
  kv: [
    "what is published is what the store holds",
    "only what is new is written, and nothing where nothing is",
    "who holds the head before finds its values, until they are old",
    "a copy that is cut short is not seen, and the next call goes on",
    "a value that has not arrived is asked for later, never answered wrong",
    "a copy of what was begun anew is not taken for the one before",
    "it is read, and written by publish alone",
  ],
};

let miniflare;
before(async () => {
  miniflare = await workerd(
    new URL("store-worker.js", import.meta.url),
    {
      kvNamespaces: ["COPY"],
      r2Buckets: ["BUCKET"],
      d1Databases: ["DB"],
      durableObjects: { KEPT: { className: "Kept", useSQLite: true } },
    },
    { wasm: false },
  );
});
after(() => miniflare?.dispose());

let count = 0;
for (const [store, names] of Object.entries(OVER)) {
  describe(store, () => {
    for (const name of names) {
      test(name, async () => {
        count += 1;
        const asked = new URLSearchParams({ store, test: name, name: `replica_${count}` });
        const answer = await miniflare.dispatchFetch(`http://edge.test/?${asked}`);
        assert.equal(await answer.text(), "passed");
      });
    }
  });
}
