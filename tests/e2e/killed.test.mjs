// L2: the browser dies in the middle of a pull, at any moment, again and again. What it stored is whole
// each time, and in the end it is what the server has.
//
// KILLS=50 node --test tests/e2e/killed.test.mjs   how often; a few by default
// SEED=7   the same changes and the same choice of moments as a run that printed that seed

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { randomOf } from "../../scripts/demo/population/random.mjs";
import { startDemo } from "../../scripts/demo/server.mjs";
import { assertReplicates } from "../support/compare.mjs";
import { MortalBrowser } from "../support/mortal-chromium.mjs";
import { FhirServer } from "../support/rest.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, Replica } from "../support/subjects.mjs";
import { Versions } from "../support/versions.mjs";

const KILLS = Number(process.env.KILLS ?? 4);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const BY_HISTORY = ["Patient", "Observation"];
const BY_SEARCH = ["Encounter", "Condition"];
const TYPES = [...BY_HISTORY, ...BY_SEARCH];
const FEEDS = [...BY_SEARCH.map((type) => `${type}?_count=60`), ...BY_HISTORY.map((type) => ({ history: type }))];
const typeOf = (feed) => feed.split(/[?/]/)[0];

/** About as many requests as a pull of all makes. */
const REQUESTS = 45;
/** A kill comes so long after the request that it waits for, at most. */
const LATER_MS = 120;
/** For each kill: a browser's start and a look at all that is stored, on a loaded machine. */
const PATIENCE_MS = 60_000;

let demo;
let pages;
let browser;
/** Told of each request. */
let onRequest = () => {};

before(async () => {
  const faults = async () => {
    onRequest();
    await sleep(15);
  };
  demo = await startDemo({ patients: 40, seed: 5, quiet: true, faults });
  // Many small commits instead of a few large ones.
  pages = await pageServer({ workerBegins: "/support/hurried-clock.js" });
  browser = new MortalBrowser();
});
after(async () => {
  await browser?.remove();
  await pages?.close();
  await demo?.close();
});

test(`killed ${KILLS} times in the middle of a pull (seed ${SEED})`, { timeout: (KILLS + 3) * PATIENCE_MS }, async (t) => {
  const random = randomOf(SEED, "kills");
  const server = new FhirServer(demo.base);
  await server.learn(TYPES);
  const versions = new Versions(demo.base);
  await versions.learn(TYPES);
  /** By type: what the server had when the last pull began, and when the one began that was told to be complete. */
  let begun = versions.counts();
  const complete = new Map();
  const outcomes = { "in a pull": 0, "after its end": 0 };

  const opened = async () => {
    const page = await browser.page(pages.origin);
    const replica = await Replica.open(inChromium(page), { name: "killed", server: demo.base });
    // Stored as complete by the pull that was killed before it could tell.
    for (const { feed, complete: stored } of (await replica.status()).feeds) {
      if (stored && !complete.has(typeOf(feed))) complete.set(typeOf(feed), begun[typeOf(feed)]);
    }
    await versions.assertWhole(replica, TYPES, complete);
    return { page, replica };
  };
  const assertEqual = async (replica) => {
    await assertReplicates(replica, server, { types: BY_HISTORY, deletes: "known", readEach: 9 });
    await assertReplicates(replica, server, { types: BY_SEARCH, deletes: "absent", readEach: 9 });
  };

  for (let kill = 1; kill <= KILLS; kill += 1) {
    let { page, replica } = await opened();
    if (complete.size === FEEDS.length) {
      await replica.wipe();
      complete.clear();
      replica = await Replica.open(inChromium(page), { name: "killed", server: demo.base });
    }
    const answer = await fetch(`${demo.url}demo/change`, { method: "POST" });
    const changes = await answer.json();
    server.note(changes);
    await versions.note(changes);

    begun = versions.counts();
    const moment = nthRequest(random.whole(1, REQUESTS));
    const pull = settled(replica.pull(FEEDS));
    const dead = new AbortController();
    const watching = toldComplete(replica, dead.signal, (feed) => complete.set(typeOf(feed), begun[typeOf(feed)]));
    const ended = await Promise.race([moment, pull]);
    await sleep(random.between(0, LATER_MS));
    dead.abort();
    await browser.kill();
    const { value } = await pull;
    for (const { feed } of value?.feeds ?? []) complete.set(typeOf(feed), begun[typeOf(feed)]);
    await watching;
    outcomes[ended?.value ? "after its end" : "in a pull"] += 1;
  }

  const { replica } = await opened();
  await replica.pull(FEEDS);
  await assertEqual(replica);
  t.diagnostic(`killed ${JSON.stringify(outcomes)}`);
  assert.ok(outcomes["in a pull"] > 0, "some pull was cut");
});

/** Resolves at the n-th request from now on. */
function nthRequest(n) {
  return new Promise((resolve) => {
    let left = n;
    onRequest = () => {
      left -= 1;
      if (left === 0) resolve();
    };
  });
}

/** Hears which feeds the page was told to be complete, as long as there is a page. */
async function toldComplete(replica, signal, tell) {
  try {
    while (!signal.aborted) {
      const states = Object.entries(await replica.statesSoFar());
      for (const [feed, state] of states) if (state === "complete") tell(feed);
      await sleep(20);
    }
  } catch {
    // The browser was killed while it answered.
  }
}

/** What became of a promise, without a rejection that nobody handles yet. */
function settled(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
}
