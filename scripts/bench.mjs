// `npm run bench -- NAME`: runs benches/NAME/run.mjs, prints its table, and writes
// target/bench/NAME.json: { machine, results: [{ contender, metric, unit, median, min, max, runs }], ratios }.
// What a bench could not measure it gives as `failures`, sentences: the report is written, and the end is code 1.

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { machine } from "./machine.mjs";
import { Failure, main, ROOT } from "./run.mjs";
import { setup } from "./setup.mjs";

const BENCHES = join(ROOT, "benches");
const REPORTS = join(ROOT, "target", "bench");

function checkName(name) {
  const names = readdirSync(BENCHES).filter((entry) => existsSync(join(BENCHES, entry, "run.mjs")));
  if (names.includes(name)) return;
  const known = names.join(", ");
  throw new Failure(`${name === undefined ? "Name a bench" : `There is no bench "${name}"`}: \`npm run bench -- NAME\`, of ${known}.`);
}

function print(results, ratios) {
  const rows = results.map(({ contender, metric, unit, median, min, max, runs }) =>
    [metric, contender, median ?? "-", median === null ? "-" : `${min} to ${max}`, unit, runs].map(String),
  );
  const table = [["metric", "contender", "median", "range", "unit", "runs"], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log();
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  console.log();
  for (const [key, ratio] of Object.entries(ratios)) console.log(`${key}: ${ratio}`);
}

await main(import.meta.url, async ([name, ...args]) => {
  checkName(name);
  await setup(["rust", "npm", "wasm", "browsers"]);
  await build();
  const { default: bench } = await import(pathToFileURL(join(BENCHES, name, "run.mjs")));
  const { machine: more, results, ratios, failures = [] } = await bench({ root: ROOT, args });
  print(results, ratios);
  mkdirSync(REPORTS, { recursive: true });
  const file = join(REPORTS, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ machine: { ...machine(), ...more }, results, ratios }, null, 2)}\n`);
  console.log(`\nWritten to target/bench/${name}.json`);
  if (failures.length) throw new Failure(failures.join("\n"));
});
