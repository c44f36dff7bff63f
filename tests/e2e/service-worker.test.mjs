// The service worker in a real Chromium: policies, users, tokens, a worker that the browser stops, and pages that pull
// into the replica that it serves.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { tokenOf } from "../support/jwt.mjs";
import { OfflineWorld, WORKERS, ask, tell } from "../support/offline-world.mjs";

const FEEDS = ["Patient?_count=50", { history: "Observation" }];

describe("a service worker in Chromium", () => {
  /** @type {OfflineWorld} */
  let world;
  let server;
  let patients;
  let observation;

  before(async () => {
    world = await OfflineWorld.start({ patients: 12, seed: 6 });
    server = world.server;
    const listed = async (query) => (await (await fetch(`${server}/${query}`)).json()).entry.map(({ resource }) => resource);
    patients = await listed("Patient?_count=100");
    [observation] = await listed("Observation?_count=1");
  });
  after(() => world?.stop());
  beforeEach(async () => {
    await world.front.open();
    world.front.instead = () => undefined;
    world.front.requests.length = 0;
  });

  /** A page with its worker, all pulled. */
  async function served(name, options = {}) {
    const page = await world.page();
    const { worker = WORKERS.bundled, token, ...rest } = options;
    await world.install(page, { replica: { name }, feeds: FEEDS, anonymous: !token, ...rest }, worker);
    if (token) await ask(page, `${server}/Patient/none`, as(token));
    assert.deepEqual(await tell(page, { "fhir-pull": "pull" }), { done: "pull" });
    world.front.requests.length = 0;
    return page;
  }
  const as = (token) => ({ headers: { authorization: `Bearer ${token}` } });
  const readPatient = () => `${server}/Patient/${patients[0].id}`;
  const asked = () => world.front.requests.map(({ method, path }) => `${method} ${path.replace("/fhir/", "")}`);

  test("network-first: 401, 403 and what else the server says is passed on; where it is gone, the replica answers", async () => {
    const page = await served("network first");
    const online = await ask(page, readPatient());
    assert.deepEqual([online.status, online.from], [200, undefined]);
    for (const status of [401, 403, 500]) {
      world.front.instead = () => ({ status });
      assert.deepEqual((await ask(page, readPatient())).status, status);
    }
    world.front.instead = () => ({ status: 503 });
    assert.equal((await ask(page, readPatient())).from, "replica");
    await world.front.close();
    const offline = await ask(page, readPatient());
    assert.deepEqual([offline.status, offline.from, offline.body], [200, "replica", online.body]);
    assert.ok(Date.parse(offline.asOf) <= Date.now(), `as of ${offline.asOf}`);
    const refused = await ask(page, `${server}/Practitioner?name=a`);
    assert.deepEqual([refused.status, refused.from, refused.body.resourceType], [504, "service-worker", "OperationOutcome"]);
    assert.equal((await ask(page, readPatient(), { method: "PUT", body: "{}" })).failed, "TypeError", "writes fail as ever");
    await page.close();
  });

  test("pages are followed in the replica, through a stop of the worker and when the network is back", async () => {
    const page = await served("pages");
    await world.front.close();
    const ids = [];
    let link = `${server}/Patient?_count=5&_sort=_id`;
    for (let pages = 0; link && pages < 20; pages += 1) {
      if (pages === 1) await world.stopWorkers(page);
      if (pages === 2) await world.front.open();
      const { status, from, body } = await ask(page, link);
      assert.deepEqual([status, from], [200, "replica"]);
      ids.push(...body.entry.map(({ resource }) => resource.id));
      link = body.link.find(({ relation }) => relation === "next")?.url;
      assert.ok(!link || link.startsWith(`${server}/Patient?`), "links lead to the usual server");
    }
    assert.deepEqual(ids.sort(), patients.map(({ id }) => id).sort());
    assert.deepEqual(asked(), []);
    await page.close();
  });

  test("cache-first: the server is not asked, and a page's own pull is never answered from the replica", async () => {
    const page = await served("cache first", { policy: "cache-first", feeds: undefined, worker: WORKERS.unbundled }).catch((error) => error);
    assert.match(String(page), /nothing to pull|bad-input/, "without feeds the worker pulls nothing");
    const own = await world.page();
    await world.install(own, { replica: { name: "cache first" }, policy: "cache-first", anonymous: true }, WORKERS.unbundled);
    const pull = () =>
      own.evaluate(async ([server, feeds]) => {
        const { openReplica } = await import("/pkg/browser.js");
        globalThis.replica ??= await openReplica({ name: "cache first", server });
        await globalThis.replica.pull(feeds);
        return globalThis.replica.status();
      }, [server, FEEDS]);
    const status = await pull();
    assert.equal(status.types.find(({ type }) => type === "Patient").resources, patients.length);
    world.front.requests.length = 0;
    assert.equal((await ask(own, `${server}/Patient?_count=3`)).from, "replica");
    assert.deepEqual(asked(), []);

    await fetch(`${world.demo.base}/Patient`, { method: "POST", body: JSON.stringify({ resourceType: "Patient", gender: "other" }) });
    assert.equal((await ask(own, `${server}/Patient?_summary=count`)).body.total, patients.length);
    await pull();
    const counted = await ask(own, `${server}/Patient?_summary=count`);
    assert.deepEqual([counted.from, counted.body.total], ["replica", patients.length + 1], "what a page has pulled is served at once");
    await own.close();
  });

  test("what the application writes it reads again, from the server and then from the replica", async () => {
    const page = await served("written", { policy: "cache-first" });
    assert.equal((await ask(page, readPatient())).from, "replica");
    const changed = JSON.stringify({ ...patients[0], gender: "unknown" });
    assert.equal((await ask(page, readPatient(), { method: "PUT", body: changed })).status, 200);
    assert.equal((await ask(page, readPatient())).body.gender, "unknown");
    // The worker has pulled of itself; as of when that is, is later than the write by a second at most.
    for (let tries = 0; tries < 100; tries += 1) {
      const { from, body } = await ask(page, readPatient());
      assert.equal(body.gender, "unknown");
      if (from === "replica") break;
      await new Promise((resolve) => setTimeout(resolve, 100));
      await tell(page, { "fhir-pull": "pull" });
    }
    assert.equal((await ask(page, readPatient())).from, "replica");
    await page.close();
  });

  test("stale-while-revalidate: what the server answered is there the next time", async () => {
    const page = await served("stale", { policy: "stale-while-revalidate" });
    const gender = async () => {
      const { from, body } = await ask(page, `${server}/Patient/${patients[1].id}`);
      assert.equal(from, "replica");
      return body.gender;
    };
    await fetch(`${world.demo.base}/Patient/${patients[1].id}`, { method: "PUT", body: JSON.stringify({ ...patients[1], gender: "unknown" }) });
    assert.equal(await gender(), patients[1].gender);
    for (let tries = 0; (await gender()) !== "unknown" && tries < 100; tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await gender(), "unknown");
    await page.close();
  });

  test("s3 one user's replica answers nobody else, and nobody without a token; the token is stored nowhere", async () => {
    const [ann, bob] = [tokenOf("ann"), tokenOf("bob")];
    const page = await served("users", { token: ann, policy: "cache-first" });
    assert.equal((await ask(page, readPatient(), as(ann))).from, "replica");
    world.front.instead = ({ headers }) => (headers.authorization ? undefined : { status: 401 });
    assert.equal((await ask(page, readPatient())).status, 401);
    assert.equal((await ask(page, readPatient(), as(bob))).from, undefined);
    await world.front.close();
    await world.stopWorkers(page);
    for (const init of [undefined, as(bob)]) assert.equal((await ask(page, readPatient(), init)).status, 504);
    assert.equal((await ask(page, readPatient(), as(ann))).from, "replica");

    const kept = await page.evaluate(async () => {
      const texts = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          const response = await cache.match(request);
          if (!/wasm/.test(request.url)) texts.push(request.url, await response.text(), ...[...request.headers].flat());
        }
      }
      return texts.join("\n");
    });
    assert.doesNotMatch(kept, /eyJ|ann|Bearer/);
    assert.deepEqual(filesWith(join(world.browser.profile, "Default", "IndexedDB"), ann.split(".")[1]), []);

    assert.deepEqual(await tell(page, { "fhir-pull": "signed-out", wipe: true }), { done: "signed-out" });
    const left = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    assert.ok(!left.includes("fhir-pull/users"), `L10: ${left}`);
    assert.equal((await ask(page, readPatient(), as(ann))).status, 504);
    await page.close();
  });

  test("each user has a replica, told by claims or by the page", async () => {
    const [ann, bob] = [tokenOf("ann"), tokenOf("bob")];
    const page = await served("claims", { token: ann, byClaims: true });
    const names = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
    assert.ok((await names()).includes("fhir-pull/claims of ann"));
    await world.front.close();
    assert.equal((await ask(page, readPatient(), as(ann))).from, "replica");
    assert.equal((await ask(page, readPatient(), as(bob))).status, 504);
    await page.close();

    await world.front.open();
    const named = await world.page();
    await world.install(named, { replica: { name: "named" }, feeds: FEEDS, anonymous: true, byUser: true });
    assert.deepEqual(await tell(named, { "fhir-pull": "signed-in", user: "carol" }), { done: "signed-in" });
    assert.deepEqual(await tell(named, { "fhir-pull": "pull" }), { done: "pull" });
    await world.front.close();
    await world.stopWorkers(named);
    assert.equal((await ask(named, readPatient())).from, "replica");
    assert.deepEqual(await tell(named, { "fhir-pull": "signed-in", user: "dave" }), { done: "signed-in" });
    assert.equal((await ask(named, readPatient())).status, 504);
    await named.close();
  });

  test("deletions are known: 410 for a read, and not found by a search", async () => {
    await fetch(`${world.demo.base}/Observation/${observation.id}`, { method: "DELETE" });
    const page = await served("deletions", { policy: "cache-only" });
    const read = await ask(page, `${server}/Observation/${observation.id}`);
    assert.deepEqual([read.status, read.from, read.body.resourceType], [410, "replica", "OperationOutcome"]);
    const found = await ask(page, `${server}/Observation?_id=${observation.id}`);
    assert.deepEqual([found.status, found.body.total], [200, 0]);
    const head = await ask(page, readPatient(), { method: "HEAD" });
    assert.deepEqual([head.status, head.from, head.body], [200, "replica", undefined]);
    assert.deepEqual(asked(), []);
    await page.close();
  });

  test("a worker without its WebAssembly breaks nothing, and has it as soon as it can be had", async () => {
    const page = await world.page();
    await world.install(page, { replica: { name: "no wasm" }, feeds: FEEDS, anonymous: true, wasm: "/nowhere.wasm" }, WORKERS.classic);
    assert.equal((await ask(page, readPatient())).status, 200);
    assert.equal((await tell(page, { "fhir-pull": "pull" })).failure.code, "network");
    await world.front.close();
    assert.equal((await ask(page, readPatient())).status, 504);
    await page.close();
  });
});

/** The files below a directory that have a text in them. */
function filesWith(directory, text) {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.filter((path) => readFileSync(path).includes(text));
}
