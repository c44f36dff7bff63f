// One user's replica as a service worker has it: opened when it is first needed, asked, pulled, and known to be behind
// what the application has written meanwhile.

import { databasesOf } from "./at-rest.js";
import { FhirPullError } from "./errors.js";
import { asksForParts, whatOf } from "./fhir-request.js";
import { digestOf, note, noted } from "./notes.js";
import { tokenClaims } from "./token-claims.js";

/** After a pull that failed the next one comes no sooner. */
const AGAIN_MS = 30_000;
/** Where the server does not tell its time, this device's clock may be off by so much. */
const CLOCK_MS = 300_000;

/** Statuses of an answer that the replica may give: whole, unchanged, or known to be deleted. */
const ANSWERS = { search: [200], read: [200, 304, 410], capabilities: [200] };

export class Resident {
  #open;
  #options;
  #base;
  #feeds;
  #every;
  #onError;
  /** Whether pulls go with the application's token. */
  #isLent;
  /** Who was last seen to be its owner, and in which replica. */
  #owner;
  #opening;
  #pulling;
  #pullsAgain = false;
  #dueAt = 0;
  /** The application's Authorization header, of its latest request. Never stored. */
  #authorization;
  /** By type, when the application last wrote to it; "*": to whatever. */
  #written = new Map();

  /** Whether the server refused the application's token last: then it is asked first. */
  refused = false;

  /**
   * @param {(options: object) => Promise<object>} open openReplica
   * @param {{ base: string, options: object, feeds?: object[], every: number, anonymous: boolean,
   *   onError: (error: FhirPullError) => void }} what `options`: for openReplica
   */
  constructor(open, { base, options, feeds, every, anonymous, onError }) {
    this.#open = open;
    this.#base = base;
    this.#feeds = feeds;
    this.#every = every;
    this.#onError = onError;
    const isLent = !anonymous && !options.token && !options.fetch;
    this.#options = isLent ? { ...options, token: (ask) => this.#lent(ask) } : options;
    this.#isLent = isLent;
  }

