// The built package in Node: a replica in memory over a `fetch` that serves small Bundles, with the
// engine in this thread and behind a port. Needs pkg/.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import * as inline from "../../pkg/node.js";
import { BUILT } from "./built.mjs";
import { SERVER, server, until } from "./engines.mjs";

// The engine waits before it asks a failing server again. Its waits are real but for their length.
const { setTimeout: realTimeout } = globalThis;
globalThis.setTimeout = (callback, milliseconds, ...rest) => realTimeout(callback, milliseconds / 100, ...rest);

const observation = (id, day, version = 1) => ({
  resourceType: "Observation",
  id,
  meta: { versionId: String(version), lastUpdated: `2024-02-0${version}T00:00:00.000Z` },
  status: version > 1 ? "amended" : "final",
  code: { coding: [{ system: "http://loinc.org", code: "4548-4" }] },
  subject: { reference: "Patient/123" },
  effectiveDateTime: `2024-01-${day}`,
});

const fhir = (body, init) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    ...init,
    headers: { "content-type": "application/fhir+json", ...init?.headers },
  });

const searchset = (resources, next) => ({
  resourceType: "Bundle",
  type: "searchset",
  total: 3,
  link: next ? [{ relation: "next", url: next }] : [],
  entry: resources.map((resource) => ({
    fullUrl: `${SERVER}/${resource.resourceType}/${resource.id}`,
    resource,
    search: { mode: "match" },
  })),
});

/** Two pages of a search. */
const twoPages = server((path) =>
  path.includes("page=2")
    ? fhir(searchset([observation("c", "03")]))
    : fhir(searchset([observation("a", "01"), observation("b", "02")], `${SERVER}/Observation?page=2`)),
);

const FEED = "Observation?patient=123";
const ids = (bundle) => bundle.entry.map(({ resource }) => resource.id);

