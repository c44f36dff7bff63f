/** The queries of the growing set: generated patients' records, as `open` has them. */

import { resources } from "../open/population.mjs";
import { CODES, HBA1C, coded, dateOf, family, isActive, isVitalSign, named, newestFirst, patientOf, percent } from "./clinical.mjs";

/** Whom the queries are about is taken from the resources that every size has. */
const KNOWN = 10_000;
const PATIENTS = 10;
const HYPERTENSION = `${CODES.snomed}|38341003`;
const MONTH = { from: Date.UTC(2024, 2, 1), to: Date.UTC(2024, 3, 1) };

/** @returns The queries, each with the values that it is asked with, one after the other. */
export function growthQueries() {
  const patients = [];
  for (const { resourceType, id, identifier } of resources(KNOWN)) {
    if (resourceType !== "Patient") continue;
    const [{ system, value }] = identifier;
    patients.push({ patient: `Patient/${id}`, id, identifier: `${system}|${value}` });
    if (patients.length === PATIENTS) break;
  }
  const once = [{}];
  const ofPatient = (resource, { patient }) => patientOf(resource) === patient;
  const [from, to] = [MONTH.from, MONTH.to].map((time) => new Date(time).toISOString());
  return [
    {
      name: "one by id",
      asked: patients,
      fhir: ({ id }) => `Patient?_id=${id}`,
      plain: { type: "Patient", where: (resource, { id }) => resource.id === id },
    },
    {
      name: "one by identifier",
      asked: patients,
      fhir: ({ identifier }) => `Patient?identifier=${identifier}`,
      plain: {
        type: "Patient",
        where: ({ identifier: held }, { identifier }) => held.some(({ system, value }) => `${system}|${value}` === identifier),
      },
    },
    {
      name: "newest 20 vital signs of a patient",
      asked: patients,
      fhir: ({ patient }) => `Observation?patient=${patient}&category=${CODES.category}|vital-signs&_sort=-date&_count=20`,
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
      fhir: ({ patient }) => `Condition?patient=${patient}&clinical-status=${CODES.clinical}|active`,
      plain: { type: "Condition", where: (resource, values) => ofPatient(resource, values) && isActive(resource) },
    },
    {
      name: "newest 20 of a code",
      asked: once,
      fhir: () => `Observation?code=${HBA1C}&_sort=-date&_count=20`,
      plain: { type: "Observation", where: ({ code }) => coded(code, HBA1C), sort: newestFirst, count: 20 },
    },
    {
      name: "newest 20 of a code, with their patients",
      asked: once,
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
      name: "newest 20 of a code above a value",
      asked: once,
      fhir: () => `Observation?code=${HBA1C}&value-quantity=gt6.5|${CODES.ucum}|%25&_sort=-date&_count=20`,
      plain: {
        type: "Observation",
        where: (resource) => coded(resource.code, HBA1C) && percent(resource) > 6.5,
        sort: newestFirst,
        count: 20,
      },
    },
    {
      name: "first 20 by the beginning of a name",
      asked: once,
      fhir: () => "Patient?name=ma&_sort=family&_count=20",
      plain: {
        type: "Patient",
        where: (resource) => named(resource, "ma"),
        sort: { key: family, descending: false },
        count: 20,
      },
    },
    {
      name: "youngest 10 patients",
      asked: once,
      fhir: () => "Patient?_sort=-birthdate&_count=10",
      plain: {
        type: "Patient",
        where: () => true,
        sort: { key: ({ birthDate }) => Date.parse(birthDate), descending: true },
        count: 10,
      },
    },
    {
      name: "20 patients with an observation of a code",
      asked: once,
      fhir: () => `Patient?_has:Observation:patient:code=${HBA1C}&_count=20`,
      plain: {
        type: "Patient",
        where: () => true,
        through: {
          type: "Observation",
          where: ({ code }) => coded(code, HBA1C),
          to: patientOf,
          by: ({ id }) => `Patient/${id}`,
        },
        count: 20,
      },
    },
    {
      name: "how many observations of a code",
      asked: once,
      fhir: () => `Observation?code=${HBA1C}&_summary=count`,
      plain: { type: "Observation", where: ({ code }) => coded(code, HBA1C), total: true },
    },
    {
      name: "all observations of a code in a month",
      asked: once,
      fhir: () => `Observation?code=${HBA1C}&date=ge${from}&date=lt${to}`,
      plain: {
        type: "Observation",
        where: (resource) => coded(resource.code, HBA1C) && dateOf(resource) >= MONTH.from && dateOf(resource) < MONTH.to,
      },
    },
    {
      name: "all active conditions of a code",
      asked: once,
      fhir: () => `Condition?code=${HYPERTENSION}&clinical-status=${CODES.clinical}|active`,
      plain: { type: "Condition", where: (resource) => coded(resource.code, HYPERTENSION) && isActive(resource) },
    },
  ];
}
