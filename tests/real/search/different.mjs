// Where the server's answer is not the specification's, or is one of several that it allows. What is wanted
// is told here, or computed from the resources, never taken from the replica.
//
// `query`: as in same.mjs; `BASE` is the server's address. `server`: what it does. `because`: what decides.
// `wanted`: references, in any order, included ones as "+Type/id"; or `matches`: those of the type that fulfil it.

const SNOMED = "http://snomed.info/sct";
const FORMS = "http://example.org/forms";
const RECORDS = "http://example.org/records";
const WARD = "Organization/own-ward";

/** Whether a text of a CodeableConcept begins so. */
function says(concepts, start) {
  const texts = [concepts].flat().flatMap((concept) => [concept?.text, ...(concept?.coding ?? []).map(({ display }) => display)]);
  return texts.some((text) => text?.toLowerCase().startsWith(start));
}

const inGrams = ({ valueQuantity: it }) => it !== undefined && [it.unit, it.code].includes("g/dL");

/** @type {{ query: string, server: string, because: string, wanted?: string[], matches?: (resource: any) => boolean }[]} */
export const DIFFERENT = [
  {
    query: "MedicationRequest?code=http://snomed.info/sct|",
    server: "finds codes of contained Medications",
    because: "R4 search.html#contained: what a contained resource says is not said by the one that contains it",
    matches: ({ medicationCodeableConcept: code }) => code?.coding?.some(({ system }) => system === SNOMED),
  },
  {
    query: "Questionnaire?status=active",
    server: "finds the status of contained ValueSets",
    because: "R4 search.html#contained",
    matches: ({ status }) => status === "active",
  },
  {
    query: "Observation?subject=BASE/Patient/example",
    server: "finds nothing",
    because: "R4 search.html#reference: the absolute URL of a resource of this server is its relative reference",
    matches: ({ subject }) => subject?.reference === "Patient/example",
  },
  {
    query: "Observation?status=final",
    server: "has not indexed Observation/decimal, which has a value of -1e245: only `_id` finds it",
    because: "R4 datatypes.html#decimal",
    matches: ({ status }) => status === "final",
  },

  // What is missing.
  {
    query: "Observation?code:missing=true",
    server: "misses codes that are only text",
    because: "R5 search.html#modifiermissing: whether there is a value in the element",
    wanted: [],
  },
  {
    query: "Encounter?reason-code:missing=false",
    server: "misses reasons that are only text",
    because: "R5 search.html#modifiermissing",
    matches: ({ reasonCode }) => reasonCode !== undefined,
  },
  {
    query: "Task?business-status:missing=true",
    server: "misses a status that is only text",
    because: "R5 search.html#modifiermissing",
    matches: ({ businessStatus }) => businessStatus === undefined,
  },
  {
    query: "ServiceRequest?replaces:missing=false",
    server: "misses references that are only a display",
    because: "R5 search.html#modifiermissing",
    matches: ({ replaces }) => replaces !== undefined,
  },
  {
    query: "Observation?code=own&subject:missing=true",
    server: "misses references that are only an identifier",
    because: "R5 search.html#modifiermissing",
    wanted: [],
  },
  {
    query: "RiskAssessment?probability:missing=true",
    server: "misses Ranges",
    because: "R5 search.html#modifiermissing; the parameter's expression has both decimal and Range",
    matches: ({ prediction = [] }) => !prediction.some((one) => one.probabilityDecimal !== undefined || one.probabilityRange),
  },

  // Numbers and quantities.
  {
    query: "RiskAssessment?probability=ge0.25",
    server: "misses Ranges",
    because: "R5 search.html#prefix: ge compares with the upper bound of what is explicitly a range",
    matches: ({ prediction = [] }) =>
      prediction.some((one) => one.probabilityDecimal >= 0.25 || one.probabilityRange?.high.value > 0.25),
  },
  {
    query: "Condition?onset-age=gt45||a",
    server: "misses Ranges",
    because: "R5 search.html#prefix",
    matches: ({ onsetAge, onsetRange }) => (onsetAge ?? onsetRange?.high)?.code === "a" && (onsetAge ?? onsetRange.high).value > 45,
  },
  {
    query: "Observation?code=weight&value-quantity=lt60||kg",
    server: "takes a value for its bound",
    because: "R4 datatypes.html#quantity: by its comparator, `<`, the value is anything below 60",
    wanted: ["Observation/own-below", "Observation/own-negative"],
  },
  {
    query: "Observation?code=weight&value-quantity=70|http://unitsofmeasure.org|kg",
    server: "finds a unit without a system",
    because: "R5 search.html#quantity: with a system, system and code are compared, not what is written for people",
    wanted: ["Observation/own-light", "Observation/own-exact", "Observation/own-heavier"],
  },
  {
    query: "Observation?value-quantity=lt7.2||g/dL",
    server: "converts units: mg/dL too",
    because: "R5 search.html#quantity: a server may convert; the replica compares units as they are",
    matches: (one) => inGrams(one) && one.valueQuantity.value < 7.2,
  },
  {
    query: "Encounter?length=gt1||h",
    server: "converts units: minutes too",
    because: "R5 search.html#quantity",
    matches: ({ length }) => [length?.unit, length?.code].includes("h") && length.value > 1,
  },

  // Dates.
  {
    query: "Observation?_id=blood-pressure,f001&date=ap2013-04-02",
    server: "takes only the near days",
    because: "R5 search.html#prefix: ap of a date is by a tenth of the time between it and now, here more than a year",
    wanted: ["Observation/blood-pressure", "Observation/f001"],
  },

  // Tokens.
  {
    query: "Patient?gender=http://hl7.org/fhir/administrative-gender|",
    server: "finds nothing by the system alone",
    because: "R5 search.html#token: the system of a code is implicit",
    matches: ({ gender }) => gender !== undefined,
  },
  {
    query: "Patient?gender=|male",
    server: "takes a code for one without a system",
    because: "R5 search.html#token: the system of a code is implicit",
    wanted: [],
  },
  {
    query: "Patient?telecom=phone|%2B49 30 555",
    server: "takes ContactPoint.system for a system",
    because: "R5 search.html#token: a ContactPoint has none, and is searched without the pipe",
    wanted: [],
  },
  {
    query: "Observation?code:text=blood",
    server: "looks within texts",
    because: "R4 search.html#token: `:text` is a string search, which goes by the beginning",
    matches: ({ code }) => says(code, "blood"),
  },
  {
    query: "CarePlan?category:text=weight",
    server: "does not look into CodeableConcept.text without a coding",
    because: "R4 search.html#token",
    matches: ({ category }) => says(category, "weight"),
  },
  {
    query: "Patient?identifier:text=record",
    server: "does not look into Identifier.type.text",
    because: "R4 search.html#token",
    wanted: ["Patient/own-patient"],
  },

  // Strings and escapes.
  {
    query: "Patient?given=van  der",
    server: "compares white space as it is",
    because: "R5 search.html#string: repeated space is not significant",
    wanted: ["Patient/own-patient"],
  },
  {
    query: "Patient?address=HAUPTSTRASSE",
    server: "keeps ß apart from its upper case",
    because: "R5 search.html#string: casing does not count",
    wanted: ["Patient/own-patient"],
  },
  {
    query: "Patient?phonetic=peter",
    server: "ignores the parameter",
    because: "R4 patient.html#search: how sounds are compared is open; the replica compares the strings",
    matches: ({ name = [] }) =>
      name.some(({ family, given = [], text }) => [family, text, ...given].some((part) => part?.toLowerCase().startsWith("peter"))),
  },
  {
    query: "Organization?identifier=http://example.org/houses|N\\|1",
    server: "takes an escaped pipe for one that separates",
    because: "R5 search.html#escaping",
    wanted: ["Organization/own-group"],
  },
  {
    query: "Observation?value-string=50 %25 of \\$5\\, or more\\|less",
    server: "does not know the escapes of dollar and pipe in strings",
    because: "R5 search.html#escaping",
    wanted: ["Observation/own-string"],
  },

  // References, chains and canonicals.
  {
    query: `Observation?subject:identifier=${RECORDS}|A\\,1`,
    server: "looks at the identifiers of the Patient",
    because: "R5 search.html#modifieridentifier: at Reference.identifier, whatever the Patient's are",
    wanted: ["Observation/own-identified"],
  },
  {
    query: "Observation?based-on:identifier=https://acme.org/identifiers|1234",
    server: "looks at the identifiers of what is referred to, which is not known",
    because: "R5 search.html#modifieridentifier",
    matches: ({ basedOn = [] }) => basedOn.some(({ identifier }) => identifier?.value === "1234"),
  },
  {
    query: "Provenance?target=Condition/own-condition/_history/2",
    server: "finds references to version 1",
    because: "R5 search.html#reference: that version of the resource",
    wanted: [],
  },
  {
    query: "Condition?_has:Provenance:target:agent=Practitioner/own-doctor",
    server: "does not follow a reference to a version",
    because: "R5 search.html#has",
    wanted: ["Condition/own-condition"],
  },
  {
    query: "Patient?_has:Condition:patient:encounter.length=30",
    server: "knows no chain after `_has`",
    because: "R5 search.html#has",
    wanted: ["Patient/own-patient"],
  },
  {
    query: "Patient?_has:Observation:patient:component-code-value-quantity=upper$gt150",
    server: "ignores a composite after `_has`: all Patients with Observations",
    because: "R5 search.html#has",
    wanted: ["Patient/own-patient"],
  },
  {
    query: "DocumentReference?relationship=DocumentReference/example$appends",
    server: "knows no reference in a composite",
    because: "R4 search.html#composite",
    matches: ({ relatesTo = [] }) =>
      relatesTo.some(({ code, target }) => code === "appends" && target.reference === "DocumentReference/example"),
  },
  {
    query: `QuestionnaireResponse?questionnaire=${FORMS}/pain`,
    server: "finds only canonicals without a version",
    because: "R5 search.html#versions: without one, any version",
    wanted: ["QuestionnaireResponse/own-answers", "QuestionnaireResponse/own-newer"],
  },

  // Includes and compartments.
  {
    query: "Encounter?_id=own-visit&_include=*",
    server: "includes nothing",
    because: "R5 search.html#include: `*` is all references",
    wanted: ["Encounter/own-visit", "+Encounter/own-stay", "+Patient/own-patient"],
  },
  {
    query: "Organization?_id=own-ward&_revinclude=*",
    server: "includes nothing",
    because: "R5 search.html#include",
    wanted: [WARD, "+Patient/own-newborn", "+Encounter/own-stay", "+Observation/own-panel"],
  },
  {
    query: "Patient/own-patient/Patient",
    server: "finds only the linked Patient",
    because: "R5 compartmentdefinition-patient.html: the Patient is in its own compartment, which R4 does not say",
    wanted: ["Patient/own-patient", "Patient/own-newborn"],
  },
  {
    query: "Encounter/own-visit/Encounter",
    server: "finds nothing",
    because: "R4 compartmentdefinition-encounter.html: the Encounter is in its own compartment ({def})",
    wanted: ["Encounter/own-visit"],
  },
];

