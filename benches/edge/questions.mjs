/** What an edge is asked: reads all over the set, and the searches of an application about one patient after the other. */

import { CODES, coded, dateOf, newestFirst, patientOf, patientsOfPractitioner, practitionersOf } from "../search/clinical.mjs";
import { referenceOf } from "../search/plain.mjs";

const READS = 100;
const PATIENTS = 10;
const PRACTITIONERS = 5;
const YEAR = 365 * 86_400_000;
const WEIGHT = `${CODES.loinc}|29463-7`;

/**
 * The read comes first: it has no `plain`, its answer is the resource's own text.
 *
 * @param {object[]} resources The set's.
 * @returns {{ name: string, asked: object[], fhir: (values: object) => string, plain?: import("../search/plain.mjs").Plain }[]}
 */
export function questionsAbout(resources) {
  const patients = patientsAskedAbout(resources);
  const ofPatient = (resource, { patient }) => patientOf(resource) === patient;
  const weights = {
    type: "Observation",
    where: (resource, values) => ofPatient(resource, values) && coded(resource.code, WEIGHT),
    sort: newestFirst,
    count: 20,
  };
  return [
    {
      name: "read",
      asked: evenly(resources, READS).map((resource) => ({ reference: referenceOf(resource) })),
      fhir: ({ reference }) => reference,
    },
    {
      name: "newest 20 of a code",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&code=${WEIGHT}&_sort=-date&_count=20`,
      plain: weights,
    },
    {
      name: "newest 50 of a year",
      asked: patients,
      fhir: ({ patient, from, to }) =>
        `Observation?patient=${patient}&date=ge${instant(from)}&date=lt${instant(to)}&_sort=-date&_count=50`,
      plain: {
        type: "Observation",
        where: (resource, values) => ofPatient(resource, values) && dateOf(resource) >= values.from && dateOf(resource) < values.to,
        sort: newestFirst,
        count: 50,
      },
    },
    {
      name: "_include",
      asked: patients,
      fhir: ({ patient }) =>
        `Observation?patient=${patient}&code=${WEIGHT}&_sort=-date&_count=20&_include=Observation:encounter`,
      plain: { ...weights, includes: ({ encounter }) => (encounter ? [encounter.reference] : []) },
    },
    {
      name: "_has",
      asked: busiestPractitioners(resources),
      ...patientsOfPractitioner,
    },
    {
      name: "compartment",
      asked: patients,
      fhir: ({ patient }) => `${patient}/Condition`,
      plain: { type: "Condition", where: ofPatient },
    },
    {
      name: "$everything",
      asked: patients,
      fhir: ({ patient }) => `${patient}/$everything`,
      plain: {
        type: "Patient",
        where: (resource, { patient }) => referenceOf(resource) === patient,
        revincludes: compartmentTypes(resources).map((type) => ({ type, to: patientOf, includes: othersReferredTo })),
      },
    },
    {
      name: "count",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&_summary=count`,
      plain: { type: "Observation", where: ofPatient, total: true },
    },
  ];
}

/** Where a date is told to the second, it is all of that second: a search from its middle on finds it, too. */
function nextSecond(time) {
  return Math.floor(time / 1000) * 1000 + 1000;
}

/** From the smallest record to the largest, and the year up to the newest Observation of each. */
function patientsAskedAbout(resources) {
  const records = new Map();
  for (const resource of resources) {
    const patient = patientOf(resource);
    if (!patient) continue;
    const record = records.get(patient) ?? { patient, size: 0, to: 0 };
    record.size += 1;
    if (resource.resourceType === "Observation") record.to = Math.max(record.to, nextSecond(dateOf(resource)));
    records.set(patient, record);
  }
  const sorted = [...records.values()].sort((a, b) => a.size - b.size || (a.patient < b.patient ? -1 : 1));
  return evenly(sorted, PATIENTS).map(({ patient, to }) => ({ patient, from: to - YEAR, to }));
}

function busiestPractitioners(resources) {
  const encounters = new Map();
  for (const encounter of resources.filter(({ resourceType }) => resourceType === "Encounter")) {
    for (const practitioner of practitionersOf(encounter)) encounters.set(practitioner, (encounters.get(practitioner) ?? 0) + 1);
  }
  const sorted = [...encounters].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.slice(0, PRACTITIONERS).map(([practitioner]) => ({ practitioner }));
}

/** The types that a patient's compartment may have beside the patient: a Device is in none (R4's CompartmentDefinition). */
function compartmentTypes(resources) {
  const types = new Set(resources.map(({ resourceType }) => resourceType));
  return [...types].filter((type) => type !== "Patient" && type !== "Device");
}

/** What a resource refers to but for its patient, wherever in it. */
function othersReferredTo(resource) {
  const found = [...JSON.stringify(resource).matchAll(/"reference":"([A-Z][A-Za-z]+\/[^"]+)"/g)].map(([, reference]) => reference);
  return found.filter((reference) => reference !== patientOf(resource));
}

/** So many of the list, at equal distances. */
function evenly(list, count) {
  const length = Math.min(count, list.length);
  return Array.from({ length }, (_, n) => list[Math.floor(((n + 0.5) * list.length) / length)]);
}

function instant(time) {
  return new Date(time).toISOString();
}
