// Loads the wasm once for all who ask; where that failed, the next one tries again.

import { FhirPullError } from "./errors.js";

/**
 * @param {(module?: WebAssembly.Module) => Promise<object>} load gives the exports of the initialised wasm module,
 *   fetched and compiled by it where it is given none
 * @returns {(module?: WebAssembly.Module) => Promise<object>}
 */
export function loader(load) {
  let loading;
  return (module) => {
    loading ??= load(module).catch((cause) => {
      loading = undefined;
      throw explained(cause);
    });
    return loading;
  };
}

function explained(cause) {
  if (cause instanceof WebAssembly.CompileError || cause instanceof WebAssembly.LinkError) {
    const sentence = "WebAssembly could not be compiled. A Content-Security-Policy must allow it with 'wasm-unsafe-eval'.";
    return new FhirPullError(sentence, { code: "unsupported", cause });
  }
  return new FhirPullError("The WebAssembly of fhir-pull could not be loaded.", {
    code: "network",
    retryable: true,
    cause,
  });
}
