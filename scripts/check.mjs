// `npm run check`: formatting, lints, documentation, the rule of the floors, and the package's types.

import { join } from "node:path";
import { build } from "./build.mjs";
import { checkFloors } from "./floors.mjs";
import { report, runParts } from "./parts.mjs";
import { main, ROOT, run } from "./run.mjs";
import { setup } from "./setup.mjs";

const DENY_WARNINGS = ["--", "-D", "warnings"];
const CLIPPY = ["clippy", "--quiet", "--all-targets"];

// The fuzz targets are a workspace of their own. Lints need no libFuzzer, which is C++.
const FUZZ = ["--manifest-path", "fuzz/Cargo.toml"];
const WITHOUT_LIBFUZZER = ["--no-default-features", "--target-dir", "target"];

const PARTS = [
  { name: "floors", action: checkFloors },
  { name: "rustfmt", action: () => cargo(["fmt", "--check"]) },
  { name: "rustfmt, fuzz", action: () => cargo(["fmt", "--check", ...FUZZ]) },
  { name: "clippy, host", action: () => cargo([...CLIPPY, ...DENY_WARNINGS]) },
  { name: "clippy, wasm32", action: () => cargo([...CLIPPY, "--target", "wasm32-unknown-unknown", ...DENY_WARNINGS]) },
  { name: "clippy, fuzz", action: () => cargo([...CLIPPY, ...FUZZ, ...WITHOUT_LIBFUZZER, ...DENY_WARNINGS]) },
  { name: "rustdoc", action: () => cargo(["doc", "--quiet", "--no-deps"], { RUSTDOCFLAGS: "-D warnings" }) },
  { name: "types", action: () => npmTool("typescript/bin/tsc", ["--project", "tsconfig.json"]) },
  { name: "publint", action: () => npmTool("publint/src/cli.js", ["pkg", "--strict"]) },
  { name: "are the types wrong", action: () => npmTool("@arethetypeswrong/cli/dist/index.js", ["--pack", "pkg", "--profile", "esm-only"]) },
];

/** Every check; the package is built before. */
export async function check() {
  return runParts(PARTS);
}

function cargo(args, env) {
  return run("cargo", args, { env });
}

function npmTool(file, args) {
  return run(process.execPath, [join(ROOT, "node_modules", file), ...args]);
}

await main(import.meta.url, async () => {
  await setup(["rust", "npm", "wasm"]);
  await build();
  report("Checks", await check());
});
