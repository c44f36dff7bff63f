// Holds a replica against the server it was pulled from, resource by resource (L1, L4).

import assert from "node:assert/strict";
import { numbersOf, resourceTexts } from "./json-text.mjs";

/** How many reads of the server run at a time. */
const READERS = 4;
/** How many references are read from the replica in one go. */
const READ_AT_ONCE = 500;

/**
 * The replica holds what the server holds of these types and nothing else, in the server's bytes:
 * what a search gives out is, character for character, what the server answers a read with; and what
 * `read` gives is the same, parsed.
 *
 * @param {import("./subjects.mjs").Replica} replica
 * @param {import("./rest.mjs").FhirServer} server
 * @param {{ types: string[], deletes: "known" | "absent", readEach?: number }} what `deletes`: whether the
 *   replica knows that a resource was deleted, as after a pull by history, or merely lacks it (after a search
 *   that never saw it). `readEach`: the n-th part is read one by one too, all without it.
 */
export async function assertReplicates(replica, server, { types, deletes, readEach = 1 }) {
  const alive = server.references().filter((reference) => types.includes(typeOf(reference)));
  const expected = new Map();
  await inParallel(alive, READERS, async (reference) => {
    expected.set(reference, await server.current(reference));
  });
  for (const type of types) {
    const held = new Map();
    for (const text of resourceTexts(await replica.searchText(type))) {
      const reference = referenceIn(text);
      assert.ok(!held.has(reference), `${reference} comes once`);
      held.set(reference, text);
    }
    const ofType = alive.filter((reference) => typeOf(reference) === type);
    assert.deepEqual([...held.keys()].sort(), ofType.sort(), `${type}: the same ids`);
    for (const [reference, text] of held) assertSameText(reference, text, expected.get(reference));
  }
  const read = alive.filter((_, index) => index % readEach === 0);
  await assertReads(replica, read, (resource, reference) => {
    assert.deepEqual(resource, JSON.parse(expected.get(reference)), `${reference}: the same by read`);
  });
  const deleted = server.references("deleted").filter((reference) => types.includes(typeOf(reference)));
  const answers = deletes === "known" ? ["gone"] : ["gone", null];
  await assertReads(replica, deleted, (answer, reference) => {
    assert.ok(answers.includes(answer), `${reference} was deleted; read gives ${JSON.stringify(answer)}`);
  });
  await assertCounts(replica, { types, alive, deleted, deletes });
}

async function assertReads(replica, references, check) {
  for (let start = 0; start < references.length; start += READ_AT_ONCE) {
    const some = references.slice(start, start + READ_AT_ONCE);
    const answers = await replica.readAll(some);
    some.forEach((reference, index) => check(answers[index], reference));
  }
}

/** What the replica says of itself is what it holds. */
async function assertCounts(replica, { types, alive, deleted, deletes }) {
  const { types: told } = await replica.status();
  for (const type of types) {
    const status = told.find((one) => one.type === type) ?? { resources: 0, deleted: 0 };
    const count = (references) => references.filter((reference) => typeOf(reference) === type).length;
    assert.equal(status.resources, count(alive), `${type}: as many as status tells`);
    if (deletes === "known") assert.equal(status.deleted, count(deleted), `${type}: as many deleted as status tells`);
  }
}

/** Same bytes; when they differ, the message says first whether a number changed. */
function assertSameText(reference, text, expected) {
  if (text === expected) return;
  assert.deepEqual(numbersOf(text), numbersOf(expected), `${reference}: the same number literals`);
  assert.equal(text, expected, `${reference}: the same bytes`);
}

function referenceIn(text) {
  const { resourceType, id } = JSON.parse(text);
  return `${resourceType}/${id}`;
}

function typeOf(reference) {
  return reference.split("/")[0];
}

async function inParallel(items, count, work) {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
