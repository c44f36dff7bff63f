/**
 * SQLite on OPFS by the `opfs-sahpool` VFS, used as it is fastest: a transaction per 16 pages, the
 * page bound once as text, all its resources by one statement and all its index rows by another.
 *
 * It is spared what the others do: it only inserts, and doesn't look for a resource to replace.
 */

import sqlite3InitModule from "/npm/@sqlite.org/sqlite-wasm/dist/index.mjs";

const PAGES_PER_TRANSACTION = 16;

const SCHEMA = `
  PRAGMA locking_mode = exclusive;
  PRAGMA journal_mode = wal;
  PRAGMA synchronous = normal;
  PRAGMA temp_store = memory;
  PRAGMA cache_size = -65536;
  CREATE TABLE IF NOT EXISTS resource (doc INTEGER PRIMARY KEY, type TEXT, id TEXT, json TEXT);
  CREATE UNIQUE INDEX IF NOT EXISTS by_id ON resource (type, id);
  CREATE TABLE IF NOT EXISTS term (doc INTEGER, type TEXT, patient TEXT, code TEXT, date INTEGER);
  CREATE INDEX IF NOT EXISTS by_patient ON term (type, patient, code, date, doc);
  CREATE INDEX IF NOT EXISTS by_code ON term (type, code, doc);
  CREATE INDEX IF NOT EXISTS by_date ON term (type, date, doc);
`;

const RESOURCES = `
  INSERT INTO resource (doc, type, id, json)
  SELECT ?2 + key, value ->> '$.resource.resourceType', value ->> '$.resource.id', value -> '$.resource'
  FROM json_each(?1, '$.entry')`;

// The same terms as terms.js, a row for each code and one where there is none.
const TERMS = `
  INSERT INTO term (doc, type, patient, code, date)
  SELECT
    ?2 + entry.key,
    entry.value ->> '$.resource.resourceType',
    coalesce(entry.value ->> '$.resource.subject.reference', entry.value ->> '$.resource.patient.reference'),
    coalesce(coding.value ->> 'system', '') || '|' || (coding.value ->> 'code'),
    unixepoch(coalesce(
      entry.value ->> '$.resource.effectiveDateTime',
      entry.value ->> '$.resource.performedPeriod.start',
      entry.value ->> '$.resource.period.start',
      entry.value ->> '$.resource.occurrenceDateTime',
      entry.value ->> '$.resource.recordedDate',
      entry.value ->> '$.resource.authoredOn',
      entry.value ->> '$.resource.started'))
  FROM json_each(?1, '$.entry') AS entry
  LEFT JOIN json_each(coalesce(
    entry.value -> '$.resource.code.coding',
    entry.value -> '$.resource.medicationCodeableConcept.coding',
    entry.value -> '$.resource.vaccineCode.coding', '[]')) AS coding`;

const NEWEST = `
  SELECT json FROM term JOIN resource USING (doc)
  WHERE term.type = 'Observation' AND patient = ? AND code = ? ORDER BY date DESC LIMIT ?`;
const ALL = `
  SELECT json FROM term JOIN resource USING (doc) WHERE term.type = 'Observation' AND code = ?`;
const TOTAL = "SELECT count(*) FROM term WHERE type = 'Observation' AND code = ?";

export async function open() {
  const sqlite3 = await sqlite3InitModule();
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: "bench" });
  const db = new pool.OpfsSAHPoolDb("/bench.db");
  db.exec(SCHEMA);
  const { capi, wasm } = sqlite3;
  const searches = { newest: db.prepare(NEWEST), all: db.prepare(ALL), total: db.prepare(TOTAL) };

  function insert(statement, pointer, length, doc) {
    capi.sqlite3_bind_text(statement.pointer, 1, pointer, length, capi.SQLITE_STATIC);
    statement.bind(2, doc).stepReset();
    statement.clearBindings();
  }

  function ask(statement, values) {
    const rows = [];
    statement.bind(values);
    while (statement.step()) rows.push(statement.get(0));
    statement.reset();
    return rows;
  }

  return {
    async ingest(pages) {
      const resources = db.prepare(RESOURCES);
      const terms = db.prepare(TERMS);
      let doc = 0;
      for (let from = 0; from < pages.length; from += PAGES_PER_TRANSACTION) {
        db.transaction(() => {
          for (const page of pages.slice(from, from + PAGES_PER_TRANSACTION)) {
            const bytes = new Uint8Array(page.bytes);
            const pointer = wasm.alloc(bytes.length);
            wasm.heap8u().set(bytes, pointer);
            insert(resources, pointer, bytes.length, doc);
            insert(terms, pointer, bytes.length, doc);
            wasm.dealloc(pointer);
            doc += page.resources;
          }
        });
      }
      resources.finalize();
      terms.finalize();
    },
    newest: (subject, code, count) => ask(searches.newest, [subject, code, count]).map((json) => JSON.parse(json)),
    all: (code) => ask(searches.all, [code]).map((json) => JSON.parse(json)),
    total: (code) => ask(searches.total, [code])[0],
    close() {
      for (const statement of Object.values(searches)) statement.finalize();
      db.close();
    },
  };
}
