// The demo server of `npm start`: the page, the package, and a FHIR server with invented patients
// and HL7's examples, all in memory, in one Node process on the loopback interface.
//
//   /             the page (www/)          /demo/change   POST: lets a handful of changes happen
//   /pkg/         the built package        /demo/reset    POST: undoes all changes, by new versions
//   /fhir         FHIR R4

import { createServer } from "node:http";
import { fhir, Refusal } from "./answer.mjs";
import { Changes } from "./changes.mjs";
import { fhirServer } from "./fhir.mjs";
import { bodyOf, CROSS_ORIGIN, preflight, send } from "./http.mjs";
import { loadedLog } from "./loading.mjs";
import { searchIndex } from "./search.mjs";
import { staticFiles } from "./static.mjs";

const files = staticFiles({
  "/": new URL("../../www/", import.meta.url),
  "/pkg/": new URL("../../pkg/", import.meta.url),
});

/**
 * @param {object} [options]
 * @param {number} [options.port] 0: any free one.
 * @param {number} [options.patients] How many invented patients.
 * @param {number} [options.seed] Which ones.
 * @param {string} [options.token] The bearer token that every FHIR request then needs.
 * @param {(request: { method: string, url: string, headers: Record<string, string> },
 *   answer: () => Promise<import("./answer.mjs").Answer>) =>
 *   Promise<Fault | undefined> | Fault | undefined} [options.faults]
 *   For tests: asked before every FHIR request, may answer in the server's stead, or change what
 *   `answer()` gives, or take its time.
 * @param {boolean} [options.quiet] Prints nothing.
 * @returns {Promise<{ url: string, base: string, port: number, close(): Promise<void> }>}
 * @typedef {import("./answer.mjs").Answer & { cut?: boolean }} Fault `cut` ends the connection in the body's middle.
 */
export async function startDemo({ port = 0, patients = 200, seed = 1, token, faults, quiet = false } = {}) {
  const say = quiet ? () => {} : (text) => console.log(`demo: ${text}`);
  const log = loadedLog({ patients, seed, say });
  const changes = new Changes(log, seed);

  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${server.address().port}/`;
  const base = `${url}fhir`;
  const index = searchIndex(log, base);
  const answerFhir = fhirServer({ log, token, search: index.search });

  /** @returns {Promise<Fault>} */
  async function route(request) {
    const { pathname, searchParams } = new URL(request.url, url);
    const { method, headers } = request;
    if (pathname === "/fhir" || pathname.startsWith("/fhir/")) {
      if (method === "OPTIONS") return crossOrigin(preflight(headers));
      const body = await bodyOf(request);
      const answer = () =>
        answerFhir({
          method,
          base: isLoopback(headers.host) ? `http://${headers.host}/fhir` : base,
          path: pathname.slice("/fhir/".length),
          parameters: searchParams,
          headers,
          body,
        });
      return crossOrigin((await faults?.({ method, url: request.url, headers }, answer)) ?? (await answer()));
    }
    if (pathname === "/demo/change" && method === "POST") return json(changes.make(wishes(await bodyOf(request))));
    if (pathname === "/demo/reset" && method === "POST") return json(changes.undo());
    if (method !== "GET" && method !== "HEAD") {
      throw new Refusal(405, "not-supported", "only GET, below /fhir also what FHIR has, and POST to /demo/…");
    }
    return files(pathname);
  }

  server.on("request", async (request, response) => {
    try {
      await send(request, response, await route(request));
    } catch (error) {
      if (!(error instanceof Refusal)) say(error.stack);
      const refusal = error instanceof Refusal ? error : new Refusal(500, "exception", "the demo server failed");
      if (!response.headersSent) await send(request, response, crossOrigin(refusal.answer()));
    }
  });

  say(`listening on ${url}, FHIR at ${base}`);
  return {
    url,
    base,
    port: server.address().port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await index.close();
    },
  };
}

function isLoopback(host) {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host ?? "");
}

function crossOrigin(answer) {
  return { ...answer, headers: { ...answer.headers, ...CROSS_ORIGIN } };
}

function json(value) {
  return fhir(200, JSON.stringify(value), { "Content-Type": "application/json; charset=utf-8" });
}

/** What a client wants to happen, from the body of POST /demo/change. */
function wishes(body) {
  let wished = {};
  try {
    if (body !== "") wished = JSON.parse(body);
  } catch {
    throw new Refusal(400, "structure", "the body is not JSON");
  }
  const known = (name) => ["updates", "creates", "deletes"].includes(name);
  const possible = (number) => Number.isInteger(number) && number >= 0 && number <= 10_000;
  if (
    wished === null ||
    typeof wished !== "object" ||
    !Object.entries(wished).every(([name, number]) => known(name) && possible(number))
  ) {
    throw new Refusal(400, "invalid", "the body may hold updates, creates and deletes: whole numbers up to 10000");
  }
  return wished;
}
