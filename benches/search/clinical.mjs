/** What clinical queries ask about, as plain functions of a resource; for the queries of the ward, the growing set and the edge. */

export const CODES = {
  loinc: "http://loinc.org",
  snomed: "http://snomed.info/sct",
  ucum: "http://unitsofmeasure.org",
  category: "http://terminology.hl7.org/CodeSystem/observation-category",
  clinical: "http://terminology.hl7.org/CodeSystem/condition-clinical",
};
/** Haemoglobin A1c, in percent. */
export const HBA1C = `${CODES.loinc}|4548-4`;
/** Body height, weight, body mass index. */
export const BODY = ["8302-2", "29463-7", "39156-5"].map((code) => `${CODES.loinc}|${code}`);

/** `Type/id` of whom it is about. */
export const patientOf = ({ subject, patient }) => (subject ?? patient)?.reference;
/** `Practitioner/id` of all who took part in an Encounter. */
export const practitionersOf = ({ participant = [] }) => participant.flatMap(({ individual }) => individual?.reference ?? []);
/** When it was, in milliseconds. */
export const dateOf = ({ effectiveDateTime, occurrenceDateTime }) => Date.parse(effectiveDateTime ?? occurrenceDateTime);
/** Whether one of the concept's codings is the token `system|code`. */
export const coded = (concept, token) => Boolean(concept?.coding?.some(({ system, code }) => `${system}|${code}` === token));
export const isActive = ({ clinicalStatus }) => coded(clinicalStatus, `${CODES.clinical}|active`);
export const isVitalSign = ({ category }) => category.some((concept) => coded(concept, `${CODES.category}|vital-signs`));
/** Lower case without diacritics, as the names at hand need it. */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
/** Whether any part of any of the names begins so. */
export const named = ({ name }, prefix) =>
  name.some(({ family, given = [], prefix: titles = [] }) =>
    [family, ...given, ...titles].some((part) => folded(part).startsWith(prefix)),
  );
/** The family name that comes first. */
export const family = ({ name }) => name.map(({ family }) => folded(family)).sort()[0];

export const newestFirst = { key: dateOf, descending: true };

/** The value in percent, or NaN. */
export const percent = ({ valueQuantity }) => (valueQuantity?.code === "%" ? valueQuantity.value : NaN);

/** The query for those who had an Encounter with a practitioner. */
export const patientsOfPractitioner = {
  fhir: ({ practitioner }) => `Patient?_has:Encounter:patient:practitioner=${practitioner}&_sort=birthdate&_count=20`,
  plain: {
    type: "Patient",
    where: () => true,
    through: {
      type: "Encounter",
      where: (encounter, { practitioner }) => practitionersOf(encounter).includes(practitioner),
      to: patientOf,
      by: ({ id }) => `Patient/${id}`,
    },
    sort: { key: ({ birthDate }) => Date.parse(birthDate), descending: false },
    count: 20,
  },
};
