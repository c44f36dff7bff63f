// The explorer in a real Chromium, from the first pull to the wipe: the browser is closed, the server
// is gone, the browser comes back and goes on answering; then the server is back, with changes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";
import { Browser } from "../support/chromium.mjs";
import { Explorer } from "../support/explorer.mjs";
import { gateTo } from "../support/gate.mjs";
import { FhirServer } from "../support/rest.mjs";
import { pageServer } from "../support/serve.mjs";

const TYPES = [
  "Patient", "AllergyIntolerance", "Condition", "MedicationRequest", "Observation",
  "Encounter", "Procedure", "Immunization", "DiagnosticReport",
];
const TOKEN = "a-token-of-the-test";
/** What Chromium itself says when a request that the test means to fail fails. */
const NO_SERVER = /net::ERR_(CONNECTION_REFUSED|FAILED|ABORTED)/;

describe("the explorer", () => {
  let demo;
  /** Where the browser finds the server, as long as it is there. */
  let gate;
  let pages;
  let browser;
  /** @type {FhirServer} */
  let server;
  /** @type {Explorer} */
  let explorer;

  before(async () => {
    demo = await startDemo({ patients: 15, seed: 5, quiet: true });
    gate = await gateTo(demo.port);
    server = new FhirServer(`${gate.origin}/fhir`);
    await server.learn(TYPES);
    pages = await pageServer({ directories: { "/": new URL("../../www/", import.meta.url) } });
    browser = await Browser.launch();
    explorer = new Explorer(await browser.page(pages.origin));
  });
  after(async () => {
    await browser?.remove();
    await pages?.close();
    await gate?.close();
    await demo?.close();
  });

  const counts = () =>
    Object.fromEntries(
      TYPES.map((type) => [type, server.references().filter((one) => one.startsWith(`${type}/`)).length]).filter(
        ([, count]) => count > 0,
      ),
    );

  async function assertAnswers() {
    assert.deepEqual(await explorer.stored(), counts());
    const { total, references } = await explorer.search("Patient?_sort=birthdate");
    assert.equal(total, counts().Patient);
    assert.equal(new Set(references).size, total);
    const shown = await explorer.firstResult();
    // Asked once, while the server is there.
    assert.deepEqual(shown, JSON.parse(await server.current(references[0])));
    await explorer.at("nav-copy").click();
  }

  test("it connects, pulls, and shows what is stored", async () => {
    await explorer.connect(server.base);
    const came = await explorer.pull();
    assert.equal(came.stored, server.references().length);
    await assertAnswers();
  });

  test("the browser closed, the server gone, the browser opened again: it reads and searches", async () => {
    await browser.close();
    await gate.close();
    await browser.open();
    explorer = new Explorer(await browser.page(pages.origin));
    await explorer.at("stored-total").waitFor();
    await assertAnswers();

    const { total, references } = await explorer.search("Observation?code=http://loinc.org|29463-7&_sort=-date&_count=5");
    assert.ok(total > 5);
    assert.equal(references.length, 5);
    await explorer.at("nav-patients").click();
    await explorer.at("patient-list").locator("button, a").first().click();
    await explorer.at("patient").waitFor();

    await explorer.at("nav-copy").click();
    await explorer.at("pull").click();
    const problem = explorer.at("pull-problem");
    await problem.filter({ visible: true }).waitFor({ timeout: 90_000 });
    assert.match(await problem.textContent(), /[a-z]{3}.*[.!]/);
    await assertAnswers();
    await gate.open();
  });

  test("the server back and changed: pulled again, exactly the changes are seen", async () => {
    const answer = await fetch(`${demo.url}demo/change`, {
      method: "POST",
      body: JSON.stringify({ updates: 3, creates: 5, deletes: 2 }),
    });
    const changed = await answer.json();
    assert.deepEqual([changed.updated.length, changed.created.length, changed.deleted.length], [3, 5, 2]);
    server.note(changed);
    const came = await explorer.pull();
    assert.equal(came.stored, new Set([...changed.updated, ...changed.created]).size);
    assert.equal(came.deleted, 2);
    await assertAnswers();
    for (const reference of [...changed.created, ...changed.updated]) {
      const [type, id] = reference.split("/");
      assert.deepEqual((await explorer.search(`${type}?_id=${id}`)).references, [reference]);
      assert.deepEqual(await explorer.firstResult(), JSON.parse(await server.current(reference)));
    }
    for (const reference of changed.deleted) {
      const [type, id] = reference.split("/");
      assert.equal((await explorer.search(`${type}?_id=${id}`)).total, 0, `${reference} is gone`);
    }
  });

  test("the network switch: off, it says so and goes on answering; on, it pulls", async () => {
    await explorer.at("nav-copy").click();
    await explorer.at("network-switch").click();
    assert.equal(await explorer.at("network-state").textContent(), "off");
    await explorer.at("pull").click();
    await explorer.at("pull-problem").filter({ visible: true }).waitFor({ timeout: 90_000 });
    await assertAnswers();
    await explorer.at("network-switch").click();
    const came = await explorer.pull();
    assert.deepEqual([came.stored, came.deleted], [0, 0]);
  });

  test("a wipe leaves no database behind", async () => {
    assert.ok((await explorer.databases()).length > 0);
    await explorer.wipe();
    assert.deepEqual(await explorer.databases(), []);
    await explorer.page.reload();
    assert.deepEqual(await explorer.databases(), []);
  });

  test("S3: the token that was typed is sent and is stored nowhere", async () => {
    const seen = [];
    const faults = ({ headers }) => void seen.push(headers.authorization);
    const guarded = await startDemo({ patients: 3, seed: 5, quiet: true, token: TOKEN, faults });
    try {
      await explorer.connect(guarded.base, { token: TOKEN });
      await explorer.pull();
    } finally {
      await guarded.close();
    }
    assert.ok(seen.length > 0 && seen.every((authorization) => authorization === `Bearer ${TOKEN}`));
    const kept = await explorer.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes(TOKEN) && !explorer.page.url().includes(TOKEN));
  });

  test("the console has no error and the policy refused nothing", () => {
    const meant = (complaint) => NO_SERVER.test(complaint) && complaint.includes("/fhir");
    assert.deepEqual(browser.complaints.filter((complaint) => !meant(complaint)), []);
  });
});
