// fhir-pull/server of the built package: who may read what, and what pages of other origins are told. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FhirPullError, openReplica } from "../../pkg/node.js";
import { fhirServer } from "../../pkg/server.js";

const BASE = "https://edge.test/fhir";
const APP = "https://app.test";
const patient = (id) => ({ resourceType: "Patient", id, meta: { versionId: "1", lastUpdated: "2024-01-01T00:00:00Z" } });
const ask = (path, init) => new Request(`${BASE}${path}`, init);
const everybody = () => true;

const replica = await openReplica({ name: "server", server: "https://r4.test/fhir", store: "memory" });
await replica.import([patient("a"), patient("b")].map((it) => `${JSON.stringify(it)}\n`).join(""));

/** Stands for a replica that must not be asked. */
const untouched = { serve: () => assert.fail("the replica was asked") };

async function outcomeOf(response, status, code) {
  assert.equal(response.status, status);
  assert.match(response.headers.get("content-type"), /^application\/fhir\+json/);
  assert.equal(response.headers.get("cache-control"), "private, no-cache");
  const { resourceType, issue } = await response.json();
  assert.deepEqual([resourceType, issue[0].code], ["OperationOutcome", code]);
  return issue[0].diagnostics;
}

test("settings that would leave a door open, or fail every request, are an error at once", () => {
  for (const [settings, sentence] of [
    [undefined, /takes an object/],
    [{ replica: untouched }, /needs authorize/],
    [{ replica: untouched, authorize: true }, /needs authorize/],
    [{ replica: untouched, authorise: everybody }, /no setting called "authorise"/],
    [{ authorize: everybody }, /needs a replica/],
    [{ replica: {}, authorize: everybody }, /needs a replica/],
    [{ replica: untouched, authorize: everybody, base: "/fhir" }, /takes as base/],
    [{ replica: untouched, authorize: everybody, base: "ftp://edge.test/fhir" }, /takes as base/],
    [{ replica: untouched, authorize: everybody, cors: "*" }, /takes as cors/],
    [{ replica: untouched, authorize: everybody, cors: { origins: ["*"] } }, /takes as cors/],
    [{ replica: untouched, authorize: everybody, cors: { origins: [`${APP}/`] } }, /takes as cors/],
    [{ replica: untouched, authorize: everybody, segments: "public" }, /takes as segments/],
  ]) {
    assert.throws(
      () => fhirServer(settings),
      (error) => error instanceof FhirPullError && error.code === "bad-input" && sentence.test(error.message),
      `${sentence}`,
    );
  }
});

test("authorize says who reads what: all, a compartment, an answer of its own, nothing", async () => {
  const authorize = async (request) => {
    const token = request.headers.get("authorization");
    if (token === "Bearer all") return true;
    if (token === "Bearer a") return { within: "Patient/a" };
    if (token === "Bearer late") return new Response("come back", { status: 429, headers: { "retry-after": "9" } });
    return undefined;
  };
  const server = fhirServer({ replica, base: BASE, authorize });
  const as = (token, path = "/Patient") => server(ask(path, { headers: { authorization: `Bearer ${token}` } }));

  assert.equal((await (await as("all")).json()).total, 2);
  const narrowed = await (await as("a")).json();
  assert.deepEqual(narrowed.entry.map((entry) => entry.fullUrl), [`${BASE}/Patient/a`]);
  await outcomeOf(await as("a", "/Patient/b"), 404, "not-found");
  const late = await as("late");
  assert.deepEqual([late.status, late.headers.get("retry-after"), await late.text()], [429, "9", "come back"]);
  for (const path of ["/Patient", "/metadata", "/", "/nowhere"]) {
    const refused = await as("nobody", path);
    assert.equal(refused.headers.get("www-authenticate"), "Bearer");
    await outcomeOf(refused, 401, "login");
  }
});

