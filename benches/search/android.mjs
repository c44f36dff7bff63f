/**
 * The set and the queries of the Android FHIR SDK's published benchmark (google/android-fhir,
 * engine/benchmarks, SearchApiViewModel): patients with their encounters, practitioners and
 * organizations, and the few resources that its queries look for. Each query keeps the name that it
 * has there, and is written as the FHIR search that means the same.
 */

import { EPOCH, STEP } from "../bundles.mjs";
import { ENCOUNTERS, CHRONIC } from "../../scripts/demo/population/codes.mjs";
import { TOWNS } from "../../scripts/demo/population/names.mjs";
import { patient } from "../../scripts/demo/population/person.mjs";
import { randomOf } from "../../scripts/demo/population/random.mjs";
import { condition, encounter } from "../../scripts/demo/population/resources.mjs";
import { house } from "../../scripts/demo/population/shared.mjs";

const SEED = 1;
const NOW = Date.UTC(2025, 5, 30);
const DAY = 86_400_000;
const SNOMED = "http://snomed.info/sct";
const UCUM = "http://unitsofmeasure.org";
const EXAMINATION = "162673000";
const KNOWN_ID = "92675303-ca5b-136a-169b-e764c5753f06";
const MANY = 1000;

/**
 * @param {number} patients How many.
 * @returns {Generator<object>} All resources with their versions and times, the same ones every time.
 */
export function* androidResources(patients) {
  let made = 0;
  for (const resource of unstamped(patients)) {
    resource.meta = { ...resource.meta, versionId: "1", lastUpdated: new Date(EPOCH + made * STEP).toISOString() };
    yield resource;
    made += 1;
  }
}

function* unstamped(patients) {
  const houses = house(SEED);
  for (const { organization, practitioners } of houses) yield* [organization, ...practitioners];
  for (let index = 0; index < patients; index += 1) {
    const random = randomOf(SEED, `searched patient ${index}`);
    const at = random.whole(0, houses.length - 1);
    const { organization, practitioners } = houses[at];
    const practitioner = random.pick(practitioners);
    const { resource } = patient({ random, now: NOW, town: TOWNS[at], organization, practitioner });
    if (index === patients >> 1) resource.id = KNOWN_ID;
    resource.name.forEach((name) => rename(name, random));
    yield resource;
    yield* lastYear({ random, patient: resource, practitioner, organization });
  }
  yield* soughtFor(houses[0].practitioners[0]);
}

/** Names as Synthea has them: in ASCII, with a number, so that there are thousands of different ones. */
function rename(name, random) {
  const numbered = (text) => `${text.normalize("NFD").replace(/[^A-Za-z' -]/g, "")}${random.whole(1, 999)}`;
  name.family = numbered(name.family);
  name.given = name.given.map(numbered);
  if (random.chance(0.001)) name.given[0] = "Mirian768";
  else if (random.chance(0.001)) name.given[0] = "Julio255";
}

function* lastYear({ random, patient, practitioner, organization }) {
  const visits = random.whole(1, 3);
  for (let visit = 0; visit < visits; visit += 1) {
    const time = NOW - random.between(0, 365) * DAY;
    const type = random.chance(0.4) ? examination() : random.pick(Object.values(ENCOUNTERS));
    const about = { patient, time, minutes: random.pick([15, 30, 60]), type, emergency: false, practitioner, organization };
    const made = encounter(random, about);
    yield made;
    if (random.chance(0.15)) yield condition(random, { patient, encounter: made, time, code: CHRONIC.hypertension.condition });
  }
}

function examination() {
  const display = "General examination of patient (procedure)";
  return { coding: [{ system: SNOMED, code: EXAMINATION, display }], text: display };
}

/** What the benchmark adds for single queries: what they find, and what they are to tell it from. */
function* soughtFor(practitioner) {
  const random = randomOf(SEED, "sought for");
  const person = (more) => ({ resourceType: "Patient", id: random.uuid(), ...more });
  const subject = person({ birthDate: "2025-02-08" });
  yield subject;
  yield person({ birthDate: "2025-02-09" });
  const gp = { ...practitioner, id: random.uuid(), name: [{ family: "Practitioner-01", given: ["General-01"] }] };
  yield gp;
  const generalPractitioner = [{ reference: `Practitioner/${gp.id}` }];
  yield person({ name: [{ family: "Gorden-01", given: ["James"] }], generalPractitioner });
  const ill = person({ name: [{ family: "Bond-01", given: ["James-12"] }] });
  yield ill;
  const { condition: code } = CHRONIC.diabetes;
  yield { resourceType: "Condition", id: random.uuid(), code, subject: { reference: `Patient/${ill.id}` } };
  const of = { subject: { reference: `Patient/${subject.id}` }, status: "final" };
  for (const probability of [...Array.from({ length: MANY }, (_, n) => n * 3), 99.5]) {
    const prediction = [{ probabilityDecimal: probability }];
    yield { resourceType: "RiskAssessment", id: random.uuid(), ...of, prediction };
  }
  for (const value of [...Array.from({ length: MANY }, (_, n) => n * 3), 5.403]) {
    const valueQuantity = { value, unit: "g", system: UCUM, code: "g" };
    const code = { coding: [{ system: "http://loinc.org", code: "29463-7" }] };
    yield { resourceType: "Observation", id: random.uuid(), ...of, code, valueQuantity };
  }
}

