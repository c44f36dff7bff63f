/**
 * SQLite on OPFS by the `opfs-sahpool` VFS, used in the way that was found fastest: a transaction per
 * 16 pages, the page bound once as text and all its resources inserted by one statement; its index
 * rows made in JavaScript and inserted by another one.
 *
 * It is spared what the others do: it only inserts, and doesn't look for a resource to replace.
 */

import sqlite3InitModule from "/npm/@sqlite.org/sqlite-wasm/dist/index.mjs";

import { terms } from "./terms.js";

const PAGES_PER_TRANSACTION = 16;

const SCHEMA = `
  PRAGMA locking_mode = exclusive;
  PRAGMA journal_mode = truncate;
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

const TERMS = `
  INSERT INTO term (doc, type, patient, code, date)
  SELECT ?2 + (value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)`;

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
  const searches = { newest: db.prepare(NEWEST), all: db.prepare(ALL), total: db.prepare(TOTAL) };
  const ask = (statement, values) => {
    const rows = [];
    statement.bind(values);
    while (statement.step()) rows.push(statement.get(0));
    statement.reset();
    return rows;
  };
  return {
    async ingest(pages) {
      ingest(sqlite3, db, pages);
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

function ingest({ capi, wasm }, db, pages) {
  const decoder = new TextDecoder();
  const insertResources = db.prepare(RESOURCES);
  const insertTerms = db.prepare(TERMS);
  let doc = 0;
  for (let from = 0; from < pages.length; from += PAGES_PER_TRANSACTION) {
    db.transaction(() => {
      for (const page of pages.slice(from, from + PAGES_PER_TRANSACTION)) {
        const bytes = new Uint8Array(page.bytes);
        const text = wasm.alloc(bytes.length);
        wasm.heap8u().set(bytes, text);
        capi.sqlite3_bind_text(insertResources.pointer, 1, text, bytes.length, capi.SQLITE_STATIC);
        insertResources.bind(2, doc).stepReset();
        insertResources.clearBindings();
        wasm.dealloc(text);
        const { entry } = JSON.parse(decoder.decode(bytes));
        insertTerms.bind([JSON.stringify(entry.flatMap(rows)), doc]).stepReset();
        doc += entry.length;
      }
    });
  }
  insertResources.finalize();
  insertTerms.finalize();
}

/** The index rows of the page's `n`-th resource: one for each code, and one where there is none. */
function rows({ resource }, n) {
  const { patient, codes, date } = terms(resource);
  const ofNone = codes.length ? codes : [null];
  return ofNone.map((code) => [n, resource.resourceType, patient ?? null, code, date ?? null]);
}
