// Eight tabs that pull and watch one replica while the server lives: all end with the same right answer,
// and the server is asked by one tab at a time. Without Web Locks they all ask, and the store's
// compare-and-swap decides.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { startDemo } from "../../scripts/demo/server.mjs";
import { Browser } from "../support/chromium.mjs";
import { assertReplicates } from "../support/compare.mjs";
import { FhirServer } from "../support/rest.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, Replica } from "../support/subjects.mjs";

const TABS = 8;
/** How often each tab pulls while the server lives. */
const ROUNDS = 3;
const TYPES = ["Patient", "Observation", "Condition"];
const FEEDS = TYPES.map((type) => ({ history: type }));
const WATCHED = "Observation?_lastUpdated=ge2000&_count=1000000";
/** Entries that the package asks a page for. */
const PAGE = 500;
const PATIENCE_MS = 300_000;

for (const [what, options, withLocks] of [
  ["with Web Locks", {}, true],
  ["without Web Locks", { workerBegins: "/support/without-locks.js" }, false],
]) {
  describe(`eight tabs ${what}`, () => {
    let demo;
    let pages;
    let browser;
    /** Requests to the server: now, at most at a time, and in all. */
    const asked = { now: 0, most: 0, all: 0 };

    before(async () => {
      const faults = async (request, answer) => {
        asked.now += 1;
        asked.all += 1;
        asked.most = Math.max(asked.most, asked.now);
        await sleep(10);
        try {
          return await answer();
        } finally {
          asked.now -= 1;
        }
      };
      demo = await startDemo({ patients: 8, seed: 6, quiet: true, faults });
      pages = await pageServer(options);
      browser = await Browser.launch();
    });
    after(async () => {
      await browser?.remove();
      await pages?.close();
      await demo?.close();
    });

    test("all end with what the server has", { timeout: PATIENCE_MS }, async () => {
      const server = new FhirServer(demo.base);
      await server.learn(TYPES);
      const replicas = [];
      for (let tab = 0; tab < TABS; tab += 1) {
        const page = await browser.page(pages.origin);
        replicas.push(await Replica.open(inChromium(page), { name: "shared", server: demo.base }));
        await replicas[tab].watch(WATCHED);
      }
      Object.assign(asked, { most: 0, all: 0 });

      // So few changes that the history of them all fits one page.
      const changes = [];
      let stored = 0;
      const pullAgainAndAgain = async (replica) => {
        for (let round = 0; round < ROUNDS; round += 1) {
          const answer = await fetch(`${demo.url}demo/change`, { method: "POST" });
          changes.push(await answer.json());
          const { feeds } = await replica.pull(FEEDS);
          for (const feed of feeds) stored += feed.stored + feed.deleted;
        }
      };
      await Promise.all(replicas.map(pullAgainAndAgain));
      const written = changes.flatMap(({ created, updated, deleted }) => [...created, ...updated, ...deleted]).length;
      if (withLocks) {
        assert.ok(asked.most <= FEEDS.length, "one tab asks at a time, all its feeds at once");
        // A first pull of everything, after the server said what it can; and after it one page of what changed,
        // whichever tab asks.
        const first = 1 + Math.ceil(server.ledger.size / PAGE) + FEEDS.length;
        assert.ok(asked.all <= first + TABS * ROUNDS * FEEDS.length, `${asked.all} requests`);
        assert.ok(stored <= server.ledger.size + written, `${stored} were stored`);
      } else {
        assert.ok(asked.most > FEEDS.length, "no lock held the tabs apart");
      }

      await server.learn(TYPES);
      // What came last is pulled by one tab, and told to all.
      await replicas[0].pull(FEEDS);
      const right = versionsIn(await replicas[0].search(WATCHED));
      const { generation } = await replicas[0].status();
      for (const [tab, replica] of replicas.entries()) {
        await until(async () => (await replica.status()).generation === generation);
        await assertReplicates(replica, server, { types: TYPES, deletes: "known", readEach: 9 });
        await until(async () => isDeepStrictEqual((await replica.watched(WATCHED)).references, right));
        const { references, errors, times } = await replica.watched(WATCHED);
        assert.deepEqual(references, right, `tab ${tab}: the watch's last answer`);
        assert.deepEqual(errors, [], `tab ${tab}`);
        assert.ok(times >= 1);
      }
      assert.deepEqual(browser.complaints, []);
    });
  });
}

/** Waits a while for what other tabs are told; what is asserted afterwards says what is missing. */
async function until(holds) {
  for (let tries = 0; tries < 500 && !(await holds()); tries += 1) await sleep(20);
}

function versionsIn({ entry = [] }) {
  return entry.map(({ resource }) => `${resource.resourceType}/${resource.id}/${resource.meta.versionId}`).sort();
}
