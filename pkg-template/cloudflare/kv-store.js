// A published copy of a replica in Workers KV, for many readers everywhere. It is read here and written by publish.js
// alone: KV has no compare-and-swap.
//
//   <prefix>head               the head: generation, lineage, what was replaced and when; then the manifest
//   <prefix><lineage>/<key>    a value
//
// A place may see what was written elsewhere up to a minute late, and each name by itself. A value never changes under
// its name, so that what is read is never wrong. Where a head was seen before one of its values the answer is "later".

import { explained, later } from "./failure.js";
import { unframed } from "./framed.js";

/**
 * @param {KVNamespace} namespace
 * @param {string} [prefix] what the names of its keys begin with: another one for each replica
 */
export function kvStore(namespace, prefix = "") {
  // No `cacheTtl` but the one that KV has by itself: that a name is missing is cached, too.
  const get = (name) => namespace.get(prefix + name, "arrayBuffer");
  let known;
  const look = async () => {
    const bytes = await get("head");
    const found = bytes ? unframed(bytes) : undefined;
    // Its values have the same numbers, and readers that are on their way hold numbers of the one before.
    if (known && found && found.lineage !== known.lineage) throw later("The copy was begun anew: open it again.");
    known = found;
    return known;
  };
  const readOnly = async () => {
    throw Object.assign(new Error("A published copy is written by publish alone."), { name: "ReadOnly" });
  };
  const step = (work) => (given) => explained(() => work(given));

  return {
    head: step(async () => {
      const found = await look();
      return found && { generation: found.generation, manifest: found.manifest };
    }),
    read: step(async (keys) => {
      const { lineage } = known ?? (await look()) ?? {};
      return Promise.all(
        keys.map(async (key) => {
          const bytes = await get(`${lineage}/${key}`);
          if (bytes) return new Uint8Array(bytes);
          throw later("A value of the published copy has not arrived here yet, or is gone since.");
        }),
      );
    }),
    commit: readOnly,
    wipe: readOnly,
    usage: step(async () => {
      const { values = 0, bytes = 0 } = (await look()) ?? {};
      return { values, bytes };
    }),
    /** For `publish`. */
    published: () => ({ namespace, prefix, head: () => get("head").then((bytes) => (bytes ? unframed(bytes) : undefined)) }),
  };
}
