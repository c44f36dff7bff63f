// Pages and their bundlers: the engine in a worker, and in the page where that can't be had.

import { definitionsOf } from "./definitions.js";
import { opener } from "./open.js";

export { FhirPullError } from "./errors.js";

export const { openReplica, openClient, wipeReplica } = /* @__PURE__ */ opener({
  definitionsOf,
  compile: () => WebAssembly.compileStreaming(fetch(new URL("./wasm/fhir_pull_bg.wasm", import.meta.url))),
  load: async (module_or_path) => {
    const wasm = await import("./wasm/fhir_pull.js");
    await wasm.default(module_or_path && { module_or_path });
    return wasm;
  },
  spawn:
    typeof Worker === "function"
      ? () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" })
      : undefined,
});
