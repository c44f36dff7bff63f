/**
 * The questions that every contender is asked, the right answers by plain evaluation over all
 * resources, and the check: a contender that answers wrong has not been measured, it has failed.
 */

const CODE = "http://loinc.org|4548-4";
const NEWEST = 20;
const SUBJECTS = 20;

/**
 * @param {object[]} resources Every resource of the set, parsed.
 * @returns The code, the subjects that have most Observations of it, and what to answer for them:
 *   `newest[i]` for `subjects[i]`, as `{ id, time }` newest first; `all` ids.
 */
export function rightAnswers(resources) {
  const ofCode = resources.filter(
    (resource) =>
      resource.resourceType === "Observation" &&
      resource.code?.coding?.some((coding) => `${coding.system}|${coding.code}` === CODE),
  );
  const bySubject = new Map();
  for (const { id, subject, effectiveDateTime } of ofCode) {
    const of = bySubject.get(subject.reference) ?? [];
    of.push({ id, time: Date.parse(effectiveDateTime) });
    bySubject.set(subject.reference, of);
  }
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
    all: ofCode.map(({ id }) => id).sort(),
  };
}

/** What a contender is told: the questions without the answers. */
export function questions({ code, count, subjects }) {
  return { code, count, subjects };
}

/** Throws with a sentence where an answer of `contender` to any question is not the right one. */
export function check(contender, right, { newest, all, total }) {
  right.subjects.forEach((_, subject) => checkNewest(contender, right, subject, newest[subject]));
  const given = [...all].sort();
  if (given.length !== right.all.length || given.some((id, n) => id !== right.all[n])) {
    throw wrong(contender, `other Observations of the code (${given.length}) than there are (${right.all.length})`);
  }
  if (total !== right.all.length) throw wrong(contender, `a count of ${total}, not ${right.all.length}`);
}

/** The same for the newest Observations of one subject. */
export function checkNewest(contender, right, subject, ids) {
  const known = right.newest[subject];
  const expected = known.slice(0, right.count);
  if (ids.length !== expected.length || new Set(ids).size !== ids.length) {
    throw wrong(contender, `${ids.length} newest Observations of subject ${subject}, not ${expected.length}`);
  }
  // Equal times may come in any order, and any of those at the cut may be left out.
  const times = new Map(known.map(({ id, time }) => [id, time]));
  const misplaced = ids.findIndex((id, n) => times.get(id) !== expected[n].time);
  if (misplaced >= 0) throw wrong(contender, `another Observation as newest ${misplaced + 1} of subject ${subject}`);
}

function wrong(contender, what) {
  return new Error(`${contender} answered wrong: ${what}.`);
}
