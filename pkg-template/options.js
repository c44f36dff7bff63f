// Says in a sentence what is wrong with what the caller gave, before anything is opened or asked.

import { isKey } from "./at-rest.js";
import { VERSIONS } from "./definitions.js";
import { badInput } from "./errors.js";

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const RULES = {
  name: [
    (value) => typeof value === "string" && value.trim() !== "" && !CONTROL.test(value),
    "a text that is not empty and has no control characters",
  ],
  server: [isHttp, 'the base URL of a FHIR server, such as "https://r4.example.org/fhir"'],
  token: [(value) => typeof value === "function", "a function that gives the token"],
  fetch: [(value) => typeof value === "function", "a function that takes a Request and gives a Response"],
  store: [(value) => value === "indexeddb" || value === "memory", '"indexeddb" or "memory"'],
  encrypt: [(value) => value === true || isKey(value), "true, or a CryptoKey for AES-GCM that may encrypt and decrypt"],
  versions: [(value) => value === "current" || value === "all", '"current" or "all"'],
  fhirVersion: [(value) => VERSIONS.includes(value), `one of ${VERSIONS.join(", ")}`],
  searchParameters: [(value) => Array.isArray(value), "SearchParameter resources"],
  handling: [(value) => value === "strict" || value === "lenient", '"strict" or "lenient"'],
  worker: [(value) => typeof value === "boolean", "true or false"],
  signal: [(value) => typeof value?.addEventListener === "function", "an AbortSignal"],
  onProgress: [(value) => typeof value === "function", "a function"],
  as: [(value) => value === "bytes", '"bytes", or not given'],
  at: [(value) => typeof value === "string", 'an instant, such as "2026-01-31T12:00:00Z"'],
  since: [(value) => typeof value === "string", 'an instant, such as "2024-01-01T00:00:00Z"'],
};

/**
 * The options, or a rejection that names the first that is wrong, missing or unknown.
 *
 * @param {string} call as the caller wrote it, for the sentence
 * @param {unknown} options
 * @param {{ required?: string[], optional?: string[] }} names
 */
export function checked(call, options = {}, { required = [], optional = [] }) {
  if (typeof options !== "object" || options === null) throw badInput(`${call} takes an object of options.`);
  const names = [...required, ...optional];
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw badInput(`${call} has no option called "${name}". It has: ${names.join(", ")}.`);
    }
  }
  for (const name of names) {
    const [holds, is] = RULES[name];
    if (options[name] === undefined ? required.includes(name) : !holds(options[name])) {
      throw badInput(`${call}: ${name} must be ${is}.`);
    }
  }
  return options;
}

/** The feeds as the engine takes them: a non-empty list of texts, `{ search }` or `{ history }`. */
export function checkedFeeds(feeds) {
  const one = (feed) => {
    if (typeof feed === "string") return feed !== "";
    const entries = Object.entries(feed ?? {});
    return entries.length === 1 && /^(search|history)$/.test(entries[0][0]) && typeof entries[0][1] === "string";
  };
  if (!Array.isArray(feeds) || feeds.length === 0 || !feeds.every(one)) {
    throw badInput(
      'pull takes a list of feeds, each a search ("Observation?patient=123"), { search: "..." } or { history: "Observation" }.',
    );
  }
  return feeds;
}

/** The name of a replica. */
export function checkedName(call, name) {
  const [holds, is] = RULES.name;
  if (!holds(name)) throw badInput(`${call} takes the replica's name: ${is}.`);
  return name;
}

/** A text such as a query or a reference. */
export function checkedText(call, text, example) {
  if (typeof text !== "string" || text === "") throw badInput(`${call} takes a text, such as "${example}".`);
  return text;
}

function isHttp(value) {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol);
}
