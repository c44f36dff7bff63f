// Node, Deno and Bun: the wasm is a file beside this one.

import { readFile } from "node:fs/promises";
import { definitionsOf } from "./definitions.js";
import { opener } from "./open.js";

export { FhirPullError } from "./errors.js";

export const { openReplica, openClient, wipeReplica } = /* @__PURE__ */ opener({
  definitionsOf,
  load: async () => {
    const [wasm, module_or_path] = await Promise.all([
      import("./wasm/fhir_pull.js"),
      readFile(new URL("./wasm/fhir_pull_bg.wasm", import.meta.url)),
    ]);
    await wasm.default({ module_or_path });
    return wasm;
  },
});
