/** The worker's side of sqlite-in-worker.js. */

import { answering } from "../contenders/in-worker.js";
import { open } from "../contenders/sqlite.js";

let opened;

answering(async ({ name, given }) => {
  if (name === "open") opened = await open();
  else return opened[name](...given);
});
