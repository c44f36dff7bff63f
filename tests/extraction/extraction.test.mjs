// Extraction held against FHIRPath: for every search parameter and HL7's examples of R4 and R5, the values that the
// crate's compiled paths lead to (tests/extraction.rs) are those that the npm library `fhirpath` finds.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT, run } from "../../scripts/run.mjs";
import { VERSIONS, examples, parametersOf } from "./values.mjs";

/** Parameters that no example has a value for: nothing but their expression was ever looked at. */
const UNEXERCISED = join(ROOT, "tests", "extraction", "unexercised.tsv");
const FOLDER = join(ROOT, "target", "extraction");

test("every value that FHIRPath finds is extracted, and nothing else", async () => {
  mkdirSync(FOLDER, { recursive: true });
  const unexercised = [];
  for (const version of Object.keys(VERSIONS)) {
    const types = parametersOf(version);
    const found = new Set();
    const lines = [];
    for (const { file, type, resource } of examples(version, types)) {
      const values = {};
      for (const { code, evaluate } of types.get(type)) {
        const some = evaluate(resource);
        if (some.length > 0) found.add(`${type}\t${code}`);
        values[code] = some;
      }
      lines.push(JSON.stringify({ file, type, values }));
    }
    assert.ok(lines.length > 500, `${lines.length} examples of ${version}`);
    writeFileSync(join(FOLDER, `${version}.ndjson`), lines.join("\n"));
    for (const [type, parameters] of types) {
      for (const { code } of parameters) {
        if (!found.has(`${type}\t${code}`)) unexercised.push(`${version}\t${type}\t${code}`);
      }
    }
  }
  const list = `${unexercised.sort().join("\n")}\n`;
  if (process.env.UNEXERCISED === "write") writeFileSync(UNEXERCISED, list);
  assert.equal(list, readFileSync(UNEXERCISED, "utf8"), "the list of unexercised parameters: UNEXERCISED=write writes it");
  await run("cargo", ["test", "--quiet", "--test", "extraction", "--", "--ignored"]);
});
