/** The floor's worker: texts, by the query that they answer. */

import { answering } from "../contenders/in-worker.js";

const held = new Map();

answering(({ name, given: [query, text] }) => {
  if (name === "hold") held.set(query, text);
  if (name === "ask") return held.get(query);
});
