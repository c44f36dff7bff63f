// Says in a sentence what is wrong with what the caller gave, before anything is opened or asked.

import { POLICIES } from "./answers.js";
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
  base: [isHttp, 'the URL that this server is to be found at, such as "https://edge.example.org/fhir"'],
  within: [
    (value) => typeof value === "string" && /^[A-Z][A-Za-z]*\/[A-Za-z0-9.-]{1,64}$/.test(value),
    'the resource whose compartment may be seen, such as "Patient/123"',
  ],
  segments: [
    (value) => [true, false, "shared"].includes(value),
    'true where what the replica consists of is handed out, "shared" where a CDN may keep it, or false',
  ],
  replace: [(value) => typeof value === "boolean", "true or false"],
  aliases: [areHttp, "a list of base URLs"],
  fileOrigins: [areHttp, 'a list of origins, such as "https://files.example.org"'],
  concurrency: [(value) => Number.isInteger(value) && value > 0, "a whole number, at least 1"],
  timeout: [(value) => Number.isFinite(value) && value > 0, "a number of milliseconds above 0"],
  token: [(value) => typeof value === "function", "a function that gives the token"],
  fetch: [(value) => typeof value === "function", "a function that takes a Request and gives a Response"],
  store: [
    (value) => value === "indexeddb" || value === "memory" || isStore(value),
    '"indexeddb", "memory", or an object with head, read, commit, wipe and usage',
  ],
  encrypt: [(value) => value === true || isKey(value), "true, or a CryptoKey for AES-GCM that may encrypt and decrypt"],
  versions: [(value) => value === "current" || value === "all", '"current" or "all"'],
  fhirVersion: [(value) => VERSIONS.includes(value), `one of ${VERSIONS.join(", ")}`],
  searchParameters: [(value) => Array.isArray(value), "SearchParameter resources"],
  handling: [(value) => value === "strict" || value === "lenient", '"strict" or "lenient"'],
  policy: [(value) => POLICIES.includes(value), `one of ${POLICIES.join(", ")}`],
  repair: [(value) => typeof value === "boolean", "true or false"],
  replica: [
    (value) => typeof value === "function" || typeof value?.name === "string",
    "what openReplica takes, but for the server, or a function that gives it",
  ],
  anonymous: [(value) => typeof value === "boolean", "true or false"],
  networkTimeout: [(value) => Number.isFinite(value) && value > 0, "a number of milliseconds above 0"],
  wasm: [(value) => value !== null, "the address of the WebAssembly, or what WebAssembly takes"],
  onError: [(value) => typeof value === "function", "a function"],
  worker: [(value) => typeof value === "boolean", "true or false"],
  signal: [(value) => typeof value?.addEventListener === "function", "an AbortSignal"],
  toItsEnd: [(value) => typeof value === "boolean", "true or false"],
  onProgress: [(value) => typeof value === "function", "a function"],
  onState: [(value) => typeof value === "function", "a function"],
  // checkedFeeds looks at them.
  feeds: [() => true],
  every: [(value) => Number.isFinite(value) && value > 0, "a number of milliseconds above 0"],
  whileHidden: [(value) => typeof value === "boolean", "true or false"],
  as: [(value) => value === "bytes", '"bytes", or not given'],
  at: [(value) => typeof value === "string", 'an instant, such as "2026-01-31T12:00:00Z"'],
  method: [(value) => value === "GET" || value === "POST", '"GET" or "POST"'],
  held: [isResource, "a resource as it was read before"],
  parameters: [isResource, "a resource: Parameters, or what the operation takes"],
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

const FEED = {
  search: isText,
  history: isText,
  everything: isText,
  references: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  depth: (value) => Number.isSafeInteger(value) && value >= 0,
  export: isText,
  types: (value) => Array.isArray(value) && value.every(isText),
};

/** What goes with one kind of feed alone. */
const BESIDE = { depth: "references", types: "export" };

/** The feeds as the engine takes them: a non-empty list, or nothing for all that were ever begun. */
export function checkedFeeds(call, feeds) {
  const one = (feed) => {
    if (typeof feed === "string") return feed !== "";
    const names = Object.keys(feed ?? {}).filter((name) => feed[name] !== undefined);
    const kinds = names.filter((name) => !(BESIDE[name] in feed));
    return kinds.length === 1 && !BESIDE[kinds[0]] && names.every((name) => FEED[name]?.(feed[name]));
  };
  if (feeds !== undefined && (!Array.isArray(feeds) || feeds.length === 0 || !feeds.every(one))) {
    throw badInput(
      `${call} takes a list of feeds, each a search ("Observation?patient=123"), { search: "..." }, ` +
        '{ history: "Observation" }, { everything: "Patient/123" }, { references: ["Patient/123"], depth: 1 } or ' +
        '{ export: "Patient", types: ["Observation"] }.',
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

/** What a batch reads: references, and resources that are held. */
export function checkedReads(given) {
  const one = (it) => (typeof it === "string" ? it !== "" : isResource(it) && typeof it.id === "string");
  if (!Array.isArray(given) || !given.every(one)) {
    throw badInput('batch takes a list of references ("Patient/123"), or of resources with an id that were read before.');
  }
}

function isStore(value) {
  if (typeof value !== "object" || value === null) return false;
  return ["head", "read", "commit", "wipe", "usage"].every((method) => typeof value[method] === "function");
}

function isResource(value) {
  return typeof value?.resourceType === "string";
}

function areHttp(value) {
  return Array.isArray(value) && value.every(isHttp);
}

function isText(value) {
  return typeof value === "string" && value !== "";
}

function isHttp(value) {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  return /^https?:$/.test(new URL(value).protocol);
}
