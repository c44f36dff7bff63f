/** Who answers, each as a workerd process of its own: a fixed body, SQLite by hand, and fhir-pull over its stores. */

import path from "node:path";

import { workerd } from "../../tests/support/workerd.mjs";
import { BASE } from "../bundles.mjs";
import { childrenNamed, cpuOf, residentOf } from "./process.mjs";

export const FLOOR = "fixed body";
export const SQLITE = "SQLite by hand";
/** fhir-pull's stores, by what the keys of figures call them. */
export const OURS = {
  durable_object: "fhir-pull, Durable Object",
  r2: "fhir-pull, R2",
  d1: "fhir-pull, D1",
};

const LOADED_AT_ONCE = 1000;

const CONTENDERS = {
  [FLOOR]: { entry: "floor-worker.js", wasm: false },
  [SQLITE]: {
    entry: "sqlite-worker.js",
    wasm: false,
    options: { durableObjects: { TABLES: { className: "Tables", useSQLite: true } } },
    fill: loaded,
  },
  [OURS.durable_object]: replicaIn("durable-object", { durableObjects: { REPLICAS: { className: "FhirReplica", useSQLite: true } } }),
  [OURS.r2]: replicaIn("r2", { r2Buckets: ["BUCKET"] }),
  [OURS.d1]: replicaIn("d1", { d1Databases: ["DB"] }),
};

export const NAMES = Object.keys(CONTENDERS);

/** The class has to be bound for its module to be taken, also where another store is used. */
function replicaIn(store, options) {
  return { entry: "fhir-pull-worker.js", wasm: true, options: { bindings: { SERVER: BASE, STORE: store }, ...options }, fill: pulled };
}

export class Edge {
  #miniflare;
  #pid;
  /** Told of each pull. */
  #onPull = () => {};

  /**
   * @param {string} contender
   * @param {{ folder: string, source: import("../pull/source.mjs").Source }} where What it keeps is kept, and what it
   *   pulls is pulled from.
   */
  static async started(contender, { folder, source }) {
    const { entry, wasm, options } = CONTENDERS[contender];
    const edge = new Edge();
    const before = new Set(childrenNamed("workerd"));
    const at = (name) => path.join(folder, contender, name);
    const shared = {
      serviceBindings: {
        SOURCE: async (request) => fromSource(source, request),
        PULLED: async (request) => {
          edge.#onPull(await request.json());
          return new Response();
        },
      },
      durableObjectsPersist: at("do"),
      r2Persist: at("r2"),
      d1Persist: at("d1"),
    };
    edge.#miniflare = await workerd(new URL(entry, import.meta.url), { ...shared, ...options }, { wasm });
    [edge.#pid] = childrenNamed("workerd").filter((pid) => !before.has(pid));
    return edge;
  }

  /** @returns {Promise<{ status: number, body: Buffer }>} The answer below the base. */
  ask(path) {
    return this.request(`fhir/${path}`);
  }

  async request(path, init) {
    const answer = await this.#miniflare.dispatchFetch(`http://edge.test/${path}`, init);
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  }

  /** Pulls by the Worker's cron, or has its Durable Object begin to; until it is told that all was pulled. */
  async pull() {
    const told = new Promise((resolve) => (this.#onPull = resolve));
    await (await this.#miniflare.getWorker()).scheduled({ cron: "* * * * *" });
    const { done, error } = await told;
    if (!done) throw new Error(`The pull was not done. ${error}`);
  }

  /** Milliseconds of CPU so far. */
  get cpu() {
    return cpuOf(this.#pid);
  }

  get resident() {
    return residentOf(this.#pid);
  }

  async wasmMiB() {
    return Number((await this.request("memory")).body) / 2 ** 20;
  }

  end() {
    return this.#miniflare.dispose();
  }
}

/** Brings the set into an empty contender. */
export function fill(contender, edge, versions) {
  return CONTENDERS[contender].fill?.(edge, versions);
}

async function pulled(edge) {
  await edge.pull();
}

async function loaded(edge, versions) {
  for (let from = 0; from < versions.length; from += LOADED_AT_ONCE) {
    const lines = versions.slice(from, from + LOADED_AT_ONCE).map(({ text }) => text);
    const { status, body } = await edge.request("load", { method: "POST", body: lines.join("\n") });
    if (status !== 200) throw new Error(`SQLite by hand could not be loaded: ${body}`);
  }
}

async function fromSource(source, request) {
  const body = await source.answer(new URL(request.url));
  return body ? new Response(body, { headers: { "content-type": "application/fhir+json" } }) : new Response(null, { status: 404 });
}
