// All resources of a type, straight from the log: a search without search parameters of its own.
// Pages are places in the type's list of ids, which only ever grows, so a chain of pages neither
// loses nor repeats anything while resources change.

import { fhir, Refusal } from "./answer.mjs";
import { bundle, instant, pagePlace, pageSize, pageToken } from "./paging.mjs";

const ANSWERED = new Set(["_count", "_format", "_lastUpdated", "_page", "_summary", "_total"]);

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
  const entries = [];
  let at = place.at;
  for (; at < ids.length && entries.length < place.count; at += 1) {
    const version = log.current(type, ids[at]);
    if (!matches(version, place.bounds)) continue;
    entries.push(`{"fullUrl":"${base}/${type}/${ids[at]}","resource":${version.json},"search":{"mode":"match"}}`);
  }
  while (at < ids.length && !matches(log.current(type, ids[at]), place.bounds)) at += 1;

  const link = (from) => `${base}/${type}?_page=${pageToken({ ...place, at: from })}`;
  const next = at < ids.length && place.count > 0 ? link(at) : undefined;
  const self = parameters.has("_page") ? link(place.at) : `${base}/${type}?${parameters}`;
  return fhir(200, bundle("searchset", { self, next, total: place.total, time: log.now() }, entries));
}

function firstPlace(log, type, parameters) {
  const bounds = parameters.getAll("_lastUpdated").map(bound);
  const count = parameters.get("_summary") === "count" ? 0 : pageSize(parameters);
  const total = log.ids(type).filter((id) => matches(log.current(type, id), bounds)).length;
  return { at: 0, count, bounds, total };
}

/** One `_lastUpdated`, as a prefix and milliseconds. */
function bound(text) {
  const [, prefix, value] = /^(ge|gt|le|lt)(.*)$/s.exec(text) ?? [];
  if (!prefix) throw new Refusal(400, "not-supported", "_lastUpdated needs one of the prefixes ge, gt, le, lt here");
  return [prefix, instant("_lastUpdated", value)];
}

function matches(version, bounds) {
  if (version.json === undefined) return false;
  const time = Date.parse(version.lastUpdated);
  return bounds.every(([prefix, limit]) => {
    if (prefix === "ge") return time >= limit;
    if (prefix === "gt") return time > limit;
    return prefix === "le" ? time <= limit : time < limit;
  });
}
