// Create, update and delete: what any client may do to the demo server's resources.

import { randomUUID } from "node:crypto";
import { fhir, Refusal, versionHeaders } from "./answer.mjs";
import { compact } from "./stamp.mjs";

/** POST [type]: the server gives the id. */
export function create(log, { base, type, headers, body }) {
  const { text } = resourceOf(type, body);
  const version = log.put(type, randomUUID(), text, { method: "POST" });
  return written(201, { base, headers, version });
}

/** PUT [type]/[id]: a new version, or a new resource under the client's id. */
export function update(log, { base, type, id, headers, body }) {
  const { text, resource } = resourceOf(type, body);
  if (resource.id !== id) throw new Refusal(400, "invalid", "the resource's id must be the one in the URL");
  checkMatch(log.current(type, id), headers);
  const version = log.put(type, id, text);
  return written(version.first ? 201 : 200, { base, headers, version });
}

/** DELETE [type]/[id]: also answers well when there is nothing (any more) to delete. */
export function remove(log, { type, id, headers }) {
  checkMatch(log.current(type, id), headers);
  const version = log.delete(type, id);
  return { status: 204, headers: version ? versionHeaders(version) : {} };
}

/** The resource in a request's body, parsed to be judged and as the text to keep. */
function resourceOf(type, body) {
  let resource;
  try {
    resource = JSON.parse(body);
  } catch {
    throw new Refusal(400, "structure", "the body is not JSON");
  }
  if (resource === null || typeof resource !== "object" || Array.isArray(resource)) {
    throw new Refusal(400, "structure", "the body is not a resource");
  }
  if (resource.resourceType !== type) {
    throw new Refusal(400, "invalid", `the body is not a ${type}: its resourceType says otherwise`);
  }
  return { resource, text: compact(body) };
}

function checkMatch(current, headers) {
  const asked = headers["if-match"];
  if (asked === undefined) return;
  const version = /^(?:W\/)?"?([^"]*)"?$/.exec(asked)?.[1];
  if (current?.versionId !== version) {
    throw new Refusal(412, "conflict", "the resource is not at the version that If-Match names");
  }
}

function written(status, { base, headers, version }) {
  const { type, id, versionId, json } = version;
  const body = /\breturn=minimal\b/.test(headers.prefer ?? "") ? undefined : json;
  return fhir(status, body, {
    ...versionHeaders(version),
    ...(status === 201 && { Location: `${base}/${type}/${id}/_history/${versionId}` }),
  });
}
