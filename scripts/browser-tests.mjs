// Runs the tests that are compiled to WebAssembly: in real browsers, each file in a page and in a
// dedicated worker, and in Node those files whose name does not end in `_browser`.
//
//   node scripts/browser-tests.mjs [chromium|firefox|webkit|node ...] [--allow-missing]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { engines, RESULT, runner } from "./engines.mjs";
import { duration, environment, Failure, main, onPath, ROOT } from "./run.mjs";

await main(import.meta.url, async (args) => {
  const options = { "allow-missing": { type: "boolean" } };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const names = positionals.length > 0 ? positionals : Object.keys(engines);
  const unknown = names.find((name) => engines[name] === undefined);
  if (unknown !== undefined) throw new Failure(`"${unknown}" is none of ${Object.keys(engines).join(", ")}.`);

  const files = await testFiles();
  const outcomes = [];
  for (const name of names) outcomes.push({ name, ...(await runEngine(name, files)) });

  console.log("\nWebAssembly tests");
  for (const { name, passed, failed, missing } of outcomes) {
    console.log(`  ${name.padEnd(9)} ${missing ? `NOT INSTALLED: ${missing}` : `${passed} passed, ${failed} failed`}`);
  }
  const wrong = outcomes.filter(({ passed, failed, missing }) =>
    missing ? !values["allow-missing"] : passed === 0 || failed > 0,
  );
  if (wrong.length > 0) {
    throw new Failure(`The WebAssembly tests failed in ${wrong.map(({ name }) => name).join(", ")}.`);
  }
});

async function runEngine(name, files) {
  const { needs, modes, open } = engines[name];
  const programs = Object.entries(needs).map(([what, names]) => [what, names.map(onPath).find(Boolean)]);
  const missing = programs.filter(([, path]) => path === undefined).map(([what]) => needs[what].join(" or "));
  if (missing.length > 0) return { missing: missing.join(", ") };

  const count = { passed: 0, failed: 0 };
  const engine = await open(Object.fromEntries(programs));
  try {
    for (const file of files.filter((it) => name !== "node" || !it.name.endsWith("_browser"))) {
      for (const mode of modes) {
        const started = Date.now();
        const text = await engine.run(file.path, mode);
        const passed = Number(RESULT.exec(text)?.[1] ?? 0);
        // A test that did not report has failed, as has one that said so.
        count.passed += passed;
        count.failed += file.tests - passed;
        const word = passed === file.tests ? "ok    " : "FAILED";
        const time = duration(Date.now() - started);
        console.log(`${word} ${name} ${file.name} (${mode}): ${passed} of ${file.tests} in ${time}`);
        if (passed !== file.tests) console.log(text.replace(/^/gm, "    "));
      }
    }
  } finally {
    await engine.close();
  }
  return count;
}

/** Builds the tests once; of what was built, the files that hold tests for WebAssembly. */
async function testFiles() {
  // Without debug information a file is a tenth as large, and the runner three times as fast.
  const env = environment({ CARGO_PROFILE_DEV_DEBUG: "0", CARGO_PROFILE_TEST_DEBUG: "0" });
  const built = ["test", "--no-run", "--target", "wasm32-unknown-unknown", "--tests"];
  const cargo = spawn("cargo", [...built, "--message-format=json-render-diagnostics"], {
    cwd: ROOT,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let messages = "";
  cargo.stdout.setEncoding("utf8").on("data", (text) => (messages += text));
  const [code] = await once(cargo, "close");
  if (code !== 0) throw new Failure("The tests do not compile for WebAssembly.");

  const artifacts = messages
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ executable, profile }) => executable && profile?.test);
  const files = [];
  for (const { target, executable } of artifacts) {
    const tests = (await runner(["--list", executable])).match(/: test$/gm)?.length ?? 0;
    if (tests > 0) files.push({ name: target.name, path: executable, tests });
  }
  if (files.length === 0) throw new Failure("There are no WebAssembly tests: something is wrong with the build.");
  return files;
}
