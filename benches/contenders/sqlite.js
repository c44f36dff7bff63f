/**
 * SQLite on OPFS by the `opfs-sahpool` VFS, used in the way that was found fastest: a transaction per
 * 16 pages, the page bound once as text and all its resources inserted by one statement; its index
 * rows made in JavaScript and inserted by another one.
 *
 * Its ingest is spared what the others do: it only inserts, and doesn't look for a resource to
 * replace. Its update does: by the old resource it finds the index rows that are to go.
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

const FIND = "SELECT doc, json FROM resource WHERE type = ? AND id = ?";
const REPLACE = "UPDATE resource SET json = ?2 WHERE doc = ?1";
const ADD = "INSERT INTO resource (type, id, json) VALUES (?, ?, ?) RETURNING doc";
const FORGET = "DELETE FROM term WHERE type = ? AND patient IS ? AND code IS ? AND date IS ? AND doc = ?";

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
    async update(pages) {
      update(db, pages);
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
  let doc = db.selectValue("SELECT coalesce(max(doc) + 1, 0) FROM resource");
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
        const made = entry.flatMap(({ resource }, n) => rows(resource, n));
        insertTerms.bind([JSON.stringify(made), doc]).stepReset();
        doc += entry.length;
      }
    });
  }
  insertResources.finalize();
  insertTerms.finalize();
}

/** Replaces each resource that is there already, and its index rows; a transaction for all. */
function update(db, pages) {
  const decoder = new TextDecoder();
  const [find, replace, add, forget, insertTerms] = [FIND, REPLACE, ADD, FORGET, TERMS].map((sql) => db.prepare(sql));
  const one = (statement, values) => {
    statement.bind(values);
    const row = statement.step() ? statement.get([]) : undefined;
    statement.reset();
    return row;
  };
  db.transaction(() => {
    const made = [];
    for (const { bytes } of pages) {
      for (const { resource } of JSON.parse(decoder.decode(bytes)).entry) {
        const { resourceType, id } = resource;
        const json = JSON.stringify(resource);
        let [doc, old] = one(find, [resourceType, id]) ?? [];
        if (doc === undefined) [doc] = one(add, [resourceType, id, json]);
        else {
          for (const [, ...row] of rows(JSON.parse(old), doc)) forget.bind([...row, doc]).stepReset();
          replace.bind([doc, json]).stepReset();
        }
        made.push(...rows(resource, doc));
      }
    }
    insertTerms.bind([JSON.stringify(made), 0]).stepReset();
  });
  for (const statement of [find, replace, add, forget, insertTerms]) statement.finalize();
}

/** The index rows of the resource at `n`: one for each code, and one where there is none. */
function rows(resource, n) {
  const { patient, codes, date } = terms(resource);
  const ofNone = codes.length ? codes : [null];
  return ofNone.map((code) => [n, resource.resourceType, patient ?? null, code, date ?? null]);
}
