// The messages between a page (remote.js) and its worker (worker-side.js), and HTTP in their form.
//
//   page → worker                             worker → page
//   { start: { fetch, token, module } }       { ready: true }
//   { call, name, args }                      { call, event, value }
//   { abort: call }                           { call, result } or { call, failure }
//   { answer: ask, value } or                 { ask, name: "fetch" | "token" | "next", value }
//   { answer: ask, failure }                  { unask: ask }
//
// `call` and `ask` are numbers of their sender. `start` says what the page can be asked for,
// and brings the compiled WebAssembly where the page has it. `next` is the next piece of what the
// call `value` takes. Bodies and results are transferred.

import { FhirPullError } from "./errors.js";

/** A Request as what can be sent: `redirect` and `credentials` are the engine's choice and stay. */
export async function partsOfRequest(request) {
  const { url, method, redirect, credentials, cache, referrerPolicy } = request;
  const bodiless = method === "GET" || method === "HEAD";
  const body = bodiless ? undefined : await request.arrayBuffer();
  return { url, init: { method, headers: [...request.headers], redirect, credentials, cache, referrerPolicy, body } };
}

/** The Request that the parts came from, with the page's signal. */
export function requestOf({ url, init }, signal) {
  const given = Object.entries(init).filter(([, value]) => value !== undefined);
  return new Request(url, { ...Object.fromEntries(given), signal });
}

/** A Response, its body read to the end; nothing for what is none, which the engine then says. */
export async function partsOfResponse(response) {
  if (typeof response?.arrayBuffer !== "function") return undefined;
  const { status, url, redirected } = response;
  return { status, url, redirected, headers: [...response.headers], body: await response.arrayBuffer() };
}

/** The Response that the parts came from. */
export function responseOf(parts) {
  if (!parts) return undefined;
  const { status, url, redirected, headers, body } = parts;
  // 0 stands for a redirect that the browser hides: no status a constructed Response may have.
  const response =
    status === 0 ? Response.error() : new Response(body.byteLength === 0 ? null : body, { status, headers });
  // A constructor can't set these, and the engine refuses an answer from where it did not ask.
  return Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } });
}

/** What the page's `fetch` or `token` threw, without what can't be cloned. */
export function failureOf(thrown) {
  const code = thrown instanceof FhirPullError ? thrown.code : undefined;
  return { name: String(thrown?.name ?? "Error"), message: String(thrown?.message ?? thrown), code };
}

/** The same for the engine to catch. */
export function errorOf({ name, message, code }) {
  return Object.assign(new Error(message), { name, code });
}
