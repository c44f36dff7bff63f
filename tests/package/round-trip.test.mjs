// L1, through the built package: a second replica pulls from a served one, whose `serve` is its `fetch`. The kinds of
// feed are in tests/serve (Rust). Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openReplica } from "../../pkg/node.js";

const BASE = "https://first.test/fhir";
const patient = (id, version, day) =>
  // Spaces that JSON.stringify would not write: the bytes that came (L4).
  `{"resourceType":"Patient", "id":"${id}","meta":{"versionId":"${version}","lastUpdated":"2024-01-0${day}T00:00:00Z"}}`;
const lines = (...resources) => resources.map((it) => `${it}\n`).join("");
const all = async (replica) => (await Promise.all(["a", "b", "c"].map((id) => textOf(replica, id)))).join("\n");
const textOf = async (replica, id) => (await replica.serve(new Request(`${replica.server}/Patient/${id}`))).text();

for (const feed of ["Patient", { history: "Patient" }, { history: "*" }]) {
  test(`L1: ${JSON.stringify(feed)} of a served replica, and again after a change`, async () => {
    const first = await openReplica({ name: "first", server: BASE, store: "memory" });
    await first.import(lines(patient("a", 1, 1), patient("b", 1, 1)));
    const fetch = (url, init) => first.serve(new Request(url, init));
    const second = await openReplica({ name: "second", server: BASE, store: "memory", fetch });
    await second.pull([feed]);
    assert.equal((await second.search("Patient")).total, 2);
    assert.equal(await all(second), await all(first));
    // One of them later than what is there, one with a time that is past.
    await first.import(lines(patient("a", 2, 3), patient("c", 1, 1)));
    await second.pull([feed]);
    assert.equal((await second.search("Patient")).total, 3);
    assert.equal(await all(second), await all(first));
    await first.close();
    await second.close();
  });
}
