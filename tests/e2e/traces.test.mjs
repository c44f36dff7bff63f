// The golden traces, replayed in a real Chromium against the built package and IndexedDB. tests/traces does it
// in Node.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Browser } from "../support/chromium.mjs";
import { packageEntry } from "../support/package-entry.mjs";
import { pageServer } from "../support/serve.mjs";

const ENTRY = `/pkg/${packageEntry(["browser", "import"])}`;
const FOLDER = new URL("../traces/", import.meta.url);

describe("golden traces", () => {
  let browser;
  let pages;
  let page;

  before(async () => {
    pages = await pageServer();
    browser = await Browser.launch();
    page = await browser.page(pages.origin);
  });
  after(async () => {
    await browser?.remove();
    await pages?.close();
  });

  for (const file of readdirSync(FOLDER).filter((file) => file.endsWith(".trace"))) {
    test(`${file} is replayed request by request`, async () => {
      const text = readFileSync(new URL(file, FOLDER), "utf8");
      const problems = await page.evaluate(
        async ([entry, trace, name]) =>
          (await import("/support/trace.js")).replay(entry, trace, { name, store: "indexeddb" }),
        [ENTRY, text, file],
      );
      assert.deepEqual(problems, []);
    });
  }
});
