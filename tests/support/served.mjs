// Holds what a FHIR server serves from a replica against the server that the replica was pulled from (L1, L4).

import assert from "node:assert/strict";

/**
 * @param {(path: string) => Promise<{ status: number, text: string }>} ask what is served, by a path or a link of it
 * @param {import("./rest.mjs").FhirServer} server
 * @param {{ types: string[], references?: string[], readEach?: number }} what `references`: what is served of all that
 *   exists, where that is not everything; `readEach`: the n-th is read by itself
 */
export async function assertServes(ask, server, { types, references, readEach = 29 }) {
  const alive = (references ?? server.references()).filter((reference) => types.includes(reference.split("/")[0]));
  for (const type of types) {
    const wanted = alive.filter((reference) => reference.startsWith(`${type}/`)).sort();
    assert.deepEqual((await searched(ask, `${type}?_count=200`)).sort(), wanted, `${type}: the same ids`);
  }
  for (const reference of alive.filter((_, index) => index % readEach === 0)) {
    assert.deepEqual(await ask(reference), { status: 200, text: await server.current(reference) }, reference);
  }
  if (references) return;
  for (const reference of server.references("deleted").filter((one) => types.includes(one.split("/")[0]))) {
    assert.equal((await ask(reference)).status, 410, `${reference} was deleted`);
  }
}

/** The references of all pages of a search. */
export async function searched(ask, query) {
  const found = [];
  for (let next = query; next; ) {
    const { status, text } = await ask(next);
    assert.equal(status, 200, text);
    const { entry = [], link = [] } = JSON.parse(text);
    found.push(...entry.map(({ resource }) => `${resource.resourceType}/${resource.id}`));
    next = link.find(({ relation }) => relation === "next")?.url;
  }
  return found;
}
