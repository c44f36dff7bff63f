// Replicas at an edge, in workerd: pulled on a schedule from the demo server, served, kept over a restart, gone on with;
// pulls that their bound cuts; shards in Durable Objects; a copy in KV; and who may read what. Needs pkg/.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";
import { FhirServer } from "../support/rest.mjs";
import { assertServes, searched } from "../support/served.mjs";
import { workerd } from "../support/workerd.mjs";

const TYPES = ["Patient", "Observation", "Condition", "Practitioner"];
const FEEDS = TYPES.map((history) => ({ history }));
const TOKEN = "s3cret-of-the-source";
const KEY = "07".repeat(32);

let folder;
let demo;
let server;
let edge;
/** Addresses that the demo server was asked for. */
let asked = [];

/** Starts the worker, in front of what was kept before. */
async function start(bindings = {}) {
  await edge?.dispose();
  edge = await workerd(new URL("edge-worker.js", import.meta.url), {
    bindings: { SERVER: demo.base, FEEDS, TOKEN, KEY, BOUNDS: { requests: 1000, milliseconds: 120_000 }, ...bindings },
    kvNamespaces: ["COPY"],
    r2Buckets: ["BUCKET"],
    d1Databases: ["DB"],
    durableObjects: { REPLICAS: { className: "FhirReplica", useSQLite: true } },
    kvPersist: join(folder, "kv"),
    r2Persist: join(folder, "r2"),
    d1Persist: join(folder, "d1"),
    durableObjectsPersist: join(folder, "do"),
  });
  asked = [];
}

/** Asks one of the replicas. */
function asking(kind, token = "all") {
  return async (path, headers = {}) => {
    const url = path.startsWith("http:") ? path : `http://edge.test/${kind}/fhir/${path}`;
    const authorization = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await edge.dispatchFetch(url, { headers: { ...authorization, ...headers } });
    return { status: answer.status, text: await answer.text() };
  };
}

async function pull(kind) {
  const { outcome } = await (await edge.getWorker()).scheduled({ cron: kind });
  return outcome;
}

/** Lets things change at the source. */
async function change() {
  const answer = await fetch(new URL("/demo/change", demo.url), { method: "POST" });
  const changes = await answer.json();
  server.note(changes);
  return changes;
}

/** Asks until the answer is another than `status`, for a minute at most. */
async function otherThan(status, ask, path) {
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await ask(path);
    if (answer.status !== status) return answer;
    assert.ok(Date.now() < end, `${path} is ${status} for ever`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Asks until the first pull is complete. */
const whole = (ask, path = "Patient?_count=1") => otherThan(503, ask, path);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "fhir-pull-edge-"));
  demo = await startDemo({ patients: 12, seed: 5, token: TOKEN, quiet: true, faults: ({ url }) => void asked.push(url) });
  server = new FhirServer(demo.base, { token: TOKEN });
  await server.learn(TYPES);
});
after(async () => {
  await edge?.dispose();
  await demo?.close();
  await rm(folder, { recursive: true, force: true });
});

for (const kind of ["r2", "d1", "sealed"]) {
  test(`${kind}: pulls on schedule, serves, is there after a restart, and goes on with what is new (L1, L4)`, async () => {
    await start();
    const ask = asking(kind);
    const early = await ask("Patient");
    assert.deepEqual([early.status, JSON.parse(early.text).issue[0].code], [503, "transient"]);
    assert.equal(await pull(kind), "ok");
    await assertServes(ask, server, { types: TYPES });

    const { created, updated } = await change();
    await start();
    assert.equal((await ask(created[0])).status, 404, "as it was before");
    const older = await ask(updated[0]);
    assert.ok(older.status === 200 && older.text !== (await server.current(updated[0])), "as it was before");
    asked = [];
    await ask(updated[0]);
    assert.equal(asked.length, 0, "served without the source");
    assert.equal(await pull(kind), "ok");
    const begun = asked.filter((url) => !url.includes("_page="));
    assert.ok(begun.length === FEEDS.length && begun.every((url) => url.includes("_since=")), begun.join(" "));
    assert.deepEqual(await ask(updated[0]), { status: 200, text: await server.current(updated[0]) });
    await assertServes(ask, server, { types: TYPES });
  });
}

test("what is encrypted is not to be read in the bucket (L10)", async () => {
  const stored = async (prefix) => Buffer.from(await (await edge.dispatchFetch(`http://edge.test/stored/${prefix}`)).arrayBuffer());
  const [plain, sealed] = [await stored("plain/"), await stored("sealed/")];
  for (const word of ["Observation/_history", demo.base]) {
    assert.ok(plain.includes(word), `${word} is readable where nothing is encrypted`);
    assert.ok(!sealed.includes(word), `${word} is not readable`);
  }
});

test("kv: a copy that a pull published is served, and follows", async () => {
  await rm(join(folder, "kv"), { recursive: true, force: true });
  await start();
  const ask = asking("kv");
  assert.equal((await ask("Patient")).status, 503, "nothing is published yet");
  await pull("d1");
  await assertServes(ask, server, { types: TYPES });
  await change();
  await pull("d1");
  await assertServes(ask, server, { types: TYPES });
});

