// The two engines of the built package: in this thread, and behind the two ports of a channel. Needs pkg/.

import { readFile } from "node:fs/promises";
import * as inline from "../../pkg/node.js";
import { loader } from "../../pkg/load.js";
import { opener } from "../../pkg/open.js";
import { serve } from "../../pkg/serve.js";

const load = loader(async () => {
  const wasm = await import("../../pkg/wasm/fhir_pull.js");
  await wasm.default({ module_or_path: await readFile(new URL("../../pkg/wasm/fhir_pull_bg.wasm", import.meta.url)) });
  return wasm;
});
const spawn = () => {
  const { port1, port2 } = new MessageChannel();
  serve(port2, load);
  return Object.assign(port1, { terminate: () => port1.close() });
};

export const BUILT = { inline, worker: opener({ load, spawn }) };
