/**
 * SQLite on OPFS by the `opfs-sahpool` VFS as a good developer would use it for these queries: a
 * table of resources, and for each index a table that is its own primary key. Statements are
 * prepared once; an answer leaves as the JSON text of an array, which is parsed where it is wanted.
 */

import sqlite3InitModule from "/npm/@sqlite.org/sqlite-wasm/dist/index.mjs";

import { INDEXES, entries } from "./indexes.js";
import { QUERIES } from "./sqlite-queries.js";

const SETTINGS = `
  PRAGMA locking_mode = exclusive;
  PRAGMA journal_mode = truncate;
  PRAGMA synchronous = normal;
  PRAGMA temp_store = memory;
  PRAGMA cache_size = -65536;
`;

const TABLES = [
  "CREATE TABLE resource (doc INTEGER PRIMARY KEY, reference TEXT UNIQUE, json TEXT)",
  ...Object.entries(INDEXES).map(([index, columns]) => {
    const key = ["type", ...columns, "doc"].join(", ");
    return `CREATE TABLE ${index} (${key}, PRIMARY KEY (${key})) WITHOUT ROWID`;
  }),
];

const RESOURCES = `
  INSERT INTO resource (doc, reference, json)
  SELECT ?2 + key, value ->> '$.resource.resourceType' || '/' || (value ->> '$.resource.id'), value -> '$.resource'
  FROM json_each(?1, '$.entry')`;

export async function open() {
  const sqlite3 = await sqlite3InitModule();
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: "searched" });
  const db = new pool.OpfsSAHPoolDb("/searched.db");
  db.exec(SETTINGS);
  const isNew = db.selectValue("SELECT count(*) FROM sqlite_schema") === 0;
  if (isNew) db.exec(TABLES.join(";"));
  const prepared = new Map();
  const statement = (sql) => {
    if (!prepared.has(sql)) prepared.set(sql, db.prepare(sql));
    return prepared.get(sql);
  };

  return {
    async ingest(pages) {
      ingest(db, statement, pages);
    },
    /** The planner's figures, once all is there. */
    finish: () => db.exec("ANALYZE"),
    /** The answer's text. */
    ask({ name, values }) {
      const { sql, bind = () => [], total } = QUERIES[name];
      const found = [];
      const asked = statement(sql);
      const bound = bind(values);
      if (bound.length) asked.bind(bound);
      while (asked.step()) found.push(asked.get(0));
      asked.reset();
      return total ? String(found[0]) : `[${found.join()}]`;
    },
    /** How SQLite goes about each query: the steps of its plan. */
    plans() {
      const steps = ({ sql, bind = () => [] }) => {
        const values = bind({ from: 0, to: 0 }).map((value) => value ?? "");
        return db.selectArrays(`EXPLAIN QUERY PLAN ${sql}`, values.length ? values : undefined).map((row) => row[3]);
      };
      return Object.fromEntries(Object.entries(QUERIES).map(([name, query]) => [name, steps(query)]));
    },
    close() {
      for (const each of prepared.values()) each.finalize();
      db.close();
    },
  };
}

/** A transaction for the pages. Keys of an index are inserted in its order. */
function ingest(db, statement, pages) {
  const decoder = new TextDecoder();
  let doc = db.selectValue("SELECT coalesce(max(doc) + 1, 0) FROM resource");
  db.transaction(() => {
    const rows = new Map(Object.keys(INDEXES).map((index) => [index, []]));
    for (const { bytes } of pages) {
      const text = decoder.decode(bytes);
      const { entry } = JSON.parse(text);
      statement(RESOURCES).bind([text, doc]).stepReset();
      entry.forEach(({ resource }, n) => {
        for (const [index, keys] of Object.entries(entries(resource))) {
          for (const key of keys) rows.get(index).push([...key, doc + n]);
        }
      });
      doc += entry.length;
    }
    for (const [index, made] of rows) {
      const values = ["type", ...INDEXES[index], "doc"].map((_, n) => `value ->> ${n}`).join(", ");
      const sql = `INSERT INTO ${index} SELECT ${values} FROM json_each(?) ORDER BY ${values}`;
      statement(sql).bind([JSON.stringify(made)]).stepReset();
    }
  });
}
