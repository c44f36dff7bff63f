/**
 * Serves a bench to the browser on loopback: an empty page, the benches' own modules, the libraries
 * as npm installed them, the built package, and whatever the bench answers itself.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const BENCHES = path.dirname(fileURLToPath(import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/fhir+json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};
// Cross-origin isolation gives performance.now() its full resolution.
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** @typedef {Buffer | string | Response | undefined} Answer */

/**
 * @param {string} root The project's folder.
 * @param {(url: URL, request: import("node:http").IncomingMessage) => Answer | Promise<Answer>} answer What the bench
 *   itself has at a URL, if anything: a body, or all of a Response.
 * @returns {Promise<{ port: number, close: () => Promise<void> }>}
 */
export async function serve(root, answer) {
  const folders = {
    bench: BENCHES,
    npm: path.join(root, "node_modules"),
    package: path.join(root, "pkg"),
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const [, first, ...rest] = url.pathname.split("/");
    if (first === "") return send(response, ".html", "<!doctype html><title>bench</title>");
    const folder = folders[first];
    try {
      if (!folder) return await sendAnswer(response, given(await answer(url, request)));
      const file = path.join(folder, ...rest.map(decodeURIComponent));
      if (!file.startsWith(folder + path.sep)) throw new Error("outside");
      // Modules may be cached, as they would be in the field.
      send(response, path.extname(file), await readFile(file), "max-age=3600");
    } catch {
      response.writeHead(404, HEADERS).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    port: server.address().port,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

async function sendAnswer(response, answer) {
  if (!(answer instanceof Response)) return send(response, ".json", answer, "no-store");
  response.writeHead(answer.status, { ...HEADERS, ...Object.fromEntries(answer.headers) });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

function given(body) {
  if (body === undefined) throw new Error("nothing there");
  return body;
}

function send(response, extension, body, cache = "no-store") {
  const type = TYPES[extension] ?? "application/octet-stream";
  response.writeHead(200, { ...HEADERS, "Content-Type": type, "Cache-Control": cache }).end(body);
}
