// `npm run fuzz`: every fuzz target over its corpus and then over what libFuzzer makes of it, ten
// seconds each. `npm run fuzz -- store --seconds 600` runs one for longer; FUZZ_SECONDS says it for
// `npm test` too, which goes the same way each time: what it says is said of the change, and chance
// is for whoever looks for more. `npm run fuzz -- store FILE` runs a find again.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { duration, Failure, main, ROOT, run } from "./run.mjs";
import { setup } from "./setup.mjs";
import { toolPath } from "./tools.mjs";

const SECONDS = process.env.FUZZ_SECONDS ?? "10";
const TARGETS = readdirSync(join(ROOT, "fuzz", "fuzz_targets")).map((file) => file.replace(/\.rs$/, ""));
// Rust without `unsafe` has nothing for a sanitizer to find, and needs no nightly without one.
const BUILT = ["--sanitizer", "none", "--target-dir", join(ROOT, "target", "fuzz")];
/** What takes longer never ends; slow machines are not meant. */
const ENDLESS_SECONDS = 120;

/**
 * Runs targets for so many seconds each. What they find is left in fuzz/artifacts/, inputs that
 * reach more are kept in target/fuzz/corpus/ for the next run.
 *
 * @param {object} [options]
 * @param {string[]} [options.targets]
 * @param {string} [options.seconds]
 * @param {string} [options.seed] 0 is chance
 */
export async function fuzz({ targets = TARGETS, seconds = SECONDS, seed = "0" } = {}) {
  if (!/^[1-9]\d*$/.test(seconds)) throw new Failure(`Seconds are a whole number above 0, not "${seconds}".`);
  await cargoFuzz("build");
  for (const target of targets) {
    const started = performance.now();
    const found = join("target", "fuzz", "corpus", target);
    mkdirSync(join(ROOT, found), { recursive: true });
    const limits = [`-seed=${seed}`, `-max_total_time=${seconds}`, `-timeout=${ENDLESS_SECONDS}`, "-dict=fuzz/fhir.dict"];
    await cargoFuzz("run", [target, found, join("fuzz", "corpus", target), "--", ...limits]);
    console.log(`fuzz: ${target} found nothing in ${duration(performance.now() - started)}`);
  }
}

/** Quiet but for the end of what a find says; the whole of it is told where the find is run again. */
function cargoFuzz(command, args = []) {
  const advice = args.length > 0 ? `\`npm run fuzz -- ${args[0]} FILE\` runs again what is named above.` : "";
  return run(toolPath("cargo-fuzz"), [command, ...BUILT, ...args], { quiet: true, env: { RUST_BACKTRACE: "0" }, advice });
}

await main(import.meta.url, async (args) => {
  const { values, positionals } = parseArgs({ args, options: { seconds: { type: "string" } }, allowPositionals: true });
  const targets = positionals.filter((name) => TARGETS.includes(name));
  const files = positionals.filter((name) => !TARGETS.includes(name));
  if (files.length > 0 && targets.length !== 1) {
    throw new Failure(`There is no target "${files[0]}"; there are ${TARGETS.join(", ")}. A file needs the one it is for.`);
  }
  await setup(["rust", "fuzz"]);
  if (files.length > 0) await run(toolPath("cargo-fuzz"), ["run", ...BUILT, ...targets, ...files]);
  else await fuzz({ ...values, targets: targets.length > 0 ? targets : TARGETS });
});
