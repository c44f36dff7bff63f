// What was stored is taken away: between visits, under an open replica, by a newer version of the page.
// The application is told, and the next pull makes it whole.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DemoWorld } from "../support/demo-world.mjs";

const TYPES = ["Patient", "Observation"];
const FEEDS = TYPES.map((type) => ({ history: type }));
/** Long enough for a loaded machine; what hangs ends the test. */
const PATIENCE_MS = 120_000;

describe("evicted", { timeout: 4 * PATIENCE_MS }, () => {
  /** @type {DemoWorld} */
  let world;

  before(async () => {
    world = await DemoWorld.start({ types: TYPES, patients: 4, seed: 8 });
  });
  after(() => world?.stop());

  const tab = () => world.tab();
  const open = (page, name) => world.open(page, name);
  const same = (replica) => world.same(replica);
  const inTab = (page, work, name) => page.evaluate(work, `fhir-pull/${name}`);
  const removeDatabase = (database) =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(database);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });

  test("all of the site's data cleared between two visits: empty and said so, pulled again it is whole", async () => {
    const page = await tab();
    const replica = await open(page, "between");
    await replica.pull(FEEDS);
    await page.goto("about:blank");
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin: world.pages.origin, storageTypes: "all" });

    await page.goto(world.pages.origin);
    const again = await open(page, "between");
    const { generation, feeds, types, segments } = await again.status();
    assert.deepEqual({ generation, feeds, types, segments }, { generation: 0, feeds: [], types: [], segments: 0 });
    await again.pull(FEEDS);
    await same(again);
  });

  for (const [what, remove] of [
    ["its database deleted by another tab", async (other, name) => inTab(other, removeDatabase, name)],
    [
      "the site's data cleared",
      async (other) => {
        const devtools = await other.context().newCDPSession(other);
        await devtools.send("Storage.clearDataForOrigin", { origin: world.pages.origin, storageTypes: "indexeddb" });
      },
    ],
  ]) {
    test(`${what} under an open replica: no answer is an empty one, and the next pull makes it whole`, async () => {
      const [page, other] = [await tab(), await tab()];
      await (await open(page, "under")).pull(FEEDS);
      await page.reload();
      const replica = await open(page, "under");
      await remove(other, "under");
      const { error } = await settled(replica.search("Patient"));
      assert.equal(error?.code, "store-lost");

      await replica.pull(FEEDS);
      await same(replica);
      await page.reload();
      await same(await open(page, "under"));
      await (await open(page, "under")).wipe();
    });
  }

  test("a newer page upgrades the database: \"newer-format\" and what to do, nothing hangs, nothing is lost", async () => {
    const [page, other] = [await tab(), await tab()];
    const replica = await open(page, "upgraded");
    await replica.pull(FEEDS);
    await inTab(
      other,
      (database) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open(database, 99);
          request.onsuccess = () => resolve(request.result.close());
          request.onerror = () => reject(request.error);
        }),
      "upgraded",
    );
    for (const call of [() => replica.pull(FEEDS), () => replica.status(), () => open(page, "upgraded")]) {
      await assert.rejects(call, ({ ours, code, sentence }) => {
        assert.ok(ours && code === "newer-format", `${code}: ${sentence}`);
        assert.match(sentence, /newer version/);
        assert.match(sentence, /Reload the page/);
        return true;
      });
    }
    const values = await inTab(
      other,
      (database) =>
        new Promise((resolve, reject) => {
          const request = indexedDB.open(database);
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const count = request.result.transaction("values").objectStore("values").count();
            count.onsuccess = () => resolve(count.result);
            request.result.close();
          };
        }),
      "upgraded",
    );
    assert.ok(values > 0);
  });

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.browser.complaints, []);
  });
});

/** What became of a promise, without a rejection that nobody handles yet. */
function settled(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}
