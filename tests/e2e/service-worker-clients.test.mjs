// Applications with three FHIR clients as npm has them, each with its usual server's address and nothing else: with the
// service worker they show the same when that server is gone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { OfflineWorld, WORKERS, tell } from "../support/offline-world.mjs";

const FEEDS = ["Patient?_count=50", { history: "Observation" }];
const CODE = "http://loinc.org|8867-4";

/** Each client in another way of making the worker. */
const APPLICATIONS = { fhirclient: "unbundled", "fhir-kit-client": "bundled", medplum: "classic" };

describe("applications that know nothing of fhir-pull", () => {
  /** @type {OfflineWorld} */
  let world;
  let what;

  before(async () => {
    world = await OfflineWorld.start({ patients: 20, seed: 5 });
    const found = await (await fetch(`${world.server}/Observation?code=${encodeURIComponent(CODE)}&_count=40`)).json();
    const observations = found.entry.map(({ resource }) => resource);
    const patient = observations[0].subject.reference.split("/")[1];
    const gone = observations.find(({ subject }) => subject.reference !== `Patient/${patient}`).id;
    await fetch(`${world.server}/Observation/${gone}`, { method: "DELETE" });
    what = { server: world.server, patient, code: CODE, gone };
  });
  after(() => world?.stop());

  for (const [client, made] of Object.entries(APPLICATIONS)) {
    test(`${client} shows the same when the server is gone (worker: ${made})`, async () => {
      await world.front.open();
      const page = await world.page(`${client}.html`);
      const before = await page.evaluate((what) => window.show(what), what);
      assert.equal(before.uncovered, "answered");
      assert.ok(before.latest.length > 1 && before.paged.length >= 20, "there is something to show");

      const options = { replica: { name: client }, feeds: FEEDS, anonymous: true };
      await world.install(page, options, WORKERS[made]);
      assert.deepEqual(await tell(page, { "fhir-pull": "pull" }), { done: "pull" });
      await world.front.close();
      await world.stopWorkers(page);
      await page.reload();

      const { uncovered, ...shown } = await page.evaluate((what) => window.show(what), what);
      assert.deepEqual({ ...shown, uncovered: "answered" }, before);
      assert.ok([504, "transient"].includes(uncovered), `what nobody has pulled is refused: ${uncovered}`);
      await page.close();
    });
  }
});
