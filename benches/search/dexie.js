/**
 * Dexie as a good developer would use it for these queries: one record per resource under its
 * reference, and beside it the entries of each index, each an array that sorts as the index should
 * (IndexedDB has no compound index with a multi-valued part). Names have a lean table beside it too: to
 * look through it in one request takes a fraction of what a cursor over their index does.
 */

import { Dexie } from "/npm/dexie/dist/modern/dexie.min.mjs";

import { answers } from "./dexie-answers.js";
import { INDEXES, entries } from "./indexes.js";

export async function open() {
  const db = new Dexie("searched");
  const indexes = Object.keys(INDEXES).map((index) => `*${index}`);
  db.version(1).stores({ resources: ["reference", ...indexes].join(", "), names: "reference" });
  await db.open();
  const { resources, names } = db;
  const asked = answers({ resources, names }, Dexie);
  const decoder = new TextDecoder();
  return {
    async ingest(pages) {
      for (const { bytes } of pages) {
        const { entry } = JSON.parse(decoder.decode(bytes));
        const records = entry.map(({ resource }) => record(resource));
        const named = records.filter(({ by_name }) => by_name);
        await db.transaction("rw", resources, names, async () => {
          await resources.bulkPut(records);
          await names.bulkPut(named.map(({ reference, by_name }) => ({ reference, parts: by_name.map(([, part]) => part) })));
        });
      }
    },
    ask: ({ name, values }) => asked[name](values),
    close: () => db.close(),
  };
}

function record(resource) {
  const { resourceType, id } = resource;
  return { reference: `${resourceType}/${id}`, resource, ...entries(resource) };
}
