// The examples of pages, each as its bundler makes it of the packed package, in three browser engines: what they show is what
// the server has, pulled by the package's worker, and it is there after a reload with the server gone.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { startDemo } from "../../scripts/demo/server.mjs";
import { ENGINES } from "../support/engines.mjs";
import { Example } from "../support/example.mjs";
import { gateTo } from "../support/gate.mjs";
import { pageServer } from "../support/serve.mjs";
import { expected } from "./shown.mjs";

/** What a page may take until it has pulled, on a loaded machine. */
const PULL_MILLISECONDS = 60_000;

const ownServer = (script, ...options) => {
  return async (example) => example.serve((port) => ({ args: ["run", script, "--", ...options, String(port)] }));
};

/** How each is built, and what it is served by: a folder of files, or its own server's port. */
const PAGES = {
  "Vite, built": { example: "vite", build: ["run", "build"], files: "dist/" },
  "Vite's development server": { example: "vite", port: ownServer("dev", "--host", "127.0.0.1", "--strictPort", "--port") },
  webpack: { example: "webpack", build: ["run", "build"], files: "dist/" },
  esbuild: { example: "esbuild", build: ["run", "build"], files: "dist/" },
  "Next.js": { example: "next", build: ["run", "build"], port: ownServer("start", "--hostname", "127.0.0.1", "--port") },
  "a plain script": { example: "script", files: "./" },
};

const engines = {};
const examples = {};
let demo;
/** The FHIR server as pages see it. */
let gate;
let fhir;
let shown;

before(async () => {
  demo = await startDemo({ patients: 12, seed: 4, quiet: true });
  gate = await gateTo(demo.port);
  fhir = `${gate.origin}/fhir`;
  shown = await expected(fhir);
  for (const [name, launch] of Object.entries(ENGINES)) engines[name] = await launch();
});

after(async () => {
  for (const engine of Object.values(engines)) await engine.close();
  for (const example of Object.values(examples)) await example.remove();
  await gate?.close();
  await demo?.close();
});

for (const [name, { example, build, files, port }] of Object.entries(PAGES)) {
  describe(`the example of ${name}`, () => {
    /** In front of the page's own server. */
    let site;
    let close = async () => {};
    /** How many modules were asked for by workers. */
    let workers = 0;

    before(async () => {
      const app = (examples[example] ??= await Example.installed(example));
      if (build) await app.run("npm", build);
      let served;
      if (files) {
        const root = join(app.folder, files);
        const server = await pageServer({ directories: { "/": pathToFileURL(root) }, scripts: await importMaps(root) });
        close = () => server.close();
        served = server.port;
      } else {
        served = await port(app);
      }
      site = await gateTo(served, (bytes) => (workers += /^sec-fetch-dest: worker\r$/im.test(bytes.toString("latin1"))));
    });
    after(async () => {
      await site?.close();
      await close();
    });

    for (const engine of Object.keys(ENGINES)) {
      test(`${engine}: shows what the server has, and after a reload without the server the same`, async () => {
        workers = 0;
        const address = `${site.origin}/?server=${encodeURIComponent(fhir)}`;
        const page = await engines[engine].page(address);
        const pulled = await shownBy(page, ({ status }) => /^(Up|Not up) to date/.test(status));
        assert.equal(pulled.status, "Up to date.");
        assert.deepEqual(pulled.lines, shown.lines);
        const counts = `${shown.patients} patients, ${shown.observations} observations`;
        assert.match(pulled.numbers, new RegExp(`^${counts} \\(\\d{4}-\\d{2}-\\d{2}T`));
        assert.notEqual(workers, 0, "the engine runs in a dedicated worker");

        await gate.close();
        try {
          // What it holds is there long before it gives the server up.
          const held = await shownBy(await engines[engine].page(address), ({ lines }) => lines.length > 0);
          assert.deepEqual({ ...held, status: "" }, { ...pulled, status: "" });
          assert.doesNotMatch(held.status, /^Up to date/);
        } finally {
          await gate.open();
        }
      });
    }
  });
}

/** What a page shows once that is what is waited for, or time is up. */
async function shownBy(page, awaited) {
  for (const until = Date.now() + PULL_MILLISECONDS; ; await sleep(50)) {
    const now = await page.evaluate(() => ({
      status: document.querySelector("#status").textContent,
      numbers: document.querySelector("#numbers").textContent,
      lines: [...document.querySelectorAll("#patients li")].map(({ textContent }) => textContent),
    }));
    if (awaited(now) || Date.now() > until) return now;
  }
}

/** What a Content-Security-Policy names the import maps of a page by, which are scripts within it. */
async function importMaps(root) {
  const html = await readFile(join(root, "index.html"), "utf8");
  const maps = [...html.matchAll(/<script type="importmap">([^]*?)<\/script>/g)];
  return maps.map(([, text]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
}
