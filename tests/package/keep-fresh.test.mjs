// Keeping fresh, on a platform driven by hand: when it pulls, when it does not, what it tells, and who leads.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FhirPullError } from "../../pkg-template/errors.js";
import { KeepFresh, groupOf } from "../../pkg-template/keep-fresh.js";
import { HandPlatform, settled } from "./hand-platform.mjs";

const MINUTE = 60_000;
let platform;
/** Those that a test began. */
let begun = [];

afterEach(async () => {
  await Promise.all(begun.map(({ fresh }) => fresh.stop()));
  begun = [];
  platform.restore();
});

/** One that keeps fresh, the pulls it has begun, and the states it has told. */
function kept(options) {
  const one = { pulls: [], told: [] };
  const pull = (signal, onSign) =>
    new Promise((resolve, reject) => {
      const pull = { at: platform.now, signal, onSign, resolve, reject };
      one.pulls.push(pull);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  one.fresh = new KeepFresh(pull, { every: MINUTE, group: "ward", onState: (state) => one.told.push(state), ...options });
  begun.push(one);
  return one;
}

const last = (one) => one.pulls.at(-1);
const states = (one) => one.told.map(({ state }) => state);

async function ends(one) {
  await settled();
  last(one).resolve();
  await settled();
}

async function fails(one, code, what) {
  await settled();
  last(one).reject(new FhirPullError("It failed.", { code, ...what }));
  await settled();
}

test("pulls at once, and again so long after each pull has ended", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await platform.pass(5 * MINUTE);
  assert.equal(one.pulls.length, 1, "a long pull is not overlapped");
  await ends(one);
  assert.deepEqual(one.fresh.state, {
    state: "waiting",
    leader: true,
    lastPull: platform.now,
    nextPull: platform.now + MINUTE,
  });
  await platform.pass(MINUTE - 1);
  assert.equal(one.pulls.length, 1);
  await platform.pass(1);
  assert.equal(one.pulls.length, 2);
  assert.deepEqual(states(one), ["pulling", "waiting", "pulling"]);
});

test("a failure that may pass is tried again, ever later up to a bound, by half by chance", async () => {
  platform = HandPlatform.install();
  const one = kept();
  const waits = [];
  for (let failure = 1; failure <= 10; failure += 1) {
    platform.chance = failure === 2 ? 0 : 1;
    await fails(one, "network", { retryable: true });
    const { state, error, nextPull } = one.fresh.state;
    assert.deepEqual([state, error.code], ["failed", "network"]);
    waits.push((nextPull - platform.now) / 1000);
    await platform.pass(nextPull - platform.now);
    assert.equal(one.pulls.length, failure + 1);
  }
  assert.deepEqual(waits, [2, 2, 8, 16, 32, 64, 128, 256, 300, 300]);
  await ends(one);
  assert.deepEqual([one.fresh.state.state, one.fresh.state.error], ["waiting", undefined]);
  await platform.pass(MINUTE);
  await fails(one, "network", { retryable: true });
  assert.equal(one.fresh.state.nextPull - platform.now, 2000, "a success begins the count anew");
});

test("w1 a server that asks for patience gets it, also when the network comes back meanwhile", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await fails(one, "busy", { retryable: true, retryAfter: 900 });
  assert.equal(one.fresh.state.nextPull - platform.now, 900_000);
  await platform.network(false);
  await platform.network(true);
  await platform.pass(899_999);
  assert.equal(one.pulls.length, 1);
  await platform.pass(1);
  assert.equal(one.pulls.length, 2);
});

test("what is denied is told, and tried again at the usual pace: a token may come back", async () => {
  platform = HandPlatform.install();
  const one = kept();
  for (let tries = 1; tries <= 3; tries += 1) {
    await fails(one, "denied", { status: 401 });
    assert.equal(one.fresh.state.error.status, 401);
    assert.equal(one.fresh.state.nextPull - platform.now, MINUTE);
    await platform.pass(MINUTE);
  }
  await ends(one);
  assert.equal(one.fresh.state.state, "waiting");
});

test("offline nothing is pulled; a pull under way is stopped, and made again as soon as the network is back", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await settled();
  await platform.network(false);
  assert.ok(last(one).signal.aborted);
  assert.deepEqual([one.fresh.state.state, one.fresh.state.error], ["offline", undefined]);
  await platform.pass(60 * MINUTE);
  assert.equal(one.pulls.length, 1);
  await platform.network(true);
  assert.equal(one.pulls.length, 2);
  await fails(one, "network", { retryable: true });
  await platform.network(true);
  assert.equal(one.pulls.length, 3, "no back-off outlasts the network's absence");
  await platform.network(false);
  await platform.network(true, { told: false });
  await platform.pass(30_000);
  assert.equal(one.pulls.length, 4, "nobody had told");
});

