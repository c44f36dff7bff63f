// What a store must keep that JavaScript gives: tests/suite/store.rs in short, to be run inside workerd over each store
// of fhir-pull/cloudflare. A test takes `open`, which gives another handle on the same store.

const bytes = (text) => new TextEncoder().encode(text);
const text = (value) => (value === undefined ? undefined : new TextDecoder().decode(value));
const commit = (expected, manifest, puts = {}, deletes = []) => ({
  expected,
  manifest: bytes(manifest),
  puts: Object.entries(puts).map(([key, value]) => [Number(key), bytes(value)]),
  deletes,
});

export function equal(found, wanted, what = "") {
  const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what} ${a?.slice(0, 500)} instead of ${b?.slice(0, 500)}`);
}

const headOf = async (store) => {
  const head = await store.head();
  return head ? [head.generation, text(head.manifest)] : undefined;
};
const valuesOf = async (store, ...keys) => (await store.read(keys)).map(text);
const refusalOf = async (promise) => {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error("it was not refused");
};

export const TESTS = {
  "a new store is empty": async (open) => {
    const store = await open();
    equal(await headOf(store), undefined);
    equal(await valuesOf(store, 1), [null]);
    equal(await store.usage(), { values: 0, bytes: 0 });
    equal(await store.inventory(), undefined);
  },

  "values come back byte for byte, also those of several rows": async (open) => {
    const store = await open();
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const large = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 2654435761) >>> 24);
    const largest = Number.MAX_SAFE_INTEGER;
    const manifest = large.slice(0, 2_500_000);
    const puts = [[0, every], [7, new Uint8Array()], [largest, large]];
    await store.commit({ expected: 0, manifest, puts, deletes: [] });
    for (const handle of [store, await open()]) {
      const [first, empty, last] = await handle.read([0, 7, largest]);
      equal([...first], [...every]);
      equal(empty.length, 0);
      equal(last.length, large.length);
      if (!last.every((byte, index) => byte === large[index])) throw new Error("other bytes");
      const head = await handle.head();
      equal([head.generation, head.manifest.length], [1, manifest.length]);
      if (!head.manifest.every((byte, index) => byte === manifest[index])) throw new Error("another manifest");
    }
    equal(await store.usage(), { values: 3, bytes: 256 + large.length + manifest.length });
  },

  "values are read in the order asked for, and none where there is none": async (open) => {
    const store = await open();
    await store.commit(commit(0, "m", { 1: "one", 2: "two", 10: "ten" }));
    equal(await valuesOf(store, 10, 3, 1, 2, 1), ["ten", null, "one", "two", "one"]);
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [100 + index, `value ${index}`]));
    await store.commit(commit(1, "m", many));
    const keys = Object.keys(many).map(Number).reverse();
    equal(await valuesOf(await open(), ...keys), Object.values(many).reverse());
  },

  "one commit deletes and puts": async (open) => {
    const store = await open();
    await store.commit(commit(0, "a", { 1: "one", 2: "two" }));
    await store.commit(commit(1, "b", { 3: "three" }, [1, 99]));
    equal(await valuesOf(store, 1, 2, 3), [null, "two", "three"]);
    equal(await headOf(await open()), [2, "b"]);
    const { generation, keys, values, bytes: length, lineage } = await store.inventory();
    equal([generation, keys.sort(), values, length], [2, [2, 3], 2, 9]);
    equal(typeof lineage, "string");
  },

  "a stale commit is a conflict and changes nothing": async (open) => {
    const store = await open();
    await store.commit(commit(0, "a", { 1: "one" }));
    for (const expected of [0, 2]) {
      equal((await refusalOf(store.commit(commit(expected, "stale", { 2: "two" }, [1])))).code, "conflict");
      equal([await headOf(store), await valuesOf(store, 1, 2)], [[1, "a"], ["one", null]]);
    }
    equal((await refusalOf((await open()).commit(commit(3, "late", { 2: "two" })))).code, "conflict");
    await store.commit(commit(1, "b", { 2: "two" }, [1]));
    equal([await headOf(store), await valuesOf(store, 1, 2)], [[2, "b"], [null, "two"]]);
  },

  "of five writers at once exactly one wins": async (open) => {
    const writers = await Promise.all(Array.from({ length: 5 }, open));
    for (let generation = 0; generation < 4; generation++) {
      const races = writers.map((writer, nth) => writer.commit(commit(generation, `${nth}`, { [generation + 1]: `${nth}` })));
      const outcomes = await Promise.allSettled(races);
      const winners = outcomes.flatMap(({ status }, nth) => (status === "fulfilled" ? [`${nth}`] : []));
      equal(winners.length, 1, "winners");
      const losers = outcomes.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code);
      equal(losers, Array(4).fill("conflict"));
      for (const handle of writers) {
        equal(await headOf(handle), [generation + 1, winners[0]]);
        equal(await valuesOf(handle, generation + 1), winners);
      }
    }
    equal((await writers[0].usage()).values, 4);
  },

  "another handle sees each commit, and reads what an older one put": async (open) => {
    const [writer, reader] = [await open(), await open()];
    for (let generation = 0; generation < 3; generation++) {
      await writer.commit(commit(generation, "m", { [generation]: "v" }));
      equal(await headOf(reader), [generation + 1, "m"]);
      equal(await valuesOf(reader, ...Array(generation + 1).keys()), Array(generation + 1).fill("v"));
    }
    // Of a reader that holds an older generation the values are gone, and nothing else is in their place.
    await writer.commit(commit(3, "n", { 9: "w" }, [0, 1, 2]));
    equal(await valuesOf(reader, 0, 1, 2, 9), [null, null, null, "w"]);
  },

  "wipe leaves nothing and a usable store, and other handles see it (L10)": async (open) => {
    const [store, other] = [await open(), await open()];
    await store.commit(commit(0, "a", { 1: "one" }));
    equal(await headOf(other), [1, "a"]);
    const before = (await store.inventory()).lineage;
    await store.wipe();
    for (const handle of [store, other, await open()]) {
      equal([await headOf(handle), await valuesOf(handle, 1), await handle.usage()], [undefined, [null], { values: 0, bytes: 0 }]);
    }
    equal((await refusalOf(other.commit(commit(1, "late")))).code, "conflict");
    await store.commit(commit(0, "b", { 1: "again" }));
    equal([await headOf(other), await valuesOf(other, 1)], [[1, "b"], ["again"]]);
    if ((await store.inventory()).lineage === before) throw new Error("what is new can't be told from what was wiped");
    await store.wipe();
    await store.wipe();
  },
};
