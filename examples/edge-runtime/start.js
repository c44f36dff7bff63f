// Runs worker.js in Vercel's edge-runtime on this machine, as Vercel's build would.
//
//   npm install
//   FHIR_SERVER=http://127.0.0.1:8080/fhir npm start       then ask the address that it prints
//
// An edge function is one script, and gets its WebAssembly compiled: what it imports as `x.wasm?module` comes from a global.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EdgeRuntime, runServer } from "edge-runtime";
import { build } from "esbuild";

const { FHIR_SERVER = "http://127.0.0.1:8080/fhir", PORT = "3000" } = process.env;
const modules = {};

const compiledModules = {
  name: "compiled modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.wasm\?module$/ }, ({ path, resolveDir }) => {
      return { path: join(resolveDir, path.replace("?module", "")), namespace: "wasm" };
    });
    onLoad({ filter: /.*/, namespace: "wasm" }, async ({ path }) => {
      modules[path] = await WebAssembly.compile(await readFile(path));
      return { contents: `export default wasmModules[${JSON.stringify(path)}];` };
    });
  },
};

const { outputFiles } = await build({
  entryPoints: ["worker.js"],
  bundle: true,
  format: "iife",
  conditions: ["edge-light"],
  plugins: [compiledModules],
  write: false,
});

const runtime = new EdgeRuntime({
  extend: (context) => Object.assign(context, { wasmModules: modules, process: { env: { FHIR_SERVER } } }),
  initialCode: outputFiles[0].text,
});
const { url } = await runServer({ runtime, port: Number(PORT), host: "127.0.0.1" });
console.log(`listening on ${url}`);
