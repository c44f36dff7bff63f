// Platforms that break: a store over them leaves the old or the new (L2), and says what it can't do.

import { equal } from "./store-suite.js";

const commit = (expected, key, deletes) => ({
  expected,
  manifest: new Uint8Array([expected]),
  puts: [[key, new Uint8Array([key])], [key + 100, new Uint8Array(60_000)]],
  deletes,
});

/** `target`, whose calls of these methods fail from the n-th on: before they do anything, or after they have done it. */
function failing(target, methods, nth, { after, message = "internal error" }) {
  let calls = 0;
  const proxy = new Proxy(target, {
    get(_, name) {
      const method = target[name];
      if (typeof method !== "function") return method;
      if (!methods.includes(name)) return method.bind(target);
      return async (...given) => {
        calls += 1;
        if (calls < nth) return method.apply(target, given);
        if (after) await method.apply(target, given);
        throw Object.assign(new Error(message), { name: "Broken" });
      };
    },
  });
  return { proxy, calls: () => calls };
}

const oldOrNew = async (store, what) => {
  const { generation } = await store.head();
  const values = await store.read([1, 101, 2, 102]);
  const there = values.map((value) => value !== undefined);
  equal(there, generation === 1 ? [true, true, false, false] : [false, false, true, true], what);
  return generation;
};

const stopped = (platform, methods) => async (open) => {
  const outcomes = new Set();
  for (const after of [false, true]) {
    for (let nth = 1; nth < 12; nth++) {
      const whole = await open();
      await whole.wipe();
      await whole.commit(commit(0, 1, []));
      const { proxy, calls } = failing(platform, methods, nth, { after });
      const made = await open(proxy).commit(commit(1, 2, [1, 101])).then(() => true, ({ code }) => code ?? false);
      const generation = await oldOrNew(await open(), `after ${nth} calls`);
      if (made === true) equal(generation, 2);
      if (made === "conflict") equal(generation, 2, "told as a conflict");
      outcomes.add(`${made} ${generation}`);
      if (calls() < nth) break;
      // Whoever comes next goes on from there.
      await (await open()).commit({ expected: generation, manifest: new Uint8Array(), puts: [], deletes: [] });
    }
  }
  // It was stopped early, and late enough.
  if (!outcomes.has("false 1") || !outcomes.has("true 2")) throw new Error([...outcomes].join(", "));
};

const messages = (platform, methods) => async (open) => {
  await (await open()).commit(commit(0, 1, []));
  const told = async (message) => {
    const { proxy } = failing(platform, methods, 1, { message });
    const { code, retryable, message: sentence } = await open(proxy).commit(commit(1, 2, [])).catch((thrown) => thrown);
    if (sentence.includes(message)) throw new Error("the platform's message was passed on");
    return [code, retryable];
  };
  equal(await told("D1_ERROR: Exceeded maximum DB size"), ["quota", null]);
  equal(await told("put: Too many requests (429)"), [null, true]);
  equal(await told("anything else"), [null, null]);
  await oldOrNew(await open());
};

/** A test by its name. */
export function broken(test, { env, name } = {}) {
  return {
    "stopped anywhere, R2 has the old or the new (L2)": () => stopped(env.BUCKET, ["get", "put", "delete"]),
    "stopped anywhere, D1 has the old or the new (L2)": () => stopped(env.DB, ["batch"]),
    "what R2 says is told by a code": () => messages(env.BUCKET, ["put"]),
    "what D1 says is told by a code": () => messages(env.DB, ["batch"]),
    "a lost race and a wipe leave no pack behind in R2": () => async (open) => {
      const [one, other] = [await open(), await open()];
      await one.commit(commit(0, 1, []));
      await other.head();
      await one.commit(commit(1, 2, [1, 101]));
      const packs = async () => (await env.BUCKET.list({ prefix: `${name}/packs/` })).objects.length;
      const before = await packs();
      equal((await other.commit(commit(1, 3, [])).catch((thrown) => thrown)).code, "conflict");
      equal(await packs(), before);
      equal(before, 1, "the pack of what is alive alone");
      await one.wipe();
      equal(await packs(), 0);
    },
    "a Durable Object that refuses a part has the old (L2)": () => async (open) => {
      const store = await open();
      await store.commit(commit(0, 1, []));
      const full = { expected: 1, manifest: new Uint8Array(1), puts: [[2, new Uint8Array(1)], [2, new Uint8Array(1)]], deletes: [1] };
      const { code, name } = await store.commit(full).catch((thrown) => thrown);
      equal([code, name], [null, "Error"], "a key that is in use");
      await oldOrNew(store);
    },
  }[test]();
}
