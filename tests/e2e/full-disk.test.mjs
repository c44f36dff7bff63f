// A disk that is full before all is pulled. In a browser of its own: Chromium remembers for a while how
// much room there was when a site last wrote.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertReplicates } from "../support/compare.mjs";
import { DemoWorld } from "../support/demo-world.mjs";

const TYPES = ["Patient", "Encounter", "Condition", "Observation"];
const BY_HISTORY = TYPES.map((type) => ({ history: type }));
/** Bytes that the patients fit in, and the rest of the data does not. */
const ROOM = 90_000;

/** @type {DemoWorld} */
let world;

before(async () => {
  world = await DemoWorld.start({ types: TYPES, patients: 12, seed: 3 });
});
after(() => world?.stop());

test("a full disk is \"quota\", loses nothing, and once there is room the pull completes", async () => {
  const { server } = world;
  const page = await world.tab();
  const devtools = await page.context().newCDPSession(page);
  const room = (quotaSize) => devtools.send("Storage.overrideQuotaForOrigin", { origin: world.pages.origin, quotaSize });

  await room(ROOM);
  const replica = await world.open(page, "full");
  await replica.pull([{ history: "Patient" }]);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    await assert.rejects(replica.pull(BY_HISTORY), ({ ours, code, sentence, retryable }) => {
      assert.ok(ours);
      assert.equal(code, "quota", sentence);
      assert.equal(retryable, false);
      return true;
    });
    await assertReplicates(replica, server, { types: ["Patient"], deletes: "known" });
    // No feed is left in the dark, also none that was read to its end before a commit was refused.
    const states = Object.values(await replica.statesSoFar());
    assert.ok(!states.includes("pulling") && states.includes("failed"), String(states));
    assert.deepEqual(await completeFeeds(replica), ["Patient/_history"]);
  }

  await page.reload();
  await room();
  const again = await world.open(page, "full");
  assert.deepEqual(await completeFeeds(again), ["Patient/_history"]);
  const { feeds } = await again.pull(BY_HISTORY);
  assert.equal(feeds[0].stored, 0, "it goes on: what was stored is not stored again");
  assert.equal((await completeFeeds(again)).length, TYPES.length);
  await assertReplicates(again, server, { types: TYPES, deletes: "known" });
  assert.deepEqual(world.browser.complaints, []);
});

async function completeFeeds(replica) {
  const { feeds } = await replica.status();
  return feeds.filter(({ complete }) => complete).map(({ feed }) => feed);
}
