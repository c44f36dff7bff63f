// Requests of every kind, asked of Helios HFS and of a replica of it that serves in its place: status, headers and what
// the body says. Where they differ the specification decides, and the difference stands in serve/different.mjs.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openReplica } from "../../pkg/node.js";
import { exampleResources } from "../../scripts/demo/examples.mjs";
import { changeOften } from "../support/changes.mjs";
import { Hfs } from "../support/hfs.mjs";
import { FhirServer } from "../support/rest.mjs";
import { patientData } from "../support/synthea.mjs";
import { RESOURCES } from "./search/resources.mjs";
import { DIFFERENT, HABITS } from "./serve/different.mjs";
import { POSTED, SEARCHES, interactions } from "./serve/requests.mjs";

const AT_LEAST = 200;

describe("Helios HFS and a replica of it that serves, asked the same", () => {
  /** @type {Hfs} */
  let hfs;
  /** @type {FhirServer} */
  let server;
  let replica;
  let world;

  before(async () => {
    hfs = await Hfs.start();
    server = new FhirServer(hfs.base);
    await server.putAll(patientData(3).resources);
    const texts = [...exampleResources()].filter(({ type }) => type !== "AuditEvent");
    await server.putAll(texts.map(({ text }) => JSON.parse(text)));
    await server.putAll(RESOURCES);
    await changeOften(server);
    replica = await openReplica({ name: "serves", server: server.base, store: "memory", versions: "all" });
    await replica.pull(server.types.map((type) => ({ history: type })));
    world = await described(server);
  });
  after(async () => {
    await replica?.close();
    await hfs?.stop();
  });

  const filled = (text) => text?.replaceAll("PATIENT", world.patients[0].split("/")[1]).replaceAll("BASE", server.base);

  /** The request as each of them gets it. */
  function requestOf({ path, method = "GET", headers = {}, form, text }) {
    const body = text ?? (form === undefined ? undefined : new URLSearchParams(filled(form)));
    return new Request(`${server.base}/${filled(path)}`, { method, headers, body });
  }

  /** Compares both answers to a request, but for what is said of the server's. */
  async function compare(one) {
    const [theirs, ours] = [await told(await fetch(requestOf(one))), await told(await replica.serve(requestOf(one)))];
    for (const habit of HABITS) {
      if (!habit.applies(theirs, ours, one)) continue;
      habit.seen = true;
      habit.right(theirs, ours);
    }
    const known = DIFFERENT.find(({ request }) => request === generalized(nameOf(one)));
    if (known === undefined) return assert.deepEqual(ours, theirs);
    assert.notDeepEqual(ours, theirs, "they agree by now: compare");
    assert.deepEqual([ours.status, theirs.status], known.statuses);
    known.seen = true;
    known.ours?.(ours);
  }

  /** Ids of the world are other ones each time that it is made of other data. */
  const generalized = (name) => world.patients.reduce((text, patient) => text.replace(patient, "Patient/PATIENT"), name);

  test("at least so many requests are compared, not searches alone", () => {
    const others = Object.values(interactions(world)).flat();
    const all = [...others, ...SEARCHES, ...POSTED].map((one) => JSON.stringify(one));
    assert.equal(new Set(all).size, all.length, "each once");
    assert.ok(others.length >= 100 && all.length >= AT_LEAST, `${others.length} of ${all.length}`);
  });

  test("interactions", async (context) => {
    for (const [kind, requests] of Object.entries(interactions(world))) {
      await context.test(kind, async (context) => {
        for (const one of requests) await context.test(nameOf(one), () => compare(one));
      });
    }
  });

  test("what is said of the server is so", () => {
    const unseen = [...HABITS, ...DIFFERENT].filter(({ seen }) => !seen).map(({ server }) => server);
    assert.deepEqual(unseen, [], "they agree by now: compare");
  });

  for (const [kind, requests] of [
    ["searches", SEARCHES],
    ["searches by POST", POSTED],
  ]) {
    describe(kind, () => {
      for (const one of requests) test(nameOf(one), () => compare(one));
    });
  }
});

function nameOf({ path, method = "GET", headers, form }) {
  const parts = [method, path, form, ...Object.entries(headers ?? {}).map((pair) => pair.join(": "))];
  return parts.filter(Boolean).join(" ");
}

/** What there is to ask for. */
async function described(server) {
  const byType = new Map();
  for (const reference of server.references()) {
    const type = reference.split("/")[0];
    byType.set(type, [...(byType.get(type) ?? []), reference]);
  }
  const conditions = byType.get("Condition").slice(0, 40);
  const amended = [];
  for (const reference of conditions) {
    if (JSON.parse(await server.current(reference)).meta.versionId !== "1") amended.push(reference);
  }
  const observed = new Map();
  for (const reference of byType.get("Observation")) {
    const subject = JSON.parse(await server.current(reference)).subject?.reference;
    observed.set(subject, (observed.get(subject) ?? 0) + 1);
  }
  const patients = byType.get("Patient").filter((it) => /[0-9a-f-]{36}$/.test(it));
  patients.sort((a, b) => (observed.get(b) ?? 0) - (observed.get(a) ?? 0));
  return { byType, amended, gone: server.references("deleted"), patients };
}

/** What an answer says, as far as two servers have to say it alike. */
async function told(response) {
  const text = await response.text();
  const { status, headers } = response;
  const answer = { status, media: headers.get("content-type")?.split(";")[0] ?? null };
  if (status === 405) answer.allow = headers.get("allow");
  const body = text === "" || !answer.media?.endsWith("json") ? undefined : JSON.parse(text);
  if (body?.resourceType === "Bundle") return { ...answer, ...bundle(body) };
  if (status < 400) Object.assign(answer, { etag: headers.get("etag"), modified: headers.get("last-modified") });
  return { ...answer, body: status >= 400 ? body?.resourceType : body };
}

function bundle({ type, total, entry = [] }) {
  const entries = entry.map(({ fullUrl, resource, search, request, response }) => {
    const version = resource?.meta?.versionId ?? response?.etag;
    const method = request && (request.method === "DELETE" ? "deleted" : "there");
    return [fullUrl, search?.mode, method, version].filter(Boolean).join(" ");
  });
  return { type, total, entries: entries.sort() };
}
