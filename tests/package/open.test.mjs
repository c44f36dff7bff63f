// Opening: options that are wrong get a sentence, a load that failed is tried again, and a worker that
// can't be had is done without.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loader } from "../../pkg-template/load.js";
import { opener } from "../../pkg-template/open.js";
import { answerOn } from "../../pkg-template/worker-side.js";
import { double } from "./double.mjs";
import { ENGINES, SERVER, definitionsOf } from "./engines.mjs";
import { keptStore } from "./kept-store.mjs";

const good = { name: "ward-7", server: SERVER };
const aesKey = (name, usages) => crypto.subtle.generateKey({ name, length: 256 }, false, usages);
const key = await aesKey("AES-GCM", ["encrypt", "decrypt"]);

for (const [what, options, sentence] of [
  ["no options", undefined, /name must be/],
  ["an empty name", { ...good, name: " " }, /name must be a text that is not empty/],
  ["a control character", { ...good, name: "a\u0007b" }, /control characters/],
  ["no server", { name: "a" }, /server must be the base URL/],
  ["a relative server", { ...good, server: "/fhir" }, /server must be the base URL/],
  ["a server of another scheme", { ...good, server: "ftp://r4.example.org" }, /server must be the base URL/],
  ["an unknown option", { ...good, tokens: "x" }, /no option called "tokens"/],
  ["a token that is a text", { ...good, token: "x" }, /token must be a function/],
  ["a fetch that is none", { ...good, fetch: 1 }, /fetch must be a function/],
  ["a version of FHIR that is none", { ...good, fhirVersion: "STU3" }, /fhirVersion must be one of R4, R4B, R5/],
  ["an unknown store", { ...good, store: "opfs" }, /store must be "indexeddb", "memory", or an object with head/],
  ["an object that is no store", { ...good, store: { head() {}, read() {} } }, /an object with head, read, commit/],
  ["a worker for a store of one's own", { ...good, store: keptStore(), worker: true }, /called in this thread/],
  ["a store of one's own with a key made here", { ...good, store: keptStore(), encrypt: true }, /give a CryptoKey/],
  ["IndexedDB where there is none", { ...good, store: "indexeddb" }, /There is no IndexedDB here/],
  ["encryption of what is in memory", { ...good, encrypt: true }, /encrypt is for what is stored/],
  ["a key for what is in memory", { ...good, store: "memory", encrypt: key }, /encrypt is for what is stored/],
  ["a password as a key", { ...good, encrypt: "secret" }, /encrypt must be true, or a CryptoKey/],
  ["a key of another algorithm", { ...good, encrypt: await aesKey("AES-CBC", ["encrypt", "decrypt"]) }, /for AES-GCM/],
  ["a key that may not decrypt", { ...good, encrypt: await aesKey("AES-GCM", ["encrypt"]) }, /encrypt and decrypt/],
  ["a worker where there is none", { ...good, worker: true }, /There are no workers here/],
  ["a signal that is none", { ...good, signal: {} }, /signal must be an AbortSignal/],
]) {
  test(`openReplica refuses ${what}`, async () => {
    await assert.rejects(ENGINES.inline().openReplica(options), (error) => {
      assert.equal(error.code, "bad-input");
      assert.match(error.message, sentence);
      return true;
    });
  });
}

test("with a store of one's own no worker is started", async () => {
  const spawn = () => assert.fail("a worker was started");
  const { wasm, log } = double();
  const store = keptStore();
  const replica = await opener({ definitionsOf, load: async () => wasm, spawn }).openReplica({ ...good, store });
  assert.equal(log[0][1].store, store);
  await replica.close();
});

