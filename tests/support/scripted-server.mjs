// A server of a few lines that says whatever a test wants to hear, well or badly, and remembers what
// it was asked.

import { createServer } from "node:http";

const CROSS_ORIGIN = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "authorization, prefer, *" };

/**
 * @typedef {object} Script What to answer.
 * @property {number} [status]
 * @property {string} [type] The Content-Type.
 * @property {Record<string, string>} [headers]
 * @property {string | object} [body] An object is sent as JSON.
 * @property {number} [cutAfter] The connection ends after so many characters of the body.
 * @property {number} [hangAfter] Nothing more comes after so many characters of the body, for ever.
 */

/**
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} path
 * @property {Record<string, string>} headers
 * @property {string} body
 */

/**
 * @param {(request: Asked) => Script | Promise<Script>} script
 * @returns {Promise<{ origin: string, requests: Asked[], abandoned: Asked[], close(): Promise<void> }>}
 *   `requests`: without the ones that a browser sends to ask for permission; `abandoned`: those of them that were given
 *   up before their answer had ended
 */
export async function scriptedServer(script) {
  const requests = [];
  const abandoned = [];
  const server = createServer(async (request, response) => {
    if (request.method === "OPTIONS") {
      response.writeHead(204, CROSS_ORIGIN).end();
      return;
    }
    const sent = (await request.setEncoding("utf8").toArray()).join("");
    const asked = { method: request.method, path: request.url, headers: request.headers, body: sent };
    requests.push(asked);
    response.on("close", () => response.writableEnded || abandoned.push(asked));
    const { status = 200, type = "application/fhir+json", headers = {}, body = "", cutAfter, hangAfter } = await script(asked);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const length = { "Content-Length": Buffer.byteLength(text) };
    response.writeHead(status, { ...CROSS_ORIGIN, ...headers, ...length, "Content-Type": type });
    if (hangAfter !== undefined) response.write(text.slice(0, hangAfter));
    else if (cutAfter === undefined) response.end(text);
    else response.write(text.slice(0, cutAfter), () => response.destroy());
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    requests,
    abandoned,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A page of a search's answer. */
export function searchset(resources, next) {
  const link = next === undefined ? [] : [{ relation: "next", url: next }];
  const entry = resources.map((resource) => ({ resource, search: { mode: "match" } }));
  return { resourceType: "Bundle", type: "searchset", link, entry };
}