test("what authorize throws, or gives that means nothing, opens no door and is not told", async () => {
  const secret = "token eyJhbGciOi";
  for (const authorize of [
    () => {
      throw new Error(secret);
    },
    async () => {
      throw new Error(secret);
    },
    () => ({}),
    () => ({ within: undefined }),
    () => ({ within: ["Patient/a"] }),
    () => ({ within: "Patient" }),
    () => ({ within: "Device/1/2" }),
    () => ({ within: "Patient/a", base: "https://elsewhere.test" }),
    () => "yes",
    () => 1,
  ]) {
    const sentence = await outcomeOf(await fhirServer({ replica, base: BASE, authorize })(ask("/Patient")), 500, "exception");
    assert.doesNotMatch(sentence, /eyJ/);
  }
  // What has no compartments is none.
  const organization = fhirServer({ replica, base: BASE, authorize: () => ({ within: "Organization/1" }) });
  await outcomeOf(await organization(ask("/Patient")), 500, "exception");
});

test("the replica may be given later, and what fails is 503 where it may pass, else 500", async () => {
  const of = (replica) => fhirServer({ replica, base: BASE, authorize: everybody })(ask("/Patient/a"));
  for (const given of [Promise.resolve(replica), () => replica, async () => replica]) assert.equal((await of(given)).status, 200);
  const fail = (code, retryable) => async () => {
    throw Object.assign(new Error("of Patient/a"), { code, retryable });
  };
  assert.doesNotMatch(await outcomeOf(await of(fail("network", true)), 503, "transient"), /Patient/);
  assert.doesNotMatch(await outcomeOf(await of(fail("damaged", false)), 500, "exception"), /Patient/);
});

test("without cors, pages of other origins are told nothing", async () => {
  const server = fhirServer({ replica, base: BASE, authorize: everybody });
  const headers = { origin: APP, "access-control-request-method": "GET" };
  const preflight = await server(ask("/Patient", { method: "OPTIONS", headers }));
  await outcomeOf(preflight, 405, "not-supported");
  for (const response of [preflight, await server(ask("/Patient", { headers }))]) {
    assert.deepEqual([...response.headers.keys()].filter((name) => name.startsWith("access-control")), []);
  }
});

test("a preflight is answered without a token, and what is answered can be read", async () => {
  const refuse = () => undefined;
  const headers = {
    origin: APP,
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization,if-none-match,prefer",
  };
  for (const [cors, allowed, varies] of [
    [true, "*", null],
    [{ origins: ["https://other.test", APP] }, APP, /origin/],
  ]) {
    const server = fhirServer({ replica: untouched, base: BASE, authorize: refuse, cors });
    const preflight = await server(ask("/Patient", { method: "OPTIONS", headers }));
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), allowed);
    assert.equal(preflight.headers.get("access-control-allow-headers"), headers["access-control-request-headers"]);
    assert.match(preflight.headers.get("access-control-allow-methods"), /GET.*POST/);
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
    // Also that it was refused can be read.
    const refused = await server(ask("/Patient", { headers }));
    assert.equal(refused.headers.get("access-control-allow-origin"), allowed);
    await outcomeOf(refused, 401, "login");

    const open = fhirServer({ replica, base: BASE, authorize: everybody, cors });
    const read = await open(ask("/Patient/a", { headers }));
    const exposed = read.headers.get("access-control-expose-headers").split(", ");
    for (const name of ["etag", "last-modified", "location", "content-location", "vary"]) assert.ok(exposed.includes(name), name);
    assert.match(read.headers.get("vary"), /authorization/);
    if (varies) assert.match(read.headers.get("vary"), varies);
    assert.equal((await read.json()).id, "a");
    const unchanged = await open(ask("/Patient/a", { headers: { origin: APP, "if-none-match": 'W/"1"' } }));
    assert.deepEqual([unchanged.status, unchanged.headers.get("access-control-allow-origin")], [304, allowed]);
  }
});

test("an origin that is not listed may not read, nor may what is kept for one be shown to another", async () => {
  const server = fhirServer({ replica, base: BASE, authorize: everybody, cors: { origins: [APP] } });
  for (const origin of ["https://evil.test", "https://app.test.evil.test", "null"]) {
    const headers = { origin, "access-control-request-method": "GET" };
    for (const response of [await server(ask("/Patient/a", { method: "OPTIONS", headers })), await server(ask("/Patient/a", { headers }))]) {
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      assert.match(response.headers.get("vary"), /origin/);
    }
  }
});

test("OPTIONS that is no preflight is asked with a token like all else", async () => {
  const server = fhirServer({ replica, base: BASE, authorize: () => false, cors: true });
  await outcomeOf(await server(ask("/Patient", { method: "OPTIONS" })), 401, "login");
});