  /**
   * Takes note of who asks; whether that is whose replica this is (S3), as far as tokens tell.
   *
   * @param {Request} request
   */
  async admits(request) {
    const { iss, sub } = tokenClaims(request);
    if (sub !== undefined && !(await this.#isOwner(`${iss} ${sub}`))) return false;
    this.#authorization = request.headers.get("authorization") ?? undefined;
    return true;
  }

  /** Whether there is something to pull and with what. */
  get pulls() {
    return Boolean(this.#feeds && (!this.#isLent || this.#authorization));
  }

  /**
   * The replica's answer, or nothing where it does not hold all that is asked for.
   *
   * @param {import("./fhir-request.js").Asked} asked
   * @param {Request} request
   * @param {string} [body] that was posted
   * @param {{ current?: boolean, absent?: boolean }} [wants] `current`: at least as new as what the application wrote;
   *   `absent`: that something is not there is an answer too
   */
  async answer(asked, request, body, { current = false, absent = false } = {}) {
    if (!ANSWERS[asked.kind]) return undefined;
    try {
      const replica = await this.#opened();
      const what = whatOf(asked, body);
      const covered = asked.kind === "capabilities" ? {} : await replica?.covers(what);
      // A part of what a search would find is a wrong answer; a resource is held or not.
      if (!replica || (asked.kind === "search" && !covered)) return undefined;
      if (current && this.#isBehind(asked, covered?.asOf)) return undefined;
      const response = await replica.serve(strictly(request, body), { base: this.#base });
      const isAbsent = response.status === 404 && asked.kind === "read" && covered;
      if (!ANSWERS[asked.kind].includes(response.status) && !(absent && isAbsent)) return undefined;
      return marked(response, covered?.asOf);
    } catch (thrown) {
      if (!request.signal?.aborted) this.#onError(FhirPullError.from(thrown));
      return undefined;
    }
  }

  /** Keeps what the server answered. */
  async keep(asked, request, response) {
    const bundle = await bundleOf(asked, request, response);
    if (!bundle) return;
    try {
      await (await this.#opened())?.import(bundle);
    } catch (thrown) {
      this.#onError(FhirPullError.from(thrown));
    }
  }

  /** The server's answer to a request of the application. */
  heard(status) {
    if (status === 401 || status === 403) this.refused = true;
    else if (status < 400) this.refused = false;
  }

  /** The application has changed something on the server. */
  wrote(type = "*", response) {
    const date = Date.parse(response.headers.get("date") ?? "");
    // A header has seconds only.
    this.#written.set(type, Number.isNaN(date) ? Date.now() + CLOCK_MS : date + 1000);
    this.#dueAt = 0;
    this.#pullsAgain = Boolean(this.#pulling);
  }

  /** Pulls if it is time to; never rejects. */
  async pullInTime() {
    if (!this.pulls || Date.now() < this.#dueAt) return;
    await this.pull().catch((error) => this.#onError(error));
  }

  /** Pulls all feeds, once for all who ask meanwhile. */
  pull() {
    this.#pulling ??= this.#pullAll().finally(() => (this.#pulling = undefined));
    return this.#pulling;
  }

  async #pullAll() {
    try {
      do {
        this.#pullsAgain = false;
        await (await this.#opened(true)).pull(this.#feeds);
      } while (this.#pullsAgain);
      this.#dueAt = Date.now() + this.#every;
    } catch (thrown) {
      const error = FhirPullError.from(thrown);
      if (error.code === "denied") this.refused = true;
      this.#dueAt = Date.now() + Math.min(this.#every, AGAIN_MS);
      throw error;
    }
  }

  /** Lets go of what is in memory. */
  async close() {
    this.#authorization = undefined;
    await (await this.#opening?.catch(() => {}))?.close();
  }

  /** Removes all that is stored. */
  async wipe() {
    this.#authorization = undefined;
    await (await this.#opened())?.wipe();
    await note(await this.#ownerNote(), undefined);
  }

  /** The replica; nothing where there is none and none is to be made. One that was closed elsewhere is opened anew. */
  async #opened(make = false) {
    const before = this.#opening;
    const replica = await before?.catch(() => {});
    if (replica && !replica.closed) return replica;
    if (this.#opening === before) {
      if (!make && !(await isThere(this.#options))) return undefined;
      if (this.#opening === before) this.#opening = this.#open(this.#options);
    }
    return this.#opening;
  }

  async #isOwner(who) {
    if (this.#owner === who && this.#opening && !(await this.#opening.catch(() => {}))?.closed) return true;
    const isOwner = await this.#owns(who);
    if (isOwner) this.#owner = who;
    return isOwner;
  }

  /** A replica that holds nothing yet belongs to whoever asks first. */
  async #owns(who) {
    const [key, digest] = await Promise.all([this.#ownerNote(), digestOf(who)]);
    const owner = await noted(key);
    if (owner === digest) return true;
    const replica = owner === undefined ? undefined : await this.#opened();
    if (replica && (await replica.status()).generation > 0) return false;
    await note(key, digest);
    return true;
  }

  async #ownerNote() {
    return `owner ${await digestOf(this.#options.name)}`;
  }

  #isBehind({ type, query }, asOf) {
    const isOne = type && !/include|_has|\./.test(query);
    const times = [...this.#written].filter(([of]) => !isOne || of === "*" || of === type);
    return times.some(([, time]) => !(Date.parse(asOf) > time));
  }

  #lent({ refresh }) {
    // Whoever refused this one is given no other: the application brings it with its next request.
    return refresh ? undefined : /^Bearer (\S+)$/i.exec(this.#authorization ?? "")?.[1];
  }
}

/** Whether something is stored; taken to be so where the browser does not tell. */
async function isThere({ name, store }) {
  if (store === "memory" || typeof indexedDB?.databases !== "function") return true;
  return (await databasesOf(name)).there.length > 0;
}

/** The request with what can't be answered refused: left out, its answer would be another one. */
function strictly({ url, method, headers, signal }, body) {
  const strict = new Headers(headers);
  strict.set("prefer", "handling=strict");
  return new Request(url, { method, headers: strict, body, signal });
}

function marked(response, asOf) {
  response.headers.set("fhir-pull-from", "replica");
  if (asOf !== undefined) response.headers.set("fhir-pull-as-of", asOf);
  return response;
}

/** What a server answered, as what can be imported; nothing where it is no whole resource. */
async function bundleOf({ kind, place, query }, { method }, response) {
  if (method === "HEAD" || asksForParts(query) || (kind === "read" && place.includes("/_history/"))) return undefined;
  if (response.status === 410 && kind === "read") {
    return JSON.stringify({ resourceType: "Bundle", type: "batch", entry: [{ request: { method: "DELETE", url: place } }] });
  }
  if (response.status !== 200 || !/json/.test(response.headers.get("content-type") ?? "")) return undefined;
  const text = await response.text();
  // The resource stays as it came (L4).
  return kind === "search" ? text : `{"resourceType":"Bundle","type":"batch","entry":[{"resource":${text}}]}`;
}
