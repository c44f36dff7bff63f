/** SQLite's worker: where alone it can use OPFS as it does. */

import { answering } from "../contenders/in-worker.js";
import { open } from "./sqlite.js";

let opened;

answering(async ({ name, given }) => {
  if (name === "open") opened = await open();
  else return opened[name](...given);
});
