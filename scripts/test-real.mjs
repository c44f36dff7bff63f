// `npm run test:real`: the package against Helios HFS, a FHIR server that nobody here wrote.

import { build } from "./build.mjs";
import { nodeTests } from "./node-tests.mjs";
import { report, runParts } from "./parts.mjs";
import { main } from "./run.mjs";
import { setup } from "./setup.mjs";

const PARTS = [
  { name: "set-up", needed: true, action: () => setup(["rust", "npm", "wasm", "browsers", "hfs"]) },
  { name: "build", needed: true, action: build },
  { name: "against Helios HFS", action: () => nodeTests("real", { oneByOne: true }) },
];

await main(import.meta.url, async () => report("Parts of npm run test:real", await runParts(PARTS)));
