// Puts pkg/ together: what is written by hand (pkg-template/, the licences) and what Rust becomes
// (pkg/wasm/). Does nothing when nothing that goes in has changed.

import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { filesBelow } from "./files.mjs";
import { duration, main, pathWith, ROOT, run } from "./run.mjs";
import { setup } from "./setup.mjs";
import { toolPath } from "./tools.mjs";

const PKG = join(ROOT, "pkg");
const TARGET = join(ROOT, "target");
const STAMP = join(TARGET, "pkg.inputs");
const WASM_PACK_OUT = join(TARGET, "wasm-pack");

const RUST_INPUTS = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml", "src"];
const TEMPLATE = join(ROOT, "pkg-template");
const LICENCES = ["LICENSE-APACHE", "LICENSE-MIT"];
const INPUTS = [...RUST_INPUTS, ...LICENCES, "pkg-template", "package-lock.json", "scripts/build.mjs", "scripts/tools.mjs"];

// wasm-pack builds a crate as its Cargo.toml says. Ours is a cdylib and, for the tests, an rlib: made together, the
// wasm is a tenth larger, since what a library shows to others is neither inlined nor dropped.
const KINDS = 'crate-type = ["cdylib", "rlib"]';
const WASM_PACK = ["build", "--target", "web", "--release", "--mode", "no-install", "--no-pack", "--no-gitignore"];

