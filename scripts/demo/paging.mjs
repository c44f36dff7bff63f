// What paged answers share: `_count`, times in parameters, opaque links, and a Bundle's text.

import { randomUUID } from "node:crypto";
import { Refusal } from "./answer.mjs";

const COUNT_DEFAULT = 50;
const COUNT_MAX = 1000;

/** The page size that a request asks for, in the bounds of this server. */
export function pageSize(parameters) {
  const text = parameters.get("_count");
  if (text === null) return COUNT_DEFAULT;
  if (!/^\d+$/.test(text)) throw new Refusal(400, "invalid", "_count must be a whole number that is not negative");
  return Math.min(Number(text), COUNT_MAX);
}

/** Milliseconds of a date or instant given as a parameter. */
export function instant(name, text) {
  // An unencoded "+" of a time zone arrives as a space.
  const time = /^\d{4}/.test(text) ? Date.parse(text.replace(" ", "+")) : NaN;
  if (Number.isNaN(time)) throw new Refusal(400, "invalid", `${name} must be a date or an instant`);
  return time;
}

/** A place in a chain of pages, as it stands in a link. Clients take it as it is. */
export function pageToken(place) {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place that a link of this server pointed to, or nothing if the request is for a first page. */
export function pagePlace(parameters) {
  const token = parameters.get("_page");
  if (token === null) return undefined;
  try {
    const place = JSON.parse(Buffer.from(token, "base64url").toString());
    if ([place.at, place.count, place.total].every(Number.isInteger)) return place;
  } catch {
    // Answered below: whatever is wrong with it, it is not a link of this server.
  }
  throw new Refusal(404, "not-found", "this page link is not known here; start again from the first page");
}

/** How every Bundle begins here: which it is, and what time it was at the server. */
export function bundleHead(time) {
  return `{"resourceType":"Bundle","id":"${randomUUID()}","meta":{"lastUpdated":"${new Date(time).toISOString()}"}`;
}

/**
 * @param {string} type searchset or history
 * @param {{ self: string, next?: string, total: number, time: number }} about
 * @param {string[]} entries each one's JSON
 */
export function bundle(type, { self, next, total, time }, entries) {
  const link = [{ relation: "self", url: self }, ...(next ? [{ relation: "next", url: next }] : [])];
  const rest = JSON.stringify({ type, total, link }).slice(1, -1);
  const entry = entries.length ? `,"entry":[${entries.join(",")}]` : "";
  return `${bundleHead(time)},${rest}${entry}}`;
}
