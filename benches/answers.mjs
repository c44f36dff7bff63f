/**
 * The questions that every contender is asked, the right answers by plain evaluation over all
 * resources, and the check: a contender that answers wrong has not been measured, it has failed.
 */

import { keyOf } from "./key.mjs";

const CODE = "http://loinc.org|4548-4";
const NEWEST = 20;
const SUBJECTS = 20;

/** Evaluates as the resources pass by, so that a set need not be held. */
export class RightAnswers {
  #all = [];
  #bySubject = new Map();

  /** @param {object} resource Parsed. */
  add(resource) {
    if (!isOfCode(resource)) return;
    const { subject, effectiveDateTime } = resource;
    const key = keyOf(resource);
    this.#all.push(key);
    const of = this.#bySubject.get(subject.reference) ?? [];
    of.push({ key, time: Date.parse(effectiveDateTime) });
    this.#bySubject.set(subject.reference, of);
  }

  /**
   * @returns The code, the subjects that have most Observations of it, and what to answer for them:
   *   `newest[i]` for `subjects[i]`, as `{ key, time }` newest first; `all` keys.
   */
  result() {
    const bySubject = this.#bySubject;
    const subjects = [...bySubject.keys()]
      .sort((a, b) => bySubject.get(b).length - bySubject.get(a).length || (a < b ? -1 : 1))
      .slice(0, SUBJECTS);
    if (!subjects.length) {
      throw new Error(`The set holds no Observation of ${CODE}: take more resources with --limit.`);
    }
    return {
      code: CODE,
      count: NEWEST,
      subjects,
      newest: subjects.map((subject) => bySubject.get(subject).sort((a, b) => b.time - a.time)),
      all: this.#all.sort(),
    };
  }
}

/** Whether it is an Observation of the code that is asked for. */
export function isOfCode({ resourceType, code }) {
  return (
    resourceType === "Observation" && Boolean(code?.coding?.some((coding) => `${coding.system}|${coding.code}` === CODE))
  );
}

/** What a contender is told: the questions without the answers. */
export function questions({ code, count, subjects }) {
  return { code, count, subjects };
}

/** Throws with a sentence where an answer of `contender` to any question is not the right one. */
export function check(contender, right, { newest, all, total }) {
  right.subjects.forEach((_, subject) => checkNewest(contender, right, subject, newest[subject]));
  const given = [...all].sort();
  if (given.length !== right.all.length || given.some((key, n) => key !== right.all[n])) {
    throw wrong(contender, `other Observations of the code (${given.length}) than there are (${right.all.length})`);
  }
  if (total !== right.all.length) throw wrong(contender, `a count of ${total}, not ${right.all.length}`);
}

/** The same for the newest Observations of one subject. */
export function checkNewest(contender, right, subject, keys) {
  const known = right.newest[subject];
  const expected = known.slice(0, right.count);
  if (keys.length !== expected.length || new Set(keys).size !== keys.length) {
    throw wrong(contender, `${keys.length} newest Observations of subject ${subject}, not ${expected.length}`);
  }
  // Equal times may come in any order, and any of those at the cut may be left out.
  const times = new Map(known.map(({ key, time }) => [key, time]));
  const misplaced = keys.findIndex((key, n) => times.get(key) !== expected[n].time);
  if (misplaced >= 0) throw wrong(contender, `another Observation as newest ${misplaced + 1} of subject ${subject}`);
}

/** The failure of a contender whose answer is not the right one. */
export function wrong(contender, what) {
  return new Error(`${contender} answered wrong: ${what}.`);
}
