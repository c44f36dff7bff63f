/** The floor's worker: opens fhir-pull's database and reads its head, and then a value, as a search cannot know before. */

import { answering } from "../contenders/in-worker.js";

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

answering(async () => {
  const database = await settled(indexedDB.open("fhir-pull/bench"));
  const { manifest } = await settled(database.transaction("head").objectStore("head").get(0));
  const value = await settled(database.transaction("values").objectStore("values").get(IDBKeyRange.lowerBound([0])));
  database.close();
  return manifest.byteLength + value.byteLength;
});
