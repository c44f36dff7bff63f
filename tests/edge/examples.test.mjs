// The examples for Cloudflare as they are, in workerd over the demo server. Needs pkg/.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";
import { FhirServer } from "../support/rest.mjs";
import { workerd } from "../support/workerd.mjs";

const READ_TOKEN = "of-your-choice";

let demo;
let server;
before(async () => {
  demo = await startDemo({ patients: 2, seed: 5, quiet: true });
  server = new FhirServer(demo.base);
  await server.learn(["Patient"]);
});
after(() => demo?.close());

async function started(t, example, options) {
  const entry = new URL(`../../examples/${example}/worker.js`, import.meta.url);
  const edge = await workerd(entry, { bindings: { FHIR_SERVER: demo.base, READ_TOKEN }, ...options });
  t.after(() => edge.dispose());
  const ask = async (path, token = READ_TOKEN) => {
    const answer = await edge.dispatchFetch(`http://edge.test${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, text: await answer.text() };
  };
  return { edge, ask };
}

test("cloudflare: pulls by its cron and serves who has the token", async (t) => {
  const { edge, ask } = await started(t, "cloudflare", { r2Buckets: ["BUCKET"] });
  assert.equal((await ask("/fhir/Patient")).status, 503);
  assert.equal((await (await edge.getWorker()).scheduled({ cron: "" })).outcome, "ok");
  assert.equal((await ask("/fhir/Patient", "another")).status, 401);
  const [reference] = server.references();
  assert.deepEqual(await ask(`/fhir/${reference}`), { status: 200, text: await server.current(reference) });
});

test("cloudflare-shards: a panel asks the replica of each of its patients", async (t) => {
  const { ask } = await started(t, "cloudflare-shards", { durableObjects: { REPLICAS: { className: "FhirReplica", useSQLite: true } } });
  const ids = server.references().filter((one) => one.startsWith("Patient/")).slice(0, 3).map((one) => one.slice("Patient/".length));
  const path = `/panel?patients=${ids.join()},..&ask=${encodeURIComponent("Observation?_summary=count")}`;
  assert.deepEqual(JSON.parse((await ask(path, "another")).text).map(({ status }) => status), [401, 401, 401, 404]);
  let answers;
  do {
    answers = JSON.parse((await ask(path)).text);
  } while (answers.some(({ status }) => status === 503));
  const wanted = await Promise.all(ids.map(async (id) => (await server.searchIds(`Observation?patient=${id}&_count=1000`)).length));
  assert.deepEqual(answers.map(({ patient }) => patient), [...ids, ".."]);
  assert.deepEqual(answers.map(({ status, answer }) => (status === 200 ? answer.total : status)), [...wanted, 404]);
  assert.equal((await ask("/patients/a%2Fb/fhir/Patient")).status, 404);
});
