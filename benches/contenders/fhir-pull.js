/** fhir-pull itself, the built package: pulling by its own client, from pages held in memory or from the bench's server. */

import { addressOf, countOf } from "/bench/asked.mjs";
import { openReplica } from "/package/browser.js";

const SERVER = `${location.origin}/fhir`;
const FHIR_JSON = { "Content-Type": "application/fhir+json" };

/**
 * A Response that has its body already: the other contenders take the page's bytes as they lie in
 * memory, and to stream them through the browser once more would be a server's or a network's cost.
 */
class PageResponse extends Response {
  #bytes;

  constructor(bytes) {
    super(null, { headers: FHIR_JSON });
    this.#bytes = bytes;
  }

  async arrayBuffer() {
    return this.#bytes;
  }
}

/**
 * @param {{ worker?: boolean, store?: string, memory?: boolean }} [options] `worker` and `store` as
 *   openReplica takes them; `memory`: pages come from memory, as the other contenders' do.
 */
export async function open({ worker, store, memory = false } = {}) {
  let pages = new Map();
  const replica = await openReplica({ worker, store, name: "bench", server: SERVER, fetch: memory ? answer : undefined });

  /** Answers as the server would: a history since some time begins with its first page. */
  async function answer({ url }) {
    const asked = new URL(url);
    const since = Date.parse(asked.searchParams.get("_since") ?? "1970-01-01");
    const count = countOf(url, pages.values());
    if (count) return new Response(count, { headers: FHIR_JSON });
    if (asked.pathname.endsWith("/_history")) asked.searchParams.set("_count", "1000");
    const { bytes, after = since } = pages.get(addressOf(asked)) ?? {};
    if (bytes && since >= after) return new PageResponse(bytes);
    const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "not-found" }] };
    return new Response(JSON.stringify(outcome), { status: 404, headers: FHIR_JSON });
  }

  async function search(query) {
    const { entry = [], total } = await replica.search(query);
    return { resources: entry.map(({ resource }) => resource), total };
  }

  async function ingest(held) {
    pages = new Map(held.map((page) => [page.url, page]));
    const feeds = new Map(held.map(({ feed }) => [JSON.stringify(feed), feed]));
    await replica.pull([...feeds.values()]);
  }

  return {
    ingest,
    /** Its feeds know where they were. */
    update: ingest,
    pull: (feeds, options) => replica.pull(feeds, options),
    /** What goes on by itself after a pull, while the application is open. */
    finish: () => replica.tidy(),
    async newest(subject, code, count) {
      const query = `Observation?subject=${subject}&code=${code}&_sort=-date&_count=${count}`;
      return (await search(query)).resources;
    },
    async all(code) {
      return (await search(`Observation?code=${code}&_count=100000`)).resources;
    },
    async total(code) {
      return (await search(`Observation?code=${code}&_count=0`)).total;
    },
    search,
    read: (reference) => replica.read(reference),
    async storedBytes() {
      return (await replica.status()).storedBytes;
    },
    close: () => replica.close(),
  };
}
