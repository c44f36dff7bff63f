// What the browser says about the site's storage, over both engines: asked on the page, passed on in
// status, and never in the way of it.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ENGINES, SERVER } from "./engines.mjs";

const given = Object.getOwnPropertyDescriptor(globalThis, "navigator");

/** This platform claims an IndexedDB, and to have this StorageManager. */
const platform = (storage) =>
  Object.defineProperty(globalThis, "navigator", { value: { storage }, configurable: true, writable: true });

beforeEach(() => {
  globalThis.indexedDB = {};
});
afterEach(() => {
  delete globalThis.indexedDB;
  delete globalThis.navigator;
  if (given) Object.defineProperty(globalThis, "navigator", given);
});

for (const [name, engine] of Object.entries(ENGINES)) {
  const opened = (options) => engine().openReplica({ name: "storage", server: SERVER, ...options });

  test(`${name}: persist asks the browser, and status tells what it promised and its room`, async () => {
    let kept = false;
    platform({
      persist: async () => (kept = true),
      persisted: async () => kept,
      estimate: async () => ({ quota: 1000, usage: 10 }),
    });
    const replica = await opened();
    const { persisted, quota, usage, generation } = await replica.status();
    assert.deepEqual({ persisted, quota, usage, generation }, { persisted: false, quota: 1000, usage: 10, generation: 0 });
    assert.equal(await replica.persist(), true);
    assert.equal((await replica.status()).persisted, true);
    await replica.close();
    await assert.rejects(replica.persist(), { code: "bad-input" });
  });

  const refusal = async () => {
    throw new TypeError("denied");
  };
  for (const [what, storage, persisted] of [
    ["no StorageManager", undefined, false],
    ["one that refuses", { persist: refusal, persisted: refusal, estimate: refusal }, false],
    ["that of a worker", { persisted: async () => true, estimate: async () => ({}) }, true],
  ]) {
    test(`${name}: with ${what}, status says what there is and nothing fails`, async () => {
      platform(storage);
      const replica = await opened();
      const status = await replica.status();
      assert.deepEqual([status.persisted, status.name], [persisted, "storage"]);
      assert.ok(!("quota" in status) && !("usage" in status));
      assert.equal(await replica.persist(), persisted);
      await replica.close();
    });
  }

  test(`${name}: a browser that does not answer holds up nobody who aborts`, async () => {
    const never = () => new Promise(() => {});
    platform({ persist: never, persisted: never, estimate: never });
    const replica = await opened();
    const controller = new AbortController();
    const calls = [replica.persist({ signal: controller.signal }), replica.status({ signal: controller.signal })];
    setTimeout(() => controller.abort(), 20);
    for (const call of calls) await assert.rejects(call, { code: "aborted" });
    await replica.close();
  });

  test(`${name}: a replica in memory is not kept, whatever the browser promised the site`, async () => {
    platform({ persist: async () => true, persisted: async () => true, estimate: async () => ({ quota: 1, usage: 1 }) });
    const replica = await opened({ store: "memory" });
    const status = await replica.status();
    assert.ok(status.persisted === false && !("quota" in status));
    assert.equal(await replica.persist(), false);
    await replica.close();
  });
}
