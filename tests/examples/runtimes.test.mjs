// The examples of runtimes, with the packed package: what each pulls and finds is what the server has.

import assert from "node:assert/strict";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startDemo } from "../../scripts/demo/server.mjs";
import { ROOT } from "../../scripts/run.mjs";
import { Example } from "../support/example.mjs";
import { gateTo } from "../support/gate.mjs";
import { expected } from "./shown.mjs";

/** Those that run a program, and those that run a server. */
const PROGRAMS = { "Node.js": "node", Deno: "deno", Bun: "bun" };
const SERVERS = {
  workerd: {
    example: "workerd",
    asked: (port, FHIR_SERVER) => ({ args: ["start", "--", "--socket-addr", `http=127.0.0.1:${port}`], env: { FHIR_SERVER } }),
  },
  "Vercel's edge-runtime": {
    example: "edge-runtime",
    asked: (port, FHIR_SERVER) => ({ args: ["start"], env: { FHIR_SERVER, PORT: String(port) } }),
  },
};

let demo;
let gate;
let fhir;
let shown;

before(async () => {
  demo = await startDemo({ patients: 12, seed: 4, quiet: true });
  gate = await gateTo(demo.port);
  fhir = `${gate.origin}/fhir`;
  shown = await expected(fhir);
});

after(async () => {
  await gate?.close();
  await demo?.close();
});

async function withExample(name, work) {
  const example = await Example.installed(name);
  try {
    await work(example);
  } finally {
    await example.remove();
  }
}

for (const [name, example] of Object.entries(PROGRAMS)) {
  test(`${name} pulls and finds what the server has`, () =>
    withExample(example, async (app) => {
      const printed = await app.run("npm", ["start", "--silent", "--", fhir]);
      const counts = `${shown.patients} patients, ${shown.observations} observations`;
      assert.deepEqual(printed.replace(/\n$/, "").split("\n"), [counts, ...shown.lines]);
    }));
}

for (const [name, { example, asked }] of Object.entries(SERVERS)) {
  test(`${name} pulls and finds what the server has, and says what is wrong when it is gone`, () =>
    withExample(example, async (app) => {
      const port = await app.serve((port) => asked(port, fhir));
      const ask = async () => {
        const response = await fetch(`http://127.0.0.1:${port}/`);
        return { status: response.status, body: await response.json() };
      };
      const { patients, observations, names } = shown;
      assert.deepEqual(await ask(), { status: 200, body: { patients, observations, names } });

      await gate.close();
      try {
        const { status, body } = await ask();
        assert.equal(status, 502);
        assert.equal(body.code, "network");
      } finally {
        await gate.open();
      }
    }));
}

describe("the installed package in Node.js", () => {
  /** @type {Example} */
  let app;
  before(async () => (app = await Example.installed("node")));
  after(() => app?.remove());

  test("`require` gives what `import` gives", async () => {
    const program = `const required = require("fhir-pull");
      import("fhir-pull").then((imported) => console.log(Object.keys(required).every((name) => required[name] === imported[name])
        && Object.keys(imported).sort().join()));`;
    await writeFile(join(app.folder, "required.cjs"), program);
    assert.equal((await app.run("node", ["required.cjs"])).trim(), "FhirPullError,openClient,openReplica,wipeReplica");
  });

  for (const [module, resolution] of [
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ]) {
    test(`its types are found and hold with moduleResolution ${resolution}`, async () => {
      await cp(join(ROOT, "tests", "package", "types.ts"), join(app.folder, "types.ts"));
      const { compilerOptions } = JSON.parse(await readFile(join(ROOT, "tsconfig.json"), "utf8"));
      const { paths: _, ...options } = compilerOptions;
      const config = { compilerOptions: { ...options, module, moduleResolution: resolution }, files: ["types.ts"] };
      await writeFile(join(app.folder, "tsconfig.json"), JSON.stringify(config));
      await app.run("node", [join(ROOT, "node_modules", "typescript", "bin", "tsc"), "--project", "tsconfig.json"]);
    });
  }
});
