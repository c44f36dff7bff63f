// Reduces HL7's definitions to the tables that the crate compiles in.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { VERSIONS, installMissing, installed, resources } from "./definitions/package.mjs";
import { tableOf } from "./definitions/table.mjs";
import { ROOT, main } from "./run.mjs";

const FOLDER = join(ROOT, "src", "search", "definitions");

await main(import.meta.url, async () => {
  await installMissing();
  mkdirSync(FOLDER, { recursive: true });
  for (const version of VERSIONS) {
    const folder = installed(version);
    const { lines, notes } = tableOf(version.version, (type) => resources(folder, type));
    const text = `${lines.join("\n")}\n`;
    writeFileSync(join(FOLDER, `${version.table}.tsv`), text);
    console.log(`${version.table}.tsv: ${lines.length} lines, ${brotliCompressSync(text).length} bytes of brotli`);
    for (const note of notes) console.log(`  ${note}`);
  }
});
