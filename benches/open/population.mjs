/**
 * A source of as many generated resources as asked for, as the pages of its system history, made
 * while they are asked for, and the answers of a ward's questions to it.
 */

import { RightAnswers } from "../answers.mjs";
import { BASE, EPOCH, bundle } from "../bundles.mjs";
import { patientRecords, sharedResources } from "../../scripts/demo/population.mjs";

const PAGE = 1000;
const RANGE = { from: Date.UTC(2024, 2, 1), to: Date.UTC(2024, 3, 1) };
const NAME_PREFIX = "ma";

/** The pages in their order, each once; after the last one, the answers. */
export class Source {
  #size;
  #resources;
  #made = 0;
  #last;
  #right = new RightAnswers();
  #inRange = 0;
  #named = 0;
  #patient;

  /** @param {number} size How many resources. */
  constructor(size) {
    this.#size = size;
    this.#resources = resources(size);
  }

  get pages() {
    return Math.ceil(this.#size / PAGE);
  }

  /**
   * The page `n`. They are made in their order; the last one made can be had again.
   * @returns {Buffer | undefined}
   */
  page(n) {
    if (n === this.#last?.n) return this.#last.bytes;
    if (n * PAGE !== this.#made || this.#made >= this.#size) return undefined;
    const entries = [];
    while (entries.length < PAGE && this.#made < this.#size) entries.push(this.#entry());
    const url = (page) => `${BASE}/_history?_page=${page}`;
    const bytes = bundle({
      kind: "history",
      url: url(n),
      next: this.#made < this.#size ? url(n + 1) : undefined,
      time: EPOCH + this.#size,
      entries,
    });
    this.#last = { n, bytes };
    return bytes;
  }

  /** The right answers once all pages were made. */
  answers() {
    if (this.#made < this.#size) throw new Error(`Only ${this.#made} of ${this.#size} resources were asked for.`);
    const { from, to } = RANGE;
    return {
      ...this.#right.result(),
      resources: this.#size,
      range: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), total: this.#inRange },
      name: { prefix: NAME_PREFIX, total: this.#named },
      patient: this.#patient,
    };
  }

  #entry() {
    const resource = this.#resources.next().value;
    this.#made += 1;
    const { resourceType, id, effectiveDateTime } = resource;
    this.#right.add(resource);
    if (resourceType === "Observation") {
      const time = Date.parse(effectiveDateTime);
      if (time >= RANGE.from && time < RANGE.to) this.#inRange += 1;
    }
    if (resourceType === "Patient") {
      this.#patient ??= `Patient/${id}`;
      if (named(resource, NAME_PREFIX)) this.#named += 1;
    }
    return { text: JSON.stringify(resource), reference: `${resourceType}/${id}` };
  }
}

/**
 * The first `size` resources, as the source has them.
 * @param {number} size
 * @returns {Generator<object>}
 */
export function* resources(size) {
  let made = 0;
  for (const resource of generated()) {
    if (made === size) return;
    resource.meta = { ...resource.meta, versionId: "1", lastUpdated: new Date(EPOCH + made).toISOString() };
    yield resource;
    made += 1;
  }
}

/** Whether any part of any of the names begins so, whatever its case. */
function named({ name }, prefix) {
  const parts = name.flatMap(({ family, given = [], prefix = [] }) => [family, ...given, ...prefix]);
  return parts.some((part) => part.toLowerCase().startsWith(prefix));
}

function* generated() {
  yield* sharedResources();
  yield* patientRecords({ patients: Infinity });
}
