/**
 * How SQLite answers each query: one statement each, which gives the JSON of the matches in their
 * order and then of what is included, or the total. `CROSS JOIN` keeps the order of the joins.
 */

import { BODY, CODES, HBA1C } from "./clinical.mjs";

const { clinical, category, snomed, ucum } = CODES;
const DAY = 86_400_000;

const OF_NAME_CONTAINING = "SELECT DISTINCT doc FROM by_name WHERE type = 'Patient' AND instr(part, ?1)";
const BY_IDENTIFIER = {
  sql: "SELECT json FROM by_identifier CROSS JOIN resource USING (doc) WHERE type = 'Patient' AND identifier = ?",
  bind: ({ identifier }) => [identifier],
};

/** @type {Record<string, { sql: string, bind?: (values: object) => (string | number)[], total?: boolean }>} */
export const QUERIES = {
  searchWithTypeStringSearchParameter: {
    sql: `SELECT json FROM resource WHERE doc IN (${OF_NAME_CONTAINING})`,
    bind: () => ["mirian768"],
  },
  searchWithTypeNumberSearchParameter: {
    sql: `SELECT json FROM by_probability CROSS JOIN resource USING (doc)
          WHERE type = 'RiskAssessment' AND probability >= 99.5 AND probability < 100.5`,
  },
  searchWithTypeDateSearchParameter: {
    sql: `SELECT json FROM by_birthdate CROSS JOIN resource USING (doc)
          WHERE type = 'Patient' AND low >= ?1 AND low < ?2 AND high < ?2`,
    bind: () => [Date.parse("2025-02-08"), Date.parse("2025-02-08") + DAY],
  },
  searchWithTypeQuantitySearchParameter: {
    sql: `SELECT json FROM by_quantity CROSS JOIN resource USING (doc)
          WHERE type = 'Observation' AND unit = ? AND value >= 5.4025 AND value < 5.4035`,
    bind: () => [`${ucum}|g`],
  },
  searchPatientIdWithTokenIdentifier: {
    sql: "SELECT json FROM resource WHERE reference = 'Patient/92675303-ca5b-136a-169b-e764c5753f06'",
  },
  "by identifier": BY_IDENTIFIER,
  searchPatientHasEncounter: {
    sql: `SELECT json FROM by_type CROSS JOIN resource ON reference = patient
          WHERE type = 'Encounter' AND encounterType = ? LIMIT 1`,
    bind: () => [`${snomed}|162673000`],
  },
  searchPatientSortedByBirthDate: {
    sql: `SELECT json FROM by_birthdate CROSS JOIN resource USING (doc)
          WHERE type = 'Patient' ORDER BY low DESC LIMIT 1`,
  },
  searchPatientSortedByName: {
    sql: `SELECT json FROM by_name CROSS JOIN resource USING (doc)
          WHERE type = 'Patient' ORDER BY part DESC LIMIT 1`,
  },
  searchPatientGivenWithDisjunctValues: {
    sql: `SELECT json FROM resource WHERE doc IN
          (SELECT doc FROM by_given WHERE type = 'Patient' AND given IN ('Mirian768', 'Julio255'))`,
  },
  searchPatientWithIncludeGeneralPractitioner: {
    sql: `WITH found AS MATERIALIZED (SELECT json FROM resource WHERE doc IN (${OF_NAME_CONTAINING}))
          SELECT json FROM found UNION ALL
          SELECT json FROM resource WHERE reference IN
            (SELECT value ->> '$.reference' FROM found, json_each(found.json, '$.generalPractitioner'))`,
    bind: () => ["gorden-01"],
  },
  searchEncounterLocalLastUpdated: {
    sql: `SELECT json FROM by_updated CROSS JOIN resource USING (doc)
          WHERE type = 'Encounter' ORDER BY time DESC LIMIT 1`,
  },
  searchPatientWithEitherGivenNameOrBirthDate: {
    sql: `SELECT json FROM resource WHERE doc IN
          (SELECT doc FROM by_given WHERE type = 'Patient' AND given = 'Mirian768' UNION ALL
           SELECT doc FROM by_birthdate WHERE type = 'Patient' AND low >= ?1 AND low < ?2 AND high < ?2)`,
    bind: () => [Date.parse("2025-02-09"), Date.parse("2025-02-09") + DAY],
  },
  searchPatientWithRevIncludeCondition: {
    sql: `WITH found AS MATERIALIZED (SELECT reference, json FROM resource WHERE doc IN (${OF_NAME_CONTAINING}))
          SELECT json FROM found UNION ALL
          SELECT resource.json FROM found CROSS JOIN by_patient CROSS JOIN resource USING (doc)
          WHERE type = 'Condition' AND patient = found.reference`,
    bind: () => ["bond-01"],
  },

  "newest vital signs of a patient": {
    sql: `SELECT json FROM by_patient_category CROSS JOIN resource USING (doc)
          WHERE type = 'Observation' AND patient = ? AND category = ? ORDER BY date DESC LIMIT 20`,
    bind: ({ patient }) => [patient, `${category}|vital-signs`],
  },
  "active conditions of a patient": {
    sql: `SELECT json FROM by_patient_status CROSS JOIN resource USING (doc)
          WHERE type = 'Condition' AND patient = ? AND status = ?`,
    bind: ({ patient }) => [patient, `${clinical}|active`],
  },
  "active medication requests of a patient": {
    sql: `SELECT json FROM by_patient_status CROSS JOIN resource USING (doc)
          WHERE type = 'MedicationRequest' AND patient = ? AND status = 'active'`,
    bind: ({ patient }) => [patient],
  },
  "allergies of a patient": {
    sql: `SELECT json FROM by_patient CROSS JOIN resource USING (doc)
          WHERE type = 'AllergyIntolerance' AND patient = ?`,
    bind: ({ patient }) => [patient],
  },
  "HbA1c of a patient in three years": {
    sql: `SELECT json FROM by_patient_code CROSS JOIN resource USING (doc)
          WHERE type = 'Observation' AND patient = ? AND code = ? AND date >= ? ORDER BY date DESC`,
    bind: ({ patient, since }) => [patient, HBA1C, since],
  },
  "newest measures of the body of a patient": {
    sql: `SELECT json FROM (
            SELECT doc, date FROM by_patient_code
            WHERE type = 'Observation' AND patient = ? AND code IN (?, ?, ?) ORDER BY date DESC LIMIT 20
          ) CROSS JOIN resource USING (doc) ORDER BY date DESC`,
    bind: ({ patient }) => [patient, ...BODY],
  },
  "newest immunizations of a patient": {
    sql: `SELECT json FROM by_patient CROSS JOIN resource USING (doc)
          WHERE type = 'Immunization' AND patient = ? ORDER BY date DESC LIMIT 10`,
    bind: ({ patient }) => [patient],
  },
  "encounters of a week": {
    sql: `SELECT json FROM by_period CROSS JOIN resource USING (doc)
          WHERE type = 'Encounter' AND ended >= ? AND began < ?`,
    bind: ({ from, to }) => [from, to],
  },
  "patients by the beginning of a name": {
    sql: `SELECT json FROM (
            SELECT DISTINCT doc, family FROM by_name
            WHERE type = 'Patient' AND part >= ?1 AND part < ?1 || char(65535) ORDER BY family LIMIT 20
          ) CROSS JOIN resource USING (doc) ORDER BY family`,
    bind: ({ prefix }) => [prefix],
  },
  "patient by identifier": BY_IDENTIFIER,
  "patients of a practitioner": {
    sql: `SELECT json FROM (
            SELECT doc, low FROM (
              SELECT DISTINCT patient FROM by_practitioner WHERE type = 'Encounter' AND practitioner = ?
            ) CROSS JOIN birthdate_of USING (patient) WHERE type = 'Patient' ORDER BY low LIMIT 20
          ) CROSS JOIN resource USING (doc) ORDER BY low`,
    bind: ({ practitioner }) => [practitioner],
  },
  "newest HbA1c above a value": {
    sql: `SELECT json FROM by_code_value CROSS JOIN resource USING (doc)
          WHERE type = 'Observation' AND code = ? AND unit = ? AND value > ? ORDER BY date DESC LIMIT 20`,
    bind: ({ above }) => [HBA1C, `${ucum}|%`, above],
  },
  "newest HbA1c with their patients": {
    sql: `WITH found AS MATERIALIZED (
            SELECT doc, patient, date FROM by_code WHERE type = 'Observation' AND code = ? ORDER BY date DESC LIMIT 20
          )
          SELECT json FROM (SELECT json FROM found CROSS JOIN resource USING (doc) ORDER BY date DESC) UNION ALL
          SELECT json FROM resource WHERE reference IN (SELECT patient FROM found)`,
    bind: () => [HBA1C],
  },
  "patient with conditions and allergies": {
    sql: `SELECT json FROM resource WHERE reference = ?1 UNION ALL
          SELECT json FROM by_patient CROSS JOIN resource USING (doc)
          WHERE type IN ('Condition', 'AllergyIntolerance') AND patient = ?1`,
    bind: ({ patient }) => [patient],
  },
  "newest HbA1c of the patient with an identifier": {
    sql: `SELECT found.json FROM by_identifier CROSS JOIN resource AS person USING (doc)
          CROSS JOIN by_patient_code AS entry ON entry.patient = person.reference
          CROSS JOIN resource AS found ON found.doc = entry.doc
          WHERE by_identifier.type = 'Patient' AND identifier = ? AND entry.type = 'Observation' AND code = ?
          ORDER BY entry.date DESC LIMIT 1`,
    bind: ({ identifier }) => [identifier, HBA1C],
  },
  "how many have a condition": {
    sql: "SELECT count(*) FROM by_code_status WHERE type = 'Condition' AND code = ? AND status = ?",
    bind: ({ condition }) => [condition, `${clinical}|active`],
    total: true,
  },
  "how many observations a patient has": {
    sql: "SELECT count(*) FROM by_patient WHERE type = 'Observation' AND patient = ?",
    bind: ({ patient }) => [patient],
    total: true,
  },
};
