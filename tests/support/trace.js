// Replays a golden trace (tests/traces/) against the built package, through the `fetch` that is passed in.
// Runs in Node and in the page that Chromium shows. Served as /support/trace.js.

const BASE = "https://trace.test/fhir";
/** Of what is sent with a request, what a trace tells, unless it is this. */
const NOTABLE = {
  accept: "application/fhir+json",
  authorization: "",
  "if-modified-since": "",
  "if-none-match": "",
  prefer: "",
};

/**
 * @typedef {object} Exchange
 * @property {string} request Method and URL, relative to the base.
 * @property {string[]} requestHeaders Those that must be sent, as `name: value`.
 * @property {number | undefined} status `undefined`: no answer comes.
 * @property {[string, string][]} headers
 * @property {string[]} body
 *
 * @typedef {object} Pulled
 * @property {string[]} feeds Their names.
 * @property {string[]} tokens The one that the application has, and the one of each refresh.
 * @property {Exchange[]} exchanges
 * @property {string} ends "complete", or the code of the error.
 * @property {{ word: string, name: string, resource: string }[]} held
 */

/**
 * What tests/traces/trace.rs reads too, which tells the format.
 *
 * @returns {{ options: Record<string, string[]>, pulls: Pulled[] }}
 */
function parse(text) {
  const options = {};
  const pulls = [];
  for (const line of text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    const [word, first, ...more] = line.split(" ");
    const pulled = pulls.at(-1);
    const exchange = pulled?.exchanges.at(-1);
    const rest = line.slice(word.length + 1);
    if (["aliases", "fileOrigins"].includes(word)) options[word] = rest.split(" ");
    else if (word === "pull") pulls.push({ feeds: rest.split(", "), tokens: [], exchanges: [], ends: "", held: [] });
    else if (word === "tokens") pulled.tokens = rest.split(" ");
    else if (word === "ends") pulled.ends = first;
    else if (["holds", "gone", "unknown"].includes(word)) pulled.held.push({ word, name: first, resource: more.join(" ") });
    else if (word === ">" && first.endsWith(":")) exchange.requestHeaders.push(rest);
    else if (word === ">") pulled.exchanges.push({ request: rest, requestHeaders: [], headers: [], body: [] });
    else if (word === "<" && first.endsWith(":")) exchange.headers.push([first.slice(0, -1), more.join(" ")]);
    else if (word === "<") exchange.status = first === "lost" ? undefined : Number(first);
    else exchange.body.push(line);
  }
  return { options, pulls };
}

/** As `pull` wants a feed that progress calls so. */
function feedOf(name) {
  const [, exported, types] = name.match(/^(.*?)\/?\$export(?:\?_type=(.*))?$/) ?? [];
  if (exported !== undefined) return { export: exported || "*", types: types?.split(",") };
  const [of, what] = [name.slice(0, name.lastIndexOf("/")), name.slice(name.lastIndexOf("/") + 1)];
  if (name === "_history") return { history: "*" };
  if (what === "_history") return { history: of };
  if (what === "$everything") return { everything: of };
  if (/^[A-Za-z]+(\?|$)/.test(name)) return name;
  const [references, depth = 0] = name.split(" to depth ");
  return { references: references.split(","), depth: Number(depth) };
}

/**
 * @param {string} packageEntry The URL of the package's entry, where this runs.
 * @param {string} text The trace.
 * @param {{ name: string, store: "memory" | "indexeddb" }} options
 * @returns {Promise<string[]>} What went otherwise than the trace says.
 */
export async function replay(packageEntry, text, { name, store }) {
  const { openReplica } = await import(packageEntry);
  const { options, pulls } = parse(text);
  const problems = [];
  let expected = [];
  let left = [];
  const token = ({ refresh }) => {
    if (refresh && left.length === 1) problems.push("the token was refreshed once more");
    if (refresh) left.shift();
    return left[0];
  };
  const fetch = async (request) => {
    const url = request.url.startsWith(BASE) ? request.url.slice(BASE.length).replace(/^\//, "") : request.url;
    const sent = Object.entries(NOTABLE)
      .filter(([header, usual]) => (request.headers.get(header) ?? "") !== usual)
      .map(([header]) => `${header}: ${request.headers.get(header) ?? ""}`);
    const asked = { request: `${request.method} ${url}`, requestHeaders: sent };
    const { request: next = "nothing", requestHeaders = [], status, headers = [], body = [] } = expected.shift() ?? {};
    if (JSON.stringify(asked) !== JSON.stringify({ request: next, requestHeaders })) {
      problems.push(`expected is ${next} [${requestHeaders}], asked was ${asked.request} [${sent}]`);
      return new Response(null, { status: 418 });
    }
    if (status === undefined) throw new TypeError("The trace loses the answer.");
    const content = body.join("\n").replaceAll("{base}", BASE);
    return new Response([204, 304].includes(status) ? null : content, { status, headers });
  };
  const replica = await openReplica({ name, server: BASE, store, fetch, token, ...options });
  for (const { feeds, tokens, exchanges, ends, held } of pulls) {
    expected = [...exchanges];
    left = [...tokens];
    const ended = await replica.pull(feeds.map(feedOf)).then(() => "complete", ({ code }) => code);
    if (ended !== ends) problems.push(`a pull ends ${ended}, not ${ends}`);
    problems.push(...expected.map(({ request }) => `it was not asked for ${request}`));
    problems.push(...left.slice(1).map((token) => `the token was not refreshed to ${token}`));
    for (const { word, name: reference, resource } of held) {
      const found = await replica.read(reference).then(
        (read) => (read === undefined ? "unknown" : `holds ${JSON.stringify(read)}`),
        ({ code }) => code,
      );
      const wanted = word === "holds" ? `holds ${resource}` : word;
      if (found !== wanted) problems.push(`${reference} must be\n  ${wanted}\nand is\n  ${found}`);
    }
  }
  await replica.wipe();
  return problems;
}
