// The demo server as a FHIR server: reads, writes, listings, and how they fail.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { request } from "node:http";
import { startDemo } from "../../scripts/demo/server.mjs";

let demo;
before(async () => {
  demo = await startDemo({ patients: 3, quiet: true });
});
after(() => demo.close());

const call = (path, options) => fetch(`${demo.base}/${path}`, options);
const put = (resource, headers = {}) =>
  call(`${resource.resourceType}/${resource.id}`, {
    method: "PUT",
    headers: { "Content-Type": "application/fhir+json", ...headers },
    body: typeof resource.text === "string" ? resource.text : JSON.stringify(resource),
  });

async function assertOutcome(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers.get("content-type"), /^application\/fhir\+json/);
  const outcome = await response.json();
  assert.equal(outcome.resourceType, "OperationOutcome");
  assert.equal(outcome.issue[0].code, code);
}

/** All pages of a Bundle, following next links. */
async function pages(path) {
  const found = [];
  for (let url = `${demo.base}/${path}`; url; ) {
    const response = await fetch(url);
    assert.equal(response.status, 200);
    const bundle = await response.json();
    found.push(bundle);
    url = bundle.link.find((link) => link.relation === "next")?.url;
  }
  return found;
}

test("the CapabilityStatement names the types held and the histories kept", async () => {
  const statement = await (await call("metadata")).json();
  assert.equal(statement.resourceType, "CapabilityStatement");
  assert.equal(statement.fhirVersion, "4.0.1");
  const rest = statement.rest[0];
  assert.deepEqual(rest.interaction, [{ code: "history-system" }]);
  const observation = rest.resource.find(({ type }) => type === "Observation");
  assert.ok(observation.interaction.some(({ code }) => code === "history-type"));
  assert.ok(observation.searchParam.some(({ name, type }) => name === "code" && type === "token"));
  assert.ok(!rest.resource.some(({ type }) => type === "StructureDefinition" || type === "Bundle"));
});

test("HL7's examples keep their ids, and what is written keeps its decimals", async () => {
  const response = await call("Observation/example");
  assert.equal(response.headers.get("etag"), 'W/"1"');
  const resource = await response.json();
  assert.equal(resource.meta.versionId, "1");
  assert.equal(resource.valueQuantity.value, 185);
  const text = '{"resourceType":"Basic","id":"decimals","extension":[{"url":"urn:x","valueDecimal":1.50}]}';
  assert.equal((await put({ resourceType: "Basic", id: "decimals", text })).status, 201);
  assert.match(await (await call("Basic/decimals")).text(), /"valueDecimal":1\.50\}/);
});

test("If-None-Match and If-Modified-Since answer 304 to who holds the version (R1)", async () => {
  const first = await call("Patient/example");
  const held = (headers) => call("Patient/example", { headers }).then(({ status }) => status);
  assert.equal(await held({ "If-None-Match": first.headers.get("etag") }), 304);
  assert.equal(await held({ "If-None-Match": '"1"' }), 304);
  assert.equal(await held({ "If-None-Match": 'W/"7"' }), 200);
  assert.equal(await held({ "If-Modified-Since": first.headers.get("last-modified") }), 304);
  assert.equal(await held({ "If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT" }), 200);
});

test("versions: update, vread, delete, 410, and back to life with a higher version", async () => {
  const patient = { resourceType: "Patient", id: "life", active: true };
  const created = await put(patient);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), `${demo.base}/Patient/life/_history/1`);
  assert.equal((await put({ ...patient, active: false }, { "If-Match": 'W/"1"' })).status, 200);
  await assertOutcome(await put(patient, { "If-Match": 'W/"1"' }), 412, "conflict");
  assert.equal((await (await call("Patient/life/_history/1")).json()).active, true);

  assert.equal((await call("Patient/life", { method: "DELETE" })).status, 204);
  assert.equal((await call("Patient/life", { method: "DELETE" })).status, 204);
  const gone = await call("Patient/life");
  assert.equal(gone.headers.get("etag"), 'W/"3"');
  await assertOutcome(gone, 410, "deleted");
  await assertOutcome(await call("Patient/life/_history/3"), 410, "deleted");

  const again = await put(patient);
  assert.equal(again.status, 201);
  assert.equal(again.headers.get("etag"), 'W/"4"');
});

