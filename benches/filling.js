/** In a page: fills a contender's empty store from the bench's server, by its own pull or page by page. */

/** Pages that are held at once. */
const HELD = 16;

/** @param {{ pull?: Function, ingest: Function }} opened @param {number} pages How many there are. */
export async function fill(opened, pages) {
  if (opened.pull) {
    await opened.pull([{ history: "*" }]);
    return;
  }
  for (let from = 0; from < pages; from += HELD) {
    const held = [];
    for (let n = from; n < Math.min(from + HELD, pages); n += 1) {
      held.push({ bytes: await (await fetch(`/pages/${n}`)).arrayBuffer() });
    }
    await opened.ingest(held);
  }
}
