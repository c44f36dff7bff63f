// The calls of a replica and a client over both engines: results, errors, aborts, the page's fetch and token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FhirPullError } from "../../pkg-template/errors.js";
import { ENGINES, SERVER, aWhile, bundleOf, patient, server, until } from "./engines.mjs";

const code = (expected, sentence = /./) => (error) => {
  assert.ok(error instanceof FhirPullError);
  assert.equal(error.name, "FhirPullError");
  assert.equal(error.code, expected);
  assert.match(error.message, sentence);
  return true;
};

for (const [name, engine] of Object.entries(ENGINES)) {
  const opened = async (fetch, options) => {
    const made = engine();
    const replica = await made.openReplica({ name: "calls", server: SERVER, fetch, ...options });
    return { replica, log: made.log };
  };

  test(`${name}: pull, search, read and status answer as the engine does`, async () => {
    const { replica, log } = await opened(server(() => bundleOf(patient("1"), patient("2"))));
    assert.deepEqual(log[0], ["open", { name: "calls", server: SERVER, store: "memory", definitions: "definitions of R4" }]);
    const progress = [];
    const result = await replica.pull(["Patient"], { onProgress: (p) => progress.push(p) });
    assert.equal(result.generation, 3);
    assert.deepEqual(progress, [{ feed: "Patient", state: "complete" }]);
    assert.equal((await replica.search("Patient?")).total, 2);
    const bytes = await replica.search("Patient?", { as: "bytes" });
    assert.ok(bytes instanceof Uint8Array);
    assert.equal(JSON.parse(new TextDecoder().decode(bytes)).total, 2);
    assert.deepEqual(await replica.read("Patient/2"), patient("2"));
    assert.equal(await replica.read("Patient/9"), undefined);
    assert.equal((await replica.status()).generation, 3);
    assert.deepEqual(await replica.wipe(), { values: 2, bytes: 0, key: false });
    await assert.rejects(replica.search("Patient?"), code("bad-input", /closed/));
  });

  test(`${name}: a rejection of the engine keeps its code, status and outcome`, async () => {
    const outcome = { resourceType: "OperationOutcome", issue: [] };
    const { replica } = await opened(server(() => Response.json(outcome, { status: 422 })));
    await assert.rejects(replica.search("Bad?"), code("unsupported", /No such parameter/));
    const error = await replica.pull(["Patient"]).catch((error) => error);
    code("http")(error);
    assert.equal(error.status, 422);
    assert.equal(error.retryable, false);
    assert.deepEqual(error.outcome, outcome);
    await replica.close();
  });

  test(`w1 ${name}: how long the server asked to wait is kept`, async () => {
    const { replica } = await opened();
    await assert.rejects(replica.search("Busy?"), { code: "busy", retryable: true, retryAfter: 7 });
    await replica.close();
  });

  test(`${name}: keepFresh pulls until it is stopped or the replica is closed, and tells what it does`, async () => {
    let answers = 0;
    const { replica } = await opened(server(() => bundleOf(patient(String((answers += 1))))));
    const states = [];
    const progress = [];
    const fresh = replica.keepFresh({
      feeds: ["Patient"],
      every: 5,
      onProgress: ({ feed }) => progress.push(feed),
      onState: ({ state }) => states.push(state),
    });
    await until(() => answers > 2, "the third pull");
    await fresh.pull();
    assert.equal((await replica.search("Patient?")).total, answers);
    assert.ok(progress.every((feed) => feed === "Patient") && progress.length >= answers);
    await fresh.stop();
    assert.equal(fresh.state.state, "stopped");
    const then = answers;
    await aWhile();
    assert.equal(answers, then);
    assert.deepEqual([...new Set(states)].sort(), ["pulling", "stopped", "waiting"]);

    const again = replica.keepFresh({ feeds: ["Patient"], every: 5 });
    await until(() => answers > then, "another pull");
    await replica.close();
    assert.equal(again.state.state, "stopped");
    await assert.rejects(again.pull(), code("bad-input"));
    assert.throws(() => replica.keepFresh({ feeds: ["Patient"], every: 5 }), code("bad-input", /closed/));
  });

  test(`${name}: stop() waits until the engine has ended what it does, close() does not wait for a server`, async () => {
    const requests = [];
    const { replica } = await opened((request) => {
      requests.push(request);
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
    });
    const controller = new AbortController();
    const stopped = replica.keepFresh({ feeds: ["Patient"], every: 5, signal: controller.signal });
    await until(() => requests.length === 1, "the request");
    controller.abort();
    await stopped.stop();
    assert.ok(requests[0].signal.aborted);
    assert.throws(
      () => replica.keepFresh({ feeds: ["Patient"], every: 5, signal: controller.signal }),
      code("aborted"),
    );
    const closed = replica.keepFresh({ feeds: ["Patient"], every: 5 });
    await until(() => requests.length === 2, "the other request");
    await replica.close();
    assert.equal(closed.state.state, "stopped");
  });

  test(`l10 ${name}: a wipe ends what keeps fresh before it wipes`, async () => {
    let answers = 0;
    const { replica } = await opened(server(() => bundleOf(patient(String((answers += 1))))));
    const fresh = replica.keepFresh({ feeds: ["Patient"], every: 1 });
    await until(() => answers > 1, "the second pull");
    await replica.wipe();
    const then = answers;
    assert.equal(fresh.state.state, "stopped");
    await aWhile();
    assert.equal(answers, then);
  });

  test(`${name}: keepFresh says what is wrong with its options`, async () => {
    const { replica } = await opened();
    for (const [options, sentence] of [
      [undefined, /every must be/],
      [{ feeds: "Patient", every: 5 }, /keepFresh takes a list of feeds, each a search/],
      [{ feeds: [], every: 5 }, /keepFresh takes a list of feeds, each a search/],
      [{ feeds: ["Patient"] }, /every must be a number of milliseconds above 0/],
      [{ feeds: ["Patient"], every: 0 }, /every must be/],
      [{ feeds: ["Patient"], every: NaN }, /every must be/],
      [{ feeds: ["Patient"], every: 5, onState: 7 }, /onState must be a function/],
      [{ feeds: ["Patient"], every: 5, whileHidden: 1 }, /whileHidden must be true or false/],
      [{ feeds: ["Patient"], every: 5, rate: 1 }, /no option called "rate"/],
    ]) {
      assert.throws(() => replica.keepFresh(options), code("bad-input", sentence));
    }
    await replica.close();
  });

  test(`${name}: an outcome that is not JSON hides nothing`, async () => {
    const { replica } = await opened(server(() => new Response("<html>", { status: 500 })));
    const error = await replica.pull(["Patient"]).catch((error) => error);
    assert.equal(error.status, 500);
    assert.equal(error.outcome, undefined);
    await replica.close();
  });

  test(`${name}: an unforeseen error is "internal" and its text stays out of the message`, async () => {
    const { replica } = await opened();
    const error = await replica.search("Broken?").catch((error) => error);
    code("internal")(error);
    assert.doesNotMatch(error.message, /secret/);
    assert.match(String(error.cause), /secret/);
    await replica.close();
  });

  test(`${name}: an abort rejects at once and reaches the fetch`, async () => {
    const requests = [];
    const { replica } = await opened((request) => {
      requests.push(request);
      return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason)));
    });
    const controller = new AbortController();
    const pulled = replica.pull(["Patient"], { signal: controller.signal });
    await until(() => requests.length === 1, "the request");
    controller.abort(new Error("enough"));
    await assert.rejects(pulled, code("aborted"));
    await until(() => requests[0].signal.aborted, "the abort of the request");
    await assert.rejects(replica.status({ signal: controller.signal }), code("aborted"));
    const slow = new AbortController();
    const searched = replica.search("Slow?", { signal: slow.signal });
    const began = performance.now();
    slow.abort();
    await assert.rejects(searched, code("aborted"));
    assert.ok(performance.now() - began < 100);
    await replica.close();
  });

  test(`${name}: the token is asked of the page, and again after a refusal`, async () => {
    const asked = [];
    const sent = [];
    const token = async ({ refresh }) => {
      asked.push(refresh);
      return refresh ? "fresh" : "stale";
    };
    const fetch = server((_, request) => {
      sent.push(request.headers.get("authorization"));
      return sent.length === 1 ? new Response(null, { status: 401 }) : bundleOf(patient("1"));
    });
    const { replica } = await opened(fetch, { token });
    await replica.pull(["Patient"]);
    assert.deepEqual(asked, [false, false, true], "asked whether there is another one by now, then for one");
    assert.deepEqual(sent, ["Bearer stale", "Bearer fresh"]);
    await replica.close();
  });

  test(`w4 ${name}: many calls that are refused at once lead to one refresh, and all go on`, async () => {
    const asked = [];
    let stored = "stale";
    const token = async ({ refresh }) => {
      asked.push(refresh);
      if (refresh) stored = await new Promise((resolve) => setTimeout(resolve, 20, "fresh"));
      return stored;
    };
    const fetch = server((_, request) => {
      const fresh = request.headers.get("authorization") === "Bearer fresh";
      return fresh ? bundleOf(patient("1")) : new Response(null, { status: 401 });
    });
    const { replica } = await opened(fetch, { token });
    await Promise.all(Array.from({ length: 8 }, () => replica.pull(["Patient"])));
    assert.equal(asked.filter((refresh) => refresh).length, 1);
    await replica.close();
  });

  test(`${name}: fetch gets a whole Request, and its answer arrives whole`, async () => {
    let seen;
    const { replica } = await opened(
      server((_, request) => {
        seen = request;
        return bundleOf();
      }),
    );
    await replica.pull(["Patient?_count=10"]);
    assert.ok(seen instanceof Request);
    assert.equal(seen.url, `${SERVER}/Patient?_count=10`);
    assert.equal(seen.redirect, "manual");
    const elsewhere = server(() => Object.defineProperty(Response.json({}), "url", { value: "http://evil.test/" }));
    const other = await opened(elsewhere);
    await assert.rejects(other.replica.pull(["Patient"]), code("refused-link"));
    const hidden = await opened(server(() => Response.error()));
    await assert.rejects(hidden.replica.pull(["Patient"]), (error) => error.status === 0);
    for (const { replica: each } of [{ replica }, other, hidden]) await each.close();
  });

  test(`${name}: a call under way when the replica closes is aborted, and later ones say why`, async () => {
    const { replica, log } = await opened();
    const slow = replica.search("Slow?");
    await Promise.all([assert.rejects(slow, code("aborted", /closed/)), replica.close()]);
    await replica.close();
    for (const call of [
      () => replica.pull(["Patient"]),
      () => replica.read("Patient/1"),
      () => replica.status(),
      () => replica.wipe(),
    ]) {
      await assert.rejects(call, code("bad-input", /Open it again with openReplica/));
    }
    assert.throws(() => replica.watch("Patient", () => {}), code("bad-input"));
    if (name === "inline") assert.deepEqual(log.at(-1), ["close"]);
  });

  test(`${name}: an open that is aborted leaves nothing open`, async () => {
    const made = engine();
    await assert.rejects(
      made.openReplica({ name: "calls", server: SERVER, signal: AbortSignal.abort() }),
      code("aborted"),
    );
    const controller = new AbortController();
    const opening = made.openReplica({ name: "calls", server: SERVER, signal: controller.signal });
    controller.abort();
    await assert.rejects(opening, code("aborted"));
  });

  test(`${name}: a client reads, pages, and stops paging when told`, async () => {
    const paths = [];
    const made = engine();
    const client = await made.openClient({
      server: SERVER,
      fetch: server((path) => {
        paths.push(path);
        return path === "metadata" ? { resourceType: "CapabilityStatement" } : bundleOf(patient(String(paths.length)));
      }),
    });
    assert.equal((await client.capabilities()).resourceType, "CapabilityStatement");
    assert.equal((await client.read("Patient/1")).resourceType, "Bundle");
    const pages = [];
    for await (const page of client.search("Patient?")) pages.push(page);
    assert.equal(pages.length, 3);
    for await (const page of client.history("Patient", { since: "2024-01-01T00:00:00Z" })) {
      assert.equal(page.resourceType, "Bundle");
      break;
    }
    assert.equal(paths.at(-1), "Patient/_history?_since=2024-01-01T00:00:00Z&page=1");
    assert.deepEqual(made.log.at(-1), ["pages aborted"]);
    const controller = new AbortController();
    const aborted = client.search("Patient?", { signal: controller.signal });
    await aborted.next();
    controller.abort();
    await assert.rejects(aborted.next(), code("aborted"));
    assert.equal((await aborted.next()).done, true);
    await client.close();
    await assert.rejects(client.read("Patient/1"), code("bad-input", /openClient/));
  });
}
