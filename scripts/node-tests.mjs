// Runs files of tests with Node's own runner.

import { join, relative, sep } from "node:path";
import { filesBelow } from "./files.mjs";
import { Failure, ROOT, run } from "./run.mjs";

/** For a file of tests, and for a test that sets no limit of its own: what hangs must end. */
const LIMIT_MS = 600_000;

/**
 * @param {string} folder Relative to tests/; "" for all of it.
 * @param {object} [options]
 * @param {string[]} [options.except] Folders of tests/ to leave out.
 * @param {boolean} [options.oneByOne] For tests that each start browsers.
 */
export async function nodeTests(folder, { except = [], oneByOne = false } = {}) {
  const tests = join(ROOT, "tests");
  const files = filesBelow(join(tests, folder))
    .filter((file) => file.endsWith(".test.mjs"))
    .filter((file) => !except.includes(relative(tests, file).split(sep)[0]));
  if (files.length === 0) throw new Failure(`There are no tests (*.test.mjs) in tests/${folder}.`);
  const options = ["--test", "--test-reporter=spec", `--test-timeout=${LIMIT_MS}`];
  if (oneByOne) options.push("--test-concurrency=1");
  await run(process.execPath, [...options, ...files.map((file) => relative(ROOT, file))]);
}
