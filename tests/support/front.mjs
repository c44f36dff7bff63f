// A front of a FHIR server on the loopback interface, as reverse proxies are: pages of any origin may send credentials
// through it, and it may say something in the server's stead. Closed, nothing listens there.

import { createServer, request as ask } from "node:http";

const EXPOSED = "Date, ETag, Last-Modified, Location";

/**
 * @param {number} port The server's.
 * @returns {Promise<{ origin: string, requests: Asked[], instead: Instead, open(): Promise<void>, close(): Promise<void> }>}
 *   an open front. `requests`: all that came, but for preflights; set `instead` to answer some itself
 * @typedef {{ method: string, path: string, headers: Record<string, string> }} Asked
 * @typedef {(asked: Asked) => { status: number, body?: string } | undefined} Instead
 */
export async function frontOf(port) {
  const front = { origin: "", requests: [], instead: () => undefined, open, close };
  let server;
  let own = 0;

  async function serve(incoming, outgoing) {
    const { method, url: path, headers } = incoming;
    const cors = {
      "access-control-allow-origin": headers.origin ?? "*",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": EXPOSED,
      vary: "origin",
    };
    if (method === "OPTIONS") {
      const asked = headers["access-control-request-headers"] ?? "";
      const allowed = { "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE", "access-control-allow-headers": asked };
      outgoing.writeHead(204, { ...cors, ...allowed }).end();
      return;
    }
    const asked = { method, path, headers };
    front.requests.push(asked);
    const said = front.instead(asked);
    if (said) {
      incoming.resume();
      outgoing.writeHead(said.status, { ...cors, "content-type": "application/fhir+json" }).end(said.body ?? "{}");
      return;
    }
    const passed = ask({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, { ...answer.headers, ...cors });
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  }

  async function open() {
    if (server?.listening) return;
    server = createServer(serve);
    await new Promise((resolve, reject) => server.once("error", reject).listen(own, "127.0.0.1", resolve));
    own = server.address().port;
    front.origin = `http://127.0.0.1:${own}`;
  }

  async function close() {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  await open();
  return front;
}
