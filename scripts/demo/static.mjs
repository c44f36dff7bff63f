// The page and the package as files. Nothing outside the given directories is ever read.

import { readFile, realpath } from "node:fs/promises";
import { extname, sep } from "node:path";
import { fileURLToPath } from "node:url";

const MIME = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** connect-src is open: the page connects to whatever FHIR server its user names. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' http: https:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

const NOT_FOUND = {
  status: 404,
  headers: { ...HEADERS, "Content-Type": MIME[".txt"] },
  body: "There is no such file here. Files under /pkg/ come into being by `npm run build`.\n",
};

/**
 * @param {Record<string, URL>} directories By the path that they are served under, with slashes at both ends.
 * @returns {(path: string) => Promise<import("./answer.mjs").Answer>} `path`: as in the URL, percent-encoded
 */
export function staticFiles(directories) {
  return async (path) => {
    const prefix = Object.keys(directories)
      .filter((one) => path.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    try {
      const below = decodeURIComponent(path.slice(prefix.length));
      // Also keeps names that start with a dot where they are.
      if (/(^|[/\\])\.|\\|\0/.test(below)) return NOT_FOUND;
      const name = below === "" || below.endsWith("/") ? `${below}index.html` : below;
      const directory = await realpath(fileURLToPath(directories[prefix]));
      const file = await realpath(`${directory}${sep}${name}`);
      if (!file.startsWith(directory + sep)) return NOT_FOUND;
      const type = MIME[extname(file)] ?? "application/octet-stream";
      return { status: 200, headers: { ...HEADERS, "Content-Type": type }, body: await readFile(file) };
    } catch {
      // No such file, a directory, or a malformed percent-encoding: all the same to the client.
      return NOT_FOUND;
    }
  };
}
