/**
 * The limit: the pages into IndexedDB as they are, unread and unindexed, one packed value of about a
 * megabyte a page. More than this no store on IndexedDB can reach without making the bytes fewer.
 */

import { committed, finished } from "./indexed-db.js";

export async function open() {
  const request = indexedDB.open("limit", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("pages");
  const db = await finished(request);
  return {
    async ingest(pages) {
      await Promise.all(
        pages.map(({ bytes }, n) => {
          const transaction = db.transaction("pages", "readwrite");
          transaction.objectStore("pages").put(bytes, n);
          return committed(transaction);
        }),
      );
    },
    close() {
      db.close();
    },
  };
}
