/**
 * Dexie as a good developer would use it: one record per resource, one `bulkPut` and so one
 * transaction per page, index entries made ready for the questions to come.
 *
 * IndexedDB has no compound index with a multi-valued part: the code is multi-valued, so the
 * entries are made by hand, each an array that sorts as the index should.
 */

import { Dexie } from "/npm/dexie/dist/modern/dexie.min.mjs";

import { terms } from "./terms.js";

export async function open() {
  const db = new Dexie("dexie");
  db.version(1).stores({ resources: "[type+id], *byPatient, *byCode, [type+date]" });
  await db.open();
  const { resources } = db;
  const decoder = new TextDecoder();

  async function ingest(pages) {
    for (const { bytes } of pages) {
      const bundle = JSON.parse(decoder.decode(bytes));
      await resources.bulkPut(bundle.entry.map(({ resource }) => record(resource)));
    }
  }

  return {
    ingest,
    /** What is put replaces what is there. */
    update: ingest,
    async newest(subject, code, count) {
      const of = ["Observation", subject, code];
      const records = await resources
        .where("byPatient")
        .between([...of, Dexie.minKey], [...of, Dexie.maxKey])
        .reverse()
        .limit(count)
        .toArray();
      return records.map(({ resource }) => resource);
    },
    async all(code) {
      const records = await resources.where("byCode").equals(["Observation", code]).toArray();
      return records.map(({ resource }) => resource);
    },
    total(code) {
      return resources.where("byCode").equals(["Observation", code]).count();
    },
    close() {
      db.close();
    },
  };
}

function record(resource) {
  const { resourceType: type, id } = resource;
  const { patient, codes, date } = terms(resource);
  const made = { type, id, resource };
  if (date !== undefined) made.date = date;
  // An empty string stands where there is no code or no date: an index entry must be a valid key.
  if (patient) made.byPatient = (codes.length ? codes : [""]).map((code) => [type, patient, code, date ?? ""]);
  if (codes.length) made.byCode = codes.map((code) => [type, code]);
  return made;
}
