// A real FHIR server's content, pulled by history and by search, in Node and in Chromium, held
// against the server resource by resource; then changed and pulled again.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertReplicates } from "../support/compare.mjs";
import { Replica } from "../support/subjects.mjs";
import { World } from "../support/world.mjs";
import { amend, changeOnce, changeOften } from "../support/changes.mjs";

/** Small enough for Observations to fill many pages. */
const PAGE = 60;

/** The two ways to pull, and what each can know of deletes. */
const WAYS = [
  { way: "history", deletes: "known", feed: (type) => ({ history: type }) },
  { way: "search", deletes: "absent", feed: (type) => `${type}?_count=${PAGE}` },
];

describe("Helios HFS, pulled", () => {
  /** @type {World} */
  let world;
  /** What each replica is called in the tests, with how to pull it. */
  const replicas = [];

  before(async () => {
    world = await World.start({ patients: 8, examples: true });
    // History has more than the current versions to tell.
    await changeOften(world.server);
    for (const subject of world.subjects) {
      for (const { way, deletes, feed } of WAYS) {
        const replica = await Replica.open(subject, { name: `by ${way}`, server: world.server.base });
        const pull = () => replica.pull(world.server.types.map(feed));
        replicas.push({ title: `${subject.platform}, by ${way}`, subject, way, deletes, feed, replica, pull });
      }
    }
  });
  after(() => world?.stop());

  /** One subtest a replica, in the same state of the server. */
  async function each(context, check) {
    for (const one of replicas) await context.test(one.title, () => check(one));
  }

  const same = ({ replica, deletes }, readEach) =>
    assertReplicates(replica, world.server, { types: world.server.types, deletes, readEach });

  test("L1, L4: the first pull gives the server's ids, bytes and deletes", (context) =>
    each(context, async (one) => {
      const { feeds, progress } = await one.pull();
      assert.equal(feeds.length, world.server.types.length);
      assert.equal(sum(feeds, "stored"), world.server.references().length);
      if (one.way === "search") {
        const observations = feeds.find(({ feed }) => feed.startsWith("Observation?"));
        assert.ok(observations.pages > 10, "the search of Observations pages");
      }
      for (const feed of feeds) assertAddsUp(feed);
      assert.ok(progress.length >= feeds.length, "every feed told how it goes");
      await same(one);
    }));

  test("H1: pulled again with nothing new, nothing is stored or deleted", (context) =>
    each(context, async (one) => {
      const { feeds } = await one.pull();
      assert.equal(sum(feeds, "stored"), 0);
      // After its first pull a search of all of a type is followed by history, which also tells of what was
      // deleted shortly before.
      if (one.way === "history") assert.equal(sum(feeds, "deleted"), 0);
    }));

  test("changed on the server and pulled again, exactly the changes are seen", async (context) => {
    const changed = await changeOnce(world.server);
    await each(context, async (one) => {
      const { feeds } = await one.pull();
      assert.equal(sum(feeds, "stored"), changed.updated.length + changed.created.length);
      assert.equal(sum(feeds, "deleted"), changed.deleted.length);
      for (const feed of feeds) assertAddsUp(feed);
      await same(one, 7);
    });
  });

  test("H7, H11: changed often between two pulls, the last version counts", async (context) => {
    await changeOften(world.server);
    await each(context, async (one) => {
      await one.pull();
      await same(one, 7);
    });
  });

  test("L1: written to while it is pulled, equal after the first quiet pull", (context) =>
    each(context, async ({ subject, way, deletes, feed }) => {
      const replica = await Replica.open(subject, { name: `while written, by ${way}`, server: world.server.base });
      let pulling = true;
      const pull = replica.pull(world.server.types.map(feed)).finally(() => (pulling = false));
      let writes = 0;
      for (; pulling; writes += 1) await amend(world.server, writes);
      await pull;
      assert.ok(writes > 2, `${writes} writes came between`);
      await replica.pull(world.server.types.map(feed));
      await same({ replica, deletes }, 7);
    }));

  test("the browser had nothing to complain about", () => {
    assert.deepEqual(world.complaints, []);
  });
});

function sum(feeds, count) {
  return feeds.reduce((total, feed) => total + feed[count], 0);
}

function assertAddsUp({ feed, state, resources, stored, deleted, unchanged }) {
  assert.equal(state, "complete", feed);
  assert.equal(resources, stored + deleted + unchanged, `${feed}: every entry is counted once`);
}
