/** What a ward asks of its patients day by day, and whom and what it is asked about, taken from the set. */

import { BODY, CODES, HBA1C, coded, dateOf, family, folded, isActive, isVitalSign, named, newestFirst, patientOf, patientsOfPractitioner, percent, practitionersOf } from "./clinical.mjs";

const PATIENTS = 10;
const DAY = 86_400_000;
const YEAR = 365 * DAY;

/**
 * @param {Iterable<object>} resources The set's.
 * @returns The queries, each with the values that it is asked with, one after the other.
 */
export function wardQueries(resources) {
  const { patients, practitioners, prefixes, conditions, weeks } = askedAbout(resources);
  const vitals = `category=${CODES.category}|vital-signs`;
  const active = `clinical-status=${CODES.clinical}|active`;
  const ofPatient = (resource, { patient }) => patientOf(resource) === patient;
  return [
    {
      name: "newest vital signs of a patient",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&${vitals}&_sort=-date&_count=20`,
      plain: {
        type: "Observation",
        where: (resource, values) => ofPatient(resource, values) && isVitalSign(resource),
        sort: newestFirst,
        count: 20,
      },
    },
    {
      name: "active conditions of a patient",
      asked: patients,
      fhir: ({ patient }) => `Condition?patient=${patient}&${active}`,
      plain: { type: "Condition", where: (resource, values) => ofPatient(resource, values) && isActive(resource) },
    },
    {
      name: "active medication requests of a patient",
      asked: patients,
      fhir: ({ patient }) => `MedicationRequest?patient=${patient}&status=active`,
      plain: {
        type: "MedicationRequest",
        where: (resource, values) => ofPatient(resource, values) && resource.status === "active",
      },
    },
    {
      name: "allergies of a patient",
      asked: patients,
      fhir: ({ patient }) => `AllergyIntolerance?patient=${patient}`,
      plain: { type: "AllergyIntolerance", where: ofPatient },
    },
    {
      name: "HbA1c of a patient in three years",
      asked: patients,
      fhir: ({ patient, since }) => `Observation?patient=${patient}&code=${HBA1C}&date=ge${instant(since)}&_sort=-date`,
      plain: {
        type: "Observation",
        where: (resource, values) =>
          ofPatient(resource, values) && coded(resource.code, HBA1C) && dateOf(resource) >= values.since,
        sort: newestFirst,
      },
    },
    {
      name: "newest measures of the body of a patient",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&code=${BODY.join()}&_sort=-date&_count=20`,
      plain: {
        type: "Observation",
        where: (resource, values) => ofPatient(resource, values) && BODY.some((token) => coded(resource.code, token)),
        sort: newestFirst,
        count: 20,
      },
    },
    {
      name: "newest immunizations of a patient",
      asked: patients,
      fhir: ({ patient }) => `Immunization?patient=${patient}&_sort=-date&_count=10`,
      plain: { type: "Immunization", where: ofPatient, sort: newestFirst, count: 10 },
    },
    {
      name: "encounters of a week",
      asked: weeks,
      fhir: ({ from, to }) => `Encounter?date=ge${instant(from)}&date=lt${instant(to)}`,
      plain: {
        type: "Encounter",
        where: ({ period: { start, end } }, { from, to }) => !(Date.parse(end) < from) && Date.parse(start) < to,
      },
    },
    {
      name: "patients by the beginning of a name",
      asked: prefixes,
      fhir: ({ prefix }) => `Patient?name=${prefix}&_sort=family&_count=20`,
      plain: {
        type: "Patient",
        where: (resource, { prefix }) => named(resource, prefix),
        sort: { key: family, descending: false },
        count: 20,
      },
    },
    {
      name: "patient by identifier",
      asked: patients,
      fhir: ({ identifier }) => `Patient?identifier=${identifier}`,
      plain: { type: "Patient", where: identified },
    },
    {
      name: "patients of a practitioner",
      asked: practitioners,
      ...patientsOfPractitioner,
    },
    {
      name: "newest HbA1c above a value",
      asked: [6, 6.2, 6.4, 6.5, 7].map((above) => ({ above })),
      fhir: ({ above }) => `Observation?code=${HBA1C}&value-quantity=gt${above}|${CODES.ucum}|%25&_sort=-date&_count=20`,
      plain: {
        type: "Observation",
        where: (resource, { above }) => coded(resource.code, HBA1C) && percent(resource) > above,
        sort: newestFirst,
        count: 20,
      },
    },
    {
      name: "newest HbA1c with their patients",
      asked: [{}],
      fhir: () => `Observation?code=${HBA1C}&_sort=-date&_count=20&_include=Observation:subject`,
      plain: {
        type: "Observation",
        where: ({ code }) => coded(code, HBA1C),
        sort: newestFirst,
        count: 20,
        includes: (resource) => [patientOf(resource)],
      },
    },
    {
      name: "patient with conditions and allergies",
      asked: patients,
      fhir: ({ id }) => `Patient?_id=${id}&_revinclude=Condition:patient&_revinclude=AllergyIntolerance:patient`,
      plain: {
        type: "Patient",
        where: (resource, { id }) => resource.id === id,
        revincludes: [
          { type: "Condition", to: patientOf },
          { type: "AllergyIntolerance", to: patientOf },
        ],
      },
    },
    {
      name: "newest HbA1c of the patient with an identifier",
      asked: patients,
      fhir: ({ identifier }) => `Observation?patient.identifier=${identifier}&code=${HBA1C}&_sort=-date&_count=1`,
      plain: {
        type: "Observation",
        where: ({ code }) => coded(code, HBA1C),
        through: { type: "Patient", where: identified, to: ({ id }) => `Patient/${id}`, by: patientOf },
        sort: newestFirst,
        count: 1,
      },
    },
    {
      name: "how many have a condition",
      asked: conditions,
      fhir: ({ condition }) => `Condition?code=${condition}&${active}&_summary=count`,
      plain: { type: "Condition", where: (resource, { condition }) => coded(resource.code, condition) && isActive(resource), total: true },
    },
    {
      name: "how many observations a patient has",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&_summary=count`,
      plain: { type: "Observation", where: ofPatient, total: true },
    },
  ];
}

function identified({ identifier: held }, { identifier }) {
  return held.some(({ system, value }) => `${system}|${value}` === identifier);
}

function instant(time) {
  return new Date(time).toISOString();
}

/**
 * Whom and what is asked about: the patients of whom most kinds of answers are there, and among them
 * those with most Observations; the busiest practitioners; the commonest beginnings of names and
 * active conditions; weeks of the last year.
 */
function askedAbout(resources) {
  const patients = new Map();
  const of = (reference) => {
    if (!patients.has(reference)) patients.set(reference, { patient: reference, kinds: new Set(), observations: 0, newest: -Infinity });
    return patients.get(reference);
  };
  const practitioners = new Tally();
  const prefixes = new Tally();
  const conditions = new Tally();
  let last = -Infinity;
  for (const resource of resources) {
    const { resourceType, period, status } = resource;
    const reference = patientOf(resource);
    if (resourceType === "Patient") {
      const about = of(`Patient/${resource.id}`);
      const { system, value } = resource.identifier[1] ?? resource.identifier[0];
      Object.assign(about, { id: resource.id, identifier: `${system}|${value}` });
      prefixes.add(folded(resource.name[0].family).slice(0, 2));
    }
    if (resourceType === "Encounter") {
      last = Math.max(last, Date.parse(period.start));
      for (const practitioner of practitionersOf(resource)) practitioners.add(practitioner);
    }
    if (resourceType === "Observation") {
      const about = of(reference);
      about.observations += 1;
      if (coded(resource.code, HBA1C)) {
        about.newest = Math.max(about.newest, dateOf(resource));
        about.kinds.add("HbA1c");
      }
    }
    if (resourceType === "Condition" && isActive(resource)) {
      of(reference).kinds.add(resourceType);
      const [{ system, code }] = resource.code.coding;
      conditions.add(`${system}|${code}`);
    }
    if (resourceType === "MedicationRequest" && status === "active") of(reference).kinds.add(resourceType);
    if (resourceType === "AllergyIntolerance") of(reference).kinds.add(resourceType);
  }
  const chosen = [...patients.values()]
    .filter(({ id }) => id)
    .sort((a, b) => b.kinds.size - a.kinds.size || b.observations - a.observations)
    .slice(0, PATIENTS);
  return {
    patients: chosen.map(({ patient, id, identifier, newest }) => ({ patient, id, identifier, since: Math.max(newest, 0) - 3 * YEAR })),
    practitioners: practitioners.most(5).map((practitioner) => ({ practitioner })),
    prefixes: prefixes.most(5).map((prefix) => ({ prefix })),
    conditions: conditions.most(5).map((condition) => ({ condition })),
    weeks: [0, 10, 20, 30, 40].map((ago) => ({ from: last - (ago + 1) * 7 * DAY, to: last - ago * 7 * DAY })),
  };
}

class Tally {
  #counts = new Map();

  add(key) {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** The keys that were there most often. */
  most(count) {
    const found = [...this.#counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return found.slice(0, count).map(([key]) => key);
  }
}
