// The explorer's way to a server: the address, the network's switch, errors, queries and links.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { copyName, serverAddress } from "../../www/address.js";
import { failureOf } from "../../www/failures.js";
import { Network } from "../../www/network.js";
import { patientQuery, queryOf } from "../../www/query.js";

test("an address is taken without the slashes at its end", () => {
  assert.equal(serverAddress("  https://r4.example.org/fhir// "), "https://r4.example.org/fhir");
  assert.equal(serverAddress("http://localhost:8080"), "http://localhost:8080");
});

test("S1: what is no base URL is refused with a sentence that repeats nothing", () => {
  const refused = ["", "r4.example.org/fhir", "javascript:alert(1)", "https://", "https://user:secret@r4.example.org", "https://r4.example.org/fhir?name=secret"];
  for (const text of refused) {
    assert.throws(() => serverAddress(text), (error) => error instanceof RangeError && /\.$/.test(error.message) && !error.message.includes("secret"), text);
  }
});

test("copies of different servers have different names", () => {
  assert.equal(copyName("https://r4.example.org/tenant/7/fhir"), "r4.example.org-tenant-7-fhir");
  assert.notEqual(copyName("http://localhost:8080/fhir"), copyName("http://localhost:8081/fhir"));
});

test("the switch refuses requests as a missing network does, ends those under way, and lets go on", async () => {
  let arrived;
  const first = new Promise((resolve) => (arrived = resolve));
  const server = createServer((request, response) => {
    if (request.url === "/slow") arrived();
    else response.end("here");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  try {
    const network = new Network();
    const told = [];
    network.addEventListener("change", () => told.push(network.on));
    const slow = network.fetch(new Request(`${base}/slow`));
    const ended = assert.rejects(slow, TypeError);
    await first;
    network.switch(false);
    await ended;
    await assert.rejects(network.fetch(new Request(base)), TypeError);
    network.switch(true);
    assert.equal(await (await network.fetch(new Request(base))).text(), "here");
    assert.deepEqual(told, [false, true]);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a caller can still end its own request", async () => {
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(new Network().fetch(new Request("http://127.0.0.1:9/", { signal: controller.signal })), { name: "AbortError" });
});

test("an error is a sentence and what to do; with the switch off it names the switch", () => {
  const network = Object.assign(new Error("No answer came from r4.example.org."), { code: "network" });
  assert.equal(failureOf(network).sentence, "No answer came from r4.example.org.");
  assert.match(failureOf(network).advice, /try again/);
  assert.match(failureOf(network, { networkOn: false }).sentence, /switch .* is off/);
  assert.match(failureOf(Object.assign(new Error("Refused."), { code: "denied" })).advice, /token/);
  for (const thrown of [undefined, null, "text", {}, new Error("")]) assert.match(failureOf(thrown).sentence, /\.$/);
});

test("a next link becomes the query that the replica takes; another server's does not", () => {
  const server = "https://r4.example.org/fhir";
  assert.equal(queryOf(`${server}/Patient?_count=2&_offset=2`, server), "Patient?_count=2&_offset=2");
  assert.equal(queryOf("https://evil.example/fhir/Patient", server), undefined);
  assert.equal(queryOf("https://r4.example.org/fhirs/Patient", server), undefined);
  assert.equal(queryOf(undefined, server), undefined);
});

test("every word of a name has to be found, whatever characters it has", () => {
  assert.equal(patientQuery({ name: " Ana  Lopez ", sort: "birthdate", count: 50 }), "Patient?name=Ana&name=Lopez&_sort=birthdate&_count=50");
  assert.equal(patientQuery({ name: "", sort: "-birthdate", count: 50 }), "Patient?_sort=-birthdate&_count=50");
  assert.equal(patientQuery({ name: "O'Brien&_id=1", sort: "birthdate", count: 5 }), "Patient?name=O'Brien%26_id%3D1&_sort=birthdate&_count=5");
  assert.equal(patientQuery({ name: "a,b|c", sort: "birthdate", count: 5 }), "Patient?name=a%5C%2Cb%5C%7Cc&_sort=birthdate&_count=5");
});
