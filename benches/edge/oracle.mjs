/**
 * What answers are held against: plain evaluation says which resources and in what order, and the source's own texts
 * say what each of them is. An answer is checked whole before anybody's time is taken.
 */

import { wrong } from "../answers.mjs";
import { PlainAnswers, referenceOf } from "../search/plain.mjs";

export class Oracle {
  #texts;
  #questions;
  #right;

  /** @param {{ reference: string, text: string }[]} versions @param {object[]} resources The same, parsed. */
  constructor(versions, resources, questions) {
    this.#texts = new Map(versions.map(({ reference, text }) => [reference, text]));
    this.#questions = questions;
    const searches = new PlainAnswers(questions.filter(({ plain }) => plain));
    for (const resource of resources) searches.add(resource);
    const right = searches.right();
    this.#right = questions.map(({ plain }) => plain && right.shift());
  }

  /**
   * Throws with a sentence where the answer to the question's `nth` values is not right.
   * @param {{ status: number, body: Buffer }} answer
   */
  check(contender, question, nth, { status, body }) {
    const { name, asked, plain } = this.#questions[question];
    const text = body.toString();
    if (status !== 200) throw wrong(contender, `${status} for "${name}": ${text.slice(0, 300)}`);
    if (!plain) {
      if (text !== this.#texts.get(asked[nth].reference)) throw wrong(contender, `another text of ${asked[nth].reference}`);
      return;
    }
    const bundle = JSON.parse(text);
    if (bundle.resourceType !== "Bundle" || bundle.type !== "searchset") throw wrong(contender, `no searchset for "${name}"`);
    const { entry: entries = [], total } = bundle;
    const right = this.#right[question][nth];
    right.check(contender, name, plain.total ? total : entries.map(({ resource }) => referenceOf(resource)));
    // Who tells how many there are without being asked must know; of $everything that is the compartment.
    if (total !== undefined && !plain.revincludes && total !== right.matches) throw wrong(contender, `a total of ${total} for "${name}"`);
    for (const entry of entries) this.#checkEntry(contender, this.#questions[question], entry);
  }

  #checkEntry(contender, { name, plain }, { fullUrl, resource, search }) {
    const reference = referenceOf(resource);
    const isSame = JSON.stringify(resource) === JSON.stringify(JSON.parse(this.#texts.get(reference)));
    if (!isSame) throw wrong(contender, `another ${reference} for "${name}"`);
    if (!fullUrl?.endsWith(`/fhir/${reference}`)) throw wrong(contender, `${fullUrl} as where ${reference} is, for "${name}"`);
    const mode = resource.resourceType === plain.type ? "match" : "include";
    // All of a compartment is what $everything was asked for: a server may say so of each.
    if (!plain.revincludes && search?.mode !== mode) throw wrong(contender, `${reference} as ${search?.mode} for "${name}"`);
  }
}