// npm's binaryen, the same everywhere: Debian 12's (108) makes a table that cannot grow of
// wasm-bindgen's externref table, and the module then fails to start.
// The features are what rustc's wasm32 has by itself, and .cargo/config.toml's SIMD. They are named
// since a stripped module no longer names them. Stripping the name section saves a third.
// Nothing is kept in the first KB of memory, where the stack ends, so that small offsets can be part of a load: 2 KB.
const WASM_OPT = [
  "-O3",
  "--low-memory-unused",
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

// A file for each entry and one for the worker: modules that import modules are fetched one after the other,
// which at a cold start took longer than all the rest. The target is what the sources are written in, so that
// nothing is rewritten for older engines.
const BUNDLE = { bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none" };
const ENTRIES = ["browser", "node", "workerd", "edge-light"];
// Beside one of those and over it, so that an error is of the same class whichever of them throws it.
const ADDITIONS = ["server", "cloudflare"];
// With wasm-bindgen's JavaScript inside: a worker starts from one file, and a service worker imports nothing later on.
const WORKERS = ["worker", "service-worker"];

// What wasm-bindgen's JavaScript calls the wasm beside it.
const WASM_BESIDE = /new URL\(['"]fhir_pull_bg\.wasm['"], import\.meta\.url\)/;
const WASM_BELOW = 'new URL("./wasm/fhir_pull_bg.wasm", import.meta.url)';

/** Makes pkg/. Tools and packages are set up before. */
export async function build() {
  const inputs = hashOf(INPUTS);
  if (existsSync(PKG) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs) return;
  const started = performance.now();
  console.log("build: Rust to WebAssembly (a minute or two when all is new)");
  await compile();
  await assemble();
  writeFileSync(STAMP, inputs);
  console.log(`build: pkg/ is made, in ${duration(performance.now() - started)}`);
}

async function compile() {
  const crate = cdylib();
  // Panics name the file they come from: of the packages, by where cargo keeps them for whoever builds.
  const cargo = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const remapped = JSON.stringify([`--remap-path-prefix=${cargo}=cargo`]);
  const options = ["--target-dir", TARGET, "--config", `target.wasm32-unknown-unknown.rustflags=${remapped}`];
  const out = ["--out-dir", WASM_PACK_OUT, "--out-name", "fhir_pull"];
  await run(toolPath("wasm-pack"), [...WASM_PACK, crate, ...out, "--", ...options], {
    env: { PATH: pathWith(dirname(toolPath("wasm-bindgen"))), CARGO_TARGET_DIR: TARGET },
    quiet: true,
  });
  const wasmOpt = join(ROOT, "node_modules", "binaryen", "bin", "wasm-opt");
  const wasm = join(WASM_PACK_OUT, "fhir_pull_bg.wasm");
  await run(process.execPath, [wasmOpt, ...WASM_OPT, wasm, "-o", wasm], { quiet: true });
}

/** The crate as a cdylib alone: a folder with a manifest of its own and the same source. */
function cdylib() {
  const crate = join(TARGET, "cdylib");
  rmSync(crate, { recursive: true, force: true });
  mkdirSync(crate, { recursive: true });
  const manifest = readFileSync(join(ROOT, "Cargo.toml"), "utf8");
  if (!manifest.includes(KINDS)) throw new Error(`Cargo.toml says no more ${KINDS}; scripts/build.mjs has to follow.`);
  writeFileSync(join(crate, "Cargo.toml"), manifest.replace(KINDS, 'crate-type = ["cdylib"]'));
  cpSync(join(ROOT, "Cargo.lock"), join(crate, "Cargo.lock"));
  symlinkSync(join(ROOT, "src"), join(crate, "src"), "junction");
  return crate;
}

/** Whoever reads pkg/ meanwhile finds the old or the new, for all but a moment. */
async function assemble() {
  const next = join(TARGET, `pkg.${process.pid}`);
  rmSync(next, { recursive: true, force: true });
  mkdirSync(join(next, "wasm"), { recursive: true });
  const isCopied = (file) => !file.endsWith(".js") && file !== join(TEMPLATE, "cloudflare");
  cpSync(TEMPLATE, next, { recursive: true, filter: isCopied });
  for (const licence of LICENCES) cpSync(join(ROOT, licence), join(next, licence));
  for (const file of ["fhir_pull.d.ts", "fhir_pull_bg.wasm"]) cpSync(join(WASM_PACK_OUT, file), join(next, "wasm", file));
  definitions(join(next, "definitions"));
  await bundle(next);
  rmSync(PKG, { recursive: true, force: true });
  renameSync(next, PKG);
}

/** The tables of definitions as modules, a file each: text is what every bundler and runtime takes in. */
function definitions(out) {
  mkdirSync(out, { recursive: true });
  for (const version of ["r4", "r4b", "r5"]) {
    const table = readFileSync(join(ROOT, "src", "search", "definitions", `${version}.tsv`), "utf8");
    writeFileSync(join(out, `${version}.js`), `export default ${JSON.stringify(table)};\n`);
  }
}

/** The package's JavaScript. Names of properties stay. */
async function bundle(outdir) {
  // Not before the set-up has installed it.
  const esbuild = await import("esbuild");
  const source = (name) => join(TEMPLATE, `${name}.js`);
  await esbuild.build({ ...BUNDLE, entryPoints: ENTRIES.map(source), outdir, external: ["./wasm/*", "./definitions/*", "node:*"] });
  await esbuild.build({ ...BUNDLE, entryPoints: ADDITIONS.map(source), outdir, external: ["fhir-pull"] });
  const build = hashOf([relative(ROOT, join(WASM_PACK_OUT, "fhir_pull_bg.wasm"))]).slice(0, 16);
  const define = { FHIR_PULL_BUILD: JSON.stringify(build) };
  const inside = { external: ["./definitions/*"], plugins: [glueInside], define };
  await esbuild.build({ ...BUNDLE, ...inside, entryPoints: WORKERS.map(source), outdir });
  const glue = { in: join(WASM_PACK_OUT, "fhir_pull.js"), out: "wasm/fhir_pull" };
  await esbuild.build({ ...BUNDLE, entryPoints: [glue], outdir });
}

/** Takes wasm-bindgen's JavaScript into the file that imports it, which stands a folder higher. */
const glueInside = {
  name: "glue inside",
  setup(build) {
    build.onResolve({ filter: /^\.\/wasm\/fhir_pull\.js$/ }, () => ({ path: join(WASM_PACK_OUT, "fhir_pull.js") }));
    build.onLoad({ filter: /fhir_pull\.js$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8");
      if (!WASM_BESIDE.test(contents)) throw new Error("wasm-bindgen asks otherwise for the wasm; scripts/build.mjs has to follow.");
      return { contents: contents.replace(WASM_BESIDE, WASM_BELOW) };
    });
  },
};

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
