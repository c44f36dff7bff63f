/** In a page: writes so many bytes into IndexedDB as values of each size, and reads some of them at random. */

import { committed, finished } from "../contenders/indexed-db.js";

/** About what a large commit of the engine's has: 8 MiB of JSON, stored as a tenth and more. */
const COMMIT = 2 ** 20;
const READS = 64;

/**
 * @param {URLSearchParams} asked `sizes` in KiB with commas between them, and `total` in MiB.
 * @returns {Promise<object[]>} For each size: MiB/s written and durable, MiB/s read at random, ms a value read.
 */
export async function values(asked) {
  const measured = [];
  for (const size of asked.get("sizes").split(",").map(Number)) {
    const bytes = size * 2 ** 10;
    const count = (Number(asked.get("total")) * 2 ** 20) / bytes;
    const written = await write(bytes, count);
    const read = await readSome(bytes, count);
    await finished(indexedDB.deleteDatabase("values"));
    measured.push({ size, written, ...read });
  }
  return measured;
}

/** MiB/s, every commit awaited and durable. */
async function write(bytes, count) {
  const db = await opened();
  const perCommit = Math.max(1, COMMIT / bytes);
  const start = performance.now();
  for (let from = 0; from < count; from += perCommit) {
    const transaction = db.transaction("values", "readwrite", { durability: "strict" });
    const store = transaction.objectStore("values");
    for (let key = from; key < Math.min(from + perCommit, count); key += 1) store.put(value(bytes, key), key);
    await committed(transaction);
  }
  const seconds = (performance.now() - start) / 1000;
  db.close();
  return (bytes * count) / 2 ** 20 / seconds;
}

/** One transaction a value, as a search reads; each value is looked at. */
async function readSome(bytes, count) {
  const db = await opened();
  const times = [];
  for (let n = 0; n < READS; n += 1) {
    const key = (n * 7919) % count;
    const start = performance.now();
    const found = await finished(db.transaction("values").objectStore("values").get(key));
    times.push(performance.now() - start);
    if (found.length !== bytes || new Uint32Array(found.buffer, 0, 1)[0] !== key) {
      throw new Error(`The value ${key} of ${bytes} bytes was read as another.`);
    }
  }
  db.close();
  times.sort((a, b) => a - b);
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  return { read: (bytes * READS) / 2 ** 20 / seconds, milliseconds: times[times.length >> 1] };
}

function opened() {
  const request = indexedDB.open("values", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("values");
  return finished(request);
}

/** Bytes that no backend can compress, as blocks that are compressed already; they begin with their key. */
function value(bytes, key) {
  const words = new Uint32Array(bytes / 4);
  let word = (key + 1) * 0x9e3779b1;
  for (let at = 1; at < words.length; at += 1) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[at] = word;
  }
  words[0] = key;
  return new Uint8Array(words.buffer);
}
