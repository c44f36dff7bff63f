// Encrypted replicas in a real Chromium: the right key after a restart, the wrong one, none; and what is left of keys,
// databases and names after a wipe.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DemoWorld } from "../support/demo-world.mjs";
import { inChromium } from "../support/subjects.mjs";

const TYPES = ["Patient", "Encounter", "Condition", "Observation"];
const BY_HISTORY = TYPES.map((type) => ({ history: type }));
const SECRET = "what its user knows";

describe("encrypted replicas", () => {
  /** @type {DemoWorld} */
  let world;

  before(async () => {
    world = await DemoWorld.start({ types: TYPES, patients: 12, seed: 3 });
  });
  after(() => world?.stop());

  const tab = () => world.tab();
  const open = async (name, encrypt, page) => world.open(page ?? (await tab()), name, { encrypt });
  const same = (replica) => world.same(replica);
  const databases = () => world.databases();

  /** Opening is refused with this sentence, and leaves no database that was not there, of a key neither. */
  async function refused(name, encrypt, sentence) {
    const before = await databases();
    await assert.rejects(open(name, encrypt), (error) => {
      assert.ok(error.ours);
      assert.equal(error.code, "wrong-key", error.message);
      assert.equal(error.retryable, false);
      assert.match(error.sentence, sentence);
      return true;
    });
    assert.deepEqual((await databases()).sort(), before.sort());
  }

  for (const [whose, encrypt] of [["the application's key", SECRET], ["a key of the package", true]]) {
    test(`L1: pulled with ${whose}, it is equal to the server, and again after the browser was closed`, async () => {
      const replica = await open(`kept with ${whose}`, encrypt);
      await replica.pull(BY_HISTORY);
      await same(replica);
      await world.browser.close();
      await world.browser.open();
      const again = await open(`kept with ${whose}`, encrypt);
      await same(again);
      const { feeds } = await again.pull(BY_HISTORY);
      assert.ok(feeds.every(({ stored, deleted }) => stored === 0 && deleted === 0), "nothing is pulled twice");
    });
  }

  test("another key, a key of the package and no key are \"wrong-key\", and the right one finds all as it was", async () => {
    const replica = await open("locked", SECRET);
    await replica.pull(BY_HISTORY);
    await replica.close();
    await refused("locked", "what another knows", /encrypted with another key/);
    await refused("locked", true, /a key that is not kept here/);
    await refused("locked", undefined, /is encrypted\. Open it with its key/);
    await same(await open("locked", SECRET));
  });

  test("a replica stored unencrypted is \"wrong-key\" with a key, and stays as it was", async () => {
    const replica = await open("open", undefined);
    await replica.pull(BY_HISTORY);
    await replica.close();
    for (const encrypt of [SECRET, true]) await refused("open", encrypt, /was stored unencrypted/);
    await same(await open("open", undefined));
  });

  test("two tabs that open it for the first time at once make one key, and both read what one pulled", async () => {
    const tabs = await Promise.all([tab(), tab()]);
    const replicas = await Promise.all(tabs.map((page) => open("two tabs", true, page)));
    await Promise.all(replicas.map((replica) => replica.pull(BY_HISTORY)));
    for (const replica of replicas) await same(replica);
  });

  test("L10: wipe removes values, key and names, and says so", async () => {
    const before = await databases();
    for (const [encrypt, added] of [[true, 2], [SECRET, 1], [undefined, 1]]) {
      const replica = await open("Doe, Jane", encrypt);
      await replica.pull([{ history: "Patient" }]);
      const names = await databases();
      assert.equal(names.length, before.length + added);
      assert.equal(names.some((name) => name.includes("Jane")), encrypt === undefined);
      const { values, bytes, key } = await replica.wipe();
      assert.ok(values > 0 && bytes > 0);
      assert.equal(key, encrypt === true);
      assert.deepEqual((await databases()).sort(), before.sort());
    }
  });

  test("L10: wipeReplica removes one whose key is lost, also under the hands of another tab, and one that is not there", async () => {
    const before = await databases();
    const subject = inChromium(await tab());
    for (const encrypt of [true, SECRET, undefined]) {
      const replica = await open("lost", encrypt);
      await replica.pull([{ history: "Patient" }]);
      const { values, bytes, key } = await subject.call("wipeReplica", { name: "lost" });
      assert.ok(values > 0 && bytes > 0);
      assert.equal(key, encrypt === true);
      assert.deepEqual((await databases()).sort(), before.sort());
      await assert.rejects(replica.search("Patient"), { code: "bad-input" });
    }
    assert.deepEqual(await subject.call("wipeReplica", { name: "lost" }), { values: 0, bytes: 0, key: false });
    assert.deepEqual((await databases()).sort(), before.sort());
  });

  test("where the page has no WebCrypto, encryption is \"unsupported\" and nothing is stored", async () => {
    const page = await tab();
    await page.evaluate(() => Object.defineProperty(crypto, "subtle", { value: undefined }));
    const before = await databases();
    await assert.rejects(open("insecure", true, page), { code: "unsupported", sentence: /needs HTTPS/ });
    assert.deepEqual(await databases(), before);
    const replica = await open("insecure", undefined, page);
    await replica.pull([{ history: "Patient" }]);
    await replica.wipe();
  });

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.browser.complaints, []);
  });
});
