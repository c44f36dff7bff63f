// Private windows, and what each browser answers when it is asked to keep what is stored. In a private
// window a replica works like any other, and is gone with the window.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { startDemo } from "../../scripts/demo/server.mjs";
import { openFirefox } from "../../scripts/firefox.mjs";
import { onPath } from "../../scripts/run.mjs";
import { ARGUMENTS, EXECUTABLE } from "../support/chromium.mjs";
import { assertReplicates } from "../support/compare.mjs";
import { FhirServer } from "../support/rest.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, inFirefox, Replica } from "../support/subjects.mjs";

const TYPES = ["Patient", "Condition"];
const FEEDS = TYPES.map((type) => ({ history: type }));
const PATIENCE_MS = 120_000;

/** Instead of a person who is asked whether a site may store for good. */
const ANSWERS = { "dom.storageManager.prompt.testing": true, "dom.storageManager.prompt.testing.allow": true };

describe("storage as browsers give it", () => {
  let demo;
  let pages;
  /** @type {FhirServer} */
  let server;

  before(async () => {
    demo = await startDemo({ patients: 3, seed: 9, quiet: true });
    server = new FhirServer(demo.base);
    await server.learn(TYPES);
    pages = await pageServer();
  });
  after(async () => {
    await pages?.close();
    await demo?.close();
  });

  const open = (subject) => Replica.open(subject, { name: "here", server: demo.base });
  const pullsAll = async (subject) => {
    const replica = await open(subject);
    assert.equal((await replica.status()).generation, 0);
    await replica.pull(FEEDS);
    await assertReplicates(replica, server, { types: TYPES, deletes: "known" });
    const { persisted, quota, usage, store } = await replica.status();
    assert.equal(store, "indexeddb");
    assert.equal(persisted, false);
    assert.ok(quota > usage && usage > 0, `${usage} of ${quota}`);
    return replica;
  };

  test("Chromium, private window: it works, and the next window finds nothing", { timeout: PATIENCE_MS }, async () => {
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    try {
      for (let visit = 1; visit <= 2; visit += 1) {
        const window = await browser.newContext();
        const page = await window.newPage();
        await page.goto(pages.origin);
        const replica = await pullsAll(inChromium(page));
        assert.equal(await replica.persist(), false, "a private window promises nothing");
        await page.reload();
        assert.equal((await (await open(inChromium(page))).status()).generation > 0, true);
        await window.close();
      }
    } finally {
      await browser.close();
    }
  });

  const firefox = onPath("firefox") ?? onPath("firefox-esr");
  for (const [what, preferences, promises] of [
    ["", ANSWERS, true],
    [", a person who refuses", { ...ANSWERS, "dom.storageManager.prompt.testing.allow": false }, false],
    [", private window", { ...ANSWERS, "browser.privatebrowsing.autostart": true }, false],
  ]) {
    const title = `Firefox${what}: it works, and persist answers ${promises}`;
    test(title, { timeout: PATIENCE_MS, skip: !firefox && "no Firefox here" }, async () => {
      const browser = await openFirefox(firefox, preferences);
      try {
        const replica = await pullsAll(inFirefox(await browser.page(pages.origin)));
        assert.equal(await replica.persist(), promises);
        assert.equal((await replica.status()).persisted, promises);
        const again = await open(inFirefox(await browser.page(pages.origin)));
        await assertReplicates(again, server, { types: TYPES, deletes: "known" });
      } finally {
        await browser.close();
      }
    });
  }
});
