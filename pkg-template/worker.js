// The dedicated worker that browser.js starts.

import { loader } from "./load.js";
import { answerOn } from "./worker-side.js";
import * as wasm from "./wasm/fhir_pull.js";

answerOn(
  self,
  loader(async (module_or_path) => {
    await wasm.default(module_or_path && { module_or_path });
    return wasm;
  }),
);