test("requests that come at once to a worker that has just started are all answered, also where some are given up", async () => {
  await start();
  const ask = asking("r2");
  const [patient] = server.references().filter((one) => one.startsWith("Patient/"));
  const given = AbortSignal.timeout(30);
  const headers = { authorization: "Bearer all" };
  const giveUp = () => edge.dispatchFetch("http://edge.test/r2/fhir/Observation?_count=200", { headers, signal: given });
  const gone = Promise.allSettled(Array.from({ length: 5 }, giveUp));
  const answers = await Promise.all(Array.from({ length: 30 }, (_, nth) => ask(nth % 2 ? patient : "Observation?_count=3")));
  await gone;
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal((await ask(patient)).text, await server.current(patient));
});

test("a pull that reaches its bound has kept what came, and the next invocations go on to the end (L1, L2)", async () => {
  await rm(join(folder, "r2"), { recursive: true, force: true });
  // The one of several pages last: it has its turn also when the others have something new to ask for each time.
  const feeds = [...FEEDS.filter(({ history }) => history !== "Observation"), { history: "Observation" }];
  await start({ BOUNDS: { requests: 5, milliseconds: 120_000 }, FEEDS: feeds });
  const ask = asking("r2");
  const requests = [];
  while ((await ask("Observation?_count=1")).status === 503) {
    asked = [];
    assert.equal(await pull("r2"), "ok");
    requests.push(asked.length);
    assert.ok(asked.length <= 5, `${asked.length} requests`);
    assert.ok(requests.length < 50, "it never ends");
  }
  assert.ok(requests.length >= 3, `cut in ${requests.length} places`);
  assert.equal(new Set(requests.slice(0, -1)).size, 1, "each but the last used all of its requests");
  await assertServes(ask, server, { types: TYPES, references: server.references() });
});

test("a worker with a source that refuses fails its invocation, and serves what it has", async () => {
  await start({ TOKEN: "wrong", FEEDS: [{ history: "Patient" }] });
  assert.equal(await pull("r2"), "exception");
  assert.equal((await asking("r2")("Patient?_count=1")).status, 200);
});

describe("who may read what", () => {
  before(() => start());

  test("nobody without a token, whatever is asked", async () => {
    for (const kind of ["r2", "kv", "shards/all"]) {
      for (const path of ["metadata", "Patient", "Patient/1", "", "_history"]) {
        assert.equal((await asking(kind, null)(path)).status, 401, `${kind} ${path}`);
      }
    }
  });

  test("who is narrowed to a compartment sees nothing else", async () => {
    await pull("d1");
    for (const kind of ["d1", "shards/all"]) {
      await whole(asking(kind));
      const patients = await searched(asking(kind), "Patient?_count=100");
      const [mine, other] = patients;
      const ask = asking(kind, mine);
      assert.deepEqual(await searched(ask, "Patient"), [mine]);
      assert.equal((await ask(other)).status, 404);
      const observations = await searched(ask, "Observation?_count=200");
      const all = await searched(asking(kind), `Observation?patient=${mine}&_count=200`);
      assert.deepEqual(observations.sort(), all.sort());
      assert.ok(all.length > 0);
      // What the door tells the object, a client can't.
      const spoofed = { "fhir-pull-within": other, "fhir-pull-shard": "else", "fhir-pull-base": "http://elsewhere.test" };
      const told = JSON.parse((await ask("Patient", spoofed)).text);
      assert.equal(told.total, 1);
      assert.ok(told.link[0].url.startsWith(`http://edge.test/${kind}/fhir/`), told.link[0].url);
    }
  });
});

describe("shards", () => {
  let patients;
  before(async () => {
    const all = server.references().filter((reference) => reference.startsWith("Patient/"));
    patients = all.map((reference) => reference.slice("Patient/".length));
    // Those who have something first.
    const sizes = new Map();
    for (const id of patients) sizes.set(id, (await ofPatient(id)).length);
    patients.sort((a, b) => sizes.get(b) - sizes.get(a));
    await rm(join(folder, "do"), { recursive: true, force: true });
    await start();
  });
  const ofPatient = async (id) => [`Patient/${id}`, ...(await server.searchIds(`Observation?patient=${id}&_count=500`)).map((one) => `Observation/${one}`)];
  const types = ["Patient", "Observation"];

  test("one for each patient pulls when it is first asked for, in as many alarms as its bound takes, and is kept", async () => {
    const some = patients.slice(0, 3);
    for (const id of some) assert.equal((await asking(`shards/${id}`)("Patient")).status, 503);
    for (const id of some) {
      const ask = asking(`shards/${id}`);
      await whole(ask);
      await assertServes(ask, server, { types, references: await ofPatient(id), readEach: 3 });
    }
    await start();
    for (const id of some) await assertServes(asking(`shards/${id}`), server, { types, references: await ofPatient(id), readEach: 3 });
  });

  test("its alarm pulls again and again", async () => {
    const [id] = patients;
    const [, observed] = await ofPatient(id);
    const observation = JSON.parse(await server.current(observed));
    const ask = asking(`shards/${id}`);
    await whole(ask);
    const reference = await server.create({ ...observation, id: undefined, meta: undefined });
    assert.equal((await otherThan(404, ask, reference)).text, await server.current(reference));
  });

  test("who may not read begins no replica", async () => {
    asked = [];
    const id = patients[5];
    assert.equal((await asking(`shards/${id}`, null)("Patient")).status, 401);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.ok(!asked.some((url) => url.includes(id)), "its source was asked");
  });

  test("one whose source is not there says so and is tried again", async () => {
    await start({ SERVER: "http://127.0.0.1:9/fhir" });
    const ask = asking(`shards/${patients[6]}`);
    for (let times = 0; times < 3; times++) {
      assert.equal((await ask("Patient")).status, 503);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await start();
    await whole(ask);
  });
});
