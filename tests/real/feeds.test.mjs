// Every kind of feed against a real FHIR server: pulled, written to while it is pulled, pulled again, and
// held against the server; verified and repaired; answers by read policy with the server there and gone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { amend } from "../support/changes.mjs";
import { PACKAGE, packageEntry } from "../support/package-entry.mjs";
import { World } from "../support/world.mjs";

const { openReplica } = await import(new URL(packageEntry(["node", "import"]), PACKAGE).href);

describe("Helios HFS, by every kind of feed", () => {
  /** @type {World} */
  let world;
  let patient;
  let replicas = 0;
  /** The requests that the engine made, and whether the server can be reached. */
  const asked = [];
  let reachable = true;

  /** HFS asks for two minutes between two looks at an export. */
  async function hurried(request) {
    if (!reachable) throw new TypeError("There is no network.");
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    const answer = await fetch(request);
    if (!answer.headers.has("retry-after")) return answer;
    const headers = new Headers(answer.headers);
    headers.set("retry-after", "1");
    return new Response(await answer.arrayBuffer(), { status: answer.status, headers });
  }

  const opened = async () => {
    replicas += 1;
    const options = { name: `feeds ${replicas}`, server: world.server.base, store: "memory", worker: false };
    return openReplica({ ...options, fetch: hurried });
  };

  before(async () => {
    world = await World.start({ patients: 6 });
    patient = world.server.references().find((reference) => reference.startsWith("Patient/"));
  });
  after(() => world?.stop());

  /** The ids and versions that the replica finds are those that the server finds. */
  async function assertSame(replica, search) {
    const bundle = await replica.search(search);
    const here = (bundle.entry ?? []).map(({ resource }) => `${resource.id} ${resource.meta.versionId}`);
    const there = (await world.server.searchPages(search)).flatMap((page) => page.entry ?? []);
    const names = there.map(({ resource }) => `${resource.id} ${resource.meta.versionId}`);
    assert.deepEqual(here.sort(), names.sort(), search);
  }

  for (const { feed, searches, strategy } of [
    {
      feed: () => "Observation?code=http://loinc.org|29463-7",
      searches: () => ["Observation?code=http://loinc.org|29463-7"],
      strategy: "changes",
    },
    { feed: () => `Observation?patient=${patient}`, searches: () => [`Observation?patient=${patient}`], strategy: "changes" },
    { feed: () => "Observation", searches: () => ["Observation"], strategy: "history" },
    { feed: () => ({ history: "*" }), searches: () => world.server.types, strategy: "history" },
    { feed: () => "Observation?patient.gender=male", searches: () => [], strategy: "crawl" },
    {
      feed: () => ({ everything: patient }),
      searches: () => [`Observation?patient=${patient}`, `Condition?patient=${patient}`],
      strategy: "everything",
    },
  ]) {
    test(`L1: ${strategy}, written to while it is pulled, equal after a quiet pull`, async () => {
      const replica = await opened();
      await replica.pull([feed()]);
      for (const search of searches()) await assertSame(replica, search);
      let pulling = true;
      const pull = replica.pull([feed()]).finally(() => (pulling = false));
      let writes = 0;
      for (; pulling || writes < 10; writes += 1) await amend(world.server, writes);
      await pull;
      const { feeds } = await replica.pull([feed()]);
      assert.equal(feeds[0].state, "complete");
      for (const search of searches()) await assertSame(replica, search);
      const [explained] = await replica.explain();
      assert.equal(explained.strategy, strategy);
      assert.ok(explained.why && explained.misses && explained.cost.requests > 0);
      await replica.close();
    });
  }

  test("H1: with nothing new a history takes one request, a search two, and nothing is committed", async () => {
    const replica = await opened();
    await world.server.passed();
    const feeds = [{ history: "Patient" }, "Condition?clinical-status=active"];
    const { generation } = await replica.pull(feeds);
    asked.length = 0;
    const again = await replica.pull();
    assert.deepEqual(again.feeds.map(({ stored, deleted }) => stored + deleted), [0, 0]);
    assert.deepEqual(asked.sort(), ["GET /Condition", "GET /Condition", "GET /Patient/_history"]);
    assert.equal(again.generation, generation);
    await replica.close();
  });

  test("references are followed as deep as is asked, and R1: read again only if they changed", async () => {
    const replica = await opened();
    const [encounter] = world.server.references().filter((reference) => reference.startsWith("Encounter/"));
    await replica.pull([{ references: [encounter, "Patient/nobody"], depth: 1 }]);
    const resource = await replica.read(encounter);
    assert.ok(resource.subject.reference.startsWith("Patient/"));
    assert.equal((await replica.read(resource.subject.reference))?.resourceType, "Patient");
    const { feeds } = await replica.pull();
    assert.equal(feeds[0].stored, 0);
    // R2: that the server knows nobody of this name is no deletion.
    assert.equal(feeds[0].unaccounted, 1);
    await replica.close();
  });

  test("B1, B2, B4: a bulk export, then what changed since; what it can't tell, verify finds", async () => {
    const replica = await opened();
    const feed = { export: "*", types: ["Patient", "Observation"] };
    await replica.pull([feed]);
    await assertSame(replica, "Observation");
    for (let turn = 0; turn < 10; turn += 1) await amend(world.server, turn);
    const { feeds } = await replica.pull([feed]);
    assert.ok(feeds[0].stored > 0 && feeds[0].stored <= 10, `${feeds[0].stored} stored`);
    assert.ok(asked.some((one) => one.includes("export-status")));
    const found = await replica.verify(["Observation"], { repair: false });
    assert.ok(found.feeds[0].extra > 0, "HFS lists no deletions");
    const { feeds: mended } = await replica.verify(["Observation"]);
    assert.ok(mended[0].repaired);
    await assertSame(replica, "Observation");
    await replica.close();
  });

  test("H8: verify finds and repairs what a replica lost sight of", async () => {
    const replica = await opened();
    const feed = "Condition?clinical-status=active";
    await replica.pull([feed]);
    const [condition] = (await replica.search(feed)).entry.map(({ resource }) => `Condition/${resource.id}`);
    await world.server.delete(condition);
    const before = await replica.verify([feed], { repair: false });
    assert.deepEqual({ ...before.feeds[0], resources: 0 }, { feed, resources: 0, missing: 0, stale: 0, extra: 1, repaired: false });
    await replica.verify([feed]);
    await assert.rejects(replica.read(condition), { code: "gone" });
    const after = await replica.verify([feed]);
    assert.equal(after.feeds[0].extra, 0);
    await replica.close();
  });

  test("a feed that is not wanted any more goes with what it alone had brought", async () => {
    const replica = await opened();
    const [one, other] = ["Condition?clinical-status=active", `Condition?patient=${patient}`];
    await replica.pull([one, other, "Patient"]);
    const idsOf = async (search) => new Set((await replica.search(search)).entry?.map(({ resource }) => resource.id));
    const [active, mine] = [await idsOf(one), await idsOf(other)];
    const alone = [...active].filter((id) => !mine.has(id));
    assert.ok(alone.length > 0 && mine.size > 0);
    const { resources } = await replica.forget(one);
    assert.equal(resources, alone.length);
    assert.deepEqual(await idsOf("Condition?_count=1000"), mine);
    await assertSame(replica, other);
    assert.equal(await replica.read(`Condition/${alone[0]}`), undefined, "it was not deleted");
    await assert.rejects(replica.forget(one), { code: "bad-input" });
    const { feeds } = await replica.status();
    assert.deepEqual(feeds.map(({ feed }) => feed).sort(), [other, "Patient"].sort());
    await replica.pull([one]);
    await assertSame(replica, one);
    await replica.close();
  });

  test("an answer by policy says where it came from, also where the server can't be reached", async () => {
    const replica = await opened();
    const search = `Condition?patient=${patient}`;
    assert.equal((await replica.get(patient)).from, "server");
    const held = await replica.get(patient);
    assert.deepEqual([held.from, held.resource.id], ["replica", patient.split("/")[1]]);
    assert.equal((await replica.get(search)).from, "server", "no feed brings it all");
    await replica.pull([search]);
    const covered = await replica.get(search);
    assert.equal(covered.from, "replica");
    assert.ok(Date.parse(covered.asOf) > 0);
    assert.equal((await replica.get(search, { policy: "network-first" })).from, "server");
    const stale = await replica.get(search, { policy: "stale-while-revalidate" });
    assert.deepEqual([stale.from, (await stale.fresh).from], ["replica", "server"]);
    asked.length = 0;
    const twice = [1, 2].map(() => replica.get(patient, { policy: "network-only" }));
    assert.deepEqual((await Promise.all(twice)).map(({ from }) => from), ["server", "server"]);
    assert.equal(asked.length, 1, "one request is in flight for a resource");
    reachable = false;
    try {
      assert.equal((await replica.get(search, { policy: "network-first" })).from, "replica");
      await assert.rejects(replica.get("Condition", { policy: "network-first" }), { code: "network" });
      assert.equal((await replica.get("Condition", { policy: "cache-only" })).from, "replica");
    } finally {
      reachable = true;
    }
    await replica.close();
  });
});
