// The FHIR side: which request is which interaction. Knows no sockets: it is called by the HTTP
// server, and by the search's own replica when that pulls.

import { fhir, Refusal, versionHeaders } from "./answer.mjs";
import { capabilityStatement } from "./capability.mjs";
import { history } from "./history.mjs";
import { isListing, listing } from "./listing.mjs";
import { create, remove, update } from "./writes.mjs";

const TYPE = /^[A-Z][A-Za-z]+$/;
const ID = /^[A-Za-z0-9\-.]{1,64}$/;

/**
 * @typedef {object} FhirRequest
 * @property {string} method
 * @property {string} base The base URL to write into links, as the client knows it.
 * @property {string} path Below the base, without a slash at its start.
 * @property {URLSearchParams} parameters
 * @property {Record<string, string | undefined>} headers Names in lower case.
 * @property {string} body
 */

/**
 * @param {object} house
 * @param {import("./log.mjs").Log} house.log
 * @param {string} [house.token] Needed by every request, if there is one.
 * @param {(asked: object) => Promise<import("./answer.mjs").Answer>} house.search
 * @returns {(request: FhirRequest) => Promise<import("./answer.mjs").Answer>}
 */
export function fhirServer({ log, token, search }) {
  return async (request) => {
    try {
      if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
        throw new Refusal(401, "login", "this server needs a bearer token that it knows", {
          "WWW-Authenticate": "Bearer",
        });
      }
      return await interaction(log, search, request);
    } catch (error) {
      if (error instanceof Refusal) return error.answer();
      throw error;
    }
  };
}

function interaction(log, search, request) {
  const { base, path, parameters, headers, body } = request;
  if (/xml/.test(parameters.get("_format") ?? "")) {
    throw new Refusal(406, "not-supported", "this server speaks JSON only");
  }
  const parts = path.split("/").filter(Boolean);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const [type, id, marker, versionId] = parts;
  const asked = { base, parameters, headers, body };

  if (method === "GET" && path === "metadata") return fhir(200, capabilityStatement(log, base));
  if (method === "GET" && path === "_history") return history(log, asked);
  if (!TYPE.test(type ?? "")) {
    throw new Refusal(404, "not-supported", "this server has metadata, _history and resource types below its base");
  }
  asked.type = type;
  if (parts.length === 1 && method === "GET") return find(log, search, asked);
  if (parts.length === 1 && method === "POST") return create(log, asked);
  if (parts.length === 2 && id === "_search" && method === "POST") {
    const all = new URLSearchParams([...parameters, ...new URLSearchParams(body)]);
    return find(log, search, { ...asked, parameters: all });
  }
  if (parts.length === 2 && id === "_history" && method === "GET") return history(log, asked);
  if (!ID.test(id ?? "")) throw new Refusal(404, "not-found", "no resource can have such an id");
  asked.id = id;
  if (parts.length === 2 && method === "GET") return read(log, asked);
  if (parts.length === 2 && method === "PUT") return update(log, asked);
  if (parts.length === 2 && method === "DELETE") return remove(log, asked);
  if (marker === "_history" && method === "GET") {
    if (parts.length === 3) return history(log, asked);
    if (parts.length === 4) return vread(log, type, id, versionId);
  }
  throw new Refusal(405, "not-supported", "this server has no such interaction");
}

function find(log, search, asked) {
  return isListing(asked.parameters) ? listing(log, asked) : search(asked);
}

function read(log, { type, id, headers }) {
  const version = log.current(type, id);
  if (!version) throw new Refusal(404, "not-found", `${type}/${id} is not known here`);
  refuseDeleted(version);
  if (isHeld(version, headers)) return { status: 304, headers: versionHeaders(version) };
  return fhir(200, version.json, versionHeaders(version));
}

function vread(log, type, id, versionId) {
  const version = log.versions(type, id).find((one) => one.versionId === versionId);
  if (!version) throw new Refusal(404, "not-found", `${type}/${id} has no such version`);
  refuseDeleted(version);
  return fhir(200, version.json, versionHeaders(version));
}

function refuseDeleted(version) {
  if (version.json !== undefined) return;
  throw new Refusal(410, "deleted", `${version.type}/${version.id} is deleted`, versionHeaders(version));
}

/** Whether the client says that it holds this very version. */
function isHeld(version, headers) {
  const tags = headers["if-none-match"];
  if (tags !== undefined) {
    const held = tags.split(",").map((tag) => tag.trim().replace(/^W\//, "").replaceAll('"', ""));
    return held.includes("*") || held.includes(version.versionId);
  }
  const since = Date.parse(headers["if-modified-since"] ?? "");
  return Math.floor(Date.parse(version.lastUpdated) / 1000) * 1000 <= since;
}
