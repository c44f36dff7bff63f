// Replication from Medplum (V4): no history to speak of, results cut short without a link, deletions that nothing tells of.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openReplica } from "../../pkg/node.js";
import { Medplum } from "../support/medplum.mjs";
import { FhirServer } from "../support/rest.mjs";

const MANY = 57;

const observation = (number, value = number) => ({
  resourceType: "Observation",
  id: `o${number}`,
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: number % 2 ? "8302-2" : "29463-7" }] },
  subject: { reference: "Patient/p1" },
  valueQuantity: { value },
});

describe("Medplum", () => {
  /** @type {Medplum} */
  let medplum;
  let server;
  const opened = [];

  const open = async (options) => {
    const replica = await openReplica({ name: "medplum", server: medplum.base, store: "memory", ...options });
    opened.push(replica);
    return replica;
  };

  /** What the server holds of these ids and what the replica does, text by text (L1, L4). */
  const equal = async (replica, references) => {
    for (const reference of references) {
      const held = await replica.read(reference);
      assert.deepEqual(held, JSON.parse(await server.current(reference)), reference);
    }
  };

  before(async () => {
    medplum = await Medplum.start();
    server = new FhirServer(medplum.base);
    await server.put({ resourceType: "Patient", id: "p1", name: [{ family: "Medplum" }] });
    for (let number = 0; number < MANY; number += 1) await server.put(observation(number));
  });
  after(async () => {
    for (const replica of opened) await replica.close();
    await medplum?.stop();
  });

  test("l1 v4: a search is pulled whole, followed by what changed, and what is gone there is counted", async () => {
    const replica = await open();
    const feed = "Observation?subject=Patient/p1";
    await replica.pull([feed]);
    await equal(replica, server.references().filter((it) => it.startsWith("Observation/")));

    await server.put(observation(3, 303));
    await server.put(observation(100));
    await server.delete("Observation/o5");
    await server.passed();
    const { feeds } = await replica.pull([feed]);
    await equal(replica, server.references().filter((it) => it.startsWith("Observation/")));
    // The server forgets what it deletes (404), which may as well be a refusal: it is kept, and said (R2).
    assert.equal(feeds[0].unaccounted, 1);
    assert.equal((await replica.read("Observation/o5")).id, "o5");

    medplum.requests.length = 0;
    const { generation } = await replica.status();
    await replica.pull([feed]);
    assert.equal((await replica.status()).generation, generation, "nothing new is no commit");
    assert.ok(medplum.requests.length <= 2, medplum.requests.join("\n"));
  });

  test("l1 h9: a history that there is none of is made up for by a search", async () => {
    const replica = await open();
    await replica.pull([{ history: "Observation" }]);
    await equal(replica, server.references().filter((it) => it.startsWith("Observation/")));
    const [{ strategy }] = await replica.explain();
    assert.notEqual(strategy, "history");
  });

  test("p1: more than a page of them, cut short without a link, all come", async () => {
    const replica = await open();
    await replica.pull(["Observation?_count=20"]);
    await equal(replica, server.references().filter((it) => it.startsWith("Observation/")));
  });

  test("h9: a history of everything that is answered with an empty search is not taken for an empty server", async () => {
    const replica = await open();
    await assert.rejects(replica.pull([{ history: "*" }]), ({ code }) => {
      assert.equal(code, "unsupported");
      return true;
    });
    assert.deepEqual((await replica.status()).types, []);
  });

  test("l1 h7: the history of one resource, and what is created again", async () => {
    const replica = await open({ versions: "all" });
    await replica.pull([{ history: "Observation/o7" }]);
    await server.put(observation(7, 707));
    await replica.pull([{ history: "Observation/o7" }]);
    await equal(replica, ["Observation/o7"]);
    await server.delete("Observation/o7");
    await server.put(observation(7, 7007));
    await replica.pull([{ history: "Observation/o7" }]);
    await equal(replica, ["Observation/o7"]);
  });

  test("l1: references, to a depth, by a batch or one by one", async () => {
    const replica = await open();
    await replica.pull([{ references: ["Observation/o1"], depth: 1 }]);
    await equal(replica, ["Observation/o1", "Patient/p1"]);
  });
});
