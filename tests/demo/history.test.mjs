// History at the demo server: what an incremental pull lives from.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";

let demo;
before(async () => {
  demo = await startDemo({ patients: 4, quiet: true });
});
after(() => demo.close());

const change = (wishes) =>
  fetch(`${demo.url}demo/change`, { method: "POST", body: wishes && JSON.stringify(wishes) }).then((one) => one.json());
const first = (path) => fetch(`${demo.base}/${path}`).then((response) => response.json());

/** All entries of a history, following next links. */
async function entries(path, onPage = async () => {}) {
  const found = [];
  for (let url = `${demo.base}/${path}`; url; ) {
    const bundle = await (await fetch(url)).json();
    assert.equal(bundle.type, "history");
    found.push(...(bundle.entry ?? []));
    url = bundle.link.find((link) => link.relation === "next")?.url;
    await onPage(bundle);
  }
  return found;
}

const key = ({ fullUrl, response }) => `${fullUrl} ${response.etag}`;

test("system history is complete, newest first, and each version comes once (H2)", async () => {
  await change();
  const all = await entries("_history?_count=100");
  assert.equal(all.length, (await first("_history?_count=1")).total);
  assert.equal(new Set(all.map(key)).size, all.length);
  const times = all.map(({ response }) => response.lastModified);
  assert.deepEqual(times, [...times].sort().reverse());
});

test("a deletion has no resource, but a request, an etag and a time (H5)", async () => {
  const { deleted } = await change({ creates: 0, updates: 0, deletes: 1 });
  const [reference] = deleted;
  const [entry] = (await first(`${reference}/_history`)).entry;
  assert.equal(entry.resource, undefined);
  assert.equal(entry.fullUrl, `${demo.base}/${reference}`);
  assert.deepEqual(entry.request, { method: "DELETE", url: reference });
  assert.equal(entry.response.status, "204 No Content");
  assert.equal(entry.response.etag, 'W/"2"');
  assert.match(entry.response.lastModified, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.equal((await fetch(`${demo.base}/${reference}`)).status, 410);
});

test("an instance's history holds its versions, with how each was written", async () => {
  const { updated } = await change({ creates: 0, updates: 1, deletes: 0 });
  const history = await entries(`${updated[0]}/_history`);
  assert.deepEqual(
    history.map(({ resource, response }) => [resource.meta.versionId, response.etag, response.lastModified]),
    history.map(({ resource }) => {
      const { versionId, lastUpdated } = resource.meta;
      return [versionId, `W/"${versionId}"`, lastUpdated];
    }),
  );
  assert.deepEqual([history[0].response.status, history.at(-1).response.status], ["200 OK", "201 Created"]);
});

test("a type's history holds that type and nothing else", async () => {
  const all = await entries("AllergyIntolerance/_history");
  assert.ok(all.length >= 6);
  assert.ok(all.every(({ request }) => request.url.startsWith("AllergyIntolerance")));
});

test("_since takes what came at that time or later (H1)", async () => {
  const did = await change({ creates: 2, updates: 2, deletes: 1 });
  const references = [...did.created, ...did.updated, ...did.deleted];
  const [newest] = (await first("_history?_count=1")).entry;
  const at = await entries(`_history?_since=${encodeURIComponent(newest.response.lastModified)}`);
  assert.ok(at.some((entry) => key(entry) === key(newest)));
  assert.ok(at.every(({ response }) => response.lastModified >= newest.response.lastModified));
  const later = new Date(Date.parse(did.lastUpdated) + 1).toISOString();
  assert.deepEqual(await entries(`_history?_since=${later}`), []);

  const since = await first(`_history?_since=${new Date(Date.parse(did.lastUpdated) - 1000).toISOString()}`);
  const seen = new Set(since.entry.map(({ fullUrl }) => fullUrl.slice(demo.base.length + 1)));
  assert.ok(references.every((reference) => seen.has(reference)));
  assert.match(since.link[0].url, /_since=/);
});

test("writes during a chain of pages neither shift nor repeat its entries (H8)", async () => {
  const before = await entries("Observation/_history?_count=1000");
  const during = await entries("Observation/_history?_count=200", () => change({ creates: 3, updates: 2, deletes: 0 }));
  assert.deepEqual(during.map(key), before.map(key));
});

test("what history cannot answer is refused, in a sentence", async () => {
  const statuses = { "_since=yesterday": 400, "_at=2020-01-01": 400, "_count=x": 400, "_page=e30": 404 };
  for (const [query, status] of Object.entries(statuses)) {
    const response = await fetch(`${demo.base}/_history?${query}`);
    assert.equal(response.status, status, query);
    assert.equal((await response.json()).resourceType, "OperationOutcome");
  }
});
