// The package in a real Chromium, with the demo server: in its worker, aborted, in two tabs at a time, wiped.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { DemoWorld } from "../support/demo-world.mjs";

const TYPES = ["Patient", "Encounter", "Condition", "Observation"];
const BY_HISTORY = TYPES.map((type) => ({ history: type }));
const BY_SEARCH = TYPES.map((type) => `${type}?_count=50`);
describe("the package in Chromium", () => {
  /** @type {DemoWorld} */
  let world;
  /** How long the server takes over an answer, and how many it was asked for. */
  const load = { delay: 0, requests: 0 };

  before(async () => {
    const faults = async () => {
      load.requests += 1;
      await sleep(load.delay);
    };
    world = await DemoWorld.start({ types: TYPES, patients: 12, seed: 3, faults });
  });
  after(() => world?.stop());

  const tab = () => world.tab();
  const open = (page, name) => world.open(page, name);
  const same = (replica) => world.same(replica);

  test("it runs in a dedicated worker, and closing ends that", async () => {
    const page = await tab();
    const replica = await open(page, "worker");
    assert.equal(page.workers().length, 1);
    await replica.close();
    for (let tries = 0; page.workers().length > 0 && tries < 100; tries += 1) await sleep(20);
    assert.equal(page.workers().length, 0);
  });

  test("aborted in the middle: the pull ends at once, what was stored stays, the next one completes", async () => {
    const page = await tab();
    const replica = await open(page, "aborted");
    await replica.pull([{ history: "Patient" }]);
    load.delay = 100;
    const pull = replica.pull(BY_SEARCH).then(
      () => ({}),
      (error) => ({ error }),
    );
    while ((await replica.pagesSoFar()) < 5) await sleep(10);
    const aborted = Date.now();
    await replica.abort();
    const { error } = await pull;
    assert.ok(error?.ours && error.code === "aborted", `rejects with "aborted": ${error}`);
    assert.ok(Date.now() - aborted < 1000, `it ended after ${Date.now() - aborted} ms`);
    await sleep(300);
    const { requests } = load;
    await sleep(1000);
    assert.equal(load.requests, requests, "W3: no request comes after an abort");
    load.delay = 0;

    const patients = world.server.references().filter((reference) => reference.startsWith("Patient/"));
    assert.equal((await replica.search("Patient")).entry.length, patients.length);
    await page.reload();
    const again = await open(page, "aborted");
    assert.equal((await again.search("Patient")).entry.length, patients.length);
    await again.pull(BY_HISTORY);
    await same(again);
  });

  test("two tabs that pull the same at the same time both end equal to the server", async () => {
    const tabs = [await tab(), await tab()];
    const replicas = await Promise.all(tabs.map((page) => open(page, "shared")));
    await Promise.all(replicas.map((replica) => replica.pull(BY_HISTORY)));
    for (const replica of replicas) await same(replica);
    const [first, second] = await Promise.all(replicas.map((replica) => replica.status()));
    assert.equal(first.generation, second.generation);
    assert.deepEqual(first.types, second.types);
  });

  test("a change pulled in one tab is seen in the other", async () => {
    const [first, second] = await Promise.all([tab(), tab()]);
    const replicas = [await open(first, "both"), await open(second, "both")];
    await replicas[0].pull(BY_HISTORY);
    const answer = await fetch(`${world.demo.url}demo/change`, { method: "POST" });
    world.server.note(await answer.json());
    await replicas[0].pull(BY_HISTORY);
    for (const replica of replicas) await same(replica);
  });

  test("wipe leaves no database, and says what it removed", async () => {
    const page = await tab();
    const names = () => world.databases();
    const before = await names();
    const replica = await open(page, "to be wiped");
    await replica.pull([{ history: "Patient" }]);
    assert.equal((await names()).length, before.length + 1);
    const removed = await replica.wipe();
    assert.ok(removed.values > 0 && removed.bytes > 0);
    assert.deepEqual((await names()).sort(), before.sort());
  });

  test("many small pulls are merged, and a wipe in the middle of that leaves no database either", async () => {
    const page = await tab();
    const names = () => world.databases();
    const before = await names();
    const replica = await open(page, "merged");
    const patients = world.server.references().filter((reference) => reference.startsWith("Patient/"));
    const feeds = patients.map((reference) => `Patient?_id=${reference.slice(8)}`);
    const [last, ...others] = feeds;
    for (const feed of others) await replica.pull([feed]);
    // Each was a segment; of eight neighbours one is made.
    for (let tries = 0; (await replica.status()).segments > 7 && tries < 200; tries += 1) await sleep(20);
    assert.ok((await replica.status()).segments < others.length);
    assert.equal((await replica.search("Patient")).entry.length, others.length);
    await replica.pull([last]);
    await replica.wipe();
    await sleep(300);
    assert.deepEqual((await names()).sort(), before.sort());
  });

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.browser.complaints, []);
  });
});
