// A replica that an object of the application's keeps: opened again, shared by two, encrypted, and over stores that
// refuse or lie. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openReplica } from "../../pkg/node.js";
import { bundleOf, SERVER, server } from "./engines.mjs";
import { keptStore } from "./kept-store.mjs";

const patient = (id, family) => ({
  resourceType: "Patient",
  id,
  meta: { versionId: "1", lastUpdated: "2024-02-01T00:00:00.000Z" },
  name: [{ family }],
});
const PATIENTS = [patient("a", "Zylberstein"), patient("b", "Featherstone")];
/** Answers every search with these. */
const answering = (resources) =>
  server((path) => (path.startsWith("metadata") ? new Response("", { status: 404 }) : { ...bundleOf(...resources), total: resources.length }));
const opened = (store, options) => openReplica({ name: "ward-7", server: SERVER, fetch: answering(PATIENTS), store, ...options });
const aesKey = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
const families = async (replica) => (await replica.search("Patient?_sort=family")).entry.map(({ resource }) => resource.name[0].family);

test("what was pulled is there when it is opened again", async () => {
  const store = keptStore();
  const replica = await opened(store);
  await replica.pull(["Patient"]);
  await replica.close();
  const again = await opened(store, { fetch: () => assert.fail("nothing is to be asked") });
  assert.deepEqual(await families(again), ["Featherstone", "Zylberstein"]);
  const { store: kind, storedBytes, persisted } = await again.status();
  assert.deepEqual([kind, storedBytes, persisted], ["object", (await store.usage()).bytes, false]);
  assert.deepEqual(await again.wipe(), { values: 3, bytes: storedBytes, key: false });
  assert.deepEqual(await store.usage(), { values: 0, bytes: 0 });
});

test("of two that share a store the one that reads takes over what the other commits, when asked to", async () => {
  const store = keptStore();
  const [writer, reader] = [await opened(store), await opened(store)];
  await writer.pull(["Patient"]);
  assert.deepEqual((await reader.search("Patient")).entry ?? [], []);
  assert.equal(await reader.refresh(), (await writer.status()).generation);
  assert.deepEqual(await families(reader), ["Featherstone", "Zylberstein"]);
  for (const replica of [writer, reader]) await replica.close();
});

test("two that pull at once into one store lose nothing: the loser of a race begins its commit anew", async () => {
  const store = keptStore();
  const [one, other] = [await opened(store), await opened(store, { fetch: answering([patient("c", "Weir")]) })];
  let conflicts = 0;
  const { commit } = store;
  store.commit = (given) => commit(given).catch((thrown) => Promise.reject(((conflicts += 1), thrown)));
  await Promise.all([one.pull(["Patient?family=a"]), other.pull(["Patient?family=b"])]);
  assert.ok(conflicts > 0, "they never met");
  await one.refresh();
  assert.deepEqual(await families(one), ["Featherstone", "Weir", "Zylberstein"]);
  for (const replica of [one, other]) await replica.close();
});

test("encrypted, nothing readable is given to the store, and another key is wrong-key (L10)", async () => {
  const [store, encrypt] = [keptStore(), await aesKey()];
  const replica = await opened(store, { encrypt });
  await replica.pull(["Patient"]);
  await replica.close();
  const given = Buffer.concat([...store.values.values(), store.kept.head.manifest]).toString("latin1");
  for (const clear of ["Zylberstein", "Patient", "fhir.test"]) assert.ok(!given.includes(clear));
  await assert.rejects(opened(store, { encrypt: await aesKey() }), { code: "wrong-key" });
  await assert.rejects(opened(store), { code: "wrong-key" });
  const again = await opened(store, { encrypt });
  assert.deepEqual(await families(again), ["Featherstone", "Zylberstein"]);
  await again.close();
});

test("an aborted pull that is waited for to its end has stored what had come", async () => {
  const store = keptStore();
  const controller = new AbortController();
  const page = { ...bundleOf(PATIENTS[0]), total: 2, link: [{ relation: "next", url: `${SERVER}/Patient?page=2` }] };
  const fetch = server((path, request) => {
    if (!path.includes("page=2")) return path.startsWith("metadata") ? new Response("", { status: 404 }) : page;
    controller.abort();
    return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
  });
  const replica = await opened(store, { fetch });
  await assert.rejects(replica.pull(["Patient"], { signal: controller.signal, toItsEnd: true }), { code: "aborted" });
  assert.equal(store.kept.head.generation, 1);
  const [{ feed, complete }] = (await replica.status()).feeds;
  assert.deepEqual([feed, complete], ["Patient", false]);
  await replica.close();
});

const REFUSALS = [
  ["a full store", { code: "quota" }, { code: "quota", retryable: false }],
  ["a store that is busy", { retryable: true }, { code: "busy", retryable: true }],
  ["a store that fails", { name: "DiskError" }, { code: "store-failed", message: /refused commit with DiskError/ }],
];
for (const [what, thrown, wanted] of REFUSALS) {
  test(`${what} ends the pull with a code, and the next one goes on`, async () => {
    const store = keptStore();
    const { commit } = store;
    const replica = await opened(store);
    store.commit = () => Promise.reject(Object.assign(new Error("secret"), thrown));
    await assert.rejects(replica.pull(["Patient"]), wanted);
    assert.equal(store.kept.head, undefined);
    store.commit = commit;
    await replica.pull(["Patient"]);
    assert.deepEqual(await families(replica), ["Featherstone", "Zylberstein"]);
    await replica.close();
  });
}

test("a store that answers what is none of its shapes is store-failed, one that lost a value is damaged (L9)", async () => {
  await assert.rejects(opened({ ...keptStore(), head: () => "head" }), { code: "store-failed", message: /its head answered/ });
  const store = keptStore();
  const replica = await opened(store);
  await replica.pull(["Patient"]);
  await replica.close();
  for (const [read, code] of [
    [() => ({}), "store-failed"],
    [(keys) => keys.map(() => undefined), "damaged"],
    [(keys) => keys.map(() => new Uint8Array(3)), "damaged"],
  ]) {
    const again = await opened({ ...store, read });
    await assert.rejects(again.search("Patient"), { code });
    await again.close();
  }
});
