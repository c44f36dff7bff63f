// Resources for what neither the patients nor HL7's examples have values of: precisions, open periods,
// diacritics and signs that are escaped, identifiers without a system, labels, versions. All invented.

const PATIENT = "Patient/own-patient";
const CODES = "http://example.org/codes";
const UNITS = "http://unitsofmeasure.org";
const ENGLISH = { text: "English" };

/** An Observation of a code that only these have. */
function observation(id, elements) {
  return {
    resourceType: "Observation",
    id: `own-${id}`,
    status: "final",
    code: { coding: [{ system: CODES, code: "own", display: "Own" }] },
    subject: { reference: PATIENT },
    ...elements,
  };
}

function risk(id, ...probabilities) {
  return {
    resourceType: "RiskAssessment",
    id: `own-${id}`,
    status: "final",
    subject: { reference: PATIENT },
    prediction: probabilities.map((probabilityDecimal) => ({ probabilityDecimal })),
  };
}

function weight(id, value, comparator) {
  return observation(id, {
    code: { coding: [{ system: CODES, code: "weight" }] },
    valueQuantity: { value, comparator, unit: "kilo", system: UNITS, code: "kg" },
  });
}

/** One component of each pair of a code and a value. */
function pressure(id, ...pairs) {
  return observation(id, {
    code: { coding: [{ system: CODES, code: "pressure" }] },
    component: pairs.map(([code, value]) => ({
      code: { coding: [{ system: CODES, code }] },
      valueQuantity: { value, unit: "mmHg", system: UNITS, code: "mm[Hg]" },
    })),
  });
}

const PEOPLE = [
  {
    resourceType: "Organization",
    id: "own-group",
    name: "Zusammenschluß, Nord",
    identifier: [{ system: "http://example.org/houses", value: "N|1" }],
  },
  { resourceType: "Organization", id: "own-house", name: "Krankenhaus Mitte", partOf: { reference: "Organization/own-group" } },
  { resourceType: "Organization", id: "own-ward", name: "Station 7", partOf: { reference: "Organization/own-house" } },
  {
    resourceType: "Practitioner",
    id: "own-doctor",
    active: true,
    name: [{ family: "Ångström", given: ["Zoë", "Márta"] }],
    communication: [ENGLISH],
  },
  {
    resourceType: "Patient",
    id: "own-patient",
    meta: {
      profile: ["http://example.org/profiles/inpatient", "http://example.org/profiles/adult|2.1"],
      security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "R" }],
      tag: [{ system: CODES, code: "ward-7" }, { code: "untitled" }],
      source: "http://example.org/feeds/admissions",
    },
    active: true,
    gender: "other",
    birthDate: "1982",
    identifier: [
      {
        type: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v2-0203", code: "MR" }], text: "Record" },
        system: "http://example.org/records",
        value: "A,1",
      },
      { value: "no-system" },
    ],
    name: [{ family: "Müller-Lüdenscheidt", given: ["Jürgen", "van der"], text: "Jürgen Müller-Lüdenscheidt" }],
    telecom: [{ system: "phone", value: "+49 30 555", use: "home" }],
    address: [{ use: "home", line: ["Hauptstraße 5"], city: "Köln", postalCode: "50667", country: "DE" }],
    generalPractitioner: [{ reference: "Practitioner/own-doctor" }],
    managingOrganization: { reference: "Organization/own-house" },
    communication: [{ language: { coding: [{ system: "urn:ietf:bcp:47", code: "de-CH" }] }, preferred: true }],
  },
  {
    resourceType: "Patient",
    id: "own-newborn",
    meta: { tag: [{ system: CODES, code: "ward-8" }] },
    active: false,
    gender: "unknown",
    birthDate: "2024-02-29",
    deceasedDateTime: "2024-03",
    name: [{ family: "O'Brien", given: ["Ana"] }, { family: "Obrien" }],
    link: [{ other: { reference: PATIENT }, type: "seealso" }],
    managingOrganization: { reference: "Organization/own-ward" },
  },
];

const DATES = [
  observation("year", { effectiveDateTime: "2033" }),
  observation("month", { effectiveDateTime: "2033-06" }),
  observation("day", { effectiveDateTime: "2033-06-15" }),
  observation("second", { effectiveDateTime: "2033-06-15T12:30:00Z" }),
  observation("zone", { effectiveDateTime: "2033-06-15T23:30:00-05:00" }),
  observation("fraction", { effectiveDateTime: "2033-06-15T12:30:00.500Z" }),
  observation("instant", { effectiveInstant: "2033-06-15T12:30:30Z" }),
  observation("period", { effectivePeriod: { start: "2033-06-10", end: "2033-06-20" } }),
  observation("begun", { effectivePeriod: { start: "2033-06-14" } }),
  observation("ended", { effectivePeriod: { end: "2033-06-16" } }),
  observation("never", {}),
];

const QUANTITIES = [
  weight("light", 70),
  weight("exact", 70.0),
  weight("heavier", 70.4),
  weight("heavy", 75),
  weight("below", 60, "<"),
  weight("negative", -3),
  observation("plain", { code: { coding: [{ system: CODES, code: "weight" }] }, valueQuantity: { value: 70, unit: "kg" } }),
  pressure("high", ["upper", 160], ["lower", 95]),
  pressure("low", ["upper", 95], ["lower", 60]),
];

