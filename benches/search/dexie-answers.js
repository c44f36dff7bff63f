/** How Dexie answers each query. */

import { BODY, CODES, HBA1C } from "./clinical.mjs";

const { clinical, category, snomed, ucum } = CODES;

/**
 * @param {{ resources: import("dexie").Table, names: import("dexie").Table }} tables
 * @param {typeof import("dexie").Dexie} Dexie
 * @returns {Record<string, (values: object) => Promise<object[] | number>>} By the query's name.
 */
export function answers({ resources, names }, { minKey, maxKey }) {
  /** Entries that begin with these parts. */
  const under = (index, ...parts) => resources.where(index).between([...parts, minKey], [...parts, maxKey]);
  /** Entries from one on, and up to another one, which is left out. */
  const from = (index, low, high) => resources.where(index).between(low, high, true, false);
  const found = async (records) => (await records).map(({ resource }) => resource);
  const all = (collection) => found(collection.toArray());
  const newest = (collection, count) => found(collection.reverse().limit(count).toArray());
  /** Those that are there: in a part of a set, references may lead out of it. */
  const get = async (references) => found((await resources.bulkGet([...new Set(references)])).filter(Boolean));
  const by = (key) => (a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b)));

  /** The patients with a part of a name that contains the text. */
  async function containing(text) {
    const all = await names.toArray();
    return get(all.filter(({ parts }) => parts.some((part) => part.includes(text))).map(({ reference }) => reference));
  }

  /** The patients whom the entries of an index of Encounters are about, at the end of each. */
  async function patientsOf(index, ...parts) {
    const keys = await under(index, "Encounter", ...parts).keys();
    return keys.map((key) => key[key.length - 1]);
  }

  const birthdate = (day) => from("by_birthdate", ["Patient", Date.parse(day)], ["Patient", Date.parse(day) + 86_400_000]);
  const given = (name) => resources.where("by_given").equals(["Patient", name]);

  return {
    searchWithTypeStringSearchParameter: () => containing("mirian768"),
    searchWithTypeNumberSearchParameter: () => all(from("by_probability", ["RiskAssessment", 99.5], ["RiskAssessment", 100.5])),
    searchWithTypeDateSearchParameter: () => all(birthdate("2025-02-08")),
    searchWithTypeQuantitySearchParameter() {
      const of = ["Observation", `${ucum}|g`];
      return all(from("by_quantity", [...of, 5.4025], [...of, 5.4035]));
    },
    searchPatientIdWithTokenIdentifier: () => get(["Patient/92675303-ca5b-136a-169b-e764c5753f06"]),
    "by identifier": ({ identifier }) => all(resources.where("by_identifier").equals(["Patient", identifier])),
    async searchPatientHasEncounter() {
      const [[, , patient]] = await under("by_type", "Encounter", `${snomed}|162673000`).limit(1).keys();
      return get([patient]);
    },
    searchPatientSortedByBirthDate: () => newest(under("by_birthdate", "Patient"), 1),
    searchPatientSortedByName: () => newest(under("by_name", "Patient"), 1),
    searchPatientGivenWithDisjunctValues: () =>
      all(resources.where("by_given").anyOf([["Patient", "Julio255"], ["Patient", "Mirian768"]]).distinct()),
    async searchPatientWithIncludeGeneralPractitioner() {
      const patients = await containing("gorden-01");
      const references = patients.flatMap(({ generalPractitioner = [] }) => generalPractitioner.map(({ reference }) => reference));
      return [...patients, ...(await get(references))];
    },
    searchEncounterLocalLastUpdated: () => newest(under("by_updated", "Encounter"), 1),
    async searchPatientWithEitherGivenNameOrBirthDate() {
      const keys = await Promise.all([given("Mirian768").primaryKeys(), birthdate("2025-02-09").primaryKeys()]);
      return get(keys.flat());
    },
    async searchPatientWithRevIncludeCondition() {
      const patients = await containing("bond-01");
      const referring = await Promise.all(patients.map(({ id }) => all(under("by_patient", "Condition", `Patient/${id}`))));
      return [...patients, ...referring.flat()];
    },

    "newest vital signs of a patient": ({ patient }) =>
      newest(under("by_patient_category", "Observation", patient, `${category}|vital-signs`), 20),
    "active conditions of a patient": ({ patient }) =>
      all(resources.where("by_patient_status").equals(["Condition", patient, `${clinical}|active`])),
    "active medication requests of a patient": ({ patient }) =>
      all(resources.where("by_patient_status").equals(["MedicationRequest", patient, "active"])),
    "allergies of a patient": ({ patient }) => all(under("by_patient", "AllergyIntolerance", patient)),
    "HbA1c of a patient in three years"({ patient, since }) {
      const of = ["Observation", patient, HBA1C];
      return found(from("by_patient_code", [...of, since], [...of, maxKey]).reverse().toArray());
    },
    async "newest measures of the body of a patient"({ patient }) {
      const each = await Promise.all(BODY.map((code) => newest(under("by_patient_code", "Observation", patient, code), 20)));
      return each.flat().sort(by(({ effectiveDateTime }) => -Date.parse(effectiveDateTime))).slice(0, 20);
    },
    "newest immunizations of a patient": ({ patient }) => newest(under("by_patient", "Immunization", patient), 10),
    async "encounters of a week"({ from, to }) {
      const references = [];
      const ending = resources.where("by_period").between(["Encounter", from], ["Encounter", maxKey]);
      await ending.eachKey(([, , began], { primaryKey }) => {
        if (began < to) references.push(primaryKey);
      });
      return get(references);
    },
    async "patients by the beginning of a name"({ prefix }) {
      const families = new Map();
      await from("by_name", ["Patient", prefix], ["Patient", `${prefix}\uffff`]).eachKey(([, , family], { primaryKey }) => {
        families.set(primaryKey, family);
      });
      return get([...families.keys()].sort(by((reference) => families.get(reference))).slice(0, 20));
    },
    "patient by identifier": ({ identifier }) => all(resources.where("by_identifier").equals(["Patient", identifier])),
    async "patients of a practitioner"({ practitioner }) {
      const patients = await get(await patientsOf("by_practitioner", practitioner));
      return patients.sort(by(({ birthDate }) => birthDate)).slice(0, 20);
    },
    async "newest HbA1c above a value"({ above }) {
      const references = [];
      const entries = under("by_code_value", "Observation", HBA1C, `${ucum}|%`).reverse().until(() => references.length === 20);
      await entries.eachKey(([, , , , value], { primaryKey }) => {
        if (value > above) references.push(primaryKey);
      });
      return get(references.slice(0, 20));
    },
    async "newest HbA1c with their patients"() {
      const observations = await newest(under("by_code", "Observation", HBA1C), 20);
      return [...observations, ...(await get(observations.map(({ subject }) => subject.reference)))];
    },
    async "patient with conditions and allergies"({ patient }) {
      const [patients, conditions, allergies] = await Promise.all([
        get([patient]),
        all(under("by_patient", "Condition", patient)),
        all(under("by_patient", "AllergyIntolerance", patient)),
      ]);
      return [...patients, ...conditions, ...allergies];
    },
    async "newest HbA1c of the patient with an identifier"({ identifier }) {
      const patients = await resources.where("by_identifier").equals(["Patient", identifier]).primaryKeys();
      const each = await Promise.all(patients.map((patient) => newest(under("by_patient_code", "Observation", patient, HBA1C), 1)));
      return each.flat().sort(by(({ effectiveDateTime }) => -Date.parse(effectiveDateTime))).slice(0, 1);
    },
    "how many have a condition": ({ condition }) =>
      resources.where("by_code_status").equals(["Condition", condition, `${clinical}|active`]).count(),
    "how many observations a patient has": ({ patient }) => under("by_patient", "Observation", patient).count(),
  };
}
