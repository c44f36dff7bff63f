// A FHIR server over a replica for whoever may ask: a Request in, a Response out. Behind a Cloudflare worker, Deno.serve,
// Bun.serve, a service worker or Node.

import { FhirPullError } from "fhir-pull";
import { isPreflight, preflight, readable } from "./cors.js";
import { outcome } from "./outcome.js";

const NAMES = ["replica", "base", "authorize", "cors", "segments"];

/** See server.d.ts. */
export function fhirServer(settings) {
  const { replica, base, authorize, cors = false, segments = false } = checked(settings);
  const serving = base === undefined ? { segments } : { segments, base };

  const answer = async (request) => {
    const allowed = await authorize(request);
    if (allowed instanceof Response) return allowed;
    if (!allowed) return unauthorized();
    const narrowed = allowed === true ? {} : { within: withinOf(allowed) };
    const opened = typeof replica === "function" ? await replica() : await replica;
    return opened.serve(request, { ...narrowed, ...serving });
  };

  return async (request) => {
    if (cors && isPreflight(request)) return preflight(request, cors);
    // What was thrown may quote anything: nothing of it is told.
    const response = await answer(request).catch(failed);
    return cors ? readable(request, cors, response) : response;
  };
}

/** Settings that would leave a door open, or every request failing, are an error at once. */
function checked(settings) {
  if (typeof settings !== "object" || settings === null) throw wrong("takes an object of settings.");
  const unknown = Object.keys(settings).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw wrong(`has no setting called "${unknown}". It has: ${NAMES.join(", ")}.`);
  const { replica, base, authorize, cors, segments } = settings;
  const isReplica = typeof replica?.serve === "function" || typeof replica?.then === "function";
  if (!isReplica && typeof replica !== "function") throw wrong("needs a replica, or a function that gives one.");
  if (typeof authorize !== "function") {
    throw wrong("needs authorize(request), which says who may read: true for everybody, or what it says of a token.");
  }
  if (base !== undefined && !/^https?:$/.test(parsed(base)?.protocol)) {
    throw wrong('takes as base the URL that it is to be found at, such as "https://edge.example.org/fhir".');
  }
  const isOrigin = (origin) => parsed(origin)?.origin === origin;
  const isCors = [undefined, true, false].includes(cors) || (Array.isArray(cors?.origins) && cors.origins.every(isOrigin));
  if (!isCors) throw wrong('takes as cors true, false, or { origins: ["https://app.example.org"] }.');
  if (![undefined, true, false, "shared"].includes(segments)) throw wrong('takes as segments true, false, or "shared".');
  return settings;
}

function wrong(sentence) {
  return new FhirPullError(`fhirServer ${sentence}`, { code: "bad-input" });
}

function parsed(url) {
  return typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
}

/** What is neither all nor a compartment must not come to mean all. */
function withinOf(allowed) {
  const names = Object.keys(allowed);
  if (names.length === 1 && typeof allowed.within === "string") return allowed.within;
  throw new TypeError('authorize gives true, { within: "Patient/123" }, a Response, or nothing.');
}

function unauthorized() {
  const sentence = "Nobody is known to ask this: sign in, and send a token.";
  return outcome(401, "login", sentence, { "www-authenticate": "Bearer" });
}

function failed(thrown) {
  return thrown?.retryable === true
    ? outcome(503, "transient", "The server can't answer at the moment. Try again later.")
    : outcome(500, "exception", "The server failed to answer this.");
}
