// In and out of the built package in Node, with the engine in this thread and behind a port: imports,
// exports, changes, versions. Needs pkg/.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BUILT } from "./built.mjs";
import { SERVER, aWhile, until } from "./engines.mjs";

const patient = (id, version = 1, more = {}) => ({
  resourceType: "Patient",
  id,
  meta: { versionId: String(version), lastUpdated: `2024-01-0${version}T00:00:00.000Z` },
  ...more,
});
const ndjson = (...resources) => resources.map((resource) => `${JSON.stringify(resource)}\n`).join("");
const history = (...entries) => JSON.stringify({ resourceType: "Bundle", type: "history", entry: entries });
const put = (resource) => ({
  resource,
  request: { method: "PUT", url: `Patient/${resource.id}` },
  response: { status: "200" },
});
const gone = (id, version) => ({
  request: { method: "DELETE", url: `Patient/${id}` },
  response: { status: "204", etag: `W/"${version}"`, lastModified: `2024-01-0${version}T00:00:00.000Z` },
});
const collected = async (iterable) => {
  const all = [];
  for await (const one of iterable) all.push(one);
  return all;
};
const textOf = (stream) => new Response(stream).text();
const sorted = (text) => text.split("\n").filter(Boolean).sort();

/** A stream that gives the text in pieces of so many bytes, and says how it ended. */
function stream(text, size, { fail } = {}) {
  const bytes = new TextEncoder().encode(text);
  const ended = {};
  let at = 0;
  const readable = new ReadableStream({
    pull(controller) {
      if (at >= bytes.length && fail) controller.error(fail);
      else if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += size)));
    },
    cancel: () => void (ended.cancelled = true),
  });
  return { readable, ended };
}