test("a page that is hidden pulls, unless it is not to; then it goes on when it is seen", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await ends(one);
  await platform.seen(false);
  await platform.pass(MINUTE);
  await ends(one);
  assert.equal(one.pulls.length, 2);
  await one.fresh.stop();

  const other = kept({ whileHidden: false });
  await platform.pass(60 * MINUTE);
  assert.deepEqual([other.pulls.length, other.fresh.state.leader], [0, false]);
  await platform.seen(true);
  assert.equal(other.pulls.length, 1);
  await ends(other);
  await platform.seen(false);
  assert.deepEqual([other.fresh.state.state, other.fresh.state.leader], ["following", false]);
  await platform.pass(60 * MINUTE);
  await platform.seen(true);
  assert.equal(other.pulls.length, 2, "long due");
  await ends(other);
  await platform.seen(false);
  await platform.seen(true);
  assert.equal(other.pulls.length, 2, "not due yet");
});

test("a timer that slept along with its laptop is late by half a minute at most, by nothing where the page wakes", async () => {
  platform = HandPlatform.install();
  const one = kept({ every: 60 * MINUTE });
  await ends(one);
  platform.sleep(90 * MINUTE);
  assert.equal(one.pulls.length, 1);
  await platform.seen(true);
  assert.equal(one.pulls.length, 2);
  await ends(one);
  platform.sleep(90 * MINUTE);
  await platform.pass(30_000);
  assert.equal(one.pulls.length, 3);
});

test("a clock that is set back by a year stops nothing", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await ends(one);
  platform.sleep(-365 * 24 * 60 * MINUTE);
  await platform.pass(30_000);
  assert.equal(one.pulls.length, 2);
});

test("n1 pull() wakes it; during a pull one more follows, for all who asked meanwhile", async () => {
  platform = HandPlatform.install();
  const one = kept();
  await ends(one);
  const woken = one.fresh.pull();
  await settled();
  assert.equal(one.pulls.length, 2);
  const more = [one.fresh.pull(), one.fresh.pull()].map((pull) => assert.rejects(pull, { code: "network" }));
  await ends(one);
  await woken;
  assert.equal(one.pulls.length, 3);
  await fails(one, "network", { retryable: true });
  await Promise.all(more);
  assert.equal(one.pulls.length, 3);
  assert.equal(one.fresh.state.state, "failed");
});

test("stop() stops the pull under way and resolves when that has ended; nothing comes after", async () => {
  platform = HandPlatform.install();
  let end;
  const told = [];
  const pull = () => new Promise((resolve) => (end = resolve));
  const fresh = new KeepFresh(pull, { every: MINUTE, group: "ward", onState: ({ state }) => told.push(state) });
  await settled();
  let stopped = false;
  const stopping = fresh.stop().then(() => (stopped = true));
  await platform.pass(MINUTE);
  assert.ok(!stopped, "the pull has not ended");
  end();
  await stopping;
  assert.deepEqual(told, ["pulling", "stopped"]);
  await assert.rejects(fresh.pull(), { code: "bad-input" });
  await platform.pass(60 * MINUTE);
  assert.deepEqual(told, ["pulling", "stopped"]);
  assert.equal(platform.timers.count, 0);
});

test("one that waits, one that is offline and one that follows stop at once, by a signal, too", async () => {
  platform = HandPlatform.install();
  const controller = new AbortController();
  const leader = kept({ signal: controller.signal });
  const follower = kept();
  await ends(leader);
  await follower.fresh.stop();
  controller.abort();
  await leader.fresh.ended;
  assert.deepEqual([leader.fresh.state.state, follower.fresh.state.state], ["stopped", "stopped"]);
  await platform.network(false);
  const [away, behind] = [kept(), kept()];
  await platform.pass(60 * MINUTE);
  assert.deepEqual([away, behind].map(({ fresh }) => fresh.state.state), ["offline", "following"]);
  await Promise.all([away.fresh.stop(), behind.fresh.stop()]);
  assert.equal(platform.timers.count, 0);
});

test("one tab leads; the others know from it how things stand, and take over when the next pull is due", async () => {
  platform = HandPlatform.install();
  const [leader, second, third] = [kept(), kept(), kept()];
  await ends(leader);
  const expected = { state: "following", leader: false, lastPull: platform.now, nextPull: platform.now + MINUTE };
  assert.deepEqual(second.fresh.state, expected);
  const late = kept();
  await settled();
  assert.deepEqual(late.fresh.state, expected, "asked for by one that came later");
  await platform.pass(MINUTE / 2);
  await leader.fresh.stop();
  await settled();
  assert.deepEqual([second.fresh.state.leader, second.fresh.state.state], [true, "waiting"]);
  await platform.pass(MINUTE / 2);
  assert.deepEqual([second, third, late].map(({ pulls }) => pulls.length), [1, 0, 0]);
  await fails(second, "denied", { status: 403 });
  assert.equal(third.fresh.state.error.status, 403);
  assert.ok(third.fresh.state.error instanceof FhirPullError);
});

