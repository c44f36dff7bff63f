// A replica's tables in SQLite, which Durable Objects and D1 have alike.
//
//   <tables>_head    one row: the generation, and a random text that tells what is kept from what was wiped before
//   <tables>_values  key, part, bytes: the values, and under MANIFEST the manifest
//
// A row takes 2 MB at most, so that what is longer stands in several. Keys go in as a JSON list, which is one
// parameter however many they are: a query may have a hundred.

/** Stands where a value's key would. */
export const MANIFEST = -1;

/** Bytes of a row: as the hexadecimal text in which D1 is given them they are twice as many. */
const PART = 800_000;

/** @param {string} tables what the names of the tables begin with */
export function statements(tables) {
  if (!/^[a-z_][a-z0-9_]{0,40}$/i.test(tables)) {
    throw new TypeError(`"${tables}" can't be what the names of tables begin with: letters, digits and _ are.`);
  }
  const [head, values] = [`${tables}_head`, `${tables}_values`];
  return {
    create: [
      `CREATE TABLE IF NOT EXISTS ${head} (id INTEGER PRIMARY KEY CHECK (id = 0), generation INTEGER NOT NULL, lineage TEXT NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS ${values} (key INTEGER NOT NULL, part INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID`,
    ],
    generation: `SELECT generation FROM ${head}`,
    head: (bytes) => `SELECT generation, lineage, ${bytes} AS bytes FROM ${head} JOIN ${values} ON key = ${MANIFEST} ORDER BY part`,
    read: (bytes) =>
      `SELECT key, ${bytes} AS bytes FROM ${values} WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key, part`,
    /**
     * Takes the generation expected twice, then a lineage for where there is none. Where the expected one is not the
     * store's, the new one is NULL, which the column refuses: nothing of the transaction is done.
     */
    advance:
      `INSERT INTO ${head} (id, generation, lineage) VALUES ` +
      `(0, CASE WHEN coalesce((SELECT generation FROM ${head}), 0) = ? THEN ? + 1 END, ?) ` +
      "ON CONFLICT (id) DO UPDATE SET generation = excluded.generation",
    delete: `DELETE FROM ${values} WHERE key IN (SELECT value FROM json_each(?))`,
    insert: `INSERT INTO ${values} (key, part, bytes) VALUES (?, ?, ?)`,
    /** Takes a JSON list of [key, part, hexadecimal text]. */
    insertAll:
      `INSERT INTO ${values} (key, part, bytes) ` +
      "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), unhex(json_extract(value, '$[2]')) FROM json_each(?)",
    wipe: [`DELETE FROM ${values}`, `DELETE FROM ${head}`],
    usage: `SELECT count(DISTINCT nullif(key, ${MANIFEST})) AS count, coalesce(sum(length(bytes)), 0) AS bytes FROM ${values}`,
    keys: `SELECT DISTINCT key FROM ${values} WHERE key <> ${MANIFEST}`,
  };
}

/** @returns {[key: number, part: number, bytes: Uint8Array][]} the rows of a commit */
export function rowsOf({ manifest, puts }) {
  return [[MANIFEST, manifest], ...puts].flatMap(([key, bytes]) => {
    const parts = Math.max(1, Math.ceil(bytes.length / PART));
    return Array.from({ length: parts }, (_, part) => [key, part, bytes.subarray(part * PART, (part + 1) * PART)]);
  });
}

/** What the rows of the query `head` say. */
export function headOf(rows) {
  if (rows.length === 0) return undefined;
  const [{ generation, lineage }] = rows;
  return { generation, lineage, manifest: joined(rows.map(({ bytes }) => bytes)) };
}

/** What the rows of the query `read` hold of the keys. */
export function valuesOf(keys, rows) {
  const parts = new Map();
  for (const { key, bytes } of rows) {
    if (parts.has(key)) parts.get(key).push(bytes);
    else parts.set(key, [bytes]);
  }
  return keys.map((key) => parts.has(key) ? joined(parts.get(key)) : undefined);
}

function joined(parts) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
