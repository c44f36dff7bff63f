// Queries out of links and out of what people type.

/** The query of a link that the replica gave, as its `search` takes it. */
export function queryOf(url, server) {
  const base = `${server.replace(/\/+$/, "")}/`;
  return typeof url === "string" && url.startsWith(base) ? url.slice(base.length) : undefined;
}

/** The search for patients whose name has a word that begins so. */
export function patientQuery({ name, sort, count }) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  // Each word has to be found: parameters that are repeated are joined by AND.
  const names = words.map((word) => `name=${encodeURIComponent(word.replace(/[\\,|$]/g, "\\$&"))}`);
  return `Patient?${[...names, `_sort=${sort}`, `_count=${count}`].join("&")}`;
}
