// What a worker is told is checked at start: a door without a lock is an error, not a door. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openReplica } from "../../pkg/node.js";
import { fhirShards, fhirWorker } from "../../pkg/cloudflare.js";
import { nameOf } from "../../pkg-template/cloudflare/settings.js";
import { bundleOf, SERVER, server } from "../package/engines.mjs";

const worker = { server: SERVER, feeds: ["Patient"], authorize: () => true, store: () => ({}) };
const shards = { server: SERVER, feeds: ["Patient"], authorize: () => true, namespace: () => ({}), shardOf: () => "all" };

test("without authorize there is no server", () => {
  const { authorize, ...open } = worker;
  assert.throws(() => fhirWorker(open), /fhirWorker: authorize must be a function.*everybody could read everything/);
  for (const wrong of [true, null, "Bearer x"]) assert.throws(() => fhirWorker({ ...worker, authorize: wrong }), /authorize must be/);
  assert.throws(() => fhirShards({ ...shards, authorize: undefined }), /fhirShards: authorize must be/);
});

for (const [what, make, sentence] of [
  ["no settings", () => fhirWorker(), /takes an object of settings/],
  ["no server", () => fhirWorker({ ...worker, server: undefined }), /server must be/],
  ["feeds that are a text", () => fhirWorker({ ...worker, feeds: "Patient" }), /feeds must be a list/],
  ["a store that is none", () => fhirWorker({ ...worker, store: "r2" }), /store must be a function/],
  ["a setting that there is not", () => fhirWorker({ ...worker, tokens: 1 }), /no setting called "tokens"/],
  ["bounds of nothing", () => fhirWorker({ ...worker, bounds: { requests: 0 } }), /bounds must be/],
  ["a setting of a worker for shards", () => fhirShards({ ...shards, store: () => ({}) }), /no setting called "store"/],
  ["no namespace", () => fhirShards({ ...shards, namespace: undefined }), /namespace must be/],
  ["no shards", () => fhirShards({ ...shards, shardOf: undefined }), /shardOf must be/],
]) {
  test(`${what} is an error at start`, () => assert.throws(make, sentence));
}

test("feeds are known by the names that the engine gives them", async () => {
  const feeds = [
    "Patient?_id=a",
    { search: "Observation?code=b" },
    { history: "Condition" },
    { history: "*" },
    { everything: "Patient/a" },
    { references: ["Patient/a", "Patient/b"] },
    { references: ["Patient/a"], depth: 2 },
    { export: "*" },
    { export: "Group/7", types: ["Patient", "Observation"] },
  ];
  const fetch = server((path) => (path.includes("metadata") ? new Response("", { status: 404 }) : bundleOf()));
  for (const feed of feeds) {
    const replica = await openReplica({ name: "names", server: SERVER, fetch });
    const told = [];
    await replica.pull([feed], { onProgress: ({ feed }) => told.push(feed) }).catch(() => {});
    assert.equal(told[0], nameOf(feed));
    await replica.close();
  }
});
