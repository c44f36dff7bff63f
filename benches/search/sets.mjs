/** The sets to search: their resources, which can be passed through again and again, their pages and their queries. */

import { BASE, EPOCH, STEP, bundle, stamped } from "../bundles.mjs";
import { lines } from "../ingest/set.mjs";
import { androidQueries, androidResources } from "./android.mjs";
import { wardQueries } from "./ward.mjs";

const PAGE = 1000;

/** Generated patients with the Android FHIR SDK's queries. */
export function androidSet({ patients }) {
  const texts = Array.from(androidResources(patients), (resource) => JSON.stringify(resource));
  return new SearchedSet(`android-${patients}`, texts, androidQueries);
}

/** Synthea's resources, or where they are not at hand generated ones, with a ward's queries. */
export async function wardSet({ root, limit, log }) {
  const byType = await lines({ root, limit, log });
  const held = [...byType.values()].reduce((sum, of) => sum + of.length, 0);
  const share = Math.min(1, limit / held);
  const taken = [...byType.values()].flatMap((of) => of.slice(0, Math.floor(of.length * share)));
  const texts = taken.map((line, n) => stamped(line, EPOCH + n * STEP));
  return new SearchedSet(`ward-${texts.length}`, texts, wardQueries);
}

class SearchedSet {
  #texts;

  constructor(name, texts, queriesOf) {
    this.name = name;
    this.#texts = texts;
    this.queries = queriesOf(this.resources());
  }

  get size() {
    return this.#texts.length;
  }

  /** Parsed as they are passed, so that they need not be held. */
  *resources() {
    for (const text of this.#texts) yield JSON.parse(text);
  }

  get pages() {
    return Math.ceil(this.size / PAGE);
  }

  /** The page `n` of the system's history. */
  page(n) {
    if (!(n >= 0 && n < this.pages)) return undefined;
    const url = (page) => `${BASE}/_history?_page=${page}`;
    const entries = this.#texts.slice(n * PAGE, (n + 1) * PAGE).map((text) => {
      const { resourceType, id } = JSON.parse(text);
      return { text, reference: `${resourceType}/${id}` };
    });
    const next = n + 1 < this.pages ? url(n + 1) : undefined;
    return bundle({ kind: "history", url: url(n), next, time: EPOCH + this.size * STEP, entries });
  }
}
