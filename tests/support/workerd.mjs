// Workers in the real workerd, through miniflare: KV, R2, D1 and Durable Objects on this machine.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const WASM = new URL("../../pkg/wasm/fhir_pull_bg.wasm", import.meta.url);
const NAME = "fhir_pull_bg.wasm";

/** A worker's module, bundled as wrangler does, but that the package is the one in pkg/. */
async function bundled(entry) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd"],
    external: ["cloudflare:*", "node:*"],
    plugins: [packageInPlace],
    logLevel: "error",
  });
  return outputFiles[0].text;
}

const packageInPlace = {
  name: "package in place",
  setup(build) {
    build.onResolve({ filter: /^fhir-pull(\/|$)/ }, ({ path }) => ({
      path: fileURLToPath(new URL(`../../pkg/${path === "fhir-pull" ? "workerd" : path.slice("fhir-pull/".length)}.js`, import.meta.url)),
    }));
    build.onResolve({ filter: /\.wasm$/ }, () => ({ path: `./${NAME}`, external: true }));
  },
};

/**
 * @param {URL} entry the worker's module
 * @param {object} options of miniflare, beside those of its modules
 * @param {{ wasm?: boolean }} [what] whether it loads the package's WebAssembly
 */
export async function workerd(entry, options, { wasm = true } = {}) {
  const modules = [{ type: "ESModule", path: "worker.js", contents: await bundled(entry) }];
  if (wasm) modules.push({ type: "CompiledWasm", path: NAME, contents: await readFile(WASM) });
  const miniflare = new Miniflare({ modules, compatibilityDate: "2026-07-01", ...options });
  await miniflare.ready;
  return miniflare;
}
