// A FHIR server as a plain HTTP client sees it, and a ledger of what was written there. The ledger
// knows what must exist without asking the server for a list, so that a page that the server or the
// puller loses does not go unseen.

/** What one request to the server may take, loaded machine included. */
const PATIENCE_MS = 60_000;

export class FhirServer {
  /** By reference: whether it exists now or was deleted. @type {Map<string, "alive" | "deleted">} */
  ledger = new Map();
  /** Texts of reads, as long as nothing was written to the resource since. */
  #texts = new Map();

  /** @param {string} base */
  constructor(base) {
    this.base = base;
  }

  /** The types that something was written of. */
  get types() {
    return [...new Set([...this.ledger.keys()].map((reference) => reference.split("/")[0]))].sort();
  }

  /** References of what exists, or of what was deleted. */
  references(state = "alive") {
    return [...this.ledger].filter(([, its]) => its === state).map(([reference]) => reference);
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
    const answer = await fetch(`${this.base}/${reference}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
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

  /** The ids that a search gives, page by page, in the server's order. */
  async searchIds(query) {
    const ids = [];
    for (let url = `${this.base}/${query}`; url; ) {
      const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      const bundle = await answer.json();
      if (!answer.ok) throw new Error(`${query}: HTTP ${answer.status}: ${JSON.stringify(bundle)}`);
      for (const { resource, search } of bundle.entry ?? []) {
        if (search?.mode !== "outcome" && search?.mode !== "include") ids.push(resource.id);
      }
      url = bundle.link?.find(({ relation }) => relation === "next")?.url;
    }
    return ids;
  }

  #wrote(reference, state) {
    this.ledger.set(reference, state);
    this.#texts.delete(reference);
  }

  async #send(method, path, resource) {
    const answer = await fetch(path === "" ? this.base : `${this.base}/${path}`, {
      method,
      headers: { "Content-Type": "application/fhir+json" },
      body: resource && JSON.stringify(resource),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status}: ${text.slice(0, 500)}`);
    return text;
  }
}
