// Tabs that keep one replica fresh: one leads, and when it is closed, crashes or stops, another does; the server is
// asked by one at a time, also when the network goes and comes back.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startDemo } from "../../scripts/demo/server.mjs";
import { Browser } from "../support/chromium.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, Replica } from "../support/subjects.mjs";

const TABS = 4;
const FEEDS = [{ history: "*" }];
const OFTEN = 100;
const HOURLY = 3_600_000;
const PATIENCE_MS = 120_000;

describe("tabs that keep a replica fresh", () => {
  let demo;
  let pages;
  let browser;
  let tabs;
  /** Requests to the server: now, at most at a time, in all; and what holds them up. */
  let asked;

  before(async () => {
    const faults = async (_, answer) => {
      asked.now += 1;
      asked.all += 1;
      asked.most = Math.max(asked.most, asked.now);
      try {
        await asked.gate;
        return await answer();
      } finally {
        asked.now -= 1;
      }
    };
    demo = await startDemo({ patients: 4, seed: 3, quiet: true, faults });
    pages = await pageServer();
  });
  beforeEach(async () => {
    asked = { now: 0, most: 0, all: 0 };
    browser = await Browser.launch();
  });
  afterEach(() => browser?.remove());
  after(async () => {
    await pages?.close();
    await demo?.close();
  });

  async function keptFresh(every) {
    tabs = [];
    for (let tab = 0; tab < TABS; tab += 1) {
      const page = await browser.page(pages.origin);
      const replica = await Replica.open(inChromium(page), { name: "fresh", server: demo.base });
      await replica.keepFresh(FEEDS, every);
      tabs.push({ page, replica });
    }
  }

  /** The one that leads, once there is one among those that are left. */
  async function leader() {
    let found;
    await until("a leader", async () => {
      const all = await Promise.all(tabs.map(({ replica }) => replica.fresh()));
      const leading = all.filter(({ leader }) => leader);
      assert.ok(leading.length < 2, "one leads at a time");
      found = tabs[all.findIndex(({ leader }) => leader)];
      return found;
    });
    return found;
  }

  /** Something happens at the server, and all that are left have it by themselves. */
  async function changeArrives() {
    const { created } = await (await fetch(`${demo.url}demo/change`, { method: "POST" })).json();
    for (const { replica } of tabs) {
      const held = async () => (await replica.readAll(created)).every((one) => one?.resourceType);
      await until("the change in a tab", held);
    }
  }

  test("another leads after the leader was closed, crashed, stopped", { timeout: PATIENCE_MS }, async () => {
    await keptFresh(OFTEN);
    await changeArrives();
    for (const end of [
      ({ page }) => page.close(),
      ({ replica }) => replica.stopFresh(),
      async ({ page }) => {
        // In the middle of its pull.
        let go;
        asked.gate = new Promise((resolve) => (go = resolve));
        await until("its request", () => asked.now > 0);
        const session = await page.context().newCDPSession(page);
        const crashed = page.waitForEvent("crash");
        session.send("Page.crash").catch(() => {});
        await crashed;
        go();
      },
    ]) {
      const first = await leader();
      await end(first);
      tabs = tabs.filter((tab) => tab !== first);
      assert.notEqual(await leader(), first);
      await changeArrives();
    }
    assert.equal(tabs.length, 1);
    assert.equal(asked.most, 1, "requests at a time");
    assert.deepEqual(browser.complaints, ["the page crashed"]);
  });

  test("one pull for all when the network is back, however long the next one was away", { timeout: PATIENCE_MS }, async () => {
    await keptFresh(HOURLY);
    const { page, replica } = await leader();
    await until("the first pull", async () => (await replica.fresh()).lastPull);
    const first = await replica.fresh();
    for (const tab of tabs) {
      await until("word of it", async () => (await tab.replica.fresh()).lastPull === first.lastPull);
    }
    const asksAPull = asked.all;
    await page.context().setOffline(true);
    await until("no network", async () => (await replica.fresh()).state === "offline");
    const before = asked.all;
    await sleep(3 * OFTEN);
    assert.equal(asked.all, before, "nothing is asked of a server that can't be reached");
    await page.context().setOffline(false);
    await until("the pull", async () => (await replica.fresh()).lastPull > first.lastPull);
    const { states, nextPull, lastPull } = await replica.fresh();
    assert.deepEqual(states.slice(-3), ["offline", "pulling", "waiting"]);
    assert.ok(nextPull - lastPull >= HOURLY);
    assert.ok(asked.all - before <= asksAPull, "by one tab");
    assert.equal(asked.most, 1);
    for (const tab of tabs) {
      await until("word of it", async () => (await tab.replica.fresh()).lastPull === lastPull);
      const told = (await tab.replica.fresh()).states;
      if (tab.replica !== replica) assert.ok(!told.includes("pulling"), "the others have only followed");
    }
    assert.deepEqual(browser.complaints, []);
  });
});

async function until(what, holds) {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await holds()) return;
    await sleep(20);
  }
  assert.fail(`never: ${what}`);
}