/** The same of orders; `wanted` is in order. */
export const DIFFERENT_ORDER = [
  {
    query: "Observation?_id=own-second,own-fraction,own-instant&_sort=date",
    server: "sorts the text: `.` stands before `Z`",
    because: "R4 search.html#sort: by date",
    wanted: ["Observation/own-second", "Observation/own-fraction", "Observation/own-instant"],
  },
  {
    query: "Patient?_id=f001,example,own-patient&_sort=-family",
    server: "sorts small letters behind capital ones",
    because: "R5 search.html#sort: casing should not count",
    wanted: ["Patient/example", "Patient/f001", "Patient/own-patient"],
  },
  {
    query: "Practitioner?_id=own-doctor,f201,f202&_sort=family",
    server: "sorts Å behind Z",
    because: "R5 search.html#sort: accents are ignored, or as the realm does it",
    wanted: ["Practitioner/own-doctor", "Practitioner/f201", "Practitioner/f202"],
  },
];

/** The same of parts of a resource: the members of the one that is found. */
export const DIFFERENT_PARTS = [
  {
    query: "Patient?_id=example&_summary=true",
    server: "leaves out choice elements and what stands beside a primitive value",
    because: "R5 search.html#summary: all elements that are marked as summary",
    wanted:
      "_birthDate active address birthDate deceasedBoolean gender id identifier managingOrganization meta name resourceType telecom",
  },
  {
    query: "Observation?_id=f001&_elements=value",
    server: "leaves out choice elements, and what is mandatory",
    because: "R5 search.html#elements: what is mandatory or a modifier should always be there",
    wanted: "code id meta resourceType status valueQuantity",
  },
  {
    query: "Condition?_id=own-condition&_summary=text",
    server: "leaves out what is mandatory",
    because: "R5 search.html#summary",
    wanted: "clinicalStatus id meta resourceType subject",
  },
];
