// A replica in a D1 database. A commit is one batch, which D1 does as one transaction: its first statement fails where
// another writer was first. Bytes cross as hexadecimal text, which D1 otherwise spells out number by number.

import { conflict, explained } from "./failure.js";
import { headOf, rowsOf, statements, valuesOf } from "./sql-tables.js";

/** Characters of a parameter, of which D1 takes 2 MB. */
const LONGEST = 1_700_000;
/** Keys of a query: it answers with all of their values in one piece. */
const AT_ONCE = 64;

/**
 * @param {D1Database} database
 * @param {{ tables?: string }} [options] what the names of its two tables begin with: other ones for each replica
 */
export function d1Store(database, { tables = "fhir_pull" } = {}) {
  const say = statements(tables);
  let made;
  const step = (work) => (given) =>
    explained(async () => {
      if (!made) await database.batch(say.create.map((statement) => database.prepare(statement)));
      made = true;
      return work(given);
    });
  const ask = async (statement, ...values) => {
    const { results } = await database.prepare(statement).bind(...values).all();
    return results;
  };
  const bytesIn = (rows) => rows.map((row) => ({ ...row, bytes: Uint8Array.fromHex(row.bytes) }));
  const head = async () => headOf(bytesIn(await ask(say.head("hex(bytes)"))));
  const usage = async () => {
    const [{ count, bytes }] = await ask(say.usage);
    return { values: count, bytes };
  };
  const generation = async () => (await ask(say.generation))[0]?.generation ?? 0;

  return {
    head: step(head),
    read: step(async (keys) => {
      const rows = [];
      for (let from = 0; from < keys.length; from += AT_ONCE) {
        rows.push(...(await ask(say.read("hex(bytes)"), JSON.stringify(keys.slice(from, from + AT_ONCE)))));
      }
      return valuesOf(keys, bytesIn(rows));
    }),
    commit: step(async ({ expected, manifest, puts, deletes }) => {
      const rows = rowsOf({ manifest, puts });
      const gone = JSON.stringify([...deletes, ...rows.map(([key]) => key)]);
      try {
        await database.batch([
          database.prepare(say.advance).bind(expected, expected, crypto.randomUUID()),
          database.prepare(say.delete).bind(gone),
          ...lists(rows).map((list) => database.prepare(say.insertAll).bind(list)),
        ]);
      } catch (cause) {
        // Also where it was made and the answer to it was lost: whoever is told of a conflict reads what there is.
        if ((await generation()) !== expected) throw conflict(cause);
        throw cause;
      }
    }),
    wipe: step(async () => {
      await database.batch(say.wipe.map((statement) => database.prepare(statement)));
    }),
    usage: step(usage),
    /** For `publish`: of one generation, or it is looked at again. */
    inventory: step(async () => {
      for (;;) {
        const [found, keys, used] = [await head(), await ask(say.keys), await usage()];
        if ((await generation()) !== (found?.generation ?? 0)) continue;
        return found && { ...found, ...used, keys: keys.map(({ key }) => key) };
      }
    }),
  };
}

/** The rows as JSON lists that are short enough for a parameter. */
function lists(rows) {
  const lists = [];
  let list = [];
  let length = 0;
  for (const [key, part, bytes] of rows) {
    const size = 2 * bytes.length + 40;
    if (length + size > LONGEST && list.length > 0) {
      lists.push(JSON.stringify(list));
      list = [];
      length = 0;
    }
    list.push([key, part, bytes.toHex()]);
    length += size;
  }
  return [...lists, JSON.stringify(list)];
}
