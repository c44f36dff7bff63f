// The client against Helios HFS: conditional reads, versions, searches by POST, batches and operations.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openClient } from "../../pkg/node.js";
import { Hfs } from "../support/hfs.mjs";
import { FhirServer } from "../support/rest.mjs";

const PATIENTS = 12;

const patient = (number, gender = "female") => ({
  resourceType: "Patient",
  id: `p${number}`,
  identifier: [{ system: "http://example.org/mrn", value: `mrn ${number}` }],
  name: [{ family: "Müller" }],
  gender,
});

const observation = (number) => ({
  resourceType: "Observation",
  id: `o${number}`,
  status: "final",
  code: { text: "weight" },
  subject: { reference: "Patient/p1" },
});

describe("Helios HFS, by the client", () => {
  /** @type {Hfs} */
  let hfs;
  let server;
  let client;
  /** Every request that was made. @type {Request[]} */
  const requests = [];

  before(async () => {
    hfs = await Hfs.start();
    server = new FhirServer(hfs.base);
    const numbers = Array.from({ length: PATIENTS }, (_, number) => number);
    await server.putAll([...numbers.map((number) => patient(number)), observation(1), observation(2)]);
    const counting = (request) => {
      requests.push(request);
      return fetch(request);
    };
    client = await openClient({ server: hfs.base, fetch: counting });
  });
  after(async () => {
    await client?.close();
    await hfs?.stop();
  });

  test("the release of FHIR is told", async () => {
    assert.equal(await client.fhirVersion(), "R4");
  });

  test("r1: what is held is given back until the server has another version", async () => {
    const held = await client.read("Patient/p1");
    assert.equal(await client.read("Patient/p1", { held }), held);
    await server.put(patient(1, "male"));
    const newer = await client.read("Patient/p1", { held });
    assert.equal(newer.gender, "male");
    assert.notEqual(newer.meta.versionId, held.meta.versionId);
  });

  test("h6: each version is read, and one that never was is not found", async () => {
    const genders = [];
    for (const version of [1, 2]) genders.push((await client.vread(`Patient/p1/_history/${version}`)).gender);
    assert.deepEqual(genders, ["female", "male"]);
    await assert.rejects(client.vread("Patient/p1/_history/99"), { code: "not-found" });
  });

  test("r9: a search by POST finds what the same search by GET finds, page by page", async () => {
    const ids = async (options) => {
      const found = [];
      const query = "Patient?family=Müller&identifier:not=http://example.org/mrn|mrn 3&_count=5";
      for await (const { entry = [] } of client.search(query, options)) found.push(...entry.map(({ resource }) => resource.id));
      return found.sort();
    };
    requests.length = 0;
    const posted = await ids({ method: "POST" });
    assert.equal(requests[0].method, "POST");
    assert.doesNotMatch(requests[0].url, /mrn/);
    assert.ok(requests.length > 2 && requests.slice(1).every(({ method }) => method === "GET"), "further pages are a GET");
    assert.equal(posted.length, PATIENTS - 1);
    assert.deepEqual(posted, await ids({ method: "GET" }));
  });

  test("r1 r2: a batch answers each read in its place", async () => {
    const held = await client.read("Patient/p1");
    await server.delete("Patient/p11");
    const answers = await client.batch(["Patient/p2", held, "Patient/p11", "Patient/never"]);
    assert.deepEqual(answers[0], { reference: "Patient/p2", status: 200, resource: await client.read("Patient/p2") });
    // HFS may bring what is held once more, which is the same to who asked.
    assert.ok([200, 304].includes(answers[1].status));
    assert.deepEqual(answers[1].resource, held);
    assert.deepEqual(answers.slice(2).map(({ status }) => status), [410, 404]);
  });

  test("operations by GET and by POST", async () => {
    const { entry } = await client.operation("Patient/p1/$everything");
    assert.deepEqual(entry.map(({ resource }) => resource.id).sort(), ["o1", "o2", "p1"]);
    const parameters = { resourceType: "Parameters", parameter: [{ name: "resource", resource: patient(1) }] };
    const outcome = await client.operation("Patient/$validate", { parameters });
    assert.equal(outcome.resourceType, "OperationOutcome");
    await assert.rejects(client.operation("Patient/p1/$nothing-like-it"), ({ code }) => /^(http|not-found)$/.test(code));
  });
});
