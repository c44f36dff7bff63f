// The golden traces, replayed in Node against the built package. tests/e2e does it in Chromium.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PACKAGE, packageEntry } from "../support/package-entry.mjs";
import { replay } from "../support/trace.js";

const ENTRY = new URL(packageEntry(["node", "import"]), PACKAGE).href;
const FOLDER = new URL("./", import.meta.url);

for (const file of readdirSync(FOLDER).filter((file) => file.endsWith(".trace"))) {
  test(`${file} is replayed request by request`, async () => {
    const text = readFileSync(new URL(file, FOLDER), "utf8");
    assert.deepEqual(await replay(ENTRY, text, { name: file, store: "memory" }), []);
  });
}

test("a request that is not the next one is told with both", async () => {
  const text = "pull Patient/_history\n\n> GET Group\n< 404\n\nends complete\n";
  const problems = await replay(ENTRY, text, { name: "another", store: "memory" });
  assert.match(problems[0], /expected is GET Group .*asked was GET metadata/);
});
