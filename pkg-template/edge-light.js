// Vercel's edge functions: the wasm comes as a compiled module.

import { definitionsOf } from "./definitions.js";
import { opener } from "./open.js";
import * as wasm from "./wasm/fhir_pull.js";
import module from "./wasm/fhir_pull_bg.wasm?module";

export { FhirPullError } from "./errors.js";

export const { openReplica, openClient, wipeReplica } = /* @__PURE__ */ opener({
  definitionsOf,
  load: async () => {
    // Not initSync: that takes only a module of this realm, and edge-runtime compiles in another.
    await wasm.default({ module_or_path: module });
    return wasm;
  },
});
