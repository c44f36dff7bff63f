// openReplica and openClient for one platform: where the engine runs, and where the replica is kept.

import { reasonOf } from "./calls.js";
import { Client } from "./client.js";
import { Engine } from "./engine.js";
import { FhirPullError, badInput } from "./errors.js";
import { loader } from "./load.js";
import { checked } from "./options.js";
import { RemoteEngine, started } from "./remote.js";
import { Replica } from "./replica.js";

/**
 * @param {{ load: () => Promise<object>, spawn?: () => Worker }} platform
 *   `load` gives the exports of the initialised wasm module, `spawn` starts worker.js,
 *   where there are workers
 */
export function opener({ load, spawn }) {
  const inline = loader(load);

  const start = async ({ fetch, token, worker, signal }) => {
    const host = { fetch, token };
    if (worker && !spawn) throw badInput("There are no workers here: leave `worker` out, or give false.");
    if (worker !== false && spawn) {
      try {
        return new RemoteEngine(await started(spawn, signal), host);
      } catch (cause) {
        if (signal?.aborted) throw reasonOf(signal);
        if (worker) {
          const sentence =
            "The worker of fhir-pull could not be started. Its file must be served beside the package, " +
            "and a Content-Security-Policy must allow it with worker-src.";
          throw new FhirPullError(sentence, { code: "unsupported", cause });
        }
      }
    }
    return new Engine(inline, host);
  };

  const open = async (name, options, engineOptions, made) => {
    const engine = await start(options);
    try {
      return made(engine, await engine.call(name, [engineOptions], { signal: options.signal }));
    } catch (thrown) {
      engine.end();
      throw thrown;
    }
  };

  return {
    async openReplica(options) {
      checked("openReplica", options, {
        required: ["name", "server"],
        optional: ["token", "fetch", "store", "versions", "worker", "signal"],
      });
      const { name, server, versions } = options;
      const store = storeOf(options.store);
      return open("openReplica", options, { name, server, store, versions }, (engine, handle) => {
        return new Replica(engine, handle, { name, server, shared: store === "indexeddb" });
      });
    },

    async openClient(options) {
      checked("openClient", options, { required: ["server"], optional: ["token", "fetch", "worker"] });
      const { server } = options;
      return open("openClient", options, { server }, (engine, handle) => new Client(engine, handle, server));
    },
  };
}

function storeOf(asked) {
  // Reading it throws where storage is forbidden (an opaque origin).
  let present = false;
  try {
    present = Boolean(globalThis.indexedDB);
  } catch {}
  if (asked === "indexeddb" && !present) {
    throw badInput('There is no IndexedDB here: leave `store` out, or give "memory".');
  }
  return asked ?? (present ? "indexeddb" : "memory");
}
