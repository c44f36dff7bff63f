/**
 * What the bench calls in a page: fills a contender's store, or asks it queries, each contender as an
 * application's page would have it: Dexie in the page, the two others behind a worker.
 */

import { behindWorker } from "../contenders/behind-worker.js";
import { fill } from "../filling.js";

/**
 * How each contender is opened. `ask` gives what is to be parsed or is parsed already: in any case
 * `answer` makes an array of resources of it, or a total.
 */
const CONTENDERS = {
  dexie: {
    open: async () => (await import("./dexie.js")).open(),
    answer: (given) => given,
  },
  "sqlite-opfs": {
    open: () => behindWorker("/bench/search/sqlite-worker.js", ["ingest", "finish", "ask", "plans"]),
    answer: JSON.parse,
  },
  "fhir-pull": {
    async open() {
      const { open } = await import("../contenders/fhir-pull.js");
      const opened = await open();
      return { ...opened, ask: ({ fhir }) => opened.search(fhir) };
    },
    answer: ({ resources, total }, { counted }) => (counted ? total : resources),
  },
  floor: {
    open: async () => (await import("./floor.js")).open(),
    answer: JSON.parse,
  },
};

/** Fills the contender's empty store from the bench's server. */
export async function make({ contender, pages }) {
  const opened = await CONTENDERS[contender].open();
  await fill(opened, pages);
  await opened.finish?.();
  await opened.close();
}

/**
 * Opens what is stored and asks each query once, in the order given; and then each again and again,
 * with all that it is to be asked with in turn.
 * @param {{ contender: string, queries: { name: string, counted: boolean, asks: object[] }[], variant: number,
 *   warm?: { before: number, times: number } }} message `variant`: with which of its values each query
 *   is asked first.
 * @returns For each query: `cold` and `warm` milliseconds, and `answers` to each ask; or, where it
 *   can't be answered, `refused`, the code and the sentence.
 */
export async function ask({ contender, queries, variant, warm }) {
  const { open, answer } = CONTENDERS[contender];
  const opened = await open();
  await opened.prepare?.(queries);
  const results = {};
  const once = async ({ name, counted, asks }, n) => {
    const asked = { name, ...asks[n % asks.length] };
    const start = performance.now();
    const answered = answer(await opened.ask(asked), { counted });
    return { milliseconds: performance.now() - start, answered };
  };
  for (const query of queries) {
    const at = variant % query.asks.length;
    try {
      const { milliseconds, answered } = await once(query, at);
      results[query.name] = { cold: milliseconds, warm: [], answers: { [at]: told(answered) } };
    } catch (error) {
      if (contender !== "fhir-pull") throw error;
      results[query.name] = { refused: { code: error.code ?? "error", sentence: error.message } };
    }
  }
  for (const query of warm ? queries : []) {
    const result = results[query.name];
    if (result.refused) continue;
    for (let n = 0; n < warm.before + warm.times; n += 1) {
      const { milliseconds, answered } = await once(query, n);
      if (n >= warm.before) result.warm.push(milliseconds);
      result.answers[n % query.asks.length] ??= told(answered);
    }
  }
  await opened.close();
  return results;
}

/** The steps of SQLite's plan for each query, from a store that is filled. */
export async function plans() {
  const opened = await CONTENDERS["sqlite-opfs"].open();
  const found = await opened.plans();
  await opened.close();
  return found;
}

/** What an answer is checked by: its resources' references in their order, or the total. */
function told(answered) {
  return Array.isArray(answered) ? answered.map(({ resourceType, id }) => `${resourceType}/${id}`) : answered;
}