for (const [name, { openReplica }] of Object.entries(BUILT)) {
  const opened = (options) => openReplica({ name: "inout", server: SERVER, store: "memory", ...options });
  const three = ndjson(patient("a", 1, { name: [{ family: "Ångström" }] }), patient("b"), patient("c"));

  test(`${name}: every kind of source brings the same, and a second time nothing new`, async () => {
    const bytes = new TextEncoder().encode(three);
    const sources = {
      text: () => three,
      bytes: () => bytes,
      "a view": () => new Uint8Array([0, ...bytes, 0]).subarray(1, -1),
      "an ArrayBuffer": () => bytes.slice().buffer,
      "a Blob": () => new Blob([three]),
      "a stream": () => stream(three, 7).readable,
      "a Bundle": () => JSON.stringify({ resourceType: "Bundle", type: "collection", entry: three.trim().split("\n").map((line) => ({ resource: JSON.parse(line) })) }, null, 2),
    };
    for (const [what, source] of Object.entries(sources)) {
      const replica = await opened();
      const progress = [];
      const first = await replica.import(source(), { onProgress: (p) => progress.push(p) });
      const { generation, ...counts } = first;
      assert.deepEqual(progress.at(-1), counts, what);
      assert.deepEqual([first.resources, first.stored, first.deleted, generation], [3, 3, 0, 1], what);
      const second = await replica.import(source());
      assert.deepEqual([second.stored, second.unchanged, second.generation], [0, 3, 1], what);
      assert.equal((await replica.read("Patient/a")).name[0].family, "Ångström", what);
      assert.equal((await replica.search("Patient?name=ang")).total, 1, what);
      assert.deepEqual((await replica.status()).feeds, []);
      await replica.close();
    }
    assert.equal(bytes.length, new TextEncoder().encode(three).length, "the caller's bytes were taken away");
  });

  test(`${name}: a broken line is named, the source is let go, and what came before stays`, async () => {
    const replica = await opened();
    const { readable, ended } = stream(`${ndjson(patient("a"))}\n{"secret"\n${" ".repeat(3_000_000)}`, 100_000);
    const error = await replica.import(readable).catch((error) => error);
    assert.equal(error.code, "bad-input");
    assert.match(error.message, /^Line 3 /);
    assert.doesNotMatch(error.message, /secret/);
    await until(() => ended.cancelled, "the source is cancelled");
    assert.ok(await replica.read("Patient/a"));
    await replica.close();
  });

  test(`${name}: what is no source, and a stream of no bytes, get a sentence`, async () => {
    const replica = await opened();
    const texts = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    for (const source of [undefined, 7, {}, texts]) {
      await assert.rejects(replica.import(source), { code: "bad-input" });
    }
    const { readable } = stream(three, 10);
    readable.getReader();
    await assert.rejects(replica.import(readable), { code: "bad-input", message: /being read/ });
    await assert.rejects(replica.import(three, { onProgress: 7 }), { code: "bad-input" });
    await replica.close();
  });

  test(`${name}: a source that fails is told, and its whole lines stay`, async () => {
    const replica = await opened();
    const { readable } = stream(`${three}{"resourceType":"Pat`, 40, { fail: new Error("secret") });
    const error = await replica.import(readable).catch((error) => error);
    assert.equal(error.code, "network");
    assert.doesNotMatch(error.message, /secret/);
    assert.ok(await replica.read("Patient/c"));
    await replica.close();
  });

  test(`${name}: an import stops when told, and another can follow`, async () => {
    const replica = await opened();
    const controller = new AbortController();
    let cancelled = false;
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(three)),
      cancel: () => void (cancelled = true),
    });
    const importing = replica.import(endless, { signal: controller.signal });
    await aWhile();
    controller.abort();
    await assert.rejects(importing, { code: "aborted" });
    await until(() => cancelled, "the source is cancelled");
    assert.equal((await replica.import(three)).resources, 3);
    assert.ok(await replica.read("Patient/a"));
    await replica.close();
  });

  test(`${name}: a watch hears of an import`, async () => {
    const replica = await opened();
    const seen = [];
    replica.watch("Patient", (bundle) => seen.push(bundle.total));
    await until(() => seen.at(-1) === 0, "the first answer");
    await replica.import(three);
    await until(() => seen.at(-1) === 3, `3, but ${seen}`);
    await replica.close();
  });

  test(`${name}: an export brings another replica the same set, deletions left out, a line each`, async () => {
    const replica = await opened();
    // A server that sends indented JSON, and decimals that a parser would spoil.
    const indented = JSON.stringify(patient("p", 1, { text: "a\nb" }), null, 2).replace("{", '{\r\n  "n": 1.50,');
    await replica.import(`{"resourceType":"Bundle","type":"collection","entry":[{"resource":${indented}}]}`);
    await replica.import(`${three}${ndjson({ resourceType: "Bundle", id: "x", type: "document", entry: [] })}`);
    await replica.import(history(gone("b", 2)));
    const text = await textOf(replica.export());
    assert.deepEqual(sorted(text).length, 4);
    assert.ok(text.includes(three.split("\n")[0]), "byte for byte");
    assert.ok(text.includes('"n": 1.50,'));
    assert.doesNotMatch(text, /"b"/);
    const other = await opened({ name: "other" });
    const { stored } = await other.import(replica.export());
    assert.equal(stored, 4);
    assert.deepEqual(sorted(await textOf(other.export())), sorted(text));
    assert.deepEqual(await other.read("Patient/p"), await replica.read("Patient/p"));
    await replica.close();
    await other.close();
  });

  test(`${name}: an export is read as it is wanted, and ends when it is left or told to`, async () => {
    const replica = await opened();
    const filler = "x".repeat(2_000);
    const many = Array.from({ length: 3000 }, (_, number) => patient(`p${number}`, 1, { filler: `${number}${filler}` }));
    await replica.import(ndjson(...many));
    const reader = replica.export().getReader();
    const first = await reader.read();
    assert.ok(first.value.length < 3_000_000, `all at once: ${first.value.length}`);
    await reader.cancel();
    const controller = new AbortController();
    const stopped = replica.export({ signal: controller.signal }).getReader();
    await stopped.read();
    controller.abort();
    await assert.rejects(stopped.read(), { code: "aborted" });
    assert.equal(sorted(await textOf(replica.export())).length, 3000);
    const left = replica.export().getReader();
    await left.read();
    await replica.close();
    await assert.rejects(left.read(), { name: "FhirPullError" });
  });

  test(`${name}: changes come in the order of commits, and go on where they were left`, async () => {
    const replica = await opened();
    assert.deepEqual(await collected(replica.changes()), []);
    await replica.import(three);
    const first = await collected(replica.changes());
    assert.deepEqual(first.map(({ generation, id }) => `${generation}${id}`), ["1a", "1b", "1c"]);
    assert.deepEqual(first[0].resource, await replica.read("Patient/a"));
    assert.deepEqual([first[0].type, first[0].versionId, first[0].lastUpdated, first[0].deleted], ["Patient", "1", "2024-01-01T00:00:00.000Z", false]);
    await replica.import(history(put(patient("a", 2)), gone("b", 3)));
    const second = await collected(replica.changes(first.at(-1).generation));
    assert.deepEqual(second.map(({ id, versionId, deleted }) => [id, versionId, deleted]), [["a", "2", false], ["b", "3", true]]);
    assert.equal("resource" in second[1], false);
    assert.deepEqual((await collected(replica.changes())).map(({ id }) => id), ["c", "a", "b"]);
    assert.deepEqual(await collected(replica.changes(2)), []);
    for await (const _ of replica.changes()) break;
    for (const since of [-1, 1.5, "1", NaN]) await assert.rejects(collected(replica.changes(since)), { code: "bad-input" });
    await replica.close();
  });

  test(`${name}: all versions are read by number, by time and as a history, where they are kept`, async () => {
    const replica = await opened({ versions: "all" });
    await replica.import(history(gone("a", 3), put(patient("a", 2, { active: true })), put(patient("a", 1))));
    assert.equal((await replica.status()).versions, "all");
    await assert.rejects(replica.read("Patient/a"), { code: "gone" });
    assert.equal((await replica.read("Patient/a/_history/2")).active, true);
    assert.deepEqual(await replica.read("Patient/a/_history/1"), patient("a", 1));
    await assert.rejects(replica.read("Patient/a/_history/3"), { code: "gone" });
    assert.equal(await replica.read("Patient/a/_history/9"), undefined);
    assert.deepEqual(await replica.read("Patient/a", { at: "2024-01-01T23:00:00Z" }), patient("a", 1));
    assert.equal(await replica.read("Patient/a", { at: "2023-12-31T00:00:00Z" }), undefined);
    await assert.rejects(replica.read("Patient/a", { at: "2024-01-04T00:00:00Z" }), { code: "gone" });
    await assert.rejects(replica.read("Patient/a", { at: "soon" }), { code: "bad-input" });
    await assert.rejects(replica.read("Patient/a/_history/1", { at: "2024-01-04T00:00:00Z" }), { code: "bad-input" });
    const { type, total, entry } = await replica.history("Patient/a");
    assert.deepEqual([type, total], ["history", 3]);
    assert.deepEqual(entry.map(({ request }) => request.method), ["DELETE", "PUT", "PUT"]);
    assert.deepEqual(entry[2].resource, patient("a", 1));
    await assert.rejects(replica.history("Patient/z"), { code: "not-found" });
    await assert.rejects(replica.history("Patient"), { code: "bad-input" });
    await replica.close();
    await assert.rejects(opened({ versions: "some" }), { code: "bad-input", message: /versions/ });
  });

  test(`${name}: tidying leaves few segments and the same answers`, async () => {
    const replica = await opened();
    const generations = [];
    for (let number = 0; number < 20; number++) {
      generations.push((await replica.import(ndjson(patient(`p${number}`)))).generation);
    }
    await replica.tidy();
    const { segments, types } = await replica.status();
    assert.ok(segments < 12, `${segments}`);
    assert.equal(types[0].resources, 20);
    assert.equal((await collected(replica.changes(generations[9]))).length, 10);
    assert.equal(sorted(await textOf(replica.export())).length, 20);
    await replica.close();
  });
}