test("a follower takes over in the middle of the leader's pull and begins another at once", async () => {
  platform = HandPlatform.install();
  const [leader, second] = [kept(), kept()];
  await ends(leader);
  leader.fresh.pull().catch(() => {});
  await settled();
  await leader.fresh.stop();
  await settled();
  assert.equal(second.pulls.length, 1);
});

test("a follower that is hidden and then rests does not take over before it is seen", async () => {
  platform = HandPlatform.install();
  const [leader, second] = [kept(), kept({ whileHidden: false })];
  await ends(leader);
  await platform.seen(false);
  await leader.fresh.stop();
  await platform.pass(10 * MINUTE);
  assert.equal(second.pulls.length, 0);
  await platform.seen(true);
  assert.equal(second.pulls.length, 1);
});

test("a follower that was woken stops when its own pull has ended", async () => {
  platform = HandPlatform.install();
  const leader = kept();
  await settled();
  let end;
  const fresh = new KeepFresh(() => new Promise((resolve) => (end = resolve)), { every: MINUTE, group: "ward" });
  fresh.pull();
  await settled();
  let stopped = false;
  const stopping = fresh.stop().then(() => (stopped = true));
  await settled();
  assert.ok(!stopped);
  end();
  await stopping;
  assert.equal(leader.fresh.state.leader, true);
});

test("n1 pull() in a tab that follows pulls there, and the leader's next pull moves", async () => {
  platform = HandPlatform.install();
  const [leader, second] = [kept(), kept()];
  await ends(leader);
  await platform.pass(MINUTE / 2);
  const woken = second.fresh.pull();
  await ends(second);
  await woken;
  assert.equal(leader.fresh.state.lastPull, platform.now);
  await platform.pass(MINUTE - 1);
  assert.equal(leader.pulls.length, 1);
  await platform.pass(1);
  assert.equal(leader.pulls.length, 2);
});

test("a leader that is silent long after its next pull was due is taken for suspended, and follows when it is not", async () => {
  platform = HandPlatform.install();
  const [leader, second] = [kept(), kept()];
  await settled();
  // A first pull that takes long, and gets on.
  for (let minute = 0; minute < 10; minute += 1) {
    await platform.pass(MINUTE);
    last(leader).onSign();
  }
  await platform.pass(MINUTE);
  assert.equal(second.pulls.length, 0);
  // No word any more.
  await platform.seen(false);
  await platform.pass(10 * MINUTE);
  assert.equal(second.pulls.length, 0, "nobody looks at the tab that would take over");
  await platform.seen(true);
  assert.deepEqual([second.pulls.length, second.fresh.state.leader], [1, true]);
  await ends(leader);
  assert.equal(leader.fresh.state.leader, false);
  await platform.pass(MINUTE);
  await ends(second);
  await platform.pass(MINUTE);
  assert.deepEqual([leader.pulls.length, second.pulls.length], [1, 2]);
});

test("without locks, with locks denied, and where nothing is shared, each pulls by itself", async () => {
  for (const [install, group] of [
    [{ locks: false }, "ward"],
    [{}, "denied"],
    [{}, undefined],
  ]) {
    platform?.restore();
    platform = HandPlatform.install({ document: false, ...install });
    if (group === "denied") platform.locks.denies = new DOMException("Not here.", "SecurityError");
    const [one, other] = [kept({ group }), kept({ group })];
    await settled();
    assert.deepEqual([one.pulls.length, other.pulls.length], [1, 1]);
    await ends(one);
    await ends(other);
    await platform.pass(MINUTE);
    assert.ok(one.pulls.length + other.pulls.length >= 3);
    await Promise.all([one.fresh.stop(), other.fresh.stop()]);
  }
});

test("what onState throws is the application's, and stops nothing", async () => {
  platform = HandPlatform.install();
  const thrown = [];
  globalThis.reportError = (error) => thrown.push(error.message);
  try {
    const one = kept({ onState: () => { throw new Error("mine"); } });
    await ends(one);
    await platform.pass(MINUTE);
    assert.equal(one.pulls.length, 2);
    await one.fresh.stop();
    assert.ok(thrown.length >= 4 && thrown.every((message) => message === "mine"));
  } finally {
    delete globalThis.reportError;
  }
});

test("the lock is of the database, the feeds and the pace, and names no patient", () => {
  const feeds = ["Observation?patient=123"];
  assert.equal(groupOf("ward-7", feeds, MINUTE), groupOf("ward-7", [...feeds], MINUTE));
  assert.match(groupOf("ward-7", feeds, MINUTE), /^fhir-pull\/ward-7\/fresh\/[0-9a-f]{1,16}$/);
  const others = [groupOf("ward-8", feeds, MINUTE), groupOf("ward-7", ["Patient"], MINUTE), groupOf("ward-7", feeds, 1)];
  assert.equal(new Set([groupOf("ward-7", feeds, MINUTE), ...others]).size, 4);
});
