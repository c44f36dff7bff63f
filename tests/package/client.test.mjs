// The client of the built package against a server that says what a test wants to hear, with the engine in
// this thread and behind a port. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { scriptedServer, searchset } from "../support/scripted-server.mjs";
import { BUILT } from "./built.mjs";

const patient = (id, versionId = "1") => ({ resourceType: "Patient", id, meta: { versionId } });

for (const [name, { openClient }] of Object.entries(BUILT)) {
  /** A client of a server that answers by `script`, for the length of a test. */
  const opened = async (context, script, options) => {
    const server = await scriptedServer(script);
    const client = await openClient({ server: `${server.origin}/fhir`, ...options });
    context.after(() => Promise.all([client.close(), server.close()]));
    return { client, server };
  };

  test(`${name}: r1 what is held is given back where the server has no other version`, async (context) => {
    let version = "1";
    const { client, server } = await opened(context, ({ headers }) =>
      headers["if-none-match"] === `W/"${version}"` ? { status: 304 } : { body: patient("1", version) },
    );
    const held = await client.read("Patient/1");
    assert.equal(await client.read("Patient/1", { held }), held);
    version = "2";
    assert.deepEqual(await client.read("Patient/1", { held }), patient("1", "2"));
    const asked = server.requests.map(({ headers }) => headers["if-none-match"]);
    assert.deepEqual(asked, [undefined, 'W/"1"', 'W/"1"']);
    await assert.rejects(client.read("Patient/2", { held }), { code: "bad-input" });
  });

  test(`${name}: r1 where what is held has no version, its time is asked by`, async (context) => {
    const { client, server } = await opened(context, ({ headers }) =>
      headers["if-modified-since"] ? { status: 304 } : { body: patient("1") },
    );
    const held = { resourceType: "Patient", id: "1", meta: { lastUpdated: "2026-11-23T01:02:03.456+01:00" } };
    assert.equal(await client.read("Patient/1", { held }), held);
    assert.equal(server.requests[0].headers["if-modified-since"], "Mon, 23 Nov 2026 00:02:03 GMT");
  });

  test(`${name}: r3 what is held in part is read in whole`, async (context) => {
    const { client, server } = await opened(context, () => ({ body: patient("1") }));
    const held = { ...patient("1"), meta: { versionId: "1", tag: [{ code: "SUBSETTED" }] } };
    assert.deepEqual(await client.read("Patient/1", { held }), patient("1"));
    assert.equal(server.requests[0].headers["if-none-match"], undefined);
  });

  test(`${name}: r8 requests name the release of FHIR where the application gives it`, async (context) => {
    const told = await opened(context, () => ({ body: patient("1") }), { fhirVersion: "R5" });
    await told.client.read("Patient/1");
    assert.equal(told.server.requests[0].headers.accept, "application/fhir+json; fhirVersion=5.0");
    const silent = await opened(context, () => ({ body: patient("1") }));
    await silent.client.read("Patient/1");
    assert.equal(silent.server.requests[0].headers.accept, "application/fhir+json");
  });

  test(`${name}: a version is read, and a reference without one is refused`, async (context) => {
    const { client, server } = await opened(context, () => ({ body: patient("1", "7") }));
    assert.deepEqual(await client.vread("Patient/1/_history/7"), patient("1", "7"));
    assert.equal(server.requests[0].path, "/fhir/Patient/1/_history/7");
    await assert.rejects(client.vread("Patient/1"), { code: "bad-input" });
  });

  test(`${name}: r9 p6 a search by POST has its query in the body, and its second page is a GET`, async (context) => {
    const { client, server } = await opened(context, ({ method }) => ({
      body: method === "POST" ? searchset([patient("1")], "?page=2") : searchset([patient("2")]),
    }));
    const search = client.search("Patient?identifier=http://x.test/a|1", { method: "POST", handling: "strict" });
    assert.equal((await all(search)).length, 2);
    const [first, second] = server.requests;
    assert.deepEqual(
      [first.method, first.path, first.headers["content-type"], first.headers.prefer, first.body],
      ["POST", "/fhir/Patient/_search", "application/x-www-form-urlencoded", "handling=strict", "identifier=http://x.test/a%7C1"],
    );
    assert.deepEqual([second.method, second.path, second.body], ["GET", "/fhir/Patient/_search?page=2", ""]);
    await assert.rejects(client.search("Patient", { method: "PUT" }).next(), { code: "bad-input" });
  });

  test(`${name}: an operation is a GET, or a POST of what it takes, and may answer with nothing`, async (context) => {
    const { client, server } = await opened(context, ({ path }) =>
      path.endsWith("$nothing") ? { status: 204 } : { body: { resourceType: "Parameters", id: "done" } },
    );
    const parameters = { resourceType: "Parameters", parameter: [{ name: "ä", valueString: "x" }] };
    assert.equal((await client.operation("Patient/1/$do?a=b")).id, "done");
    assert.equal((await client.operation("Patient/$do", { parameters })).id, "done");
    assert.equal((await client.operation("$do", { method: "POST" })).id, "done");
    assert.equal(await client.operation("$nothing"), undefined);
    assert.deepEqual(
      server.requests.map(({ method, path, body }) => [method, path, body && JSON.parse(body)]),
      [
        ["GET", "/fhir/Patient/1/$do?a=b", ""],
        ["POST", "/fhir/Patient/$do", parameters],
        ["POST", "/fhir/$do", { resourceType: "Parameters" }],
        ["GET", "/fhir/$nothing", ""],
      ],
    );
    await assert.rejects(client.operation("Patient/1"), { code: "bad-input" });
    await assert.rejects(client.operation("$do", { method: "GET", parameters }), { code: "bad-input" });
    assert.equal(server.requests.length, 4);
  });

  test(`${name}: r1 r2 a batch answers each read in its place`, async (context) => {
    const held = patient("2", "5");
    const entry = [
      { resource: patient("1"), response: { status: "200 OK" } },
      { response: { status: "304" } },
      { response: { status: "410" }, resource: { resourceType: "OperationOutcome" } },
    ];
    const { client, server } = await opened(context, () => ({
      body: { resourceType: "Bundle", type: "batch-response", entry },
    }));
    const answers = await client.batch(["Patient/1", held, "Patient/3"]);
    assert.deepEqual(answers, [
      { reference: "Patient/1", status: 200, resource: patient("1") },
      { reference: "Patient/2", status: 304, resource: held },
      { reference: "Patient/3", status: 410 },
    ]);
    assert.equal(answers[1].resource, held);
    const sent = JSON.parse(server.requests[0].body);
    assert.deepEqual(sent.entry.map(({ request }) => request), [
      { method: "GET", url: "Patient/1" },
      { method: "GET", url: "Patient/2", ifNoneMatch: 'W/"5"' },
      { method: "GET", url: "Patient/3" },
    ]);
    assert.equal(server.requests[0].path, "/fhir");
    await assert.rejects(client.batch(["Patient/1", 7]), { code: "bad-input" });
    assert.deepEqual(await client.batch([]), []);
  });

  test(`${name}: the release of FHIR is told, and one that is not known is unsupported`, async (context) => {
    let fhirVersion;
    const { client } = await opened(context, () => ({ body: { resourceType: "CapabilityStatement", fhirVersion } }));
    for (const [said, release] of [["4.0.1", "R4"], ["4.0", "R4"], ["4.3.0", "R4B"], ["5.0.0", "R5"]]) {
      fhirVersion = said;
      assert.equal(await client.fhirVersion(), release);
    }
    for (const said of [undefined, "3.0.2", "4.1.0", "4.6.0", "6.0.0-ballot2", "5.0.0-ballot", 4]) {
      fhirVersion = said;
      await assert.rejects(client.fhirVersion(), { code: "unsupported" }, String(said));
    }
  });

  test(`${name}: p7 links of an alias are followed at the server, others are refused`, async (context) => {
    const aliases = ["http://inner.test:8080/fhir-server/api"];
    const script = ({ path }) => ({
      body: searchset([], path.includes("page") ? undefined : "http://inner.test:8080/fhir-server/api/Patient?page=a%7Cb"),
    });
    const { client, server } = await opened(context, script, { aliases });
    assert.equal((await all(client.search("Patient"))).length, 2);
    assert.equal(server.requests[1].path, "/fhir/Patient?page=a%7Cb");
    const { client: without } = await opened(context, script);
    await assert.rejects(all(without.search("Patient")), { code: "refused-link", message: /\(aliases\)/ });
    await assert.rejects(openClient({ server: server.origin, aliases: ["inner"] }), { code: "bad-input" });
  });

  test(`${name}: w3 no more requests are in flight than the application allows, of all calls together`, async (context) => {
    let inFlight = 0;
    let most = 0;
    const script = async () => {
      most = Math.max(most, (inFlight += 1));
      await setTimeout(5);
      inFlight -= 1;
      return { body: patient("1") };
    };
    const many = (client) => Promise.all(Array.from({ length: 12 }, () => client.read("Patient/1")));
    const { client } = await opened(context, script, { concurrency: 2 });
    await many(client);
    assert.equal(most, 2);
    most = 0;
    await many((await opened(context, script)).client);
    assert.equal(most, 4);
    await assert.rejects(openClient({ server: "http://x.test", concurrency: 0 }), { code: "bad-input" });
  });

  test(`${name}: w2 an answer of which nothing comes is given up, and asked for again where that changes nothing`, async (context) => {
    const hangs = [() => new Promise(() => {}), () => ({ body: patient("1"), hangAfter: 20 }), () => ({ body: patient("1") })];
    const { client, server } = await opened(context, () => hangs.shift()(), { timeout: 200 });
    assert.deepEqual(await client.read("Patient/1"), patient("1"));
    assert.equal(server.requests.length, 3);
    hangs.push(() => ({ body: patient("1"), hangAfter: 20 }));
    await assert.rejects(client.operation("$do", { method: "POST" }), { code: "network", message: /silent for too long \(timeout\)/ });
    for (let looked = 0; server.abandoned.length < 3 && looked < 500; looked += 1) await setTimeout(10);
    assert.equal(server.abandoned.length, 3);
    await assert.rejects(openClient({ server: "http://x.test", timeout: 0 }), { code: "bad-input" });
  });
}

/** All pages. */
async function all(pages) {
  const read = [];
  for await (const page of pages) read.push(page);
  return read;
}