const CONCEPTS = [
  observation("concept", {
    code: { coding: [{ code: "own" }], text: "Own, of no system" },
    valueCodeableConcept: { coding: [{ system: CODES, code: "yes", display: "Yes, indeed" }] },
    method: { text: "By eye" },
  }),
  observation("string", { valueString: "50 % of $5, or more|less" }),
  observation("date", { valueDateTime: "2033-06-15T12:00:00Z" }),
  observation("absent", { dataAbsentReason: { coding: [{ code: "asked-unknown" }] } }),
  observation("elsewhere", { subject: { reference: "http://example.org/fhir/Patient/own-patient" } }),
  observation("identified", { subject: { identifier: { system: "http://example.org/records", value: "A,1" } } }),
  observation("panel", {
    hasMember: [{ reference: "Observation/own-light" }, { reference: "Observation/own-high" }],
    derivedFrom: [{ reference: "Observation/own-string" }],
    performer: [{ reference: "Practitioner/own-doctor" }, { reference: "Organization/own-ward" }],
  }),
];

const NUMBERS = [
  risk("tenth", 0.1),
  risk("third", 0.3),
  risk("more", 0.34),
  risk("quarter", 0.25),
  risk("two", 0.02, 0.9),
  risk("none"),
  { ...risk("range"), prediction: [{ probabilityRange: { low: { value: 0.2 }, high: { value: 0.4 } } }] },
];

const ORDERS = [
  {
    resourceType: "Encounter",
    id: "own-stay",
    status: "in-progress",
    class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "IMP" },
    subject: { reference: PATIENT },
    serviceProvider: { reference: "Organization/own-ward" },
    period: { start: "2033-06-01" },
    length: { value: 90, unit: "min", system: UNITS, code: "min" },
  },
  {
    resourceType: "Encounter",
    id: "own-visit",
    status: "finished",
    class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" },
    subject: { reference: PATIENT },
    partOf: { reference: "Encounter/own-stay" },
    period: { start: "2033-06-02T10:00:00Z", end: "2033-06-02T10:30:00Z" },
    length: { value: 30, unit: "min", system: UNITS, code: "min" },
  },
  {
    resourceType: "Condition",
    id: "own-condition",
    clinicalStatus: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/condition-clinical", code: "active" }] },
    code: { coding: [{ system: CODES, code: "ill", display: "Ill at ease" }] },
    subject: { reference: PATIENT },
    encounter: { reference: "Encounter/own-visit" },
    onsetAge: { value: 44, unit: "a", system: UNITS, code: "a" },
  },
  {
    resourceType: "Condition",
    id: "own-range",
    subject: { reference: PATIENT },
    onsetRange: { low: { value: 40, system: UNITS, code: "a" }, high: { value: 50, system: UNITS, code: "a" } },
  },
  {
    resourceType: "Provenance",
    id: "own-provenance",
    target: [{ reference: "Condition/own-condition/_history/1" }],
    recorded: "2033-06-15T12:30:00Z",
    agent: [{ who: { reference: "Practitioner/own-doctor" } }],
  },
  {
    resourceType: "List",
    id: "own-list",
    status: "current",
    mode: "working",
    title: "Ward round",
    entry: [{ item: { reference: PATIENT } }, { item: { reference: "Condition/own-condition" } }],
  },
];

const CANONICALS = [
  { resourceType: "Questionnaire", id: "own-first", url: "http://example.org/forms/pain", version: "1", status: "active" },
  { resourceType: "Questionnaire", id: "own-scale", url: "http://example.org/forms/pain/scale", version: "1", status: "active" },
  { resourceType: "Questionnaire", id: "own-painful", url: "http://example.org/forms/painful", version: "1", status: "active" },
  {
    resourceType: "QuestionnaireResponse",
    id: "own-answers",
    questionnaire: "http://example.org/forms/pain|1",
    status: "completed",
    subject: { reference: PATIENT },
  },
  {
    resourceType: "QuestionnaireResponse",
    id: "own-newer",
    questionnaire: "http://example.org/forms/pain|2",
    status: "completed",
    subject: { reference: PATIENT },
  },
];

/** What only a server with terminology answers; this replica does, from these. */
const TERMINOLOGY = [
  {
    resourceType: "CodeSystem",
    id: "own-codes",
    url: CODES,
    status: "active",
    content: "complete",
    hierarchyMeaning: "is-a",
    concept: [
      { code: "measured", concept: [{ code: "weight" }, { code: "pressure" }] },
      { code: "own", concept: [{ code: "ill" }] },
    ],
  },
  {
    resourceType: "ValueSet",
    id: "own-measures",
    url: "http://example.org/sets/measures",
    status: "active",
    compose: { include: [{ system: CODES, concept: [{ code: "weight" }, { code: "pressure" }] }] },
  },
];

export const RESOURCES = [
  ...PEOPLE,
  ...DATES,
  ...QUANTITIES,
  ...CONCEPTS,
  ...NUMBERS,
  ...ORDERS,
  ...CANONICALS,
  ...TERMINOLOGY,
];
