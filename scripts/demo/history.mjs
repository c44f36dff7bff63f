// History of one resource, of a type, or of everything: newest first, deletions included.

import { fhir, Refusal } from "./answer.mjs";
import { bundle, instant, pagePlace, pageSize, pageToken } from "./paging.mjs";

/**
 * @param {import("./log.mjs").Log} log
 * @param {{ base: string, type?: string, id?: string, parameters: URLSearchParams }} asked
 */
export function history(log, { base, type, id, parameters }) {
  if (parameters.has("_at")) throw new Refusal(400, "not-supported", "_at is not supported; use _since");
  if (id !== undefined && !log.versions(type, id).length) {
    throw new Refusal(404, "not-found", `${type}/${id} was never here`);
  }
  const place = pagePlace(parameters) ?? firstPlace(log, type, id, parameters);
  const { entries, at } = page(log, type, id, place);

  const path = [base, type, id, "_history"].filter(Boolean).join("/");
  const link = (from) => `${path}?_page=${pageToken({ ...place, at: from })}`;
  const since = parameters.get("_since");
  const self = parameters.has("_page")
    ? link(place.at)
    : `${path}?${new URLSearchParams({ ...(since && { _since: since }), _count: String(place.count) })}`;
  const next = at >= 0 && place.count > 0 ? link(at) : undefined;
  const about = { self, next, total: place.total, time: log.now() };
  return fhir(200, bundle("history", about, entries.map((version) => entry(base, version))));
}

/** Where a chain of pages starts. Writes that come later have no place in it. */
function firstPlace(log, type, id, parameters) {
  const since = parameters.get("_since");
  const place = {
    at: versionsOf(log, type, id).length - 1,
    since: since === null ? 0 : instant("_since", since),
    count: pageSize(parameters),
    total: 0,
  };
  for (const _ of walk(log, type, id, place)) place.total += 1;
  return place;
}

/** One page from `place.at` downwards, and the place after it: -1 when that was all. */
function page(log, type, id, place) {
  const entries = [];
  for (const { version, at } of walk(log, type, id, place)) {
    if (entries.length === place.count) return { entries, at };
    entries.push(version);
  }
  return { entries, at: -1 };
}

/** Versions from `place.at` downwards until `place.since`, which is included. */
function* walk(log, type, id, place) {
  const versions = versionsOf(log, type, id);
  for (let at = Math.min(place.at, versions.length - 1); at >= 0; at -= 1) {
    const version = versions.at(at);
    if (Date.parse(version.lastUpdated) < place.since) return;
    if (type === undefined || version.type === type) yield { version, at };
  }
}

/** What a place in this history counts in: the resource's own versions, or the whole log. */
function versionsOf(log, type, id) {
  return id === undefined ? log : log.versions(type, id);
}

function entry(base, version) {
  const { type, id, versionId, lastUpdated, method, first, json } = version;
  const url = `${type}/${id}`;
  const about = JSON.stringify({
    request: { method, url: method === "POST" ? type : url },
    response: {
      status: method === "DELETE" ? "204 No Content" : first ? "201 Created" : "200 OK",
      location: `${base}/${url}/_history/${versionId}`,
      etag: `W/"${versionId}"`,
      lastModified: lastUpdated,
    },
  });
  const resource = json === undefined ? "" : `"resource":${json},`;
  return `{"fullUrl":"${base}/${url}",${resource}${about.slice(1)}`;
}
