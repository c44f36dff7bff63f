// Tabs of one application whose token has expired for all of them: it is renewed once, and by another tab where the
// one that was about to is closed (W4).

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { Browser } from "../support/chromium.mjs";
import { packageEntry } from "../support/package-entry.mjs";
import { scriptedServer } from "../support/scripted-server.mjs";
import { pageServer } from "../support/serve.mjs";

const ENTRY = `/pkg/${packageEntry(["browser", "import"])}`;
const TABS = ["one", "two", "three", "four"];
const CAPABILITY = {
  resourceType: "CapabilityStatement",
  rest: [{ resource: ["Patient", "Observation"].map((type) => ({ type, interaction: [{ code: "history-type" }] })) }],
};
const HISTORY = { resourceType: "Bundle", type: "history", entry: [] };
const PATIENCE_MS = 120_000;

describe("tabs whose token has expired", { timeout: PATIENCE_MS }, () => {
  let pages;
  let browser;
  let server;
  /** The token that the server takes. */
  let taken;
  /** The tabs that asked for a new one; how many did at a time. */
  let renewals;
  let renewing;
  let most;
  /** Holds a tab's renewal up. */
  let renews;
  /** What was sent as the token, of each request that was refused. */
  let refused;

  beforeEach(async () => {
    [taken, renewals, renewing, most, refused] = ["token-2", [], 0, 0, []];
    renews = () => {};
    const all = deferred();
    server = await scriptedServer(async ({ path, headers, body }) => {
      if (path === "/token") {
        renewals.push(body);
        renewing += 1;
        most = Math.max(most, renewing);
        await renews(body);
        renewing -= 1;
        return { type: "text/plain", body: taken };
      }
      if (headers.authorization !== `Bearer ${taken}`) {
        refused.push(headers.authorization);
        // No tab learns of it before all of them have sent it.
        if (refused.length === TABS.length) all.resolve();
        await all.promise;
        return { status: 401 };
      }
      return { body: path === "/metadata" ? CAPABILITY : HISTORY };
    });
    pages = await pageServer();
    browser = await Browser.launch();
  });
  afterEach(async () => {
    await browser?.remove();
    await pages?.close();
    await server?.close();
  });

  async function pullInEach() {
    const opened = await Promise.all(TABS.map(() => browser.page(pages.origin)));
    return opened.map((page, at) => {
      const pulled = page.evaluate(
        async ([entry, ...rest]) => (await import("/support/token-application.js")).pull(entry, ...rest),
        [ENTRY, server.origin, TABS[at]],
      );
      return { page, tab: TABS[at], pulled: pulled.catch(() => "closed") };
    });
  }

  test("w4 it is renewed once for all of them", async () => {
    const pulls = await pullInEach();
    const ends = await Promise.all(pulls.map(({ pulled }) => pulled));
    assert.deepEqual(ends, TABS.map(() => "complete"));
    assert.equal(renewals.length, 1);
    assert.deepEqual(refused, TABS.map(() => "Bearer token-1"));
  });

  test("w4 another tab renews it where the one that was about to is closed", async () => {
    const begun = deferred();
    renews = (tab) => {
      if (renewals.length > 1) return undefined;
      begun.resolve(tab);
      return new Promise(() => {});
    };
    const pulls = await pullInEach();
    const closed = await begun.promise;
    const first = pulls.find(({ tab }) => tab === closed);
    // Before the tab is gone, since the next one asks as soon as it is.
    renewing -= 1;
    await first.page.close();
    const others = pulls.filter((it) => it !== first);
    const ends = await Promise.all(others.map(({ pulled }) => pulled));
    assert.deepEqual(ends, others.map(() => "complete"));
    assert.equal(await first.pulled, "closed");
    assert.equal(renewals.length, 2);
    assert.notEqual(renewals[1], renewals[0]);
    assert.equal(most, 1, "renewals at a time");
  });
});

function deferred() {
  let resolve;
  const promise = new Promise((resolves) => (resolve = resolves));
  return { promise, resolve };
}
