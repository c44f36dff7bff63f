/**
 * Dexie as a good developer would use it for these queries: one record per resource under its
 * reference, and beside it the entries of each index, each an array that sorts as the index should
 * (IndexedDB has no compound index with a multi-valued part).
 */

import { Dexie } from "/npm/dexie/dist/modern/dexie.min.mjs";

import { answers } from "./dexie-answers.js";
import { INDEXES, entries } from "./indexes.js";

export async function open() {
  const db = new Dexie("searched");
  const indexes = Object.keys(INDEXES).map((index) => `*${index}`);
  db.version(1).stores({ resources: ["reference", ...indexes].join(", ") });
  await db.open();
  const { resources } = db;
  const asked = answers(resources, Dexie);
  const decoder = new TextDecoder();
  return {
    async ingest(pages) {
      for (const { bytes } of pages) {
        const { entry } = JSON.parse(decoder.decode(bytes));
        await resources.bulkPut(entry.map(({ resource }) => record(resource)));
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
