// Runs the parts of a check or a test one after the other, and tells at the end how each went.

import { duration, Failure } from "./run.mjs";

/**
 * One part that fails does not keep the others from running, unless they need it.
 *
 * @param {{ name: string, action: () => Promise<void> | void, needed?: boolean }[]} parts
 *   `needed`: nothing after it makes sense without it.
 * @returns {Promise<{ name: string, outcome: "passed" | "failed" | "not run", milliseconds: number }[]>}
 */
export async function runParts(parts) {
  const results = [];
  let lost = false;
  for (const { name, action, needed = false } of parts) {
    if (lost) {
      results.push({ name, outcome: "not run", milliseconds: 0 });
      continue;
    }
    console.log(`\n== ${name}`);
    const started = performance.now();
    const outcome = await outcomeOf(action);
    const milliseconds = performance.now() - started;
    console.log(`== ${name}: ${outcome} in ${duration(milliseconds)}`);
    results.push({ name, outcome, milliseconds });
    lost = needed && outcome === "failed";
  }
  return results;
}

/** A table of all parts, and the one line that says whether all is well. */
export function report(title, results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log(`\n${title}`);
  for (const { name, outcome, milliseconds } of results) {
    console.log(`  ${name.padEnd(width)}  ${outcome.padEnd(7)}  ${duration(milliseconds).padStart(12)}`);
  }
  const passed = results.filter(({ outcome }) => outcome === "passed").length;
  console.log(`\n${passed} passed, ${results.length - passed} failed`);
  if (passed < results.length) process.exitCode = 1;
}

async function outcomeOf(action) {
  try {
    await action();
    return "passed";
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    return "failed";
  }
}