test("wipeReplica refuses what is no name, and a platform that keeps nothing", async () => {
  const { wipeReplica } = ENGINES.inline();
  await assert.rejects(wipeReplica({ name: "ward-7" }), { code: "bad-input", message: /takes the replica's name/ });
  await assert.rejects(wipeReplica("ward-7"), { code: "bad-input", message: /no IndexedDB here/ });
});

test("calls refuse what they can't take", async () => {
  const replica = await ENGINES.inline().openReplica(good);
  const badInput = { code: "bad-input" };
  await assert.rejects(replica.pull([]), badInput);
  await assert.rejects(replica.pull("Patient"), badInput);
  await assert.rejects(replica.pull([{ search: "a", history: "b" }]), badInput);
  await assert.rejects(replica.pull(["Patient"], { progress() {} }), /no option called "progress"/);
  await assert.rejects(replica.search(""), badInput);
  await assert.rejects(replica.search("Patient", { as: "text" }), /as must be "bytes"/);
  await assert.rejects(replica.read(7), badInput);
  assert.throws(() => replica.watch("Patient"), badInput);
  await replica.close();
});

test("the wasm is loaded once, and again only after a failure", async () => {
  const { wasm } = double();
  let loads = 0;
  const { openReplica } = opener({
    definitionsOf,
    load: async () => {
      loads += 1;
      if (loads === 1) throw new TypeError("offline");
      return wasm;
    },
  });
  await assert.rejects(openReplica(good), { code: "network", retryable: true });
  const opened = await Promise.all([openReplica(good), openReplica(good)]);
  assert.equal(loads, 2);
  for (const replica of opened) await replica.close();
});

const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
for (const worker of [false, true]) {
  /** An opener whose `compile` is given, and the modules that were given to `load`. */
  const compiling = (compile) => {
    const given = [];
    const load = async (module) => {
      given.push(module);
      return double().wasm;
    };
    const spawn = () => {
      const { port1, port2 } = new MessageChannel();
      answerOn(port2, loader(load));
      return Object.assign(port1, { terminate: () => port1.close() });
    };
    const { openReplica } = opener({ definitionsOf, load, spawn, compile });
    const openAndClose = async () => (await openReplica({ ...good, worker })).close();
    return { openAndClose, given };
  };
  const where = worker ? "a worker" : "the page";

  test(`what the page compiles, it compiles once, and it is loaded in ${where}`, async () => {
    let compiles = 0;
    const compile = () => {
      compiles += 1;
      return WebAssembly.compile(EMPTY_MODULE);
    };
    const { openAndClose, given } = compiling(compile);
    await Promise.all([openAndClose(), openAndClose()]);
    assert.equal(compiles, 1);
    assert.equal(given.length, worker ? 2 : 1);
    for (const module of given) assert.ok(module instanceof WebAssembly.Module);
  });

  test(`where the page can't compile, ${where} loads by itself, and the next opening tries again`, async () => {
    let compiles = 0;
    const compile = async () => {
      compiles += 1;
      throw new TypeError("offline");
    };
    const { openAndClose, given } = compiling(compile);
    await openAndClose();
    await openAndClose();
    assert.equal(compiles, 2);
    assert.deepEqual(given, worker ? [undefined, undefined] : [undefined]);
  });
}

test("an abort while the page compiles rejects and ends the worker", async () => {
  const controller = new AbortController();
  let ended = 0;
  const worker = { postMessage() {}, terminate: () => void (ended += 1) };
  const spawn = () => {
    queueMicrotask(() => worker.onmessage({ data: { ready: true } }));
    return worker;
  };
  const compile = () => {
    setTimeout(() => controller.abort(), 5);
    return new Promise(() => {});
  };
  const { openReplica } = opener({ definitionsOf, load: () => assert.fail("nothing is to be loaded"), spawn, compile });
  await assert.rejects(openReplica({ ...good, signal: controller.signal }), { code: "aborted" });
  assert.equal(ended, 1);
});

test("a page that forbids WebAssembly is told so", async () => {
  const load = () => Promise.reject(new WebAssembly.CompileError("blocked by CSP"));
  await assert.rejects(opener({ definitionsOf, load }).openReplica(good), { code: "unsupported", message: /wasm-unsafe-eval/ });
});

const unstartable = {
  "throws at once": () => {
    throw new DOMException("denied", "SecurityError");
  },
  "fails later": () => {
    const worker = { terminate: () => {} };
    queueMicrotask(() => worker.onerror({ message: "blocked" }));
    return worker;
  },
};
for (const [how, spawn] of Object.entries(unstartable)) {
  test(`a worker whose start ${how}: inline, unless it was demanded`, async () => {
    const { openReplica } = opener({ definitionsOf, load: async () => double().wasm, spawn });
    const replica = await openReplica(good);
    assert.equal((await replica.status()).name, "ward-7");
    await replica.close();
    await assert.rejects(openReplica({ ...good, worker: true }), { code: "unsupported", message: /worker-src/ });
  });
}

test("worker: false never starts one", async () => {
  const spawn = () => assert.fail("a worker was started");
  const replica = await opener({ definitionsOf, load: async () => double().wasm, spawn }).openReplica({ ...good, worker: false });
  await replica.close();
});

test("a worker that dies ends the calls under way", async () => {
  const worker = { terminate() {}, postMessage() {} };
  queueMicrotask(() => worker.onmessage({ data: { ready: true } }));
  const opening = opener({ definitionsOf, load: async () => double().wasm, spawn: () => worker }).openReplica(good);
  setTimeout(() => worker.onerror({}), 10);
  await assert.rejects(opening, { code: "internal" });
});
