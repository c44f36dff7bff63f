// All resources of a type, straight from the log: a search without search parameters of its own.
// Pages are places in the type's list of ids, which only ever grows, so a chain of pages neither
// loses nor repeats anything while resources change.

import { fhir } from "./answer.mjs";
import { bundle, pagePlace, pageSize, pageToken } from "./paging.mjs";

const ANSWERED = new Set(["_count", "_format", "_page", "_summary", "_total"]);

/** Whether these parameters ask for nothing that needs a search index. */
export function isListing(parameters) {
  return [...parameters.keys()].every((name) => ANSWERED.has(name));
}

/**
 * @param {import("./log.mjs").Log} log
 * @param {{ base: string, type: string, parameters: URLSearchParams }} asked
 */
export function listing(log, { base, type, parameters }) {
  const place = pagePlace(parameters) ?? firstPlace(log, type, parameters);
  const ids = log.ids(type);
  const current = (at) => log.current(type, ids[at]);
  const entries = [];
  let at = place.at;
  for (; at < ids.length && entries.length < place.count; at += 1) {
    const { id, json } = current(at);
    if (json !== undefined) {
      entries.push(`{"fullUrl":"${base}/${type}/${id}","resource":${json},"search":{"mode":"match"}}`);
    }
  }
  while (at < ids.length && current(at).json === undefined) at += 1;

  const link = (from) => `${base}/${type}?_page=${pageToken({ ...place, at: from })}`;
  const next = at < ids.length && place.count > 0 ? link(at) : undefined;
  const self = parameters.has("_page") ? link(place.at) : `${base}/${type}?${parameters}`;
  return fhir(200, bundle("searchset", { self, next, total: place.total, time: log.now() }, entries));
}

function firstPlace(log, type, parameters) {
  const count = parameters.get("_summary") === "count" ? 0 : pageSize(parameters);
  const total = log.ids(type).filter((id) => log.current(type, id).json !== undefined).length;
  return { at: 0, count, total };
}
