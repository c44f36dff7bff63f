// What a service worker makes of an application's requests, by each policy, over a replica and a network that do as the
// test says. tests/e2e/service-worker*.test.mjs has both for real.

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { askedOf, isOwnPage, whatOf } from "../../pkg-template/fhir-request.js";
import { Intercept } from "../../pkg-template/intercept.js";
import { tokenClaims } from "../../pkg-template/token-claims.js";
import { tokenOf } from "../support/jwt.mjs";
import { Replicas, Scope, allStored } from "../support/worker-scope.mjs";

const BASE = "https://fhir.test/r4";
const PATIENT = `${BASE}/Patient/1`;
const SEARCH = `${BASE}/Observation?patient=1`;
const AS_OF = "2024-02-01T00:00:00.000Z";
const bundle = { resourceType: "Bundle", type: "searchset" };
const { fetch: platformFetch } = globalThis;

describe("a service worker", () => {
  let scope;
  let replicas;
  let errors;
  /** What the network says, and what it was asked. */
  let network;
  let asked;
  let name = 0;

  beforeEach(() => {
    scope = new Scope();
    replicas = new Replicas();
    replicas.held.set("Patient/1", { status: 200, body: { resourceType: "Patient", id: "1" } });
    replicas.held.set("Observation?patient=1", { status: 200, body: bundle });
    replicas.covered.set("Observation?patient=1", AS_OF);
    errors = [];
    asked = [];
    network = () => new Response("{}", { status: 200, headers: { "content-type": "application/fhir+json" } });
    globalThis.fetch = async (request) => {
      asked.push(request);
      return network(request);
    };
    name += 1;
  });
  afterEach(() => {
    globalThis.fetch = platformFetch;
    assert.deepEqual(errors, []);
  });

  const cut = () => {
    network = () => Promise.reject(new TypeError("Failed to fetch"));
  };
  const listens = (options) => {
    const defaults = { base: BASE, policy: "network-first", every: 1000, anonymous: true, onError: (error) => errors.push(error) };
    new Intercept({ ...defaults, replica: { name: `replica ${name}`, store: "memory" }, ...options }, replicas.open).listen(scope);
  };
  const fromReplica = async (answer, status = 200) => {
    const { headers, status: given } = await answer;
    assert.deepEqual([given, headers.get("fhir-pull-from")], [status, "replica"]);
  };

  test("requests that are none of its business it leaves alone", async () => {
    listens({});
    for (const [address, init] of [
      ["https://other.test/r4/Patient/1"],
      [`${BASE}x/Patient/1`],
      [`${BASE}/.well-known/smart-configuration`],
      [PATIENT, { destination: "image" }],
      [PATIENT, { mode: "no-cors" }],
      // The package's own engine takes redirects by hand: what it pulls must come from the server.
      [PATIENT, { redirect: "manual" }],
      [PATIENT, { headers: { range: "bytes=0-9" } }],
      [PATIENT, { method: "OPTIONS" }],
    ]) {
      assert.equal(await scope.fetch(address, init), undefined, address);
    }
    assert.deepEqual(asked, []);
    assert.deepEqual(replicas.log, []);
  });

  test("what is asked is told by method and path", () => {
    const kinds = [
      ["GET", "/Patient/1", "read", "Patient/1"],
      ["HEAD", "/Patient/1/_history/2", "read", "Patient/1/_history/2"],
      ["GET", "/Observation?a=b", "search", "Observation?a=b"],
      ["GET", "/Patient/1/Observation?a=b", "search", "Patient/1/Observation?a=b"],
      ["GET", "/Patient/1/*", "search", "Patient/1/*?"],
      ["GET", "?_type=Patient", "search", "?_type=Patient"],
      ["GET", "/metadata", "capabilities"],
      ["GET", "/Patient/1/_history", "other"],
      ["GET", "/Patient/1/$everything", "other"],
      ["GET", "/_history", "other"],
      ["GET", "/Binary/1", "other"],
      ["POST", "/Patient", "write"],
      ["PUT", "/Patient/1", "write"],
      ["DELETE", "/Patient?a=b", "write"],
      ["POST", "", "write"],
      ["POST", "/Patient/$match", "write"],
    ];
    for (const [method, path, kind, what] of kinds) {
      const found = askedOf(new Request(BASE + path, { method }), BASE);
      assert.equal(found?.kind, kind, `${method} ${path}`);
      if (what) assert.equal(whatOf(found), what);
    }
    const type = (method, path) => askedOf(new Request(BASE + path, { method }), BASE).type;
    assert.deepEqual([type("PUT", "/Patient/1"), type("POST", ""), type("POST", "/Patient/$match")], ["Patient", undefined, undefined]);
    const accept = { headers: { accept: "application/fhir+json" } };
    assert.equal(askedOf(new Request(`${BASE}/Binary/1`, accept), BASE).kind, "read");
    const posted = askedOf(new Request(`${BASE}/Observation/_search?a=b`, { method: "POST", body: "c=d" }), BASE);
    assert.equal(whatOf(posted, "c=d"), "Observation?a=b&c=d");
    assert.ok(isOwnPage("Patient?a=b&_offset=10&_page=3"));
    assert.ok(!isOwnPage("Patient?_page=eyJh") && !isOwnPage("Patient?_offset=10"));
  });

  test("network-first: the server's answer as it is, the replica's where the server can't be reached", async () => {
    listens({});
    const served = new Response("{}", { status: 200 });
    network = () => served;
    assert.equal(await scope.fetch(PATIENT), served);
    assert.deepEqual(replicas.did("serve"), []);
    for (const status of [401, 403, 404, 410, 422, 429, 500]) {
      network = () => new Response("{}", { status });
      assert.equal((await scope.fetch(PATIENT)).status, status, "never hidden");
    }
    for (const status of [502, 503, 504]) {
      network = () => new Response("{}", { status });
      await fromReplica(scope.fetch(PATIENT));
    }
    cut();
    await fromReplica(scope.fetch(PATIENT));
    const found = await scope.fetch(SEARCH);
    assert.equal(found.headers.get("fhir-pull-as-of"), AS_OF);
    assert.deepEqual(replicas.did("serve").at(-1), ["serve", "GET", "Observation?patient=1", "handling=strict", ""]);
  });

  test("with neither there is a 504 that says so, and never a part of an answer", async () => {
    listens({});
    replicas.held.set("Condition?patient=1", { status: 200, body: bundle });
    cut();
    for (const path of ["Condition?patient=1", "Patient/2", "Patient/1/_history", "Patient/1/$everything", "Observation?patient=1&no=1"]) {
      const answer = await scope.fetch(`${BASE}/${path}`);
      assert.equal(answer.status, 504, path);
      assert.equal(answer.headers.get("fhir-pull-from"), "service-worker");
      const { resourceType, issue } = await answer.json();
      assert.deepEqual([resourceType, issue[0].code], ["OperationOutcome", "transient"]);
      assert.doesNotMatch(issue[0].diagnostics, /Condition|Patient/);
    }
    // What the replica refuses, the server may know.
    replicas.covered.set("Observation?new=1", AS_OF);
    replicas.held.set("Observation?new=1", { status: 400, body: {} });
    assert.equal((await scope.fetch(`${BASE}/Observation?new=1`)).status, 504);
  });

  test("cache-first: no network for what is held; a deletion, and an answer that has not changed, are answers too", async () => {
    listens({ policy: "cache-first" });
    await fromReplica(scope.fetch(PATIENT));
    await fromReplica(scope.fetch(SEARCH));
    replicas.held.set("Patient/gone", { status: 410 });
    await fromReplica(scope.fetch(`${BASE}/Patient/gone`), 410);
    assert.deepEqual(asked, []);
    assert.equal((await scope.fetch(`${BASE}/Patient/2`)).headers.get("fhir-pull-from"), null);
    assert.equal(asked.length, 1);
  });

  test("cache-only: what is covered never goes to the network, also where that is nothing", async () => {
    listens({ policy: "cache-only" });
    replicas.covered.set("Patient/2", AS_OF);
    await fromReplica(scope.fetch(`${BASE}/Patient/2`), 404);
    assert.deepEqual(asked, []);
    await scope.fetch(`${BASE}/Patient/3`);
    assert.equal(asked.length, 1);
  });

  test("network-only: it is as if it were not there", async () => {
    listens({ policy: "network-only" });
    assert.equal(await scope.fetch(PATIENT), undefined);
  });

  test("stale-while-revalidate: the replica's at once, and the server's is kept", async () => {
    listens({ policy: "stale-while-revalidate" });
    const text = '{"resourceType":"Patient","id":"1","x":1.50}';
    network = () => new Response(text, { headers: { "content-type": "application/fhir+json" } });
    await fromReplica(scope.fetch(PATIENT));
    assert.ok(replicas.did("import")[0][1].includes(text), "L4: as it came");
    network = () => new Response("{}", { status: 410 });
    await fromReplica(scope.fetch(PATIENT));
    assert.match(replicas.did("import")[1][1], /"DELETE","url":"Patient\/1"/);
    const kept = replicas.did("import").length;
    replicas.covered.set("Observation?patient=1&_summary=true", AS_OF);
    replicas.held.set("Observation?patient=1&_summary=true", { status: 200, body: bundle });
    await fromReplica(scope.fetch(`${SEARCH}&_summary=true`));
    for (const said of [new Response("<html>", { headers: { "content-type": "text/html" } }), new Response("{}", { status: 500 })]) {
      network = () => said;
      await fromReplica(scope.fetch(PATIENT));
    }
    assert.equal(replicas.did("import").length, kept, "L5: no part, and nothing else than FHIR, is kept");
  });

  test("where the server refused the token last, it is asked first until it takes one", async () => {
    listens({ policy: "stale-while-revalidate" });
    network = () => new Response("{}", { status: 401 });
    await fromReplica(scope.fetch(PATIENT));
    assert.equal((await scope.fetch(PATIENT)).status, 401);
    network = () => new Response("{}");
    assert.equal((await scope.fetch(PATIENT)).headers.get("fhir-pull-from"), null);
    await fromReplica(scope.fetch(PATIENT));
  });

  test("a search by POST is asked with what was posted, and reaches the server whole", async () => {
    listens({});
    const posted = { method: "POST", body: "patient=1", headers: { "content-type": "application/x-www-form-urlencoded" } };
    network = async (request) => new Response(await request.text());
    assert.equal(await (await scope.fetch(`${BASE}/Observation/_search`, posted)).text(), "patient=1");
    cut();
    replicas.held.set("Observation/_search", { status: 200, body: bundle });
    await fromReplica(scope.fetch(`${BASE}/Observation/_search`, posted));
    assert.deepEqual(replicas.did("serve").at(-1).slice(1), ["POST", "Observation/_search", "handling=strict", "patient=1"]);
  });

  test("what the application wrote is not answered from before, until a pull has seen it", async () => {
    listens({ policy: "cache-first", feeds: ["Patient"], every: 1e9 });
    replicas.covered.set("Patient/1", AS_OF);
    await fromReplica(scope.fetch(PATIENT));
    const pulls = replicas.did("pull").length;
    network = () => new Response("{}", { headers: { date: "Fri, 02 Feb 2024 00:00:00 GMT" } });
    await scope.fetch(PATIENT, { method: "PUT", body: "{}" });
    assert.equal(replicas.did("pull").length, pulls + 1, "it is pulled at once");
    assert.equal((await scope.fetch(PATIENT)).headers.get("fhir-pull-from"), null);
    await fromReplica(scope.fetch(SEARCH));
    replicas.covered.set("Patient/1", "2024-02-02T00:00:02.000Z");
    await fromReplica(scope.fetch(PATIENT));
    // A batch may have changed anything.
    network = () => new Response("{}", { headers: { date: "Sat, 03 Feb 2024 00:00:00 GMT" } });
    await scope.fetch(BASE, { method: "POST", body: "{}" });
    assert.equal((await scope.fetch(SEARCH)).headers.get("fhir-pull-from"), null);
    cut();
    await fromReplica(scope.fetch(SEARCH));
    await assert.rejects(scope.fetch(PATIENT, { method: "PUT", body: "{}" }), TypeError, "a write fails as it would without");
  });

  test("a link of a replica's answer is the replica's, whatever the policy", async () => {
    listens({});
    const page = "Observation?patient=1&_offset=10&_page=3";
    replicas.covered.set(page, AS_OF);
    replicas.held.set(page, { status: 200, body: bundle });
    await fromReplica(scope.fetch(`${BASE}/${page}`));
    assert.deepEqual(asked, []);
  });

  test("s3 a request without a token is not answered from what a token brought", async () => {
    listens({ anonymous: false, policy: "cache-first" });
    network = () => new Response("{}", { status: 401 });
    assert.equal((await scope.fetch(PATIENT)).status, 401);
    cut();
    assert.equal((await scope.fetch(PATIENT)).status, 504);
    assert.deepEqual(replicas.log, []);
    await fromReplica(scope.fetch(PATIENT, { headers: { authorization: "Bearer opaque" } }));
  });

  test("s3 a replica of one user does not answer another, also after the worker was stopped", async () => {
    const options = { anonymous: false, policy: "cache-first" };
    const as = (user) => ({ headers: { authorization: `Bearer ${tokenOf(user)}` } });
    replicas.generation = 0;
    listens(options);
    await fromReplica(scope.fetch(PATIENT, as("ann")));
    replicas.generation = 1;
    cut();
    assert.equal((await scope.fetch(PATIENT, as("bob"))).status, 504);
    scope = new Scope();
    listens(options);
    assert.equal((await scope.fetch(PATIENT, as("bob"))).status, 504);
    await fromReplica(scope.fetch(PATIENT, as("ann")));
    assert.doesNotMatch(allStored(), /ann|bob|eyJ/, "neither token nor user is stored");
    replicas.generation = 0;
    scope = new Scope();
    listens(options);
    await fromReplica(scope.fetch(PATIENT, as("bob")), 200);
  });

  test("s3 each user has a replica where a function says so", async () => {
    const replica = ({ request }) => {
      const { sub } = tokenClaims(request);
      return sub && { name: `${name} ${sub}`, store: "memory" };
    };
    listens({ anonymous: false, policy: "cache-first", replica });
    for (const user of ["ann", "bob"]) {
      await fromReplica(scope.fetch(PATIENT, { headers: { authorization: `Bearer ${tokenOf(user)}` } }));
    }
    assert.deepEqual(replicas.did("open"), [["open", `${name} ann`], ["open", `${name} bob`]]);
    await scope.fetch(PATIENT, { headers: { authorization: "Bearer opaque" } });
    assert.equal(asked.length, 1);
  });

  test("s3 whom the page has named is known after a stop, and nobody once it signed out", async () => {
    const options = { policy: "cache-first", feeds: ["Patient"], replica: ({ user }) => user && { name: `${name} ${user}`, store: "memory" } };
    listens(options);
    await scope.fetch(PATIENT);
    assert.equal(asked.length, 1, "nobody is signed in");
    assert.deepEqual(await scope.tell({ "fhir-pull": "signed-in", user: "ann" }), { done: "signed-in" });
    scope = new Scope();
    listens(options);
    await fromReplica(scope.fetch(PATIENT));
    assert.deepEqual(await scope.tell({ "fhir-pull": "signed-out", wipe: true }), { done: "signed-out" });
    assert.deepEqual(replicas.did("wipe"), [["wipe", `${name} ann`]]);
    cut();
    assert.equal((await scope.fetch(PATIENT)).status, 504);
    assert.equal((await scope.tell({ "fhir-pull": "signed-in" })).failure.code, "bad-input");
    assert.equal(await scope.tell({ somebody: "else" }), undefined);
  });

  test("it pulls when it is time, with the token that the application last sent, which is kept nowhere", async () => {
    listens({ anonymous: false, feeds: ["Patient"], every: 1e9 });
    assert.equal((await scope.tell({ "fhir-pull": "pull" })).failure.code, "bad-input");
    for (let times = 0; times < 3; times += 1) await scope.fetch(PATIENT, { headers: { authorization: "Bearer secret-1" } });
    assert.deepEqual(replicas.did("pull"), [["pull", ["Patient"], "secret-1"]]);
    await scope.fetch(PATIENT, { headers: { authorization: "Bearer secret-2" } });
    assert.deepEqual(await scope.tell({ "fhir-pull": "pull" }), { done: "pull" });
    await scope.happens("sync", { tag: "fhir-pull" });
    await scope.happens("sync", { tag: "another" });
    assert.deepEqual(replicas.did("pull").map(([, , token]) => token), ["secret-1", "secret-2", "secret-2"]);
    assert.doesNotMatch(allStored(), /secret/);
  });

  test("a pull that fails is told, and the application is answered all the same", async () => {
    listens({ feeds: ["Patient"] });
    replicas.pulling = () => Promise.reject(Object.assign(new Error("no"), { code: "network" }));
    assert.equal((await scope.fetch(PATIENT)).status, 200);
    assert.deepEqual(errors.splice(0).map(({ code }) => code), ["network"]);
    assert.equal((await scope.tell({ "fhir-pull": "pull" })).failure.code, "network");
    // A failing replica is as good as none.
    replicas.covered.get = () => {
      throw new Error("secret");
    };
    cut();
    assert.equal((await scope.fetch(SEARCH)).status, 504);
    assert.deepEqual(errors.splice(0).map(({ code, message }) => [code, /secret/.test(message)]), [["internal", false]]);
  });

  test("a network that is slow is not waited for longer than it may take", async () => {
    listens({ networkTimeout: 5 });
    let late;
    network = () => new Promise((resolve) => (late = resolve));
    await fromReplica(scope.fetch(PATIENT));
    late(new Response("{}"));
    const uncovered = scope.fetch(`${BASE}/Patient/2`);
    setTimeout(() => late(new Response("{}", { status: 201 })), 20);
    assert.equal((await uncovered).status, 201);
  });

  test("whoever gives up is not answered", async () => {
    listens({});
    const giving = new AbortController();
    network = () => {
      giving.abort();
      return Promise.reject(new DOMException("gave up", "AbortError"));
    };
    await assert.rejects(scope.fetch(PATIENT, { signal: giving.signal }), { name: "AbortError" });
    assert.deepEqual(replicas.did("serve"), []);
  });

  test("a replica that was closed elsewhere is opened anew", async () => {
    const opened = [];
    const open = replicas.open;
    replicas.open = async (options) => opened[opened.push(await open(options)) - 1];
    listens({ policy: "cache-first" });
    await fromReplica(scope.fetch(PATIENT));
    await fromReplica(scope.fetch(PATIENT));
    assert.equal(opened.length, 1);
    opened[0].closed = true;
    await fromReplica(scope.fetch(PATIENT));
    assert.equal(opened.length, 2);
  });
});
