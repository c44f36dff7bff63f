// `npm run examples`: the packed package in every bundler and runtime that the README names, as the applications of examples/.

import { build } from "./build.mjs";
import { nodeTests } from "./node-tests.mjs";
import { main } from "./run.mjs";
import { setup } from "./setup.mjs";

/** The tests of the examples; the package is built and the browsers are there before. */
export async function examples() {
  await setup(["examples"]);
  await nodeTests("examples", { oneByOne: true });
}

await main(import.meta.url, async () => {
  await setup(["rust", "npm", "wasm", "browsers"]);
  await build();
  await examples();
});
