// The tools that cargo installs: their versions, where they are kept, and how they are made.

import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { answerOf, Failure, onPath, ROOT } from "./run.mjs";

/** Where what is made or fetched once is kept. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "fhir-pull");

// A tool is built once and runs for seconds: half the optimisation makes it in half the time.
const FAST_RELEASE = { CARGO_PROFILE_RELEASE_OPT_LEVEL: "1", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16" };

/** The crates that hold the tools. wasm-bindgen has the version that Cargo.lock has. */
export const CRATES = {
  "wasm-bindgen-cli": {
    version: "0.2.129",
    programs: ["wasm-bindgen", "wasm-bindgen-test-runner"],
    minutes: 3,
    args: ["--locked"],
    env: FAST_RELEASE,
  },
  "wasm-pack": { version: "0.15.1", programs: ["wasm-pack"], minutes: 3, args: ["--locked"], env: FAST_RELEASE },
  "cargo-fuzz": { version: "0.13.2", programs: ["cargo-fuzz"], minutes: 1, args: ["--locked"], env: FAST_RELEASE },
  "helios-hfs": {
    version: "0.2.7",
    programs: ["hfs"],
    minutes: 9,
    args: ["--locked", "--debug", "--no-default-features", "--features", "R4,sqlite,subscriptions"],
    env: { CARGO_PROFILE_DEV_DEBUG: "0", CARGO_INCREMENTAL: "0" },
  },
};

/**
 * Where a program is, or `undefined`. One of ours: on the PATH in the right version, else in the
 * cache. Any other: on the PATH.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function toolPath(program) {
  const found = onPath(program);
  const crate = Object.keys(CRATES).find((name) => CRATES[name].programs.includes(program));
  if (crate === undefined) return found;
  if (found !== undefined && answerOf(found, ["--version"])?.endsWith(` ${CRATES[crate].version}`)) return found;
  const cached = join(cacheOf(crate), "bin", process.platform === "win32" ? `${program}.exe` : program);
  return existsSync(cached) ? cached : undefined;
}

/** The folder that one version of a crate is installed into. */
export function cacheOf(crate) {
  return join(CACHE, `${crate}-${CRATES[crate].version}`);
}

/** wasm-bindgen writes the other half of what the crate of the same version does. */
export function checkWasmBindgen() {
  const lock = readFileSync(join(ROOT, "Cargo.lock"), "utf8");
  const locked = /name = "wasm-bindgen"\nversion = "([^"]+)"/.exec(lock)?.[1];
  const { version } = CRATES["wasm-bindgen-cli"];
  if (locked !== version) {
    throw new Failure(`Cargo.lock has wasm-bindgen ${locked} and scripts/tools.mjs has ${version}: they must be the same.`);
  }
}
