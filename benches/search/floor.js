/**
 * What nobody behind a worker can be faster than: one that holds the text of each answer already is asked for it, and
 * the page parses it. fhir-pull gives the answers before the clock runs, from its own store.
 */

import { behindWorker } from "../contenders/behind-worker.js";
import { open as openReplica } from "../contenders/fhir-pull.js";

export async function open() {
  const replica = await openReplica();
  const worker = await behindWorker("/bench/search/floor-worker.js", ["hold", "ask"]);
  return {
    async prepare(queries) {
      for (const { counted, asks } of queries) {
        for (const { fhir } of asks) {
          const { resources, total } = await replica.search(fhir);
          await worker.hold(fhir, JSON.stringify(counted ? total : resources));
        }
      }
    },
    ask: ({ fhir }) => worker.ask(fhir),
    async close() {
      await worker.close();
      await replica.close();
    },
  };
}
