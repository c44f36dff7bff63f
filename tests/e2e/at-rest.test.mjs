// L10: what is on the disk after a pull. Reads every file of Chromium's profile, with the browser closed, for texts
// that no file has by chance: of resources, ids, the server's address and the replica's name. Unencrypted they are
// found, so that a search that finds nothing says something.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { filesBelow } from "../../scripts/files.mjs";
import { Browser } from "../support/chromium.mjs";
import { scriptedServer, searchset } from "../support/scripted-server.mjs";
import { pageServer } from "../support/serve.mjs";
import { inChromium, Replica } from "../support/subjects.mjs";

/** Short, as compression by the browser or by us cuts a text at whatever it has seen before. */
const TELLTALES = {
  "a name in a resource": "Zylberquist",
  "a note in a resource": "Xanthokyst",
  "an id": "7f3a9qwk",
  "the server's address": "/r4-vqzhpk",
  "the replica's name": "Wjarddhpk-7",
};

const meta = { versionId: "1", lastUpdated: "2026-01-05T10:00:00.000Z" };
const RESOURCES = Array.from({ length: 400 }, (_, index) => ({
  resourceType: "Patient",
  id: `${TELLTALES["an id"]}-${index}`,
  meta,
  name: [{ family: `${TELLTALES["a name in a resource"]}${index}` }],
  contact: [{ name: { text: `${TELLTALES["a note in a resource"]} ${index}` } }],
}));

describe("at rest", () => {
  let server;
  let base;
  let pages;

  before(async () => {
    server = await scriptedServer(() => ({ body: searchset(RESOURCES) }));
    base = `${server.origin}${TELLTALES["the server's address"]}`;
    pages = await pageServer();
  });
  after(async () => {
    await pages?.close();
    await server?.close();
  });

  const name = TELLTALES["the replica's name"];

  /** Pulls, closes the browser, and gives it with a profile that nobody writes to. */
  async function pulled(encrypt) {
    const browser = await Browser.launch();
    const replica = await Replica.open(inChromium(await browser.page(pages.origin)), { name, server: base, encrypt });
    await replica.pull(["Patient"]);
    assert.equal((await replica.search("Patient?_count=1000")).entry.length, RESOURCES.length);
    await browser.close();
    return browser;
  }

  test("unencrypted, each of the texts is in some file", async (t) => {
    const browser = await pulled();
    t.after(() => browser.remove());
    assert.deepEqual(found(browser.profile), Object.keys(TELLTALES));
  });

  for (const [whose, encrypt] of [["the application's key", "what its user knows"], ["a key of the package", true]]) {
    test(`encrypted with ${whose}, none of them is in any file`, async (t) => {
      const browser = await pulled(encrypt);
      t.after(() => browser.remove());
      assert.deepEqual(found(browser.profile), []);
      await browser.open();
      const page = await browser.page(pages.origin);
      const replica = await Replica.open(inChromium(page), { name, server: base, encrypt });
      const { total } = await replica.search(`Patient?name=${TELLTALES["a name in a resource"]}7`);
      assert.equal(total, 11, "it was stored, and is found after a restart");
      const files = filesBelow(browser.profile);
      assert.ok(files.length > 20, "the profile was looked into");
    });
  }
});

/** Which of the texts are in any file, in UTF-8 or UTF-16 of either order, in any case. */
function found(profile) {
  const files = filesBelow(profile).map((file) => readFileSync(file));
  const isIn = (text) => {
    const little = Buffer.from(text, "utf16le");
    const forms = [Buffer.from(text), Buffer.from(text.toLowerCase()), little, Buffer.from(little).swap16()];
    return files.some((bytes) => forms.some((form) => bytes.includes(form)));
  };
  return Object.keys(TELLTALES).filter((what) => isIn(TELLTALES[what]));
}
