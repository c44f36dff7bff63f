// The tools that cargo builds once into the cache: wasm-bindgen and wasm-pack, cargo-fuzz, and the
// FHIR server of `npm run test:real`.

import { run } from "../run.mjs";
import { cacheOf, checkWasmBindgen, CRATES, toolPath } from "../tools.mjs";
import { missing } from "./programs.mjs";

export function wasmTools() {
  checkWasmBindgen();
  return ["wasm-bindgen-cli", "wasm-pack"].flatMap(built);
}

export function fuzzTools() {
  const steps = built("cargo-fuzz");
  if (process.platform !== "linux") return steps;
  return [...missing({ "c++": "g++" }, { what: "a C++ compiler, which libFuzzer is built with", takes: "half a minute" }), ...steps];
}

export function hfs() {
  const steps = built("helios-hfs");
  if (steps.length === 0 || process.platform !== "linux") return steps;
  const openssl = { "pkg-config": "pkg-config", "/usr/include/openssl/ssl.h": "libssl-dev" };
  return [...missing(openssl, { what: "what Helios HFS is built with", takes: "half a minute" }), ...steps];
}

function built(crate) {
  const { version, programs, minutes, args, env } = CRATES[crate];
  if (programs.every((program) => toolPath(program) !== undefined)) return [];
  const by = ["install", crate, "--version", version, ...args];
  const action = () =>
    run("cargo", [...by, "--force", "--root", cacheOf(crate)], {
      env,
      quiet: true,
      advice: `By hand: \`cargo ${by.join(" ")}\`.`,
    });
  return [{ what: `${crate} ${version}, built once and kept`, takes: `${minutes} minutes`, action }];
}
