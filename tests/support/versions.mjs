// Every version that a server ever had of its resources, character for character, for holding a
// replica against that was stopped halfway: what it holds may be old, but never anything else.

import assert from "node:assert/strict";
import { elementsOf, membersOf, resourceTexts } from "./json-text.mjs";

/** Of what is held, each n-th is read by itself, too. */
const READ_EACH = 7;

export class Versions {
  #base;
  /** By reference, oldest first; `null` for a deletion. @type {Map<string, (string | null)[]>} */
  #all = new Map();

  constructor(base) {
    this.#base = base;
  }

  async learn(types) {
    for (const type of types) await this.#read(`${type}/_history?_count=1000`);
  }

  /** Takes up what somebody did: references of what was written and what was deleted. */
  async note({ created, updated, deleted }) {
    for (const reference of [...created, ...updated, ...deleted]) {
      this.#all.delete(reference);
      await this.#read(`${reference}/_history?_count=1000`);
    }
  }

  /** By type, how many versions each resource has now. */
  counts() {
    const counts = {};
    for (const [reference, versions] of this.#all) {
      const ofType = (counts[reference.split("/")[0]] ??= new Map());
      ofType.set(reference, versions.length);
    }
    return counts;
  }

  /**
   * Whatever the replica holds of these types is a version that the server had, comes once, can be
   * read, and is counted; and of a type that was told to be complete nothing is missing, and nothing
   * older than what the server had when that was begun.
   *
   * @param {import("./subjects.mjs").Replica} replica
   * @param {string[]} types
   * @param {Map<string, Map<string, number>>} complete By type: `counts` when its pull was begun.
   */
  async assertWhole(replica, types, complete) {
    const status = await replica.status();
    for (const type of types) {
      const held = new Map();
      for (const text of resourceTexts(await replica.searchText(type))) {
        const reference = `${type}/${JSON.parse(text).id}`;
        assert.ok(!held.has(reference), `${reference} comes once`);
        assert.ok(this.#all.get(reference)?.includes(text), `${reference} is a version that the server had`);
        held.set(reference, text);
      }
      const gone = await this.#assertReads(replica, type, held);
      const told = status.types.find((one) => one.type === type) ?? { resources: 0, deleted: 0 };
      assert.deepEqual([told.resources, told.deleted], [held.size, gone], `${type}: status counts what there is`);
      for (const [reference, count] of complete.get(type) ?? []) this.#assertNewEnough(reference, count, held);
    }
  }

  /** `read` gives what the search gave; how many it knows to be deleted. */
  async #assertReads(replica, type, held) {
    const references = [...this.#all.keys()].filter((reference) => reference.startsWith(`${type}/`));
    const read = references.filter((reference, index) => !held.has(reference) || index % READ_EACH === 0);
    const answers = await replica.readAll(read);
    let gone = 0;
    read.forEach((reference, index) => {
      if (held.has(reference)) assert.deepEqual(answers[index], JSON.parse(held.get(reference)), reference);
      else assert.ok(answers[index] === null || answers[index] === "gone", `${reference}: ${answers[index]}`);
      if (answers[index] === "gone") gone += 1;
    });
    return gone;
  }

  #assertNewEnough(reference, count, held) {
    const versions = this.#all.get(reference);
    if (held.has(reference)) {
      assert.ok(versions.indexOf(held.get(reference)) >= count - 1, `${reference}: an old version of a complete feed`);
    } else {
      assert.ok(versions.slice(count - 1).includes(null), `${reference} is missing from a complete feed`);
    }
  }

  async #read(path) {
    for (let url = `${this.#base}/${path}`; url; ) {
      const members = membersOf(await (await fetch(url)).text());
      for (const entry of elementsOf(members.get("entry") ?? "[]")) {
        const parts = membersOf(entry);
        const reference = JSON.parse(parts.get("fullUrl")).split("/").slice(-2).join("/");
        // A history comes newest first.
        this.#all.set(reference, [parts.get("resource") ?? null, ...(this.#all.get(reference) ?? [])]);
      }
      url = JSON.parse(members.get("link") ?? "[]").find(({ relation }) => relation === "next")?.url;
    }
  }
}
