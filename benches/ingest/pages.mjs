/** The pages that a server would send of a set: of each type's search, of its history, and of what changed later. */

import { BASE, EPOCH, bundle } from "../bundles.mjs";

const PAGE = 1000;
const HOUR = 3_600_000;

/**
 * @param {{ all: Map<string, object[]>, changed: Map<string, object[]>, end: number }} set The
 *   resources of each type with their texts; `end` is when all were there and none had changed.
 * @returns {Record<"search" | "history" | "update", { url: string, feed: object, after?: number, resources: number, bytes: Buffer }[]>}
 *   A page with `after` answers only who asks for what happened since some later time.
 */
export function pagesOf({ all, changed, end }) {
  const search = (type) => ({ kind: "searchset", feed: { search: `${type}?_count=${PAGE}` }, url: `${type}?_count=${PAGE}` });
  const history = (type) => ({ kind: "history", feed: { history: type }, url: `${type}/_history?_count=${PAGE}` });
  return {
    search: make(all, search, end),
    history: make(all, history, end),
    update: make(changed, (type) => ({ ...history(type), after: EPOCH }), end + 365 * 24 * HOUR),
  };
}

function make(byType, of, time) {
  return [...byType].flatMap(([type, resources]) => pagesOfType(resources, of(type), time));
}

function pagesOfType(resources, { kind, feed, url, after }, time) {
  const address = (offset) => `${BASE}/${url}${offset ? `&_offset=${offset}` : ""}`;
  const pages = [];
  // A type of which nothing changed still answers with a page.
  for (let from = 0; from === 0 || from < resources.length; from += PAGE) {
    const here = resources.slice(from, from + PAGE);
    const bytes = bundle({
      kind,
      url: address(from),
      next: from + PAGE < resources.length ? address(from + PAGE) : undefined,
      total: resources.length,
      time,
      entries: here.map(({ type, text, resource }) => ({ text, reference: `${type}/${resource.id}` })),
    });
    pages.push({ url: address(from), feed, after: from === 0 ? after : undefined, resources: here.length, bytes });
  }
  return pages;
}
