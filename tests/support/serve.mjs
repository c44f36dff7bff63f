// Serves files and a blank page on the loopback interface, under the Content-Security-Policy that an
// application using the package would set. Not the FHIR server: it stays when that one goes.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const policyWith = (scripts) =>
  [
    "default-src 'self'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...scripts].join(" "),
    "connect-src 'self' http://127.0.0.1:*",
    "img-src 'self' data:",
  ].join("; ");
const BLANK = "<!doctype html><html lang=en><title>fhir-pull</title><link rel=icon href='data:,'>";

/** The directories that tests need, by the path they are served under. */
const DIRECTORIES = {
  "/pkg/": new URL("../../pkg/", import.meta.url),
  "/support/": new URL("./", import.meta.url),
};

/**
 * @param {{ port?: number, directories?: Record<string, URL>, workerBegins?: string, scripts?: string[] }} [options]
 *   `directories`: beside the package and this folder; a path of "/" takes the place of the blank page. `workerBegins`:
 *   the path of a module that the package's worker runs before all else. `scripts`: what else the policy takes for a script.
 * @returns {Promise<{ origin: string, port: number, close(): Promise<void> }>}
 */
export async function pageServer({ port = 0, directories = {}, workerBegins, scripts = [] } = {}) {
  const policy = policyWith(scripts);
  const all = { ...DIRECTORIES, ...directories };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    const headers = { "Content-Security-Policy": policy, "Cache-Control": "no-store" };
    const under = Object.keys(all)
      .filter((path) => pathname.startsWith(path))
      .sort((a, b) => b.length - a.length)[0];
    if (pathname === "/" && under === undefined) {
      response.writeHead(200, { ...headers, "Content-Type": "text/html; charset=utf-8" }).end(BLANK);
      return;
    }
    try {
      const name = pathname.slice(under.length) || "index.html";
      let body = await readFile(new URL(name, all[under]));
      if (workerBegins && pathname === "/pkg/worker.js") body = `import "${workerBegins}";\n${body}`;
      const type = TYPES[extname(name)] ?? "application/octet-stream";
      // Browsers compile while they load only where the type of WebAssembly stands alone.
      const charset = type === "application/wasm" ? "" : "; charset=utf-8";
      response.writeHead(200, { ...headers, "Content-Type": type + charset }).end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
