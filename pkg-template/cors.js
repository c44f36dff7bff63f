// Cross-origin requests (https://fetch.spec.whatwg.org/#http-cors-protocol): what a server tells browsers that pages of
// other origins may ask, and read of its answers. Cookies are not among it: a page sends a token.

/** What a page may read of an answer besides what it always may. */
const EXPOSED = "content-location, date, etag, last-modified, link, location, retry-after, vary, www-authenticate";

const METHODS = "GET, HEAD, POST";

/** For how many seconds a browser need not ask again; most hold it for less. */
const MAX_AGE = "86400";

/** Whether a browser asks by it what a page may ask. It carries no token, and is answered without one. */
export function isPreflight({ method, headers }) {
  return method === "OPTIONS" && headers.has("origin") && headers.has("access-control-request-method");
}

/**
 * @param {Request} request
 * @param {true | { origins: string[] }} cors
 */
export function preflight(request, cors) {
  const response = new Response(null, { status: 204 });
  const { headers } = response;
  headers.set("vary", "access-control-request-headers");
  if (!allow(request, cors, headers)) return response;
  headers.set("access-control-allow-methods", METHODS);
  const names = request.headers.get("access-control-request-headers");
  // Which headers a page sends is harmless: those that mean nothing here are ignored.
  if (names) headers.set("access-control-allow-headers", names);
  headers.set("access-control-max-age", MAX_AGE);
  return response;
}

/** The same response, for the page that asked to read. */
export function readable(request, cors, response) {
  const headers = new Headers(response.headers);
  if (allow(request, cors, headers)) headers.set("access-control-expose-headers", EXPOSED);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

/** Whether the origin of a request is one that may ask. */
function allow(request, cors, headers) {
  if (cors === true) {
    headers.set("access-control-allow-origin", "*");
    return true;
  }
  // What is right for one origin must not be kept for another.
  headers.append("vary", "origin");
  const origin = request.headers.get("origin");
  if (!cors.origins.includes(origin)) return false;
  headers.set("access-control-allow-origin", origin);
  return true;
}
