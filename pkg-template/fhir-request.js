// Which requests of an application a replica may have an answer to, told by the Request alone and at once: a service
// worker must say while the event is under way whether it answers.

const TYPE = /^[A-Z][A-Za-z]*$/;
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
const WRITES = ["POST", "PUT", "PATCH", "DELETE"];

/**
 * @typedef {object} Asked
 * @property {"read" | "search" | "capabilities" | "other" | "write"} kind `read` also of one version; `other`: what only
 *   the server answers, such as a history or an operation
 * @property {string} place path below the base, without `_search`
 * @property {string} query as in the address, without the question mark
 * @property {string} [type] what is asked for, or written to; nothing where that may be any
 */

/**
 * @param {Request} request
 * @param {string} base without a slash at the end
 * @returns {Asked | undefined} nothing for what is none of our business: it goes its way untouched
 */
export function askedOf(request, base) {
  const { origin, pathname, search } = new URL(request.url);
  const address = origin + pathname;
  if (address !== base && !address.startsWith(`${base}/`)) return undefined;
  if (!isOfScript(request)) return undefined;
  const parts = address.slice(base.length).split("/").filter(Boolean);
  const found = WRITES.includes(request.method) ? posted(request.method, parts) : gotten(request, parts);
  return found && { query: search.slice(1), ...found };
}

/**
 * Neither a page nor an image, no part of a file, and not asked by the package's own engine, which pulls from the
 * server and not from what it has pulled: it alone takes redirects by hand.
 */
function isOfScript({ destination, mode, redirect, cache, headers }) {
  return (
    destination === "" &&
    (mode === "cors" || mode === "same-origin") &&
    redirect === "follow" &&
    cache !== "only-if-cached" &&
    !headers.has("range")
  );
}

function gotten({ method, headers }, parts) {
  if (method !== "GET" && method !== "HEAD") return undefined;
  const [type, id, marker, version] = parts;
  const place = parts.join("/");
  if (place === "metadata") return { kind: "capabilities", place };
  if (parts.length === 0) return { kind: "search", place };
  if (place === "_history") return { kind: "other", place };
  if (!TYPE.test(type)) return place.startsWith("$") ? { kind: "other", place } : undefined;
  // Who does not ask for FHIR is given a Binary's own bytes, which only the server has.
  if (type === "Binary" && !/json/.test(headers.get("accept") ?? "")) return { kind: "other", place };
  if (parts.length === 1) return { kind: "search", place, type };
  if (ID.test(id)) {
    if (parts.length === 2) return { kind: "read", place, type };
    if (parts.length === 4 && marker === "_history" && ID.test(version)) return { kind: "read", place, type };
    if (parts.length === 3 && TYPE.test(marker)) return { kind: "search", place, type: marker };
    if (parts.length === 3 && marker === "*") return { kind: "search", place };
  }
  return { kind: "other", place };
}

function posted(method, parts) {
  const place = parts.join("/");
  if (method === "POST" && parts.at(-1) === "_search") {
    const found = parts.slice(0, -1);
    const type = found.at(-1);
    return { kind: "search", place: found.join("/"), type: TYPE.test(type ?? "") ? type : undefined };
  }
  // What an operation or a batch changes, it does not say.
  const isOne = TYPE.test(parts[0] ?? "") && !parts.some((part) => part.startsWith("$"));
  return { kind: "write", place, type: isOne ? parts[0] : undefined };
}

/**
 * What a replica is asked: a reference, or a search with what was posted.
 *
 * @param {Asked} asked
 * @param {string} [body]
 */
export function whatOf({ kind, place, query }, body) {
  if (kind === "read") return place;
  return `${place}?${[query, body].filter(Boolean).join("&")}`;
}

/** Whether it is the link to a further page of a replica's own answer, which no server knows. */
export function isOwnPage(what) {
  return /[?&]_offset=\d+/.test(what) && /[?&]_page=\d+(&|$)/.test(what);
}

/** Whether parts of resources are asked for. */
export function asksForParts(query) {
  return /(^|&)(_summary|_elements)=/.test(query);
}
