/** The SQLite contender behind a dedicated worker. */

import { behindWorker } from "../contenders/behind-worker.js";

export function open() {
  return behindWorker("/bench/open/sqlite-worker.js", ["ingest", "newest"]);
}