for (const [name, { openReplica, openClient }] of Object.entries(BUILT)) {
  const opened = (fetch, options) => openReplica({ name: "real", server: SERVER, fetch, ...options });

  test(`${name}: pulls pages and answers from them`, async () => {
    const replica = await opened(twoPages);
    const progress = [];
    const { feeds, generation } = await replica.pull([FEED], { onProgress: (p) => progress.push(p) });
    assert.equal(feeds[0].state, "complete");
    assert.deepEqual([feeds[0].feed, feeds[0].pages, feeds[0].stored, feeds[0].total], [FEED, 2, 3, 3]);
    assert.deepEqual(progress.at(-1), feeds[0]);

    assert.deepEqual(ids(await replica.search(`${FEED}&_sort=-date`)), ["c", "b", "a"]);
    const bytes = await replica.search(`${FEED}&date=2024-01-02`, { as: "bytes" });
    assert.deepEqual(ids(JSON.parse(new TextDecoder().decode(bytes))), ["b"]);
    assert.deepEqual(await replica.read("Observation/a"), observation("a", "01"));
    assert.equal(await replica.read("Observation/z"), undefined);

    await replica.explain(`${FEED}&status=final`);
    // What it read the first time is at hand now.
    const { types, total, reads } = await replica.explain(`${FEED}&status=final`);
    assert.deepEqual(types, [
      {
        type: "Observation",
        segments: 1,
        steps: ["patient", "status"].map((parameters) => ({ parameters, by: "terms looked up", left: 3 })),
      },
    ]);
    assert.deepEqual([total, reads.values], [3, 0]);
    await assert.rejects(replica.explain("Observation?nothing=1"), { code: "unsupported" });

    const status = await replica.status();
    assert.equal(status.generation, generation);
    assert.deepEqual([status.name, status.server, status.store], ["real", SERVER, "memory"]);
    assert.deepEqual(status.types, [{ type: "Observation", resources: 3, deleted: 0 }]);
    assert.equal(status.feeds[0].complete, true);
    assert.ok(status.storedBytes > 0 && status.jsonBytes > 0);

    const wiped = await replica.wipe();
    assert.ok(wiped.values > 0 && wiped.bytes > 0);
    await assert.rejects(replica.search(FEED), { code: "bad-input" });
  });

  test(`${name}: an answer says as of when what it is made of is whole`, async () => {
    const times = { Observation: "2024-03-02T10:00:00.000Z", Patient: "2024-03-01T10:00:00.000Z" };
    let refused = "Condition";
    const answer = server((path) => {
      const type = path.split("?")[0];
      if (type === refused) return fhir({ resourceType: "OperationOutcome" }, { status: 403 });
      const resource = { resourceType: type, id: "a" };
      return fhir({ ...searchset([resource]), meta: { lastUpdated: times[type] } });
    });
    const replica = await opened(answer);
    const asOf = async (query) => (await replica.search(query)).meta?.lastUpdated;
    assert.equal(await asOf("Observation"), undefined);
    await replica.pull(["Observation", "Patient"]);
    assert.equal(await asOf("Observation"), times.Observation);
    assert.equal(await asOf("?_type=Observation,Patient"), times.Patient);
    const { feeds } = await replica.status();
    assert.deepEqual(feeds.map(({ asOf }) => asOf), [times.Observation, times.Patient]);
    // A pull that fails makes nothing younger; the next one that is whole does.
    refused = "Patient";
    times.Patient = "2024-03-05T10:00:00.000Z";
    await assert.rejects(replica.pull(["Patient"]), { code: "denied" });
    assert.equal(await asOf("Patient"), "2024-03-01T10:00:00.000Z");
    refused = "";
    await replica.pull(["Patient"]);
    assert.equal(await asOf("Patient"), times.Patient);
    await replica.close();
  });

  test(`${name}: a watch sees a change and a deletion that a history brings`, async () => {
    const entries = [
      { request: { method: "POST", url: "Observation" }, response: { status: "201" }, resource: observation("a", "01") },
      { request: { method: "POST", url: "Observation" }, response: { status: "201" }, resource: observation("b", "02") },
    ];
    const replica = await opened(
      server(() => fhir({ resourceType: "Bundle", type: "history", total: entries.length, entry: entries.toReversed() })),
    );
    const seen = [];
    const stop = replica.watch(`${FEED}&_sort=date`, (bundle) =>
      seen.push(bundle.entry?.map(({ resource }) => `${resource.id}${resource.meta.versionId}`).join(" ")),
    );
    const last = (expected) => until(() => seen.at(-1) === expected, `${expected}, but ${seen.join(" | ")}`);
    await replica.pull([{ history: "Observation" }]);
    await last("a1 b1");
    const told = seen.length;
    await replica.pull([{ history: "Observation" }]);
    entries.push({
      fullUrl: `${SERVER}/Observation/b`,
      request: { method: "PUT", url: "Observation/b" },
      response: { status: "200" },
      resource: observation("b", "02", 2),
    });
    await replica.pull([{ history: "Observation" }]);
    await last("a1 b2");
    assert.equal(seen.length, told + 1, "an answer that did not change was told");
    entries.push({
      fullUrl: `${SERVER}/Observation/a`,
      request: { method: "DELETE", url: "Observation/a" },
      response: { status: "204", lastModified: "2024-02-03T00:00:00.000Z", etag: 'W/"2"' },
    });
    await replica.pull([{ history: "Observation" }]);
    await last("b2");
    await assert.rejects(replica.read("Observation/a"), { code: "gone" });
    stop();
    await replica.close();
  });

  const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "login" }] };
  const answers = {
    "an HTML page": [() => new Response("<html>Sign in</html>", { headers: { "content-type": "text/html" } }), "not-fhir", 200],
    "a refused token": [() => fhir(outcome, { status: 401 }), "denied", 401],
    "a body cut short": [() => fhir(JSON.stringify(searchset([observation("d", "04")])).slice(0, -40)), "malformed", 200],
    "a next link to another origin": [() => fhir(searchset([observation("d", "04")], "http://evil.test/r4/x")), "refused-link"],
    "no network": [() => Promise.reject(new TypeError("fetch failed")), "network"],
    "no Response": [() => "nothing", "bad-input"],
  };
  for (const [what, [answer, code, status]] of Object.entries(answers)) {
    test(`${name}: ${what} is "${code}" and what is stored stays`, async () => {
      let broken = false;
      const replica = await opened(async (request) => (broken ? answer() : twoPages(request)), { token: () => "secret" });
      await replica.pull([FEED]);
      broken = true;
      const error = await replica.pull(["Observation?patient=456"]).catch((error) => error);
      assert.ok(error instanceof inline.FhirPullError || error.name === "FhirPullError");
      assert.equal(error.code, code);
      assert.equal(error.status, status);
      assert.deepEqual(error.outcome, status === 401 ? outcome : undefined);
      assert.ok(error.message.length > 20);
      assert.doesNotMatch(error.message, /secret|patient=/);
      assert.deepEqual(ids(await replica.search(`${FEED}&date=le2024-01-03&_sort=date`)), ["a", "b", "c"]);
      await replica.close();
    });
  }

  test(`${name}: a pull stops when told, and the next one goes on`, async () => {
    let hang = true;
    const replica = await opened((request) => {
      if (!hang || !request.url.includes("page=2")) return twoPages(request);
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
    });
    const controller = new AbortController();
    const pulling = replica.pull([FEED], { signal: controller.signal });
    setTimeout(() => controller.abort(), 5000);
    await assert.rejects(pulling, { code: "aborted" });
    hang = false;
    await replica.pull([FEED]);
    assert.deepEqual(ids(await replica.search(`${FEED}&_sort=date`)), ["a", "b", "c"]);
    await replica.close();
  });

  test(`${name}: a watch sees what an aborted pull keeps`, async () => {
    let changed = false;
    const replica = await opened((request) => {
      if (!changed) return twoPages(request);
      if (!request.url.includes("page=2")) {
        return server(() => fhir(searchset([observation("a", "09", 2)], `${SERVER}/Observation?page=2`)))(request);
      }
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
    });
    await replica.pull([FEED]);
    const seen = [];
    replica.watch(`${FEED}&_sort=-date&_count=1`, (bundle) => seen.push(...ids(bundle)));
    await until(() => seen.length === 1, "the first answer");
    changed = true;
    const controller = new AbortController();
    const onProgress = ({ pages }) => pages === 1 && controller.abort();
    await assert.rejects(replica.pull([FEED], { signal: controller.signal, onProgress }), { code: "aborted" });
    await until(() => seen.length === 2, "the answer after what was kept");
    assert.deepEqual(seen, ["c", "a"]);
    await replica.close();
  });

  test(`w4 ${name}: no network for a new token is retryable and leaves all as it was; another refusal is denied`, async () => {
    let stored = "old";
    let renew;
    const token = async ({ refresh }) => (refresh ? (stored = await renew()) : stored);
    const sent = [];
    const replica = await opened(
      server((path, request) => {
        sent.push(request.headers.get("authorization"));
        return sent.at(-1) === "Bearer new" ? fhir(searchset([observation("a", "01")])) : new Response(null, { status: 401 });
      }),
      { token },
    );
    const pulled = () => replica.pull([FEED, "Patient", "Encounter"]);
    renew = () => Promise.reject(new TypeError("fetch failed"));
    await assert.rejects(pulled, { code: "network", retryable: true });
    renew = () => Promise.reject(new Error("invalid_grant: old"));
    await assert.rejects(pulled, (error) => {
      assert.deepEqual([error.code, error.retryable], ["denied", false]);
      assert.doesNotMatch(`${error.message} ${error.cause}`, /invalid_grant|old/);
      return true;
    });
    assert.deepEqual(sent, ["Bearer old", "Bearer old"], "one try for each of them, whatever the number of feeds");
    renew = async () => "new";
    assert.equal((await pulled()).feeds[0].stored, 1);
    assert.deepEqual(sent.slice(2, 4), ["Bearer old", "Bearer new"]);
    await replica.close();
  });

  test(`${name}: a token that is being waited for keeps no call from its end`, async () => {
    const replica = await opened(twoPages, { token: () => new Promise(() => {}) });
    const fresh = replica.keepFresh({ feeds: [FEED], every: 5 });
    await until(() => fresh.state.state === "pulling", "the pull");
    await fresh.stop();
    await replica.close();
  });

  test(`${name}: a server of another version of FHIR is refused, with the option to give`, async () => {
    const statement = { resourceType: "CapabilityStatement", fhirVersion: "5.0.0", rest: [] };
    const speaking = server((path) => fhir(path.endsWith("metadata") ? statement : { ...searchset([]), total: 0 }));
    const replica = await opened(speaking);
    await assert.rejects(replica.pull([FEED]), { code: "bad-input", message: /fhirVersion: "R5"/ });
    await replica.close();
    const right = await opened(speaking, { name: "right", fhirVersion: "R5" });
    assert.equal((await right.pull([FEED])).feeds[0].state, "complete");
    const [{ strategy, why }] = await right.explain();
    // The statement names nothing that helps.
    assert.deepEqual([strategy, /does not name/.test(why)], ["crawl", true]);
    await right.close();
  });

  test(`${name}: what one answer is made of, the policy says`, async () => {
    let reachable = true;
    const asked = [];
    const replica = await opened((request) => {
      if (!reachable) return Promise.reject(new TypeError("no network"));
      asked.push(request.url.slice(SERVER.length + 1));
      const resource = observation("a", "01");
      const headers = { date: "Thu, 01 Feb 2024 00:00:00 GMT" };
      return Promise.resolve(request.url.endsWith("Observation/a") ? fhir(resource, { headers }) : fhir(searchset([resource]), { headers }));
    });
    const first = await replica.get("Observation/a");
    assert.deepEqual(first, { resource: observation("a", "01"), from: "server", asOf: "2024-02-01T00:00:00.000Z" });
    assert.equal((await replica.get("Observation/a")).from, "replica");
    const both = ["Observation/a", "Observation/a"].map((what) => replica.get(what, { policy: "network-only" }));
    const [one, other] = await Promise.all(both);
    assert.notEqual(one.resource, other.resource, "each has its own to change");
    assert.deepEqual(asked, ["Observation/a", "Observation/a"], "one request for the two");
    reachable = false;
    assert.equal((await replica.get("Observation/a", { policy: "network-first" })).from, "replica");
    const stale = await replica.get("Observation/a", { policy: "stale-while-revalidate" });
    assert.equal(stale.from, "replica");
    await assert.rejects(stale.fresh, { code: "network" });
    // No feed brings all that it asks for: a part would be a wrong answer.
    await assert.rejects(replica.get(FEED, { policy: "network-first" }), { code: "network" });
    assert.deepEqual(await replica.get("Observation/none", { policy: "cache-only" }), { resource: undefined, from: "replica", asOf: undefined });
    await assert.rejects(replica.get("Observation/a", { policy: "fast" }), { code: "bad-input" });
    await replica.close();
  });

  test(`${name}: a client reads and pages`, async () => {
    const paths = [];
    const client = await openClient({
      server: SERVER,
      fetch: (request) => {
        paths.push(request.url.slice(SERVER.length + 1));
        return request.url.endsWith("/Observation/a") ? Promise.resolve(fhir(observation("a", "01"))) : twoPages(request);
      },
    });
    assert.deepEqual(await client.read("Observation/a"), observation("a", "01"));
    const pages = [];
    for await (const page of client.search(FEED)) pages.push(ids(page));
    assert.deepEqual(pages, [["a", "b"], ["c"]]);
    assert.equal(paths.length, 3);
    await client.close();
  });
}

test("a base URL that the engine can't use gets a sentence", async () => {
  const error = await inline.openReplica({ name: "real", server: "https://r4.example.org/fhir?x=1" }).catch((error) => error);
  assert.equal(error.code, "bad-input");
});

const [major, minor] = process.versions.node.split(".").map(Number);
const requires = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
test("require gives the same package", { skip: !requires && "this Node can't require ES modules" }, () => {
  const required = createRequire(import.meta.url)("../../pkg/node.js");
  assert.equal(required.openReplica, inline.openReplica);
});
