// HTTP on its way to the engine's `serve` and back: a Request in its parts, a Response of them.

import { badInput } from "./errors.js";
import { outcome } from "./outcome.js";

/** The engine refuses a larger body (413); more of it is not even read. */
const LARGEST_BODY = 64 * 1024;

/** Statuses whose answers have no body; a Response with one can't be made. */
const BODILESS = [204, 304];

/**
 * What the engine is given, or the Response to a request that is for nobody here.
 *
 * @param {Request} request
 * @param {string} base
 * @returns {Promise<[string, string, string[], Uint8Array, string] | Response>} method, target, headers, body, base
 */
export async function asked(request, base) {
  if (typeof request?.url !== "string" || typeof request.method !== "string" || !request.headers?.entries) {
    throw badInput("serve takes a Request.");
  }
  const place = new URL(base);
  const root = place.origin + place.pathname.replace(/\/+$/, "");
  const target = below(root, request.url);
  if (target === undefined) {
    return outcome(404, "not-found", "This address is not below the base of this server.");
  }
  const headers = [...request.headers].flat();
  return [`${request.method} ${target}`, headers, await bodyOf(request), root];
}

/**
 * @param {string} method
 * @param {[Uint8Array, number, string[]]} answer
 */
export function answered(method, [body, status, list]) {
  const headers = new Headers();
  for (let at = 0; at + 1 < list.length; at += 2) headers.append(list[at], list[at + 1]);
  const bodiless = method === "HEAD" || BODILESS.includes(status);
  return new Response(bodiless ? null : body, { status, headers });
}

/** Path and query after the base, or nothing for an address elsewhere: `/fhirs` is not below `/fhir`. */
function below(root, address) {
  if (!URL.canParse(address)) return undefined;
  const { origin, pathname, search } = new URL(address);
  const place = origin + pathname;
  if (place !== root && !place.startsWith(`${root}/`)) return undefined;
  return place.slice(root.length) + search;
}

/**
 * The body of a POST, read until it is larger than is taken. Other methods have none that matters. Where a runtime has
 * no stream of it, all is read.
 */
async function bodyOf(request) {
  if (request.method !== "POST") return new Uint8Array();
  const stream = request.body;
  if (!stream?.getReader) return new Uint8Array(await request.arrayBuffer());
  const reader = stream.getReader();
  const pieces = [];
  let size = 0;
  while (size <= LARGEST_BODY) {
    const { done, value } = await reader.read();
    if (done) return joined(pieces, size);
    pieces.push(value);
    size += value.length;
  }
  // Whoever sends it may fail once it is let go: the answer stands all the same.
  reader.cancel().catch(() => {});
  return joined(pieces, size).subarray(0, LARGEST_BODY + 1);
}

function joined(pieces, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
