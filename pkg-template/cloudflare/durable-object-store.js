// A replica in the SQLite of a Durable Object. Every call is one step of the one thread that the object has, and
// no request to anywhere.

import { conflict, failed } from "./failure.js";
import { headOf, rowsOf, statements, valuesOf } from "./sql-tables.js";

/**
 * @param {DurableObjectStorage} storage of a class that is declared with `new_sqlite_classes`
 * @param {{ tables?: string }} [options] what the names of its two tables begin with
 */
export function durableObjectStore(storage, { tables = "fhir_pull" } = {}) {
  const { sql } = storage;
  if (!sql) throw new TypeError("This Durable Object has no SQLite: declare its class under new_sqlite_classes.");
  const say = statements(tables);
  const ask = (statement, ...values) => sql.exec(statement, ...values).toArray();
  const bytesIn = (rows) => rows.map((row) => ({ ...row, bytes: new Uint8Array(row.bytes) }));
  const head = () => headOf(bytesIn(ask(say.head("bytes"))));
  const usage = () => {
    const [{ count, bytes }] = ask(say.usage);
    return { values: count, bytes };
  };
  const step = (work) => async (given) => {
    try {
      return storage.transactionSync(() => {
        for (const statement of say.create) sql.exec(statement);
        return work(given);
      });
    } catch (cause) {
      throw cause?.code === "conflict" ? cause : failed(cause);
    }
  };

  return {
    head: step(head),
    read: step((keys) => valuesOf(keys, bytesIn(ask(say.read("bytes"), JSON.stringify(keys))))),
    commit: step(({ expected, manifest, puts, deletes }) => {
      const [{ generation } = { generation: 0 }] = ask(say.generation);
      if (generation !== expected) throw conflict();
      const rows = rowsOf({ manifest, puts });
      ask(say.advance, expected, expected, crypto.randomUUID());
      ask(say.delete, JSON.stringify([...deletes, ...rows.map(([key]) => key)]));
      for (const row of rows) ask(say.insert, ...row);
    }),
    wipe: step(() => {
      for (const statement of say.wipe) sql.exec(statement);
    }),
    usage: step(usage),
    /** For `publish`. */
    inventory: step(() => {
      const found = head();
      return found && { ...found, ...usage(), keys: ask(say.keys).map(({ key }) => key) };
    }),
  };
}
