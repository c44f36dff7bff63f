// The two engines of the built package: in this thread, and behind the two ports of a channel. Needs pkg/.
// Its entries are bundles and no worker runs in Node: the second is put together of what the bundles are made of.

import { readFile } from "node:fs/promises";
import { loader } from "../../pkg-template/load.js";
import { opener } from "../../pkg-template/open.js";
import { answerOn } from "../../pkg-template/worker-side.js";
import * as inline from "../../pkg/node.js";

const bytes = () => readFile(new URL("../../pkg/wasm/fhir_pull_bg.wasm", import.meta.url));
const load = async (module_or_path) => {
  const wasm = await import("../../pkg/wasm/fhir_pull.js");
  await wasm.default({ module_or_path: module_or_path ?? (await bytes()) });
  return wasm;
};
const definitionsOf = async (version) => {
  return (await import(`../../pkg/definitions/${version.toLowerCase()}.js`)).default;
};
const loaded = loader(load);
const spawn = () => {
  const { port1, port2 } = new MessageChannel();
  answerOn(port2, loaded);
  return Object.assign(port1, { terminate: () => port1.close() });
};
const compile = async () => WebAssembly.compile(await bytes());

export const BUILT = { inline, worker: opener({ load, spawn, compile, definitionsOf }) };
