/** What the bench calls in a page: a replica that is pulled by FHIR, one that is cloned, and what comes after. */

import { openReplica } from "/package/browser.js";

const SERVER = `${location.origin}/fhir`;

/** Opens an empty replica of this name; it stays open in the page for the others. */
export async function open({ name }) {
  globalThis.replica = await openReplica({ name, server: SERVER });
}

/** The time of a pull into the open replica, and what came. */
export async function pull({ feeds }) {
  const start = performance.now();
  const { feeds: ended } = await replica.pull(feeds);
  const milliseconds = performance.now() - start;
  return { milliseconds, stored: ended.reduce((sum, { stored }) => sum + stored, 0) };
}

/** The time of a clone into the open replica. */
export async function clone() {
  const start = performance.now();
  await replica.cloneFrom(SERVER);
  return { milliseconds: performance.now() - start };
}

/** The time of the first search, and what it found. */
export async function search({ query }) {
  const start = performance.now();
  const { total } = await replica.search(query);
  return { milliseconds: performance.now() - start, total };
}

/** How many resources the open replica has; it is closed. */
export async function close() {
  const { types } = await replica.status();
  await replica.close();
  return types.reduce((sum, { resources }) => sum + resources, 0);
}
