/** What a pull asks of a bench's server, found among pages that were made beforehand; in Node and in a browser. */

/** The address of the page that a URL asks for: what a bench's pages are all made by is not in it. */
export function addressOf(url) {
  const address = new URL(url);
  for (const name of ["_since", "_sort"]) address.searchParams.delete(name);
  return decodeURIComponent(address.href);
}

/** The answer to who asks only how many there are, made of the pages of searches; `undefined` for all others. */
export function countOf(url, pages) {
  const { pathname, searchParams } = new URL(url);
  if (searchParams.get("_summary") !== "count") return undefined;
  const type = pathname.split("/").at(-1);
  const held = [...pages].filter(({ feed }) => feed.search?.startsWith(`${type}?`));
  const total = held.reduce((sum, { resources }) => sum + resources, 0);
  return JSON.stringify({ resourceType: "Bundle", type: "searchset", total });
}
