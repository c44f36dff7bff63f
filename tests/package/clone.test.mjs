// replica.cloneFrom of the built package: from a replica that another one serves, in this thread and behind a port.
// What a clone holds is tested in tests/laws/cloning (Rust); here it is what JavaScript adds. Needs pkg/.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { BUILT } from "./built.mjs";
import { SERVER, until } from "./engines.mjs";
import { fhirServer } from "../../pkg/server.js";

const REPOSITORY = "https://edge.test/fhir";
const patient = (id, version = 1) => ({
  resourceType: "Patient",
  id,
  meta: { versionId: String(version), lastUpdated: `2024-01-0${version}T00:00:00.000Z` },
  name: [{ family: `Family ${id}` }],
});
const deleted = (id) => ({
  resourceType: "Bundle",
  type: "history",
  entry: [
    {
      request: { method: "DELETE", url: `Patient/${id}` },
      response: { status: "204", etag: 'W/"9"', lastModified: "2024-01-09T00:00:00.000Z" },
    },
  ],
});
const lines = (...resources) => resources.map((resource) => `${JSON.stringify(resource)}\n`).join("");
const ids = (bundle) => (bundle.entry ?? []).map(({ resource }) => resource.id).sort();

/** A response as it comes over the network: with an address. */
const from = (request, response) => Object.defineProperty(response, "url", { value: request.url });

/** A worker that is not closed keeps this process alive. */
const repositories = [];
afterEach(() => Promise.all(repositories.splice(0).map((it) => it.close())));

