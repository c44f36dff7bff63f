// Searches at the demo server: its index is a replica that follows the server's own history.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";

let demo;
before(async () => {
  demo = await startDemo({ patients: 5, quiet: true });
});
after(() => demo.close());

async function search(query, options) {
  const response = await fetch(`${demo.base}/${query}`, options);
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

/** All resources of a type, from the listing that needs no index. */
async function all(type) {
  const found = [];
  for (let url = `${demo.base}/${type}?_count=1000`; url; ) {
    const bundle = await (await fetch(url)).json();
    found.push(...bundle.entry.map(({ resource }) => resource));
    url = bundle.link.find(({ relation }) => relation === "next")?.url;
  }
  return found;
}

const ids = (bundle) => (bundle.entry ?? []).map(({ resource }) => resource.id);

test("by patient and code, newest first, in pages", async () => {
  const everything = await all("Observation");
  const glucose = everything.filter(({ code }) => code.coding?.some((coding) => coding.code === "2339-0"));
  const patient = glucose[0].subject.reference;
  const expected = glucose
    .filter(({ subject }) => subject.reference === patient)
    .sort((a, b) => (a.effectiveDateTime < b.effectiveDateTime ? 1 : -1))
    .map(({ id }) => id);
  assert.ok(expected.length > 2);

  const query = `Observation?patient=${patient}&code=http://loinc.org|2339-0&_sort=-date&_count=2`;
  const found = [];
  let total;
  for (let url = `${demo.base}/${query}`; url; ) {
    const bundle = await (await fetch(url)).json();
    assert.ok(bundle.entry.length <= 2);
    total = bundle.total;
    found.push(...ids(bundle));
    url = bundle.link.find(({ relation }) => relation === "next")?.url;
  }
  assert.deepEqual(found, expected);
  assert.equal(total, expected.length);
});

test("a page holds 50 unless asked otherwise, and says what time it is at the server", async () => {
  const bundle = await search("Observation?_sort=-date");
  assert.equal(bundle.entry.length, 50);
  assert.match(bundle.meta.lastUpdated, /^\d{4}-.*Z$/);
  assert.ok(bundle.entry.every(({ fullUrl }) => fullUrl.startsWith(`${demo.base}/Observation/`)));
});

test("POST _search finds the same (R9)", async () => {
  const byGet = await search("Patient?name=chalmers");
  assert.deepEqual(ids(byGet), ["example"]);
  const body = new URLSearchParams({ name: "chalmers" });
  const byPost = await search("Patient/_search", { method: "POST", body });
  assert.deepEqual(ids(byPost), ids(byGet));
});

test("what was just written is found, what was just deleted is not", async () => {
  const patient = { resourceType: "Patient", id: "found", name: [{ family: "Zweistein" }] };
  const url = `${demo.base}/Patient/found`;
  await fetch(url, { method: "PUT", body: JSON.stringify(patient) });
  assert.deepEqual(ids(await search("Patient?name=zweistein")), ["found"]);
  await fetch(url, { method: "DELETE" });
  assert.deepEqual(ids(await search("Patient?name=zweistein")), []);
});

test("searches at the same time share the index", async () => {
  await fetch(`${demo.url}demo/change`, { method: "POST" });
  const queries = ["Patient?birthdate=ge1900", "Condition?_sort=_id", "Observation?date=ge2020"];
  const bundles = await Promise.all(queries.map((query) => search(query)));
  for (const bundle of bundles) assert.ok(bundle.total > 0);
});

test("a parameter that cannot be answered is named in a 400", async () => {
  const refused = { "Patient?favourite-colour=blue": "favourite-colour", "Observation?code:near=1": "code:near" };
  for (const [query, named] of Object.entries(refused)) {
    const response = await fetch(`${demo.base}/${query}`);
    assert.equal(response.status, 400);
    const outcome = await response.json();
    assert.equal(outcome.resourceType, "OperationOutcome");
    assert.match(outcome.issue[0].diagnostics, new RegExp(named));
  }
});

test("the index needs no token of its own", async () => {
  const guarded = await startDemo({ patients: 1, token: "right", quiet: true });
  try {
    const headers = { Authorization: "Bearer right" };
    const response = await fetch(`${guarded.base}/Patient?name=chalmers`, { headers });
    assert.equal((await response.json()).total, 1);
  } finally {
    await guarded.close();
  }
});
