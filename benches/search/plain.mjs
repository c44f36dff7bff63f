/**
 * The right answers by plain evaluation: every resource passes by once and is held against every
 * query by functions of its own, which share nothing with any contender's index; and the check.
 */

import { wrong } from "../answers.mjs";

/**
 * What a query asks, said plainly. All functions are given a resource and the values asked for.
 * @typedef {object} Plain
 * @property {string} type Of the matches.
 * @property {(resource: object, values: object) => boolean} where
 * @property {{ type: string, where: Function, to: (resource: object) => string, by: (match: object) => string }} [through]
 *   A match counts only where `by` gives a reference that `to` gives for some resource that is so.
 * @property {{ key: (resource: object) => number | string, descending: boolean }} [sort]
 * @property {number} [count] How many matches at most.
 * @property {(resource: object) => string[]} [includes]
 * @property {{ type: string, to: (resource: object) => string, includes?: (resource: object) => string[] }[]} [revincludes]
 *   `includes`: what comes along with such a resource.
 * @property {boolean} [total] Only how many there are is asked for.
 */

/** `Type/id`, by which resources of an answer are told. Only one version of each is in a set. */
export function referenceOf({ resourceType, id }) {
  return `${resourceType}/${id}`;
}

/** The right answers to all queries, each for all the values that it is asked with. */
export class PlainAnswers {
  #evaluations;

  /** @param {{ name: string, asked: object[], plain: Plain }[]} queries */
  constructor(queries) {
    this.#evaluations = queries.map(({ plain, asked }) => asked.map((values) => new Evaluation(plain, values)));
  }

  add(resource) {
    const reference = referenceOf(resource);
    for (const evaluations of this.#evaluations) for (const evaluation of evaluations) evaluation.add(reference, resource);
  }

  /** @returns {Right[][]} For each query, for each of its values. */
  right() {
    return this.#evaluations.map((evaluations) => evaluations.map((evaluation) => evaluation.right()));
  }
}

class Evaluation {
  #plain;
  #values;
  #matches = [];
  #through = new Set();
  #referring = new Map();

  constructor(plain, values) {
    this.#plain = plain;
    this.#values = values;
  }

  add(reference, resource) {
    const { type, where, through, sort, includes, revincludes = [] } = this.#plain;
    const { resourceType } = resource;
    if (resourceType === type && where(resource, this.#values)) {
      this.#matches.push({ reference, key: sort?.key(resource), by: through?.by(resource), includes: includes?.(resource) ?? [] });
    }
    if (resourceType === through?.type && through.where(resource, this.#values)) this.#through.add(through.to(resource));
    for (const { type, to, includes: along } of revincludes) {
      if (resourceType !== type) continue;
      const target = to(resource);
      if (!this.#referring.has(target)) this.#referring.set(target, []);
      this.#referring.get(target).push(reference, ...(along?.(resource) ?? []));
    }
  }

  right() {
    const { through } = this.#plain;
    const matches = through ? this.#matches.filter(({ by }) => this.#through.has(by)) : this.#matches;
    return new Right(this.#plain, matches, this.#referring);
  }
}

/** What is right to answer to one query with its values. */
class Right {
  #plain;
  #known;
  #keys;
  #referring;

  constructor(plain, matches, referring) {
    this.#plain = plain;
    this.#known = new Map(matches.map((match) => [match.reference, match]));
    this.#referring = referring;
    if (plain.sort) {
      const ascending = matches.map(({ key }) => key).sort((a, b) => (a < b ? -1 : Number(a > b)));
      this.#keys = plain.sort.descending ? ascending.reverse() : ascending;
    }
  }

  /** How many resources match, not only those that are asked for. */
  get matches() {
    return this.#known.size;
  }

  /**
   * Throws with a sentence where the answer is not right. Matches of an equal key may come in any order,
   * and without an order any of all may be left out by the count.
   * @param {string} contender
   * @param {string} query Its name.
   * @param {string[] | number} answer References, matches and included ones alike, or the total.
   */
  check(contender, query, answer) {
    const { total, type, count = Infinity } = this.#plain;
    const isWrong = (what) => wrong(contender, `${what} for "${query}"`);
    if (total) {
      if (answer !== this.matches) throw isWrong(`a total of ${answer}, not ${this.matches},`);
      return;
    }
    const given = answer.filter((reference) => reference.startsWith(`${type}/`));
    const expected = Math.min(count, this.matches);
    if (given.length !== expected || new Set(given).size !== expected) {
      throw isWrong(`${given.length} matches (${new Set(given).size} of them distinct), not ${expected},`);
    }
    given.forEach((reference, n) => {
      const match = this.#known.get(reference);
      if (!match) throw isWrong(`a resource that doesn't match as number ${n + 1}`);
      if (this.#keys && match.key !== this.#keys[n]) throw isWrong(`another order from number ${n + 1} on`);
    });
    const more = answer.filter((reference) => !reference.startsWith(`${type}/`)).sort();
    const included = [...new Set(given.flatMap((reference) => this.#included(reference)))].sort();
    if (more.join() !== included.join()) throw isWrong(`${more.length} included resources, not the ${included.length} there are,`);
  }

  #included(reference) {
    return [...this.#known.get(reference).includes, ...(this.#referring.get(reference) ?? [])];
  }
}
