// `npm run size`: what a browser downloads of the package, against scripts/size-budget.json.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "./build.mjs";
import { Failure, main, ROOT } from "./run.mjs";
import { setup } from "./setup.mjs";

const PKG = join(ROOT, "pkg");
const REPORT = join(ROOT, "target", "size.json");
const KINDS = { ".wasm": "WebAssembly", ".js": "JavaScript" };

/** What a module asks for: `from "./x.js"`, `import "./x.js"`, `import("./x.js")`, `new URL("./x.wasm", import.meta.url)`. */
const ASKS_FOR = /\b(?<how>from|import|import\s*\(|Worker\(\s*new URL\(|new URL\()\s*["'](?<asked>\.{0,2}\/?[\w./-]+\.(?:js|wasm))["']/g;

/** The engine runs in a worker or else in the page: what is not asked for there. */
const WAYS = { "in a worker": /^import\s*\($/, "in the page": /^Worker/ };

/** The definitions of one version of FHIR are loaded: here those of the default one. */
const DEFINITIONS = /^\.\/definitions\//;
const DEFAULT_VERSION = "./definitions/r4.js";

/** Measures pkg/ the way that takes more, writes target/size.json, prints a table, and fails above the budget. */
export function size() {
  const { exports } = JSON.parse(readFileSync(join(PKG, "package.json"), "utf8"));
  const entry = join(PKG, exports["."].browser);
  const ways = Object.entries(WAYS).map(([way, spared]) => ({ way, files: downloads(entry, spared).map(measured) }));
  const brotli = ({ files }) => sum("total", files).brotli;
  const [{ way, files }, other] = ways.sort((a, b) => brotli(b) - brotli(a));
  console.log(`The engine ${way}; ${other.way} it is ${brotli(other)} bytes after brotli.`);
  const parts = Object.values(KINDS).map((part) => sum(part, files.filter((file) => file.part === part)));
  const total = sum("total", files);

  print([...files, ...parts, total]);
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, `${JSON.stringify({ files, parts, total }, null, 2)}\n`);
  compare(parts, total);
}

/** A file and all that it leads to but what is spared, once each. */
function downloads(entry, spared, found = new Set()) {
  if (found.has(entry)) return [];
  if (!existsSync(entry)) throw new Failure(`pkg/${relative(PKG, entry)} is asked for and is not there.`);
  found.add(entry);
  if (entry.endsWith(".js")) {
    for (const { groups } of readFileSync(entry, "utf8").matchAll(ASKS_FOR)) {
      const isLoaded = DEFINITIONS.test(groups.asked) ? groups.asked === DEFAULT_VERSION : !spared.test(groups.how);
      if (isLoaded) downloads(join(dirname(entry), groups.asked), spared, found);
    }
  }
  return [...found];
}

function measured(file) {
  const bytes = readFileSync(file);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  const part = KINDS[/\.\w+$/.exec(file)[0]];
  return { name: relative(PKG, file), part, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

function sum(name, files) {
  const of = (measure) => files.reduce((bytes, file) => bytes + file[measure], 0);
  return { name, raw: of("raw"), gzip: of("gzip"), brotli: of("brotli") };
}

function print(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name, ...cells) => console.log(`${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(10)).join("")}`);
  line("bytes", "raw", "gzip", "brotli");
  for (const { name, raw, gzip, brotli } of rows) line(name, raw, gzip, brotli);
}

function compare(parts, total) {
  const budget = JSON.parse(readFileSync(join(ROOT, "scripts", "size-budget.json"), "utf8"));
  const above = [
    ...parts.filter(({ name, brotli }) => brotli > budget.parts[name]).map((part) => [part, budget.parts[part.name]]),
    ...(total.brotli > budget.total ? [[total, budget.total]] : []),
  ];
  if (above.length === 0) return;
  const sentences = above.map(([{ name, brotli }, most]) => `${name} is ${brotli} bytes after brotli, and may be ${most}`);
  throw new Failure(`The package is too large: ${sentences.join("; ")}.`);
}

await main(import.meta.url, async () => {
  await setup(["rust", "npm", "wasm"]);
  await build();
  size();
});