for (const [name, { openReplica }] of Object.entries(BUILT)) {
  /** A repository, what it was asked, and a `fetch` that reaches it. */
  const repository = async (serving = { segments: true }, answer) => {
    const replica = await openReplica({ name: "repository", server: SERVER, store: "memory" });
    repositories.push(replica);
    await replica.import(lines(...["a", "b", "c"].map((id) => patient(id))));
    const asked = [];
    const fetch = async (request) => {
      asked.push({ path: request.url.slice(REPOSITORY.length), token: request.headers.get("authorization") });
      const own = await answer?.(request);
      return from(request, own ?? (await replica.serve(request, { base: REPOSITORY, ...serving })));
    };
    return { replica, asked, fetch };
  };
  const opened = (fetch, options) => openReplica({ name: "clone", server: REPOSITORY, store: "memory", fetch, ...options });

  test(`${name}: L1 L7: a clone has all of it, watches hear of it, and a pull brings what is newer`, async () => {
    const { replica: of, asked, fetch } = await repository();
    const clone = await opened(fetch);
    const seen = [];
    const stop = clone.watch("Patient", (bundle) => seen.push(ids(bundle).join("")));
    await until(() => seen.length === 1, "the first answer");
    const progress = [];
    const result = await clone.cloneFrom(REPOSITORY, { onProgress: (it) => progress.push(it) });
    assert.deepEqual(asked.map(({ path }) => path.split("/")[1]), ["$replica", "$replica"]);
    assert.equal(result.requests, 2);
    assert.equal(result.heldBytes, result.totalBytes);
    assert.ok(result.bytes > 0 && result.generation > 0);
    assert.deepEqual(progress.at(-1).requests, 2);
    await until(() => seen.at(-1) === "abc", "the clone's answer");
    assert.equal(seen.length, 2);

    assert.deepEqual(await clone.read("Patient/b"), await of.read("Patient/b"));
    assert.deepEqual(ids(await clone.search("Patient?family=family a")), ["a"]);
    const [feed] = (await clone.status()).feeds;
    assert.deepEqual([feed.feed, feed.complete], ["_history", true]);

    const nothing = await clone.pull();
    assert.deepEqual([nothing.feeds[0].resources, nothing.feeds[0].requests], [0, 1]);
    await of.import(lines(patient("a", 2), patient("d", 2)));
    await of.import(JSON.stringify(deleted("c")));
    const newer = await clone.pull();
    assert.deepEqual([newer.feeds[0].stored, newer.feeds[0].deleted, newer.feeds[0].unchanged], [2, 1, 0]);
    assert.deepEqual(ids(await clone.search("Patient")), ["a", "b", "d"]);
    await assert.rejects(clone.read("Patient/c"), { code: "gone" });
    stop();
    await clone.close();
    await of.close();
  });

  test(`${name}: L6: the source's token stays with the source; the repository gets the one that is given for it`, async () => {
    let valid = "one";
    const denied = (request) => {
      const refused = request.headers.get("authorization") !== `Bearer ${valid}`;
      return refused ? new Response("{}", { status: 401 }) : undefined;
    };
    const { asked, fetch } = await repository({ segments: "shared" }, denied);
    const clone = await opened(fetch, { server: SERVER, token: () => "the source's" });
    await assert.rejects(clone.cloneFrom(REPOSITORY), { code: "denied", status: 401 });
    assert.deepEqual(asked.map(({ token }) => token), [null]);

    valid = "two";
    const asks = [];
    const token = ({ refresh }) => {
      asks.push(refresh);
      return refresh ? "two" : "one";
    };
    await clone.cloneFrom(REPOSITORY, { token });
    assert.deepEqual(asks, [false, true]);
    assert.deepEqual(asked.slice(1).map(({ token }) => token), ["Bearer one", "Bearer two", "Bearer two"]);
    assert.deepEqual(ids(await clone.search("Patient")), ["a", "b", "c"]);
    assert.deepEqual((await clone.status()).feeds, [], "the repository has followed no feed");
    await clone.close();

    const other = await opened(fetch, { server: SERVER });
    const failing = () => Promise.reject(new Error("secret"));
    await assert.rejects(other.cloneFrom(REPOSITORY, { token: failing }), (error) => {
      assert.equal(error.code, "denied");
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await other.close();
  });

  test(`${name}: where the repository is the replica's server, its token is used`, async () => {
    const { asked, fetch } = await repository();
    const clone = await opened(fetch, { token: () => "mine" });
    await clone.cloneFrom(`${REPOSITORY}/`);
    assert.deepEqual(asked.map(({ token }) => token), ["Bearer mine", "Bearer mine"]);
    await clone.close();
  });

  test(`${name}: what is not handed out, is narrowed, is held already, or is no repository`, async () => {
    const { replica: of, fetch } = await repository({});
    const clone = await opened(fetch);
    await assert.rejects(clone.cloneFrom(REPOSITORY), { code: "not-found", status: 404 });
    const narrowed = await repository({ segments: true, within: "Patient/a" });
    const other = await opened(narrowed.fetch);
    await assert.rejects(other.cloneFrom(REPOSITORY), { code: "denied", status: 403 });
    assert.deepEqual((await other.status()).types, []);

    const html = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
    const page = await repository({}, html);
    const third = await opened(page.fetch);
    await assert.rejects(third.cloneFrom(REPOSITORY), { code: "not-fhir" });
    await assert.rejects(third.cloneFrom("edge"), { code: "bad-input" });
    await assert.rejects(third.cloneFrom(""), { code: "bad-input" });
    await assert.rejects(third.cloneFrom(REPOSITORY, { replaces: true }), { code: "bad-input" });

    const handing = await repository();
    const held = await opened(handing.fetch);
    await held.import(lines(patient("x")));
    await assert.rejects(held.cloneFrom(REPOSITORY), { code: "conflict" });
    assert.deepEqual(ids(await held.search("Patient")), ["x"]);
    await held.cloneFrom(REPOSITORY, { replace: true });
    assert.deepEqual(ids(await held.search("Patient")), ["a", "b", "c"]);
    for (const replica of [clone, other, third, held, of]) await replica.close();
  });

  test(`${name}: an aborted clone leaves the replica as it was, and the next one is whole`, async () => {
    const stop = new AbortController();
    let second = false;
    const { fetch } = await repository({ segments: true }, (request) => {
      if (second || !/\$replica\/./.test(request.url)) return undefined;
      second = true;
      stop.abort();
      return new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        if (request.signal.aborted) reject(new DOMException("aborted", "AbortError"));
      });
    });
    const clone = await opened(fetch);
    await assert.rejects(clone.cloneFrom(REPOSITORY, { signal: stop.signal }), { code: "aborted" });
    assert.deepEqual((await clone.status()).types, []);
    await clone.cloneFrom(REPOSITORY);
    assert.deepEqual(ids(await clone.search("Patient")), ["a", "b", "c"]);
    await clone.close();
  });

  test(`${name}: fhirServer hands out to whom authorize gives everything, and says who may keep what`, async () => {
    const { replica: of } = await repository();
    const authorize = (request) => {
      const token = request.headers.get("authorization");
      return token === "Bearer all" || (token === "Bearer a" && { within: "Patient/a" });
    };
    const over = (settings) => {
      const server = fhirServer({ replica: of, base: REPOSITORY, authorize, ...settings });
      const kept = [];
      const fetch = async (request) => {
        const response = await server(request);
        kept.push({ path: request.url.slice(REPOSITORY.length), headers: response.headers });
        return from(request, response);
      };
      return { fetch, kept };
    };
    for (const [token, segments, error] of [
      ["all", undefined, { code: "not-found", status: 404 }],
      ["all", false, { code: "not-found", status: 404 }],
      ["a", true, { code: "denied", status: 403 }],
      ["a", "shared", { code: "denied", status: 403 }],
      ["nobody", true, { code: "denied", status: 401 }],
    ]) {
      const clone = await opened(over({ segments }).fetch, { token: () => token });
      await assert.rejects(clone.cloneFrom(REPOSITORY), error);
      assert.deepEqual((await clone.status()).types, []);
      await clone.close();
    }
    for (const [segments, whose] of [
      [true, "private"],
      ["shared", "public"],
    ]) {
      const { fetch, kept } = over({ segments, cors: true });
      const clone = await opened(fetch, { token: () => "all" });
      await clone.cloneFrom(REPOSITORY);
      assert.deepEqual(ids(await clone.search("Patient")), ["a", "b", "c"]);
      const [manifest, pack] = kept;
      assert.equal(manifest.path, "/$replica");
      assert.equal(manifest.headers.get("cache-control"), "private, no-cache");
      assert.equal(pack.headers.get("cache-control"), `${whose}, max-age=31536000, immutable`);
      const tag = manifest.headers.get("etag");
      const headers = { authorization: "Bearer all", "if-none-match": tag };
      const held = await fetch(new Request(`${REPOSITORY}/$replica`, { headers }));
      assert.deepEqual([held.status, await held.text(), held.headers.get("etag")], [304, "", tag]);
      await of.import(lines(patient(`after ${whose}`.replace(" ", "-"))));
      const changed = await fetch(new Request(`${REPOSITORY}/$replica`, { headers }));
      assert.equal(changed.status, 200);
      await of.import(JSON.stringify(deleted(`after-${whose}`)));
      await clone.close();
    }
    await of.close();
  });
}
