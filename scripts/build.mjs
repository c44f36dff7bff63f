// Puts pkg/ together: what is written by hand (pkg-template/, the licences) and what Rust becomes
// (pkg/wasm/). Does nothing when nothing that goes in has changed.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { filesBelow } from "./files.mjs";
import { duration, main, ROOT, run } from "./run.mjs";
import { setup } from "./setup.mjs";
import { toolPath } from "./tools.mjs";

const PKG = join(ROOT, "pkg");
const TARGET = join(ROOT, "target");
const STAMP = join(TARGET, "pkg.inputs");
const BOUND = join(TARGET, "wasm-bindgen");

const RUST_INPUTS = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml", "src"];
const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];
const INPUTS = [...RUST_INPUTS, ...LICENCES, "pkg-template", "package-lock.json", "scripts/build.mjs", "scripts/tools.mjs"];

// As a cdylib alone: made together with the rlib that tests link, it is 20 KB more after brotli, since
// what a library shows to others is not inlined and dropped. Hence not through wasm-pack, which can't say so.
const CARGO = ["rustc", "--release", "--target", "wasm32-unknown-unknown", "--lib", "--crate-type", "cdylib"];

// npm's binaryen, the same everywhere: Debian 12's (108) makes a table that cannot grow of
// wasm-bindgen's externref table, and the module then fails to start.
// The features are what rustc's wasm32 has by itself, and .cargo/config.toml's SIMD. They are named
// since a stripped module no longer names them. Stripping the name section saves a third.
const WASM_OPT = [
  "-O3",
  "--strip-debug",
  "--strip-producers",
  "--enable-simd",
  "--enable-bulk-memory",
  "--enable-nontrapping-float-to-int",
  "--enable-sign-ext",
  "--enable-mutable-globals",
  "--enable-reference-types",
  "--enable-multivalue",
];

/** Makes pkg/. Tools and packages are set up before. */
export async function build() {
  const inputs = hashOf(INPUTS);
  if (existsSync(PKG) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs) return;
  const started = performance.now();
  console.log("build: Rust to WebAssembly (a minute or two when all is new)");
  await compile();
  assemble();
  writeFileSync(STAMP, inputs);
  console.log(`build: pkg/ is made, in ${duration(performance.now() - started)}`);
}

async function compile() {
  await run("cargo", [...CARGO, "--target-dir", TARGET, "--config", nameless()], { quiet: true });
  const built = join(TARGET, "wasm32-unknown-unknown", "release", "fhir_pull.wasm");
  await run(toolPath("wasm-bindgen"), ["--target", "web", "--out-dir", BOUND, built], { quiet: true });
  const wasmOpt = join(ROOT, "node_modules", "binaryen", "bin", "wasm-opt");
  const wasm = join(BOUND, "fhir_pull_bg.wasm");
  await run(process.execPath, [wasmOpt, ...WASM_OPT, wasm, "-o", wasm], { quiet: true });
}

/** Panics name the file they come from: of the packages, by where cargo keeps them for whoever builds. */
function nameless() {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  return `target.wasm32-unknown-unknown.rustflags=${JSON.stringify([`--remap-path-prefix=${cargo}=cargo`])}`;
}

/** Whoever reads pkg/ meanwhile finds the old or the new, for all but a moment. */
function assemble() {
  const next = join(TARGET, `pkg.${process.pid}`);
  rmSync(next, { recursive: true, force: true });
  mkdirSync(join(next, "wasm"), { recursive: true });
  cpSync(join(ROOT, "pkg-template"), next, { recursive: true });
  for (const licence of LICENCES) cpSync(join(ROOT, licence), join(next, licence));
  for (const file of ["fhir_pull.js", "fhir_pull.d.ts", "fhir_pull_bg.wasm"]) {
    cpSync(join(BOUND, file), join(next, "wasm", file));
  }
  rmSync(PKG, { recursive: true, force: true });
  renameSync(next, PKG);
}

function hashOf(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesBelow(join(ROOT, path)))) {
    hash.update(`${relative(ROOT, file)}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

await main(import.meta.url, async () => {
  await setup(["rust", "npm", "wasm"]);
  await build();
});
