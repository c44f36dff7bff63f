// Searches with parameters. The index behind them is a replica of fhir-pull itself, in memory,
// that pulls from the log by the same history that every other client reads.

import { fhir, Refusal } from "./answer.mjs";
import { fhirServer } from "./fhir.mjs";
import { bundleHead, pageSize } from "./paging.mjs";

const PACKAGE = new URL("../../pkg/node.js", import.meta.url);

/** How the replica's reasons for not answering look over HTTP. */
const REASONS = { unsupported: "not-supported", "bad-input": "invalid" };

/**
 * @param {import("./log.mjs").Log} log
 * @param {string} server The base URL of this server; nothing is ever requested from it over the network.
 */
export function searchIndex(log, server) {
  const answer = fhirServer({ log, search: noSearch });
  /** @type {Promise<any> | undefined} */
  let replica;
  /** How much of the log the replica holds. */
  let pulled = 0;
  /** The pull that is under way or was the last: one at a time. */
  let pulling = Promise.resolve();

  /** Gives the replica what it asks of the server. */
  async function fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const { status, headers, body } = await answer({
      method: request.method,
      base: server,
      path: pathname.slice(new URL(server).pathname.length + 1),
      parameters: searchParams,
      headers: Object.fromEntries(request.headers),
      body: "",
    });
    return new Response(body, { status, headers });
  }

  async function opened() {
    replica ??= open(server, fetch);
    try {
      return await replica;
    } catch (error) {
      // The package may be built meanwhile.
      replica = undefined;
      throw error;
    }
  }

  /** The replica, holding at least what the log holds now. */
  async function upToDate() {
    const index = await opened();
    const needed = log.length;
    const pull = async () => {
      if (pulled >= needed) return;
      const length = log.length;
      await index.pull([{ history: "*" }]);
      pulled = length;
    };
    const turn = pulling.then(pull);
    pulling = turn.catch(() => {});
    await turn;
    return index;
  }

  return {
    /** @param {{ base: string, type: string, parameters: URLSearchParams }} asked */
    async search({ base, type, parameters }) {
      const time = log.now();
      const index = await upToDate();
      const asked = new URLSearchParams(parameters);
      asked.set("_count", String(pageSize(parameters)));
      try {
        const bundle = Buffer.from(await index.search(`${type}?${asked}`, { as: "bytes" })).toString();
        // The replica does not know when this server says it, nor by which name the client knows it.
        const named = base === server ? bundle : bundle.replaceAll(`"${server}/`, `"${base}/`);
        return fhir(200, named.replace('{"resourceType":"Bundle"', bundleHead(time)));
      } catch (error) {
        const code = REASONS[error.code];
        throw code === undefined ? error : new Refusal(400, code, error.message);
      }
    },
    async close() {
      await (await replica?.catch(() => undefined))?.close();
    },
  };
}

async function open(server, fetch) {
  const { openReplica } = await import(PACKAGE).catch((cause) => {
    throw new Refusal(503, "not-supported", `searches need the built package: run \`npm run build\` (${cause.code})`);
  });
  return openReplica({ name: "demo-index", server, store: "memory", worker: false, fetch });
}

function noSearch() {
  throw new Refusal(400, "not-supported", "the index itself cannot search");
}
