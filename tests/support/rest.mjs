// A FHIR server as a plain HTTP client sees it, and a ledger of what was written there. The ledger
// knows what must exist without asking the server for a list, so that a page that the server or the
// puller loses does not go unseen.

import { setTimeout as sleep } from "node:timers/promises";

/** What one request to the server may take, loaded machine included. */
const PATIENCE_MS = 60_000;
const SECOND_MS = 1_000;

export class FhirServer {
  /** By reference: whether it exists now or was deleted. @type {Map<string, "alive" | "deleted">} */
  ledger = new Map();
  /** Texts of reads, as long as nothing was written to the resource since. */
  #texts = new Map();

  #authorization;

  /** @param {string} base @param {{ token?: string }} [options] */
  constructor(base, { token } = {}) {
    this.base = base;
    this.#authorization = token ? { authorization: `Bearer ${token}` } : {};
  }

  /** The types that something was written of. */
  get types() {
    return [...new Set([...this.ledger.keys()].map((reference) => reference.split("/")[0]))].sort();
  }

  /** References of what exists, or of what was deleted. */
  references(state = "alive") {
    return [...this.ledger].filter(([, its]) => its === state).map(([reference]) => reference);
  }

  /**
   * Waits until what was written lies before the time that the server tells. Its `Date` knows whole seconds: what
   * it wrote in this one is, by it, still to come, and the cursor of a pull reaches it only with the next pull.
   */
  async passed() {
    await sleep(SECOND_MS - (Date.now() % SECOND_MS));
  }

  /** Takes up what a server has that was filled by somebody else, and what was deleted there. */
  async learn(types) {
    for (const type of types) {
      for await (const { entry = [] } of this.#pages(`${type}/_history?_count=500`)) {
        for (const { request } of entry) if (request.method === "DELETE") this.#wrote(request.url, "deleted");
      }
      for (const id of await this.searchIds(`${type}?_count=500`)) this.#wrote(`${type}/${id}`, "alive");
    }
  }

  /** Takes up what somebody else did: references of what was written and what was deleted. */
  note({ created, updated, deleted }) {
    for (const reference of [...created, ...updated]) this.#wrote(reference, "alive");
    for (const reference of deleted) this.#wrote(reference, "deleted");
  }

  /** All or nothing: a transaction Bundle of PUTs. */
  async putAll(resources, { atOnce = 250 } = {}) {
    for (let start = 0; start < resources.length; start += atOnce) {
      const entry = resources.slice(start, start + atOnce).map((resource) => ({
        resource,
        request: { method: "PUT", url: `${resource.resourceType}/${resource.id}` },
      }));
      await this.#send("POST", "", { resourceType: "Bundle", type: "transaction", entry });
      for (const { request } of entry) this.#wrote(request.url, "alive");
    }
  }

  async put(resource) {
    const reference = `${resource.resourceType}/${resource.id}`;
    await this.#send("PUT", reference, resource);
    this.#wrote(reference, "alive");
  }

  /** The server chooses the id. @returns {Promise<string>} the reference */
  async create(resource) {
    const { id } = JSON.parse(await this.#send("POST", resource.resourceType, resource));
    const reference = `${resource.resourceType}/${id}`;
    this.#wrote(reference, "alive");
    return reference;
  }

  /** Changes what the server has now by `change` and puts it back. */
  async update(reference, change) {
    const resource = JSON.parse((await this.read(reference)).text);
    change(resource);
    await this.put(resource);
  }

  async delete(reference) {
    await this.#send("DELETE", reference);
    this.#wrote(reference, "deleted");
  }

  /** @returns {Promise<{ status: number, text: string }>} */
  async read(reference) {
    const answer = await this.#get(`${this.base}/${reference}`);
    return { status: answer.status, text: await answer.text() };
  }

  /** What a read gives now: the text of a resource that exists. Asked once after every write. */
  async current(reference) {
    if (!this.#texts.has(reference)) {
      const { status, text } = await this.read(reference);
      if (status !== 200) throw new Error(`GET ${reference}: HTTP ${status}`);
      this.#texts.set(reference, text);
    }
    return this.#texts.get(reference);
  }

  /** Every page of a search's answer: a Bundle each. */
  async searchPages(query) {
    const pages = [];
    for await (const page of this.#pages(query)) pages.push(page);
    return pages;
  }

  /** The ids that a search matches, page by page, in the server's order. */
  async searchIds(query) {
    const ids = [];
    for await (const page of this.#pages(query)) ids.push(...matches(page).map(({ id }) => id));
    return ids;
  }

  async *#pages(query) {
    for (let url = `${this.base}/${query}`; url; ) {
      const answer = await this.#get(url);
      const bundle = await answer.json();
      if (!answer.ok) throw new Error(`${url}: HTTP ${answer.status}: ${JSON.stringify(bundle)}`);
      yield bundle;
      url = bundle.link?.find(({ relation }) => relation === "next")?.url;
    }
  }

  #get(url) {
    return fetch(url, { headers: this.#authorization, signal: AbortSignal.timeout(PATIENCE_MS) });
  }

  #wrote(reference, state) {
    this.ledger.set(reference, state);
    this.#texts.delete(reference);
  }

  async #send(method, path, resource) {
    const answer = await fetch(path === "" ? this.base : `${this.base}/${path}`, {
      method,
      headers: { "Content-Type": "application/fhir+json", ...this.#authorization },
      body: resource && JSON.stringify(resource),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status}: ${text.slice(0, 500)}`);
    return text;
  }
}

function matches({ entry = [] }) {
  return entry.filter(({ search }) => (search?.mode ?? "match") === "match").map(({ resource }) => resource);
}
