// The server dies in the middle of a pull, as in a power cut, and comes back with its data.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { resourceTexts } from "../support/json-text.mjs";
import { assertReplicates } from "../support/compare.mjs";
import { Replica } from "../support/subjects.mjs";
import { World } from "../support/world.mjs";

/** Within this, a pull from a server that is not there any more must have ended (W2). */
const BOUND_MS = 90_000;

describe("Helios HFS, killed while it is pulled", () => {
  /** @type {World} */
  let world;
  let replicas;

  before(async () => {
    world = await World.start({ patients: 3 });
    // The texts are asked for while there is still a server.
    for (const reference of world.server.references()) await world.server.current(reference);
    const open = (subject) => Replica.open(subject, { name: "killed", server: world.server.base });
    replicas = await Promise.all(world.subjects.map(open));
    for (const replica of replicas) await replica.pull(EARLIER);
  });
  after(() => world?.stop());

  /** What is stored before the pull that is interrupted. */
  const EARLIER = ["Encounter?_count=100", "Patient?_count=100"];
  const feeds = () => world.server.types.map((type) => `${type}?_count=10`);

  test("W2, L2: the pull ends with a sentence, and what was committed stays and is right", async () => {
    const pulls = replicas.map((replica) => settled(replica.pull(feeds())));
    await Promise.all(replicas.map((replica) => atPage(replica, 20)));
    await world.hfs.kill();
    const killed = Date.now();
    for (const [index, replica] of replicas.entries()) {
      const { error } = await pulls[index];
      assert.ok(error, "a pull from a dead server fails");
      assert.ok(Date.now() - killed < BOUND_MS, `it failed after ${Date.now() - killed} ms`);
      assert.ok(error.ours, "it is a FhirPullError");
      assert.ok(["network", "busy"].includes(error.code), error.message);
      assert.equal(error.retryable, true);
      await assertHeldIsRight(replica);
    }
  });

  test("offline, another pull fails in the same way and loses nothing", async () => {
    await Promise.all(
      replicas.map(async (replica) => {
        const before = await heldBy(replica);
        const { error } = await settled(replica.pull(feeds()));
        assert.ok(["network", "busy"].includes(error?.code), `rejects: ${error}`);
        assert.deepEqual(await heldBy(replica), before);
      }),
    );
  });

  test("L2: with the server back, the next pull goes on to the whole", async () => {
    await world.hfs.restart();
    for (const replica of replicas) {
      await replica.pull(feeds());
      await assertReplicates(replica, world.server, { types: world.server.types, deletes: "absent" });
    }
  });

  /** Whatever is held is what the server had; what was stored earlier is there, more may be. */
  async function assertHeldIsRight(replica) {
    const held = await heldBy(replica);
    for (const [reference, text] of Object.entries(held)) {
      assert.equal(text, await world.server.current(reference), reference);
    }
    const earlier = world.server.references().filter((reference) => /^(Encounter|Patient)\//.test(reference));
    assert.deepEqual(earlier.filter((reference) => !(reference in held)), []);
  }

  async function heldBy(replica) {
    const held = {};
    for (const type of world.server.types) {
      for (const text of resourceTexts(await replica.searchText(type))) {
        held[`${type}/${JSON.parse(text).id}`] = text;
      }
    }
    return held;
  }
});

async function atPage(replica, page) {
  while ((await replica.pagesSoFar()) < page) await sleep(10);
}

/** What became of a promise, without a rejection that nobody handles yet. */
function settled(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}
