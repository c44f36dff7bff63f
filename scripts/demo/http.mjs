// Answers and requests as they go over the wire: bodies, compression, cross-origin access.

import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { Refusal } from "./answer.mjs";

const BODY_MAX = 16 * 1024 * 1024;
/** Below this, compression costs more than it saves. */
const GZIP_MIN = 1024;
const compressed = promisify(gzip);

/** For every FHIR answer, errors too: any page may use this server. */
export const CROSS_ORIGIN = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "Date, ETag, Last-Modified, Location, Retry-After",
};

/** @returns {import("./answer.mjs").Answer} what a browser wants to hear before it sends the request itself */
export function preflight(headers) {
  return {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
      "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "*",
      "Access-Control-Max-Age": "600",
    },
  };
}

/** The body of a request as text. */
export async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    // Read to its end even so: a client that still sends would not see the answer.
    if (length <= BODY_MAX) chunks.push(chunk);
  }
  if (length > BODY_MAX) throw new Refusal(413, "too-long", "the body is longer than this server takes (16 MiB)");
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Sends an answer. With `cut`, the connection ends in the middle of its body.
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {import("./answer.mjs").Answer & { cut?: boolean }} answer
 */
export async function send(request, response, { status, headers, body, cut = false }) {
  const all = { "Cache-Control": "no-store", ...headers };
  let bytes = body === undefined ? undefined : Buffer.from(body);
  if (bytes?.length >= GZIP_MIN) {
    all.Vary = "Accept-Encoding";
    if (/\bgzip\b/.test(request.headers["accept-encoding"] ?? "")) {
      bytes = await compressed(bytes, { level: constants.Z_BEST_SPEED });
      all["Content-Encoding"] = "gzip";
    }
  }
  if (status !== 204 && status !== 304) all["Content-Length"] = String(bytes?.length ?? 0);
  response.writeHead(status, all);
  if (request.method === "HEAD" || bytes === undefined) {
    response.end();
  } else if (cut) {
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  } else {
    response.end(bytes);
  }
}
