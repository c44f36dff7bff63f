// Publishes a replica: copies what its store holds to Workers KV, values first, the head last.

import { explained } from "./failure.js";
import { framed } from "./framed.js";

/** KV takes one write a second of one name. */
const BETWEEN_HEADS_MS = 1_000;
/** For so long a value stays that the head names no more: readers hold on to a head, and KV is up to a minute late. */
const KEPT_MS = 600_000;
/** Values in memory at a time. */
const AT_ONCE = 16;
/** What an invocation may ask of KV, but for what else it does. */
const MOST = 400;

/**
 * Makes the copy what the store holds now. Where it can't be done in one go (`most`), nothing of it is seen yet, and
 * the next call goes on.
 *
 * @param {{ inventory: Function, read: Function }} store of this package: of a Durable Object, R2 or D1
 * @param {ReturnType<import("./kv-store.js").kvStore>} copy
 * @param {{ most?: number, keep?: number }} [options] `most` operations of KV; milliseconds for which replaced values stay
 * @returns {Promise<{ done: boolean, generation: number, values: number }>} how many values were written
 */
export function publish(store, copy, options) {
  return explained(() => published(store, copy.published(), options));
}

async function published(store, { namespace, prefix, head }, { most = MOST, keep = KEPT_MS } = {}) {
  const nothing = { done: true, generation: 0, values: 0 };
  const [wanted, before] = [await store.inventory(), await head()];
  if (!wanted) return nothing;
  const { generation, lineage } = wanted;
  if (before?.lineage === lineage && before.generation >= generation) return { ...nothing, generation: before.generation };

  let left = most - 2;
  const there = new Set();
  let page;
  do {
    page = await namespace.list({ prefix, cursor: page?.cursor });
    for (const { name } of page.keys) there.add(name.slice(prefix.length));
    left -= 1;
  } while (!page.list_complete);
  there.delete("head");

  const live = new Map(wanted.keys.map((key) => [`${lineage}/${key}`, key]));
  const missing = [...live].filter(([name]) => !there.has(name));
  let written = 0;
  while (written < missing.length && left > 0) {
    const some = missing.slice(written, written + Math.min(AT_ONCE, left));
    const values = await store.read(some.map(([, key]) => key));
    // Merged away meanwhile: what is wanted is another generation by now.
    if (values.some((value) => !value)) return { done: false, generation: before?.generation ?? 0, values: written };
    await Promise.all(some.map(([name], index) => namespace.put(prefix + name, values[index])));
    written += some.length;
    left -= some.length;
  }
  if (written < missing.length) return { done: false, generation: before?.generation ?? 0, values: written };

  const now = Date.now();
  const since = new Map(before?.retired);
  const retired = [...there].filter((name) => !live.has(name)).map((name) => [name, since.get(name) ?? now]);
  const isOver = ([, at]) => at + keep <= now;
  const over = retired.filter(isOver).slice(0, Math.max(0, left));
  const gone = new Set(over.map(([name]) => name));
  const header = {
    generation,
    lineage,
    values: wanted.values,
    bytes: wanted.bytes,
    retired: retired.filter(([name]) => !gone.has(name)),
    at: now,
  };
  const wait = (before?.at ?? 0) + BETWEEN_HEADS_MS - now;
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, BETWEEN_HEADS_MS)));
  await namespace.put(`${prefix}head`, framed(header, wanted.manifest));
  await Promise.all(over.map(([name]) => namespace.delete(prefix + name)));
  return { done: true, generation, values: written };
}
