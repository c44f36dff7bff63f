// A replica in an R2 bucket.
//
//   <prefix>head                       the head: generation, lineage, packs; then the manifest
//   <prefix>packs/<lineage>/<random>   the values of a commit, one after the other
//
// An object for each value would be hundreds of requests for a commit, and a Worker may make a thousand. So the
// values of a commit are put into packs, which the head has a table of, and ranges of them are read. A commit puts
// its packs first, under names that nobody knows of, and then the head, on condition that it is the one it was made from.
// A pack is deleted when the last of its values is. One that was put by who then crashed is swept away later.

import { conflict, explained } from "./failure.js";
import { framed, unframed } from "./framed.js";

/** Bytes of a pack: small enough for a piece of memory, large enough for a commit to be a few. */
const PACK = 4 << 20;
/** Values that are so near to each other are read in one piece. */
const GAP = 32 << 10;
/** Packs without a head are looked for at each commit of so many, and deleted when they are so old. */
const SWEPT_EVERY = 64;
const SWEPT_AFTER_MS = 3_600_000;
/** How many objects R2 deletes in a call. */
const DELETED_AT_ONCE = 1000;

/**
 * @param {R2Bucket} bucket
 * @param {string} [prefix] what the names of its objects begin with: another one for each replica
 */
export function r2Store(bucket, prefix = "") {
  const name = `${prefix}head`;
  /** The head as it was last seen, with its ETag and where each value is. */
  let known;

  const look = async () => {
    const object = await bucket.get(name);
    known = object ? seen(unframed(await object.arrayBuffer()), object.etag) : undefined;
    return known;
  };
  const remove = async (names) => {
    for (let from = 0; from < names.length; from += DELETED_AT_ONCE) {
      await bucket.delete(names.slice(from, from + DELETED_AT_ONCE));
    }
  };
  const listed = async (within) => {
    const objects = [];
    let page;
    do {
      page = await bucket.list({ prefix: within, cursor: page?.cursor });
      objects.push(...page.objects);
    } while (page.truncated);
    return objects;
  };
  const sweep = async ({ packs }) => {
    const inUse = new Set(packs.map((pack) => pack.name));
    const old = Date.now() - SWEPT_AFTER_MS;
    const lost = (await listed(`${prefix}packs/`)).filter(({ key, uploaded }) => !inUse.has(key) && uploaded < old);
    await remove(lost.map(({ key }) => key));
  };

  const head = async () => {
    const found = await look();
    return found && { generation: found.generation, lineage: found.lineage, manifest: found.manifest };
  };
  const read = async (keys) => {
    if (!keys.every((key) => known?.places.has(key))) await look();
    const places = new Map();
    for (const key of keys) if (known?.places.has(key)) places.set(key, known.places.get(key));
    const values = new Map();
    const load = async ({ pack, offset, length, inside }) => {
      const object = length > 0 && (await bucket.get(pack, { range: { offset, length } }));
      // A pack that is gone was deleted by a later commit: its values are, too.
      if (length > 0 && !object) return;
      const bytes = length > 0 ? new Uint8Array(await object.arrayBuffer()) : new Uint8Array();
      for (const [key, place] of inside) {
        const from = place.offset - offset;
        values.set(key, bytes.slice(from, from + place.length));
      }
    };
    await Promise.all(runs(places).map(load));
    return keys.map((key) => values.get(key));
  };
  const commit = async ({ expected, manifest, puts, deletes }) => {
    const before = known?.generation === expected && expected > 0 ? known : await look();
    if ((before?.generation ?? 0) !== expected) throw conflict();
    const lineage = before?.lineage ?? crypto.randomUUID();
    const added = packed(puts, () => `${prefix}packs/${lineage}/${crypto.randomUUID()}`);
    await Promise.all(added.map(({ name, bytes }) => bucket.put(name, bytes)));
    const gone = new Set(deletes);
    const left = (before?.packs ?? []).map((pack) => ({ ...pack, values: pack.values.filter(([key]) => !gone.has(key)) }));
    const packs = [...left.filter(({ values }) => values.length > 0), ...added.map(({ name, values }) => ({ name, values }))];
    const next = { generation: expected + 1, lineage, packs };
    const onlyIf = before ? { etagMatches: before.etag } : new Headers({ "if-none-match": "*" });
    const object = await bucket.put(name, framed(next, manifest), { onlyIf });
    if (!object) {
      known = undefined;
      await remove(added.map((pack) => pack.name));
      throw conflict();
    }
    known = seen({ ...next, manifest }, object.etag);
    // It is made. What can't be cleared away now is later.
    await remove(left.filter(({ values }) => values.length === 0).map((pack) => pack.name)).catch(() => {});
    if (next.generation % SWEPT_EVERY === 0) await sweep(next).catch(() => {});
  };
  const wipe = async () => {
    // The head first: then nothing leads to the rest.
    await bucket.delete(name);
    known = undefined;
    await remove((await listed(`${prefix}packs/`)).map(({ key }) => key));
  };
  const usage = async () => {
    const found = await look();
    if (!found) return { values: 0, bytes: 0 };
    let bytes = found.manifest.length;
    for (const { length } of found.places.values()) bytes += length;
    return { values: found.places.size, bytes };
  };
  const inventory = async () => {
    const [used, found] = [await usage(), known];
    if (!found) return undefined;
    const { generation, lineage, manifest, places } = found;
    return { generation, lineage, manifest, ...used, keys: [...places.keys()] };
  };

  const step = (work) => (given) => explained(() => work(given));
  return {
    head: step(head),
    read: step(read),
    commit: step(commit),
    wipe: step(wipe),
    usage: step(usage),
    /** For `publish`. */
    inventory: step(inventory),
  };
}

/** A head with its ETag and where each value is. */
function seen(head, etag) {
  const places = new Map();
  for (const { name, values } of head.packs) {
    for (const [key, offset, length] of values) places.set(key, { pack: name, offset, length });
  }
  return { ...head, etag, places };
}

/** The values in packs; `values` of a pack: key, offset, length. */
function packed(puts, nameOf) {
  const packs = [];
  let pack;
  for (const [key, value] of puts) {
    if (!pack || (pack.size + value.length > PACK && pack.size > 0)) {
      pack = { name: nameOf(), size: 0, values: [], pieces: [] };
      packs.push(pack);
    }
    pack.values.push([key, pack.size, value.length]);
    pack.pieces.push(value);
    pack.size += value.length;
  }
  return packs.map(({ name, size, values, pieces }) => {
    const bytes = new Uint8Array(size);
    values.forEach(([, offset], index) => bytes.set(pieces[index], offset));
    return { name, values, bytes };
  });
}

/** The places put together that are near to each other: one request for each. */
function runs(places) {
  const sorted = [...places].sort(([, a], [, b]) => (a.pack === b.pack ? a.offset - b.offset : a.pack < b.pack ? -1 : 1));
  const runs = [];
  for (const [key, place] of sorted) {
    const last = runs.at(-1);
    const end = place.offset + place.length;
    if (last?.pack === place.pack && place.offset <= last.offset + last.length + GAP) {
      last.length = Math.max(last.length, end - last.offset);
      last.inside.push([key, place]);
    } else {
      runs.push({ pack: place.pack, offset: place.offset, length: place.length, inside: [[key, place]] });
    }
  }
  return runs;
}
