// Changes at the demo server: asked for, repeatable, and undone without rewriting history.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";

async function withDemo(options, use) {
  const demo = await startDemo({ patients: 3, quiet: true, ...options });
  try {
    return await use(demo);
  } finally {
    await demo.close();
  }
}

const post = (demo, path, body) => fetch(`${demo.url}demo/${path}`, { method: "POST", body });

test("as many changes happen as are asked for, and can be read back", () =>
  withDemo({}, async ({ url, base }) => {
    const wishes = { creates: 3, updates: 5, deletes: 2 };
    const did = await (await post({ url }, "change", JSON.stringify(wishes))).json();
    assert.deepEqual([did.created.length, did.updated.length, did.deleted.length], [3, 5, 2]);
    const statuses = async (references) => {
      const answers = await Promise.all(references.map((reference) => fetch(`${base}/${reference}`)));
      return new Set(answers.map(({ status }) => status));
    };
    assert.deepEqual(await statuses(did.created), new Set([200]));
    assert.deepEqual(await statuses(did.deleted), new Set([410]));
  }));

test("within a round nothing is changed twice, so that the counts are the differences", () =>
  withDemo({ patients: 1 }, async (demo) => {
    const did = await (await post(demo, "change", '{"creates":30,"updates":30,"deletes":20}')).json();
    const all = [...did.created, ...did.updated, ...did.deleted];
    assert.equal(new Set(all).size, all.length);
    assert.ok(all.length >= 70);
  }));

test("the same seed makes the same changes, round by round", async () => {
  const rounds = (seed) =>
    withDemo({ seed }, async (demo) => {
      const found = [];
      for (let round = 0; round < 3; round += 1) {
        const { created, updated, deleted } = await (await post(demo, "change")).json();
        found.push({ created, updated, deleted });
      }
      return found;
    });
  const once = await rounds(5);
  assert.deepEqual(await rounds(5), once);
  assert.notDeepEqual(await rounds(6), once);
  assert.notDeepEqual(once[0], once[1]);
});

test("a reset brings the content back by new versions", () =>
  withDemo({}, async (demo) => {
    const current = async () => {
      const all = new Map();
      const bundle = await (await fetch(`${demo.base}/Observation?_count=1000`)).json();
      for (const { resource } of bundle.entry) {
        const { meta, ...rest } = resource;
        all.set(resource.id, rest);
      }
      return all;
    };
    const before = await current();
    const { updated } = await (await post(demo, "change", '{"updates":3,"creates":2,"deletes":2}')).json();
    assert.notDeepEqual(await current(), before);
    const undone = await (await post(demo, "reset")).json();
    assert.deepEqual(await current(), before);
    assert.deepEqual(new Set(undone.updated), new Set(updated));
    const { entry } = await (await fetch(`${demo.base}/${updated[0]}/_history`)).json();
    assert.ok(entry.length >= 3);
  }));

test("wishes that make no sense are refused", () =>
  withDemo({}, async (demo) => {
    for (const body of ["{", '{"updates":-1}', '{"updates":1.5}', '{"upserts":1}', "[1]", "3", "null"]) {
      const response = await post(demo, "change", body);
      assert.equal(response.status, 400, body);
      assert.equal((await response.json()).resourceType, "OperationOutcome");
    }
  }));
