// A published copy in KV: values first, the head last, and what has not arrived is asked for later, never made up.

import { d1Store } from "../../pkg-template/cloudflare/d1-store.js";
import { kvStore } from "../../pkg-template/cloudflare/kv-store.js";
import { publish } from "../../pkg-template/cloudflare/publish.js";
import { equal } from "./store-suite.js";

const text = (value) => new TextDecoder().decode(value);
const commit = (expected, puts, deletes = []) => ({
  expected,
  manifest: new TextEncoder().encode(`manifest ${expected + 1}`),
  puts: Object.entries(puts).map(([key, value]) => [Number(key), new TextEncoder().encode(value)]),
  deletes,
});
const refusal = async (promise) => promise.then(() => undefined, ({ name, code, retryable }) => ({ name, code, retryable }));
const namesOf = async ({ env, name }) => (await env.COPY.list({ prefix: `${name}/` })).keys.length;
const begin = ({ env, name }) => [d1Store(env.DB, { tables: name }), kvStore(env.COPY, `${name}/`), kvStore(env.COPY, `${name}/`)];

export const PUBLISHING = {
  "what is published is what the store holds": async (given) => {
    const [store, copy, reader] = begin(given);
    equal(await publish(store, copy), { done: true, generation: 0, values: 0 });
    equal([await reader.head(), await reader.usage()], [undefined, { values: 0, bytes: 0 }]);
    await store.commit(commit(0, { 1: "one", 2: "", 3: "three" }));
    equal(await publish(store, copy), { done: true, generation: 1, values: 3 });
    const { generation, manifest } = await reader.head();
    equal([generation, text(manifest)], [1, "manifest 1"]);
    equal((await reader.read([3, 1, 2, 3])).map(text), ["three", "one", "", "three"]);
    equal(await reader.usage(), await store.usage());
  },

  "only what is new is written, and nothing where nothing is": async (given) => {
    const [store, copy, reader] = begin(given);
    await store.commit(commit(0, { 1: "one", 2: "two" }));
    await publish(store, copy);
    equal(await publish(store, copy), { done: true, generation: 1, values: 0 });
    await store.commit(commit(1, { 3: "three" }, [1]));
    const began = Date.now();
    equal(await publish(store, copy), { done: true, generation: 2, values: 1 });
    equal((await reader.head()).generation, 2);
    equal((await reader.read([2, 3])).map(text), ["two", "three"]);
    // KV takes one write a second of one name: the second head waited for that.
    if (Date.now() - began < 100) throw new Error("two heads within a second");
  },

  "who holds the head before finds its values, until they are old": async (given) => {
    const [store, copy, reader] = begin(given);
    await store.commit(commit(0, { 1: "one", 2: "two" }));
    await publish(store, copy);
    equal((await reader.head()).generation, 1);
    await store.commit(commit(1, { 3: "three" }, [1]));
    await publish(store, copy);
    equal((await reader.read([1, 2])).map(text), ["one", "two"]);
    equal(await namesOf(given), 4);
    await store.commit(commit(2, {}, []));
    await publish(store, copy, { keep: 0 });
    equal(await namesOf(given), 3);
    equal(await refusal(reader.read([1])), { name: "Error", retryable: true });
  },

  "a copy that is cut short is not seen, and the next call goes on": async (given) => {
    const [store, copy, reader] = begin(given);
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, key) => [key, `value ${key}`]));
    await store.commit(commit(0, many));
    const rounds = [];
    for (;;) {
      const { done, values } = await publish(store, copy, { most: 23 });
      rounds.push(values);
      if (done) break;
      equal(await reader.head(), undefined);
    }
    equal(rounds, [20, 20, 10]);
    equal((await reader.read([...Array(50).keys()])).map(text), Object.values(many));
  },

  "a value that has not arrived is asked for later, never answered wrong": async (given) => {
    const [store, copy, reader] = begin(given);
    await store.commit(commit(0, { 1: "one", 2: "two" }));
    await publish(store, copy);
    const { lineage } = await store.inventory();
    await given.env.COPY.delete(`${given.name}/${lineage}/2`);
    equal(await refusal(reader.read([1, 2])), { name: "Error", retryable: true });
    equal(text((await reader.read([1]))[0]), "one");
  },

  "a copy of what was begun anew is not taken for the one before": async (given) => {
    const [store, copy, reader] = begin(given);
    await store.commit(commit(0, { 1: "one" }));
    await publish(store, copy);
    await reader.head();
    await store.wipe();
    await store.commit(commit(0, { 1: "another" }));
    equal((await publish(store, copy)).done, true);
    // It holds numbers of the one before, under which the new one has other values.
    equal(await refusal(reader.head()), { name: "Error", retryable: true });
    equal((await reader.read([1])).map(text), ["one"]);
    const opened = kvStore(given.env.COPY, `${given.name}/`);
    await opened.head();
    equal((await opened.read([1])).map(text), ["another"]);
  },

  "it is read, and written by publish alone": async (given) => {
    const [, copy] = begin(given);
    equal((await refusal(copy.commit(commit(0, {})))).name, "ReadOnly");
    equal((await refusal(copy.wipe())).name, "ReadOnly");
  },
};
