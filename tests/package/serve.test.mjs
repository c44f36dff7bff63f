// replica.serve of the built package, in this thread and behind a port: a Request in, a Response out. What the
// answers are is tested in tests/serve (Rust); here it is what JavaScript adds. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILT } from "./built.mjs";
import { SERVER } from "./engines.mjs";

const BASE = "https://edge.test/fhir";
const LAST = "2024-01-01T00:00:00.000Z";
const patient = (id) => ({ resourceType: "Patient", id, meta: { versionId: "1", lastUpdated: LAST }, active: true });
const observation = (id, of) => ({
  resourceType: "Observation",
  id,
  meta: { versionId: "1", lastUpdated: LAST },
  status: "final",
  code: { text: "Ångström" },
  subject: { reference: `Patient/${of}` },
});
const lines = (...resources) => resources.map((resource) => `${JSON.stringify(resource)}\n`).join("");

async function outcomeOf(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers.get("content-type"), /^application\/fhir\+json/);
  const { resourceType, issue } = await response.json();
  assert.equal(resourceType, "OperationOutcome");
  assert.equal(issue[0].code, code);
  return issue[0].diagnostics;
}

for (const [name, { openReplica }] of Object.entries(BUILT)) {
  const opened = async () => {
    const replica = await openReplica({ name: "serve", server: SERVER, store: "memory" });
    await replica.import(lines(patient("a"), patient("b"), observation("o", "a"), observation("p", "b")));
    return replica;
  };

  test(`${name}: a read, a conditional read, a search by GET and by POST, and HEAD`, async () => {
    const replica = await opened();
    const serve = (path, init) => replica.serve(new Request(`${BASE}${path}`, init), { base: BASE });

    const read = await serve("/Observation/o");
    assert.equal(read.status, 200);
    assert.equal(read.headers.get("etag"), 'W/"1"');
    assert.equal(read.headers.get("last-modified"), "Mon, 01 Jan 2024 00:00:00 GMT");
    // L4: as the bytes that came.
    assert.equal(await read.text(), JSON.stringify(observation("o", "a")));

    const again = await serve("/Observation/o", { headers: { "If-None-Match": 'W/"1"' } });
    assert.equal(again.status, 304);
    assert.equal(again.body, null);
    assert.equal(again.headers.get("etag"), 'W/"1"');

    const head = await serve("/Observation/o", { method: "HEAD" });
    assert.equal(head.status, 200);
    assert.equal(head.body, null);
    assert.equal(head.headers.get("etag"), 'W/"1"');

    const found = await (await serve("/Observation?code:text=%C3%85ngstr&_format=json")).json();
    assert.equal(found.total, 2);
    assert.ok(found.link[0].url.startsWith(`${BASE}/Observation?`), found.link[0].url);
    assert.deepEqual(found.entry.map((entry) => entry.fullUrl).sort(), [`${BASE}/Observation/o`, `${BASE}/Observation/p`]);

    const form = new URLSearchParams({ subject: "Patient/b" });
    const posted = await (await serve("/Observation/_search", { method: "POST", body: form })).json();
    assert.deepEqual(posted.entry.map((entry) => entry.resource.id), ["p"]);
    await replica.close();
  });

  test(`${name}: the base is the replica's server where none is given`, async () => {
    const replica = await opened();
    const found = await (await replica.serve(new Request(`${SERVER}/Patient?_id=a`))).json();
    assert.equal(found.entry[0].fullUrl, `${SERVER}/Patient/a`);
    await replica.close();
  });

  test(`${name}: within a compartment nothing else is there`, async () => {
    const replica = await opened();
    const serve = (path) => replica.serve(new Request(`${BASE}${path}`), { base: BASE, within: "Patient/a" });
    assert.equal((await serve("/Observation/o")).status, 200);
    await outcomeOf(await serve("/Observation/p"), 404, "not-found");
    assert.equal((await (await serve("/Observation")).json()).total, 1);
    await replica.close();
  });

  test(`${name}: what is not below the base, by its path and not its text, is not found`, async () => {
    const replica = await opened();
    for (const address of [
      "https://edge.test/fhirs/Patient/a",
      "https://edge.test/fhir/../Patient/a",
      "https://edge.test/fhir/%2e%2e/Patient/a",
      "https://edge.test/",
      "https://other.test/fhir/Patient/a",
      "http://edge.test/fhir/Patient/a",
      "https://edge.test:8443/fhir/Patient/a",
    ]) {
      await outcomeOf(await replica.serve(new Request(address), { base: BASE }), 404, "not-found");
    }
    for (const base of [BASE, `${BASE}/`, `${BASE}//`, "https://EDGE.test:443/fhir"]) {
      assert.equal((await replica.serve(new Request(`${BASE}/Patient/a`), { base })).status, 200, base);
    }
    assert.equal((await replica.serve(new Request("https://edge.test/Patient/a"), { base: "https://edge.test" })).status, 200);
    await replica.close();
  });

  test(`${name}: of a body that is too large no more is read than shows that (413)`, async () => {
    const replica = await opened();
    let sent = 0;
    let cancelled = false;
    const body = new ReadableStream({
      pull(controller) {
        sent += 10_000;
        controller.enqueue(new Uint8Array(10_000));
      },
      cancel: () => void (cancelled = true),
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const request = new Request(`${BASE}/Patient/_search`, { method: "POST", headers, body, duplex: "half" });
    await outcomeOf(await replica.serve(request, { base: BASE }), 413, "too-long");
    assert.ok(sent < 100_000 && cancelled, `${sent}`);
    await replica.close();
  });

  test(`${name}: a method that it does not take is told which it takes, its body unread`, async () => {
    const replica = await opened();
    const request = new Request(`${BASE}/Patient/a`, { method: "PUT", body: "x".repeat(100_000) });
    const response = await replica.serve(request, { base: BASE });
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    await outcomeOf(response, 405, "not-supported");
    assert.equal(request.bodyUsed, false);
    await replica.close();
  });

  test(`${name}: what is no request, wrong options, an abort and a closed replica reject`, async () => {
    const replica = await opened();
    const request = new Request(`${SERVER}/Patient/a`);
    const badInput = { code: "bad-input" };
    for (const wrong of [undefined, "https://edge.test/fhir/Patient/a", {}]) await assert.rejects(replica.serve(wrong), badInput);
    for (const wrong of [{ base: "/fhir" }, { within: "a" }, { within: null }, { within: ["Patient/a"] }, { authorize: true }]) {
      await assert.rejects(replica.serve(request, wrong), badInput);
    }
    await assert.rejects(replica.serve(request, { signal: AbortSignal.abort() }), { code: "aborted" });
    await assert.rejects(replica.serve(new Request(request, { signal: AbortSignal.abort() })), { code: "aborted" });
    await replica.close();
    await assert.rejects(replica.serve(request), badInput);
  });
}
