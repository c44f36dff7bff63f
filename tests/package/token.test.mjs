// W4: one refresh for all that were refused the same token, in this tab and in others; none for a token that has
// been replaced; and nothing lost where the network was away.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { singleFlight } from "../../pkg-template/token.js";
import { HandPlatform, settled } from "./hand-platform.mjs";

const SERVER = "http://fhir.test/r4";
let platform;

beforeEach(() => {
  platform = HandPlatform.install();
});
afterEach(() => platform.restore());

/** An application: what it stores for all of its tabs, what it was asked, and refreshes that end when told. */
function application() {
  const app = { stored: "t1", asked: [], refreshes: [] };
  app.token = ({ refresh, ...rest }) => {
    assert.deepEqual(rest, {}, "what was refused is not the application's to know");
    app.asked.push(refresh ? "refresh" : "current");
    if (!refresh) return app.stored;
    return new Promise((resolve, reject) => {
      app.refreshes.push({ reject, ends: (token) => resolve((app.stored = token)) });
    });
  };
  return app;
}

const tab = (app) => singleFlight(app.token, SERVER);
const current = { refresh: false };
const after = (refused) => ({ refresh: true, refused });

test("w4 all that were refused a token while it is renewed wait for that, and who asks for the first time, too", async () => {
  const app = application();
  const token = tab(app);
  assert.equal(await token(current), "t1");
  const asked = [token(after("t1")), token(after("t1"))];
  await settled();
  asked.push(token(after("t1")), token(current));
  await settled();
  assert.equal(app.refreshes.length, 1);
  app.refreshes[0].ends("t2");
  assert.deepEqual(await Promise.all(asked), ["t2", "t2", "t2", "t2"]);
  assert.equal(await token(current), "t2");
});

test("w4 a token that was renewed since it was sent is not renewed again", async () => {
  const app = application();
  const token = tab(app);
  app.stored = "t2";
  assert.equal(await token(after("t1")), "t2");
  assert.equal(app.refreshes.length, 0);
  const again = token(after("t2"));
  await settled();
  app.refreshes[0].ends("t3");
  assert.equal(await again, "t3");
});

test("w4 who was refused the very token that the others wait for asks for another one", async () => {
  const app = application();
  const token = tab(app);
  app.stored = "t2";
  const [late, ...early] = ["t1", "t2", "t2"].map((refused) => token(after(refused)));
  assert.equal(await late, "t2");
  await settled();
  app.refreshes[0].ends("t3");
  assert.deepEqual(await Promise.all(early), ["t3", "t3"]);
  assert.deepEqual(app.asked, ["current", "current", "refresh"]);
});

test("w4 two tabs: the second takes what the first has brought", async () => {
  const app = application();
  const [one, other] = [tab(app), tab(app)];
  const asked = [one(after("t1")), other(after("t1"))];
  await settled();
  assert.equal(app.refreshes.length, 1);
  app.refreshes[0].ends("t2");
  assert.deepEqual(await Promise.all(asked), ["t2", "t2"]);
  assert.deepEqual(app.asked, ["current", "refresh", "current"]);
});

test("w4 the lock names the server and no token", async () => {
  const app = application();
  tab(app)(after("t1"));
  await settled();
  assert.deepEqual(platform.locks.names(), [`fhir-pull/token/${SERVER}`]);
});

test("w4 a tab that hangs in its refresh keeps the others for a minute", async () => {
  const app = application();
  const [one, other] = [tab(app), tab(app)];
  one(after("t1"));
  await settled();
  const asked = other(after("t1"));
  await settled();
  assert.equal(platform.timers.count, 1, "who has the lock waits for nobody");
  await platform.pass(59_999);
  assert.equal(app.refreshes.length, 1);
  await platform.pass(1);
  assert.equal(app.refreshes.length, 2);
  app.refreshes[1].ends("t2");
  assert.equal(await asked, "t2");
  assert.equal(platform.timers.count, 0);
});

test("w4 without locks, and with locks denied, a tab still refreshes once", async () => {
  const denied = application();
  platform.locks.denies = new DOMException("Not here.", "SecurityError");
  const without = application();
  for (const [app, prepare] of [
    [denied, () => {}],
    [without, () => (platform.restore(), (platform = HandPlatform.install({ locks: false })))],
  ]) {
    prepare();
    const token = tab(app);
    const asked = [token(after("t1")), token(after("t1"))];
    await settled();
    assert.equal(app.refreshes.length, 1);
    app.refreshes[0].ends("t2");
    assert.deepEqual(await Promise.all(asked), ["t2", "t2"]);
  }
});

test("w4 a refresh that fails for want of a network says so, and the next one that asks tries again", async () => {
  const away = [
    new TypeError("Failed to fetch"),
    new TypeError("NetworkError when attempting to fetch resource."),
    new TypeError("Load failed"),
    new TypeError("fetch failed"),
    new DOMException("It took too long.", "TimeoutError"),
    new DOMException("It was cut.", "NetworkError"),
    Object.assign(new Error("The token endpoint answered 503."), { retryable: true }),
  ];
  const app = application();
  const token = tab(app);
  for (const [turn, thrown] of away.entries()) {
    const asked = [token(after("t1")), token(after("t1")), token(current)];
    await settled();
    app.refreshes[turn].reject(thrown);
    for (const each of asked) await assert.rejects(each, { code: "network", retryable: true });
  }
  assert.equal(app.refreshes.length, away.length);
  assert.equal(await token(current), "t1", "what was stored is still there");
  const last = token(after("t1"));
  await settled();
  app.refreshes.at(-1).ends("t2");
  assert.equal(await last, "t2");
});

test("w4 what else a callback throws stays what it is, offline or not", async () => {
  const app = application();
  const token = tab(app);
  for (const thrown of [new Error("invalid_grant"), new TypeError("x is not a function"), undefined, "no"]) {
    const asked = token(after("t1"));
    await settled();
    app.refreshes.at(-1).reject(thrown);
    await assert.rejects(asked.catch((error) => Promise.reject(Object.assign(new Error(), { error }))), { error: thrown });
  }
  await platform.network(false);
  const asked = token(after("t1"));
  await settled();
  app.refreshes.at(-1).reject(new TypeError("an extension's words for it"));
  await assert.rejects(asked, { code: "network" });
});

test("w4 an application that has no token now is asked to renew it; signed out, there is none", async () => {
  const app = application();
  const token = tab(app);
  app.stored = undefined;
  const asked = token(after("t1"));
  await settled();
  app.refreshes[0].ends(undefined);
  assert.equal(await asked, undefined);
  app.stored = "t2";
  assert.equal(await token(after("")), "t2", "signed in since");
});

test("w4 calls that ask at once share one question", async () => {
  let asked = 0;
  let give;
  const token = singleFlight(() => ((asked += 1), new Promise((resolve) => (give = resolve))), SERVER);
  const all = [token(current), token(current)];
  give("t1");
  assert.deepEqual(await Promise.all(all), ["t1", "t1"]);
  assert.equal(asked, 1);
  token(current);
  assert.equal(asked, 2);
});
