/** What the bench calls in a page: a client that throws away what it is given, and pulls by the package. */

import { openReplica } from "/package/browser.js";
import { hookedMemory } from "../wasm-memory.js";

const SERVER = `${location.origin}/fhir`;
/** A page's links stand before its entries. */
const HEAD = 4096;

/**
 * Follows chains of pages to their ends, so many at once, and throws the pages away.
 * @param {{ chains: string[], atOnce: number }} message `chains`: where they begin, below the base
 * @returns {Promise<{ milliseconds: number, bytes: number }>}
 */
export async function drain({ chains, atOnce }) {
  const waiting = [...chains];
  let bytes = 0;
  const follow = async () => {
    for (let chain = waiting.shift(); chain; chain = waiting.shift()) {
      for (let next = `${SERVER}/${chain}`; next; ) {
        const page = new Uint8Array(await (await fetch(next)).arrayBuffer());
        bytes += page.length;
        next = /"relation":"next","url":"([^"]+)"/.exec(new TextDecoder().decode(page.subarray(0, HEAD)))?.[1];
      }
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, follow));
  return { milliseconds: performance.now() - start, bytes };
}

/** Opens the replica of this name with the package's defaults; it stays open in the page for `pull` and `held`. */
export async function open({ name, worker }) {
  globalThis.replica = await openReplica({ name, server: SERVER, worker });
}

/** The time of a pull into the open replica, what came new, and the generations before and after. */
export async function pull({ feeds }) {
  const { generation: before } = await replica.status();
  const start = performance.now();
  const { feeds: ended, generation } = await replica.pull(feeds);
  const milliseconds = performance.now() - start;
  return { milliseconds, stored: ended.reduce((sum, { stored }) => sum + stored, 0), commits: generation - before };
}

/** How many resources the open replica has; it is closed. */
export async function close() {
  const { types } = await replica.status();
  await replica.close();
  return types.reduce((sum, { resources }) => sum + resources, 0);
}

/** The size of WebAssembly's memory after a pull with the engine in the page. */
export async function memoryOf({ name, feeds }) {
  const memory = hookedMemory();
  await open({ name, worker: false });
  const before = memory().byteLength;
  const { milliseconds } = await pull({ feeds });
  const after = memory().byteLength;
  return { before, after, milliseconds, held: await close() };
}
