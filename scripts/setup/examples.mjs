// The tools of the examples: what each example's package.json names besides fhir-pull, installed once for each list of names and
// versions and kept. The tests put an example and the packed package beside them, in a folder of their own.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure, ROOT, run } from "../run.mjs";
import { CACHE } from "../tools.mjs";

const EXAMPLES = join(ROOT, "examples");
const KEPT = join(CACHE, "examples");
const ADVICE = "A network and npm's registry are needed.";

/** Tested by tests/edge in this project's miniflare: Wrangler is for who deploys them. */
const WITHOUT_TOOLS = ["cloudflare", "cloudflare-shards"];

/** Vite's. The examples of runtimes would do with less. */
const OLDEST_NODE = [20, 19];

export function examples() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    throw new Failure(`The tools of the examples need Node ${OLDEST_NODE.join(".")} or newer; this is ${process.versions.node}.`);
  }
  const absent = readdirSync(EXAMPLES).filter((name) => tools(name) !== undefined && !existsSync(toolsOf(name)));
  if (absent.length === 0) return [];
  // All at once: npm mostly waits. Each is awaited, so that none is left half made behind a failure.
  const action = async () => {
    const ends = await Promise.allSettled(absent.map(install));
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  };
  return [{ what: `tools of the examples: ${absent.join(", ")}`, takes: "a minute or two", action }];
}

/** Where the tools of one example are kept: a folder with npm's lock file and, but where it needs none, a node_modules. */
export function toolsOf(name) {
  const key = createHash("sha256").update(tools(name)).digest("hex").slice(0, 12);
  return join(KEPT, `${name}-${key}`);
}

/** A folder for an application that is taken apart after a test: on the disk of the tools, and below no other package. */
export function workFolder() {
  mkdirSync(KEPT, { recursive: true });
  return mkdtempSync(join(KEPT, "run-"));
}

async function install(name) {
  const folder = workFolder();
  try {
    writeFileSync(join(folder, "package.json"), tools(name));
    await npm(["install"], folder);
    // Another set-up may have been faster.
    if (!existsSync(toolsOf(name))) renameSync(folder, toolsOf(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** npm's ordinary client in a folder of the user's, which has none of this repository's settings. */
export function npm(args, cwd) {
  const quietly = ["--no-fund", "--no-audit", "--no-update-notifier", "--prefer-offline"];
  return run(process.platform === "win32" ? "npm.cmd" : "npm", [...args, ...quietly], { cwd, quiet: true, advice: ADVICE });
}

/** An example's package.json without the package itself; `undefined` for what is no example, and one that needs none of its tools. */
function tools(name) {
  const file = join(EXAMPLES, name, "package.json");
  if (WITHOUT_TOOLS.includes(name) || !existsSync(file)) return undefined;
  const { dependencies, devDependencies } = JSON.parse(readFileSync(file, "utf8"));
  const { "fhir-pull": _, ...others } = { ...dependencies, ...devDependencies };
  return JSON.stringify({ private: true, dependencies: others });
}
