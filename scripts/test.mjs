// `npm test`: everything that proves the package, on a machine that has git, Node and rustup.

import { build } from "./build.mjs";
import { check } from "./check.mjs";
import { examples } from "./examples.mjs";
import { fuzz } from "./fuzz.mjs";
import { nodeTests } from "./node-tests.mjs";
import { report, runParts } from "./parts.mjs";
import { main, run } from "./run.mjs";
import { setup } from "./setup.mjs";
import { size } from "./size.mjs";

const FIRST = [
  { name: "set-up", needed: true, action: () => setup(["rust", "npm", "wasm", "fuzz", "browsers"]) },
  { name: "build", needed: true, action: build },
];

const TESTS = [
  { name: "size", action: size },
  { name: "Rust", action: () => run("cargo", ["test", "--quiet"]) },
  { name: "fuzz", action: () => fuzz({ seed: "1" }) },
  {
    name: "WebAssembly in three browsers",
    action: () => run(process.execPath, ["scripts/browser-tests.mjs", "chromium", "firefox", "webkit"]),
  },
  { name: "package, demo server and page", action: () => nodeTests("", { except: ["real", "e2e", "edge", "examples"] }) },
  { name: "edge, in workerd", action: () => nodeTests("edge", { oneByOne: true }) },
  { name: "end to end in Chromium", action: () => nodeTests("e2e", { oneByOne: true }) },
  { name: "examples in bundlers and runtimes", action: examples },
];

await main(import.meta.url, async () => {
  const first = await runParts(FIRST);
  const ready = first.every(({ outcome }) => outcome === "passed");
  const rest = ready ? [...(await check()), ...(await runParts(TESTS))] : [];
  report("Parts of npm test", [...first, ...rest]);
});
