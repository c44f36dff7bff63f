// The FHIR shapes that a record is made of, as Synthea shapes them.

import { status } from "./codes.mjs";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Marks every resource as test data, the way FHIR has for it. */
export const TEST_DATA = {
  security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code: "HTEST" }],
};

let last = { time: NaN, text: "" };

/** ISO text of a time; what belongs to one visit mostly has one time. */
function iso(time) {
  if (last.time !== time) last = { time, text: new Date(time).toISOString() };
  return last.text;
}

/** A time in milliseconds as a FHIR dateTime of whole seconds. */
export const dateTime = (time) => `${iso(time).slice(0, 19)}+00:00`;
/** A time in milliseconds as a FHIR date. */
export const date = (time) => iso(time).slice(0, 10);
const instant = (time) => `${iso(time).slice(0, 23)}+00:00`;
const period = (start, end) => ({ start: dateTime(start), end: dateTime(end) });

/** A reference to a resource, as every resource of this population refers to another. */
export const reference = ({ resourceType, id }) => ({ reference: `${resourceType}/${id}` });

export function encounter(random, { patient, time, minutes, type, emergency, practitioner, organization }) {
  return {
    resourceType: "Encounter",
    id: random.uuid(),
    meta: TEST_DATA,
    status: "finished",
    class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: emergency ? "EMER" : "AMB" },
    type: [type],
    subject: reference(patient),
    participant: [{ individual: reference(practitioner) }],
    period: period(time, time + minutes * MINUTE),
    serviceProvider: reference(organization),
  };
}

/** @param {{ end?: number }} about `end`: when it was over; an active one has none */
export function condition(random, { patient, encounter, time, code, end }) {
  return {
    resourceType: "Condition",
    id: random.uuid(),
    meta: TEST_DATA,
    clinicalStatus: status("condition-clinical", end === undefined ? "active" : "resolved"),
    verificationStatus: status("condition-ver-status", "confirmed"),
    code,
    subject: reference(patient),
    encounter: reference(encounter),
    onsetDateTime: dateTime(time),
    ...(end !== undefined && { abatementDateTime: dateTime(end) }),
    recordedDate: dateTime(time),
  };
}

export function allergy(random, { patient, time, code, category, severe }) {
  return {
    resourceType: "AllergyIntolerance",
    id: random.uuid(),
    meta: TEST_DATA,
    clinicalStatus: status("allergyintolerance-clinical", "active"),
    verificationStatus: status("allergyintolerance-verification", "confirmed"),
    type: "allergy",
    category: [category],
    criticality: severe ? "high" : "low",
    code,
    patient: reference(patient),
    recordedDate: dateTime(time),
  };
}

/** An Observation without a value yet. */
function observation(random, { patient, encounter, time, measure }) {
  return {
    resourceType: "Observation",
    id: random.uuid(),
    meta: TEST_DATA,
    status: "final",
    category: [measure.category],
    code: measure.code,
    subject: reference(patient),
    encounter: reference(encounter),
    effectiveDateTime: dateTime(time),
    issued: instant(time),
  };
}

function quantity({ unit, decimals }, value) {
  return { value: Number(value.toFixed(decimals)), unit, system: "http://unitsofmeasure.org", code: unit };
}

export function measured(random, about, value) {
  const resource = observation(random, about);
  resource.valueQuantity = quantity(about.measure, value);
  if (about.measure.range) resource.referenceRange = [about.measure.range];
  return resource;
}

export function observedCode(random, about, value) {
  const resource = observation(random, about);
  resource.valueCodeableConcept = value;
  return resource;
}

/** @param {{ measure: object, value: number }[]} parts */
export function observedComponents(random, about, parts) {
  const resource = observation(random, about);
  resource.component = parts.map(({ measure, value }) => ({
    code: measure.code,
    valueQuantity: quantity(measure, value),
  }));
  return resource;
}

export function diagnosticReport(random, { patient, encounter, time, code, results }) {
  return {
    resourceType: "DiagnosticReport",
    id: random.uuid(),
    meta: TEST_DATA,
    status: "final",
    category: [
      { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v2-0074", code: "LAB", display: "Laboratory" }] },
    ],
    code,
    subject: reference(patient),
    encounter: reference(encounter),
    effectiveDateTime: dateTime(time),
    issued: instant(time),
    result: results.map((result) => ({ ...reference(result), display: result.code.text })),
  };
}

export function medicationRequest(random, { patient, encounter, time, code, active, practitioner, reason }) {
  return {
    resourceType: "MedicationRequest",
    id: random.uuid(),
    meta: TEST_DATA,
    status: active ? "active" : "stopped",
    intent: "order",
    medicationCodeableConcept: code,
    subject: reference(patient),
    encounter: reference(encounter),
    authoredOn: dateTime(time),
    requester: reference(practitioner),
    reasonReference: [reference(reason)],
    dosageInstruction: [
      {
        sequence: 1,
        timing: { repeat: { frequency: 1, period: 1, periodUnit: "d" } },
        asNeededBoolean: false,
        doseAndRate: [{ doseQuantity: { value: 1 } }],
      },
    ],
  };
}

export function immunization(random, { patient, encounter, time, code }) {
  return {
    resourceType: "Immunization",
    id: random.uuid(),
    meta: TEST_DATA,
    status: "completed",
    vaccineCode: code,
    patient: reference(patient),
    encounter: reference(encounter),
    occurrenceDateTime: dateTime(time),
    primarySource: true,
  };
}

export function procedure(random, { patient, encounter, time, code, reason }) {
  return {
    resourceType: "Procedure",
    id: random.uuid(),
    meta: TEST_DATA,
    status: "completed",
    code,
    subject: reference(patient),
    encounter: reference(encounter),
    performedPeriod: period(time, time + 15 * MINUTE),
    ...(reason && { reasonReference: [{ ...reference(reason), display: reason.code.text }] }),
  };
}

export function carePlan(random, { patient, encounter, time, code, activities, reason }) {
  return {
    resourceType: "CarePlan",
    id: random.uuid(),
    meta: TEST_DATA,
    text: {
      status: "generated",
      div: `<div xmlns="http://www.w3.org/1999/xhtml">${code.text}, meant to treat ${reason.code.text}.</div>`,
    },
    status: "active",
    intent: "order",
    category: [code],
    subject: reference(patient),
    encounter: reference(encounter),
    period: { start: dateTime(time) },
    addresses: [reference(reason)],
    activity: activities.map((activity) => ({ detail: { code: activity, status: "in-progress" } })),
  };
}
