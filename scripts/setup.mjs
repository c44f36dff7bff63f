// Makes ready what a command needs, says so in a line where that takes time, and says nothing where
// all is there. `npm run setup` makes everything ready; `npm run setup -- rust npm` those parts.

import { duration, Failure, main } from "./run.mjs";
import { rust } from "./setup/rust.mjs";
import { npm } from "./setup/npm.mjs";
import { fuzzTools, hfs, wasmTools } from "./setup/cargo-tools.mjs";
import { browsers } from "./setup/browsers.mjs";
import { examples } from "./setup/examples.mjs";

/** A part gives its steps that are still to be done: what is done, about how long, and the doing. */
const PARTS = { rust, npm, wasm: wasmTools, fuzz: fuzzTools, browsers, hfs, examples };

/**
 * @param {(keyof typeof PARTS)[]} parts In the order in which they need each other.
 */
export async function setup(parts) {
  for (const part of parts) {
    for (const { what, takes, action } of await PARTS[part]()) {
      const started = performance.now();
      console.log(`setup: ${what} (about ${takes})`);
      await action();
      console.log(`setup: done in ${duration(performance.now() - started)}`);
    }
  }
}

await main(import.meta.url, async (args) => {
  const unknown = args.find((part) => !Object.hasOwn(PARTS, part));
  if (unknown) throw new Failure(`There is no part "${unknown}" to set up; there are ${Object.keys(PARTS).join(", ")}.`);
  await setup(args.length > 0 ? args : Object.keys(PARTS));
});