const given = (patient) => (patient.name ?? []).flatMap((name) => name.given ?? []);
const nameParts = (patient) => (patient.name ?? []).flatMap(({ family, given = [], prefix = [] }) => [family, ...given, ...prefix]);
const contains = (text) => (patient) => nameParts(patient).some((part) => part.toLowerCase().includes(text.toLowerCase()));
const largest = (texts) => texts.reduce((most, text) => (text > most ? text : most), "");

/**
 * @param {Iterable<object>} resources The set's.
 * @returns The queries, each with the values that it is asked with, one after the other.
 */
export function androidQueries(resources) {
  const identifiers = [];
  for (const { resourceType, identifier } of resources) {
    if (resourceType === "Patient" && identifier && identifiers.length < 10) identifiers.push(identifier[0]);
  }
  const once = [{}];
  return [
    {
      name: "searchWithTypeStringSearchParameter",
      asked: once,
      fhir: () => "Patient?name:contains=Mirian768",
      plain: { type: "Patient", where: contains("Mirian768") },
    },
    {
      // 100 has three digits: it means 99.5 up to 100.5.
      name: "searchWithTypeNumberSearchParameter",
      asked: once,
      fhir: () => "RiskAssessment?probability=100",
      plain: {
        type: "RiskAssessment",
        where: ({ prediction: [{ probabilityDecimal: at }] }) => at >= 99.5 && at < 100.5,
      },
    },
    {
      name: "searchWithTypeDateSearchParameter",
      asked: once,
      fhir: () => "Patient?birthdate=2025-02-08",
      plain: { type: "Patient", where: ({ birthDate }) => birthDate === "2025-02-08" },
    },
    {
      name: "searchWithTypeQuantitySearchParameter",
      asked: once,
      fhir: () => `Observation?value-quantity=5.403|${UCUM}|g`,
      plain: {
        type: "Observation",
        where: ({ valueQuantity: { value, code } }) => code === "g" && value >= 5.4025 && value < 5.4035,
      },
    },
    {
      // Its name says identifier; there it searches by the resource's id.
      name: "searchPatientIdWithTokenIdentifier",
      asked: once,
      fhir: () => `Patient?_id=${KNOWN_ID}`,
      plain: { type: "Patient", where: ({ id }) => id === KNOWN_ID },
    },
    {
      name: "by identifier",
      asked: identifiers.map(({ system, value }) => ({ identifier: `${system}|${value}` })),
      fhir: ({ identifier }) => `Patient?identifier=${identifier}`,
      plain: {
        type: "Patient",
        where: ({ identifier: held = [] }, { identifier }) => held.some(({ system, value }) => `${system}|${value}` === identifier),
      },
    },
    {
      name: "searchPatientHasEncounter",
      asked: once,
      fhir: () => `Patient?_has:Encounter:patient:type=${SNOMED}|${EXAMINATION}&_count=1`,
      plain: {
        type: "Patient",
        where: () => true,
        through: {
          type: "Encounter",
          where: ({ type }) => type[0].coding[0].code === EXAMINATION,
          to: ({ subject }) => subject.reference,
          by: ({ id }) => `Patient/${id}`,
        },
        count: 1,
      },
    },
    {
      name: "searchPatientSortedByBirthDate",
      asked: once,
      fhir: () => "Patient?_sort=-birthdate&_count=1",
      plain: {
        type: "Patient",
        where: () => true,
        sort: { key: ({ birthDate }) => Date.parse(birthDate ?? "0001-01-01"), descending: true },
        count: 1,
      },
    },
    {
      name: "searchPatientSortedByName",
      asked: once,
      fhir: () => "Patient?_sort=-name&_count=1",
      plain: {
        type: "Patient",
        where: () => true,
        // Of several values the one counts that comes first in the order asked for.
        sort: { key: (patient) => largest(nameParts(patient).map((part) => part.toLowerCase())), descending: true },
        count: 1,
      },
    },
    {
      name: "searchPatientGivenWithDisjunctValues",
      asked: once,
      fhir: () => "Patient?given:exact=Mirian768,Julio255",
      plain: { type: "Patient", where: (patient) => given(patient).some((name) => name === "Mirian768" || name === "Julio255") },
    },
    {
      name: "searchPatientWithIncludeGeneralPractitioner",
      asked: once,
      fhir: () => "Patient?name:contains=Gorden-01&_include=Patient:general-practitioner",
      plain: {
        type: "Patient",
        where: contains("Gorden-01"),
        includes: ({ generalPractitioner = [] }) => generalPractitioner.map(({ reference }) => reference),
      },
    },
    {
      name: "searchEncounterLocalLastUpdated",
      asked: once,
      fhir: () => "Encounter?_sort=-_lastUpdated&_count=1",
      plain: {
        type: "Encounter",
        where: () => true,
        sort: { key: ({ meta }) => Date.parse(meta.lastUpdated), descending: true },
        count: 1,
      },
    },
    {
      // An OR over two parameters: in FHIR that is `_filter`.
      name: "searchPatientWithEitherGivenNameOrBirthDate",
      asked: once,
      fhir: () => 'Patient?_filter=given eq "Mirian768" or birthdate eq 2025-02-09',
      plain: {
        type: "Patient",
        where: (patient) => given(patient).includes("Mirian768") || patient.birthDate === "2025-02-09",
      },
    },
    {
      name: "searchPatientWithRevIncludeCondition",
      asked: once,
      fhir: () => "Patient?name:contains=Bond-01&_revinclude=Condition:subject",
      plain: {
        type: "Patient",
        where: contains("Bond-01"),
        revincludes: [{ type: "Condition", to: ({ subject }) => subject.reference }],
      },
    },
  ];
}
