/**
 * Serves the bench to the browser on loopback: an empty page, the worker and its contenders, the
 * libraries as npm installed them, the built package, and the pages to ingest out of memory.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
// Cross-origin isolation gives performance.now() its full resolution.
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/**
 * @param {string} root The project's folder.
 * @param {{ url: string, bytes: Buffer }[]} pages
 * @returns {Promise<{ origin: string, close: () => Promise<void> }>}
 */
export async function serve(root, pages) {
  const folders = {
    bench: HERE,
    npm: path.join(root, "node_modules"),
    package: path.join(root, "pkg"),
  };
  const server = createServer(async (request, response) => {
    const [, first, ...rest] = new URL(request.url, "http://localhost").pathname.split("/");
    if (first === "") return send(response, ".html", "<!doctype html><title>bench</title>");
    if (first === "pages") return send(response, "", pages[Number(rest[0])].bytes);
    const folder = folders[first];
    const file = folder && path.join(folder, ...rest.map(decodeURIComponent));
    try {
      if (!file?.startsWith(folder + path.sep)) throw new Error("outside");
      send(response, path.extname(file), await readFile(file));
    } catch {
      response.writeHead(404, HEADERS).end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

function send(response, extension, body) {
  const type = TYPES[extension] ?? "application/octet-stream";
  // Modules may be cached, as they would be in the field; the pages to ingest must not be.
  const cache = extension ? "max-age=3600" : "no-store";
  response.writeHead(200, { ...HEADERS, "Content-Type": type, "Cache-Control": cache }).end(body);
}
