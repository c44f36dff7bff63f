// What a worker and a shard are told: checked at start, where a deployment fails of it and not a request.

const RULES = {
  server: [isTextOrFunction, 'the base URL of the FHIR server, such as "https://r4.example.org/fhir", or (env) => one'],
  feeds: [(value) => Array.isArray(value) || isFunction(value), "a list of feeds, or (env, shard) => one"],
  authorize: [
    isFunction,
    "a function of the request and env: it answers true, { within: \"Patient/123\" }, a Response, or nothing (401). Without it " +
      "everybody could read everything",
  ],
  store: [isFunction, "a function that gives a store, such as (env) => r2Store(env.BUCKET)"],
  namespace: [isFunction, "a function that gives the namespace of the Durable Objects, such as (env) => env.REPLICAS"],
  shardOf: [isFunction, "a function of the request and env that gives the name of its shard, or nothing (404)"],
  base: [isTextOrFunction, 'a path, such as "/fhir", a URL, or (request) => one'],
  name: [(value) => typeof value === "string" && value !== "", "a text"],
  token: [isFunction, "a function of env that gives the token"],
  fetch: [isFunction, "a function of env that gives a fetch"],
  encrypt: [isFunction, "a function of env that gives a CryptoKey"],
  every: [isPositive, "a number of milliseconds above 0"],
  freshFor: [(value) => value === 0 || isPositive(value), "a number of milliseconds"],
  bounds: [areBounds, "{ milliseconds, requests }, each a number above 0"],
  onPull: [isFunction, "a function of what became of a pull"],
  cors: [() => true],
  replica: [(value) => typeof value === "object" && value !== null, "options of openReplica"],
};

/**
 * @param {string} call for the sentence
 * @param {object} settings
 * @param {{ required: string[], optional: string[] }} names
 */
export function checkedSettings(call, settings, { required, optional }) {
  if (typeof settings !== "object" || settings === null) throw new TypeError(`${call} takes an object of settings.`);
  const names = [...required, ...optional];
  const unknown = Object.keys(settings).find((name) => !names.includes(name));
  if (unknown) throw new TypeError(`${call} has no setting called "${unknown}". It has: ${names.join(", ")}.`);
  for (const name of names) {
    const [holds, is] = RULES[name];
    if (settings[name] === undefined ? required.includes(name) : !holds(settings[name])) {
      throw new TypeError(`${call}: ${name} must be ${is}.`);
    }
  }
  return settings;
}

/** The value of a setting that may be a function of these. */
export const valueOf = (setting, ...given) => (isFunction(setting) ? setting(...given) : setting);

/** Where this server is, for a request. */
export function baseOf(base = "/fhir", request) {
  return new URL(valueOf(base, request), new URL(request.url).origin).href;
}

/** The name of a feed, as a status tells it. */
export function nameOf(feed) {
  if (typeof feed === "string") return feed;
  if (feed.search) return feed.search;
  if (feed.history) return feed.history === "*" ? "_history" : `${feed.history}/_history`;
  if (feed.everything) return `${feed.everything}/$everything`;
  if (feed.references) return feed.references.join(",") + (feed.depth ? ` to depth ${feed.depth}` : "");
  const types = feed.types?.length ? `?_type=${feed.types.join(",")}` : "";
  return `${feed.export === "*" ? "" : `${feed.export}/`}$export${types}`;
}

/** Whether each of the feeds was pulled to its end at least once: until then an answer would only look whole. */
export async function isWhole(replica, feeds) {
  const whole = new Set((await replica.status()).feeds.filter(({ complete }) => complete).map(({ feed }) => feed));
  return feeds.every((feed) => whole.has(nameOf(feed)));
}

function isFunction(value) {
  return typeof value === "function";
}

function isTextOrFunction(value) {
  return isFunction(value) || (typeof value === "string" && value !== "");
}

function isPositive(value) {
  return Number.isFinite(value) && value > 0;
}

function areBounds(value) {
  return typeof value === "object" && value !== null && [value.milliseconds, value.requests].every((one) => one === undefined || isPositive(one));
}
