/**
 * The indexes that Dexie and SQLite have, made for these queries, and the entries of a resource in
 * each: the same values for both. An entry begins with the type; where an answer is ordered, its key
 * ends so that walking the index gives the order; where a column more spares reading the resource,
 * it is there.
 */

/** What stands where there is no time: before and after all times. Both stores can order it. */
const NEVER = -8.64e15;
const EVER = 8.64e15;

/** Each index and its columns after the type. */
export const INDEXES = {
  by_updated: ["time"],
  by_identifier: ["identifier"],
  by_name: ["part", "family"],
  by_given: ["given"],
  by_birthdate: ["low", "high"],
  birthdate_of: ["patient", "low"],
  by_patient: ["patient", "date"],
  by_patient_category: ["patient", "category", "date"],
  by_patient_code: ["patient", "code", "date"],
  by_patient_status: ["patient", "status"],
  by_code: ["code", "date", "patient"],
  by_code_value: ["code", "unit", "date", "value"],
  by_code_status: ["code", "status"],
  by_type: ["encounterType", "patient"],
  by_practitioner: ["practitioner", "patient"],
  by_period: ["ended", "began"],
  by_quantity: ["unit", "value"],
  by_probability: ["probability"],
};

const OF_TYPE = {
  Patient: ofPatient,
  Encounter: ofEncounter,
  Observation: ofObservation,
  Condition: (resource) => {
    const status = tokens([resource.clinicalStatus])[0] ?? "";
    return {
      by_patient: [[patientOf(resource), time(resource.recordedDate)]],
      by_patient_status: [[patientOf(resource), status]],
      by_code_status: tokens([resource.code]).map((code) => [code, status]),
    };
  },
  MedicationRequest: (resource) => ({ by_patient_status: [[patientOf(resource), resource.status]] }),
  AllergyIntolerance: (resource) => ({ by_patient: [[patientOf(resource), time(resource.recordedDate)]] }),
  Immunization: (resource) => ({ by_patient: [[patientOf(resource), time(resource.occurrenceDateTime)]] }),
  RiskAssessment: ({ prediction }) => ({ by_probability: prediction.map(({ probabilityDecimal }) => [probabilityDecimal]) }),
};

/** @returns {Record<string, (string | number)[][]>} The resource's entries, all different, in the indexes that it is in. */
export function entries(resource) {
  const { resourceType } = resource;
  const made = OF_TYPE[resourceType]?.(resource) ?? {};
  return Object.fromEntries(Object.entries(made).map(([index, keys]) => [index, distinct(keys.map((key) => [resourceType, ...key]))]));
}

/** Text as strings are searched: lower case without diacritics. */
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function ofPatient({ id, name = [], identifier = [], birthDate }) {
  const family = name.map(({ family }) => folded(family ?? "")).sort()[0] ?? "";
  const parts = name.flatMap(({ family = [], given = [], prefix = [], suffix = [] }) => [family, given, prefix, suffix].flat());
  return {
    by_identifier: identifier.map(({ system, value }) => [`${system}|${value}`]),
    by_name: parts.map((part) => [folded(part), family]),
    by_given: name.flatMap(({ given = [] }) => given.map((one) => [one])),
    by_birthdate: birthDate ? [[Date.parse(birthDate), Date.parse(birthDate) + 86_399_999]] : [],
    birthdate_of: [[`Patient/${id}`, time(birthDate)]],
  };
}

function ofEncounter({ meta, subject: { reference: patient }, type, participant = [], period }) {
  return {
    by_updated: [[time(meta.lastUpdated)]],
    by_type: tokens(type).map((token) => [token, patient]),
    by_practitioner: participant.map(({ individual }) => [individual.reference, patient]),
    by_period: [[period.end ? Date.parse(period.end) : EVER, time(period.start)]],
  };
}

function ofObservation(resource) {
  const { category = [], code, effectiveDateTime, valueQuantity } = resource;
  const patient = patientOf(resource);
  const date = time(effectiveDateTime);
  const codes = tokens([code]);
  const unit = valueQuantity && `${valueQuantity.system}|${valueQuantity.code}`;
  return {
    by_patient: [[patient, date]],
    by_patient_category: tokens(category).map((token) => [patient, token, date]),
    by_patient_code: codes.map((token) => [patient, token, date]),
    by_code: codes.map((token) => [token, date, patient]),
    ...(valueQuantity && {
      by_code_value: codes.map((token) => [token, unit, date, valueQuantity.value]),
      by_quantity: [[unit, valueQuantity.value]],
    }),
  };
}

function patientOf({ subject, patient }) {
  return (subject ?? patient).reference;
}

function tokens(concepts) {
  return concepts.flatMap((concept) => concept?.coding ?? []).map(({ system, code }) => `${system}|${code}`);
}

function time(text) {
  return text ? Date.parse(text) : NEVER;
}

function distinct(keys) {
  return [...new Map(keys.map((key) => [key.join("\n"), key])).values()];
}
