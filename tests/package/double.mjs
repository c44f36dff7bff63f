// A small double of what WebAssembly exports (docs/engine-contract.md), for the protocol's tests:
// it stores what it fetches and knows no FHIR beyond that. Replicas of one name share their store.

const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const fail = (message, what) => Object.assign(new Error(message), { retryable: false }, what);

/** A fresh double, with its own stores and a log of what was called. */
export function double() {
  const stores = new Map();
  const log = [];

  const fetchFrom = async (host, server, path, signal) => {
    let token = await host.token?.({ refresh: false });
    for (;;) {
      const headers = token ? { authorization: `Bearer ${token}` } : {};
      const request = new Request(`${server}/${path}`, { headers, redirect: "manual", signal });
      const response = await (host.fetch ?? fetch)(request);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status === 401 && host.token && token !== "fresh") {
        token = await host.token({ refresh: true, refused: token });
        continue;
      }
      if (response.status >= 400 || response.status === 0) {
        throw fail(`The server answered ${response.status}.`, { code: "http", status: response.status, outcome: bytes });
      }
      if (response.redirected || !response.url.startsWith(server)) throw fail("Elsewhere.", { code: "refused-link" });
      return bytes;
    }
  };

  class Replica {
    static async open({ name, server, store, definitions }, host) {
      log.push(["open", { name, server, store, definitions }]);
      if (!stores.has(name)) stores.set(name, { generation: 0, feeds: new Map(), resources: [] });
      return Object.assign(new Replica(), { data: stores.get(name), name, server, store, host });
    }
    async pull(feeds, onProgress, onCommit, signal) {
      for (const feed of feeds) {
        if (!this.data.feeds.has(feed)) this.data.feeds.set(feed, false);
        const bundle = JSON.parse(new TextDecoder().decode(await fetchFrom(this.host, this.server, feed, signal)));
        for (const { resource } of bundle.entry ?? []) {
          this.data.resources.push(resource);
          this.data.generation += 1;
          const settled = this.data.feeds.get(feed);
          onCommit({ generation: this.data.generation, types: [resource.resourceType], settled });
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        onProgress({ feed, state: "complete" });
        this.data.feeds.set(feed, true);
        this.data.generation += 1;
        const types = [...new Set((bundle.entry ?? []).map(({ resource }) => resource.resourceType))];
        onCommit({ generation: this.data.generation, types, settled: true });
      }
      return { feeds: [], generation: this.data.generation };
    }
    async search(query) {
      log.push(["search", query]);
      if (query === "Bad?") throw fail("No such parameter.", { code: "unsupported" });
      if (query === "Busy?") throw fail("Not now.", { code: "busy", retryable: true, retryAfter: 7 });
      if (query === "Broken?") throw new TypeError("secret");
      if (query === "Slow?") await new Promise((resolve) => setTimeout(resolve, 200));
      const type = query.split("?")[0];
      const entry = this.data.resources.filter((r) => r.resourceType === type).map((resource) => ({ resource }));
      // A view into a larger buffer, as one of wasm memory would be.
      const bytes = encode({ resourceType: "Bundle", type: "searchset", total: entry.length, entry });
      const memory = new Uint8Array(bytes.length + 8);
      memory.set(bytes, 4);
      return memory.subarray(4, 4 + bytes.length);
    }
    async read(reference) {
      const found = this.data.resources.find((r) => `${r.resourceType}/${r.id}` === reference);
      return found && encode(found);
    }
    async status() {
      const feeds = [...this.data.feeds].map(([feed, complete]) => ({ feed, complete }));
      return { name: this.name, server: this.server, store: this.store, generation: this.data.generation, feeds };
    }
    async refresh() {
      log.push(["refresh"]);
      return this.data.generation;
    }
    async wipe() {
      const values = this.data.resources.length;
      Object.assign(this.data, { generation: 0, feeds: new Map(), resources: [] });
      return { values, bytes: 0 };
    }
    close() {
      log.push(["close"]);
    }
  }

  class Pages {
    constructor(next) {
      this.next = next;
    }
  }

  class Client {
    constructor({ server }, host) {
      Object.assign(this, { server, host });
    }
    capabilities(signal) {
      return fetchFrom(this.host, this.server, "metadata", signal);
    }
    read(reference, version, since, signal) {
      return fetchFrom(this.host, this.server, reference, signal);
    }
    search(query, byPost, handling, signal) {
      let page = 0;
      signal.addEventListener("abort", () => log.push(["pages aborted"]));
      return new Pages(async () => {
        page += 1;
        return page > 3 ? undefined : fetchFrom(this.host, this.server, `${query}&page=${page}`, signal);
      });
    }
    history(of, since, signal) {
      return this.search(`${of}/_history?_since=${since}`, false, undefined, signal);
    }
  }

  return { wasm: { Replica, Client }, log };
}