test("POST creates under an id of the server's, and return=minimal leaves the body out (R4)", async () => {
  const body = JSON.stringify({ resourceType: "Basic", code: { text: "new" } });
  const created = await call("Basic", { method: "POST", headers: { Prefer: "return=minimal" }, body });
  assert.equal(created.status, 201);
  assert.equal(await created.text(), "");
  const location = created.headers.get("location");
  assert.equal((await (await fetch(location)).json()).code.text, "new");
});

test("what cannot be answered is an OperationOutcome", async () => {
  await assertOutcome(await call("Patient/nobody"), 404, "not-found");
  await assertOutcome(await call("Patient/example/_history/9"), 404, "not-found");
  await assertOutcome(await call("Patient/nobody/_history"), 404, "not-found");
  await assertOutcome(await call("nonsense"), 404, "not-supported");
  await assertOutcome(await call("Patient/a_b"), 404, "not-found");
  await assertOutcome(await call("Patient?_count=-1"), 400, "invalid");
  await assertOutcome(await call("Patient?_page=bm90IG91cnM"), 404, "not-found");
  await assertOutcome(await call("Patient?_format=xml"), 406, "not-supported");
  await assertOutcome(await call("Patient/example", { method: "POST", body: "{}" }), 405, "not-supported");
  await assertOutcome(await put({ resourceType: "Patient", id: "x", text: "{" }), 400, "structure");
  for (const body of ['{"resourceType":"Basic","id":"x"}', '{"resourceType":"Patient","id":"y"}']) {
    await assertOutcome(await call("Patient/x", { method: "PUT", body }), 400, "invalid");
  }
  await assertOutcome(await call("Basic", { method: "POST", body: " ".repeat(17 << 20) }), 413, "too-long");
});

test("a type's pages hold every living resource once, also while others are written", async () => {
  const ids = [];
  let url = `${demo.base}/Procedure?_count=7`;
  let total;
  for (let turn = 0; url; turn += 1) {
    const bundle = await (await fetch(url)).json();
    total ??= bundle.total;
    ids.push(...bundle.entry.map(({ resource }) => resource.id));
    assert.ok(bundle.entry.every(({ search }) => search.mode === "match"));
    if (turn === 0) await put({ ...bundle.entry[0].resource, status: "not-done" });
    url = bundle.link.find(({ relation }) => relation === "next")?.url;
  }
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(ids.length, total);
  assert.ok(total > 14);
});

test("a listing can be counted without its entries", async () => {
  const [counted] = await pages("Encounter?_summary=count");
  assert.ok(counted.total > 1);
  assert.equal(counted.entry, undefined);
});

test("answers are compressed for who takes it, and open to any origin", async () => {
  const plain = await raw("Patient?_count=100", { "Accept-Encoding": "identity" });
  const small = await raw("Patient?_count=100", { "Accept-Encoding": "gzip" });
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.equal(small.headers["content-encoding"], "gzip");
  assert.ok(small.length < plain.length / 3);
  assert.equal(plain.headers["access-control-allow-origin"], "*");
  assert.match(plain.headers["access-control-expose-headers"], /ETag.*Retry-After/);
  const asked = { Origin: "https://app.example", "Access-Control-Request-Headers": "authorization,prefer" };
  const preflight = await call("Patient", { method: "OPTIONS", headers: asked });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-headers"), "authorization,prefer");
});

test("links are written with the name of the machine that the client used", async () => {
  const { body } = await raw("Patient?_count=1", { Host: `localhost:${demo.port}` });
  assert.ok(JSON.parse(body).link.every(({ url }) => url.startsWith(`http://localhost:${demo.port}/fhir/`)));
});

/** An answer as it came over the wire, without what fetch does to it. */
function raw(path, headers) {
  return new Promise((resolve, reject) => {
    request(`${demo.base}/${path}`, { headers }, async (response) => {
      const chunks = [];
      for await (const chunk of response) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      resolve({ headers: response.headers, length: body.length, body: body.toString() });
    })
      .on("error", reject)
      .end();
  });
}
