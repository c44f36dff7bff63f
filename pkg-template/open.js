// openReplica and openClient for one platform: where the engine runs, and where the replica is kept.

import { databasesOf, forgottenKey, placed } from "./at-rest.js";
import { reasonOf } from "./calls.js";
import { Client } from "./client.js";
import { Engine } from "./engine.js";
import { FhirPullError, badInput } from "./errors.js";
import { loader } from "./load.js";
import { checked, checkedName } from "./options.js";
import { RemoteEngine, started } from "./remote.js";
import { Replica } from "./replica.js";
import { linesOf } from "./search-parameters.js";
import { singleFlight } from "./token.js";

/** What both can be told of the server besides its base. */
const SERVER = ["aliases", "concurrency", "timeout", "token", "fetch"];
/** What requests say of the server's version of FHIR, where the application gives it. */
const RELEASES = { R4: "4.0", R4B: "4.3", R5: "5.0" };

/**
 * @param {{ load: (module?: WebAssembly.Module) => Promise<object>, spawn?: () => Worker,
 *   compile?: () => Promise<WebAssembly.Module>, definitionsOf: (version: string) => Promise<string> }} platform
 *   `load` gives the exports of the initialised wasm module, `spawn` starts worker.js, where there are workers;
 *   `compile` is for where the module is not there to begin with, and may fail: then who loads it compiles it
 */
export function opener({ load, spawn, compile, definitionsOf }) {
  const inline = loader(load);
  let compiling;
  // Begun before a worker starts, which takes longer, and once for all of them.
  const compiled = async () => {
    try {
      return await (compiling ??= compile?.());
    } catch {
      compiling = undefined;
    }
  };

  const start = async ({ server, fetch, token, store, worker, signal }) => {
    const host = { fetch, token: token && singleFlight(token, server) };
    if (worker && !spawn) throw badInput("There are no workers here: leave `worker` out, or give false.");
    const module = compiled();
    // An object can't be sent to a worker.
    const here = worker === false || typeof store === "object";
    if (!here && spawn) {
      try {
        return new RemoteEngine(await started(spawn, module, signal), host, await module);
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
    return new Engine(async () => inline(await module), host);
  };

  const open = async (name, options, engineOptions, made) => {
    // What takes longest is begun first.
    const starting = start(options);
    const preparing = engineOptions();
    // Its rejection is met once the engine has started, and not at all where that fails first.
    preparing.catch(() => {});
    const engine = await starting;
    try {
      const given = await preparing;
      return made(engine, await engine.call(name, [given], { signal: options.signal }), given);
    } catch (thrown) {
      engine.end();
      throw thrown;
    }
  };

  return {
    async openReplica(options) {
      checked("openReplica", options, {
        required: ["name", "server"],
        optional: [...SERVER, "fileOrigins", "store", "encrypt", "versions", "fhirVersion", "searchParameters", "worker", "signal"],
      });
      const { name, server, aliases, fileOrigins, concurrency, timeout, encrypt, versions, fhirVersion = "R4" } = options;
      const searchParameters = linesOf(options.searchParameters ?? []);
      const store = storeOf(options.store);
      const kept = store === "indexeddb";
      const byObject = typeof store === "object";
      if (byObject && options.worker) throw badInput("openReplica: a store of your own is called in this thread: leave `worker` out.");
      if (byObject && encrypt === true) throw badInput("openReplica: a key is kept in IndexedDB alone: give a CryptoKey as `encrypt`.");
      if (encrypt && store === "memory") throw badInput("openReplica: encrypt is for what is stored, and memory is not.");
      const place = async () => (kept ? placed(name, encrypt) : { database: name, key: encrypt });
      // What is only assumed is not told to the server.
      const of = { server, aliases, fileOrigins, concurrency, timeout, speaks: RELEASES[options.fhirVersion] };
      // Fetched here and now: a worker could ask for it only once it has started.
      const table = () => {
        return definitionsOf(fhirVersion).catch((thrown) => {
          throw FhirPullError.from(thrown);
        });
      };
      const given = async () => {
        const [where, definitions] = await Promise.all([place(), table()]);
        return { name, ...of, store, versions, definitions, searchParameters, ...where };
      };
      return open("openReplica", options, given, (engine, handle, { database }) => {
        return new Replica(engine, handle, { name, server, database, encrypted: Boolean(encrypt), kept });
      });
    },

    async wipeReplica(name) {
      checkedName("wipeReplica", name);
      storeOf("indexeddb");
      const { hidden, there } = await databasesOf(name);
      const wiped = { values: 0, bytes: 0, key: hidden !== undefined && (await forgottenKey(hidden)) };
      const engine = await start({});
      try {
        for (const database of there) {
          const tabs = new BroadcastChannel(`fhir-pull/${database}`);
          tabs.postMessage({ wiped: true });
          tabs.close();
          const { values, bytes } = await engine.call("remove", [database]);
          wiped.values += values;
          wiped.bytes += bytes;
        }
        return wiped;
      } finally {
        engine.end();
      }
    },

    async openClient(options) {
      checked("openClient", options, { required: ["server"], optional: [...SERVER, "fhirVersion", "worker"] });
      const { server, aliases, concurrency, timeout, fhirVersion } = options;
      const of = { server, aliases, concurrency, timeout, speaks: RELEASES[fhirVersion] };
      return open("openClient", options, async () => of, (engine, handle) => new Client(engine, handle, server));
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
