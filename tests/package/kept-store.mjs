// A store as an application may bring it (see Store in index.d.ts): a Map, and one head.

/** @returns {import("../../pkg-template/index.d.ts").Store & { values: Map<number, Uint8Array>, kept: object }} */
export function keptStore() {
  const values = new Map();
  const kept = { head: undefined };
  return {
    values,
    kept,
    head: async () => kept.head,
    read: async (keys) => keys.map((key) => values.get(key)),
    commit: async ({ expected, manifest, puts, deletes }) => {
      if ((kept.head?.generation ?? 0) !== expected) throw Object.assign(new Error("late"), { code: "conflict" });
      for (const key of deletes) values.delete(key);
      for (const [key, value] of puts) values.set(key, value);
      kept.head = { generation: expected + 1, manifest };
    },
    wipe: async () => {
      kept.head = undefined;
      values.clear();
    },
    usage: async () => {
      const all = [...values.values(), ...(kept.head ? [kept.head.manifest] : [])];
      return { values: values.size, bytes: all.reduce((sum, { length }) => sum + length, 0) };
    },
  };
}
