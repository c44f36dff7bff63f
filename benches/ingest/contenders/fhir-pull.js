/** fhir-pull itself, the built package, pulling by its own client from pages held in memory. */

import { openReplica } from "/package/browser.js";

const SERVER = "http://bench.invalid/fhir";
const FHIR_JSON = { "Content-Type": "application/fhir+json" };

export async function open() {
  let pages = new Map();
  const replica = await openReplica({ worker: false, name: "bench", server: SERVER, fetch: answer });

  /** Answers as the server would, from memory. */
  async function answer({ url }) {
    const { bytes } = pages.get(decodeURIComponent(url)) ?? {};
    if (bytes) return new Response(bytes, { headers: FHIR_JSON });
    const outcome = { resourceType: "OperationOutcome", issue: [{ severity: "error", code: "not-found" }] };
    return new Response(JSON.stringify(outcome), { status: 404, headers: FHIR_JSON });
  }

  async function search(query) {
    const { entry = [], total } = await replica.search(query);
    return { resources: entry.map(({ resource }) => resource), total };
  }

  return {
    async ingest(held) {
      pages = new Map(held.map((page) => [page.url, page]));
      const types = [...new Set(held.map(({ type }) => type))];
      await replica.pull(types.map((type) => `${type}?_count=1000`));
    },
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
    async storedBytes() {
      return (await replica.status()).storedBytes;
    },
    close: () => replica.close(),
  };
}
