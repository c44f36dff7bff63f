// FHIR elements as text. A server may send anything, so every shape is looked at before it is used.

import { measured } from "./numbers.js";

/** The objects of what should be a list. */
export const list = (value) => (Array.isArray(value) ? value : []).filter((item) => item !== null && typeof item === "object");

/** A string or number as text, anything else as nothing. */
export function text(value) {
  if (typeof value === "string") return value.trim();
  return typeof value === "number" ? String(value) : "";
}

/** A HumanName, the official or usual one before others: `Ada King (Countess of Lovelace)`. */
export function humanName(names) {
  const all = list(names);
  const name = all.find(({ use }) => use === "official") ?? all.find(({ use }) => use === "usual") ?? all[0];
  if (!name) return "No name given";
  if (text(name.text)) return text(name.text);
  const words = [...strings(name.prefix), ...strings(name.given), text(name.family), ...strings(name.suffix)];
  return words.filter(Boolean).join(" ") || "No name given";
}

/** A CodeableConcept: its text, else a display, else a code. */
export function concept(value) {
  const codings = list(value?.coding);
  const display = codings.map((coding) => text(coding.display)).find(Boolean);
  const code = codings.map((coding) => text(coding.code)).find(Boolean);
  return text(value?.text) || display || code || "Not coded";
}

/** The code of a CodeableConcept's first coding, as with clinicalStatus. */
export const firstCode = (value) => list(value?.coding).map((coding) => text(coding.code)).find(Boolean) ?? "";

/** A Quantity: `< 5.4 mmol/L`. */
export function quantity(value) {
  if (typeof value?.value !== "number") return text(value?.unit);
  return [text(value.comparator), measured(value.value), text(value.unit) || text(value.code)].filter(Boolean).join(" ");
}

/** What an Observation or one of its components found, as text; empty if it says nothing. */
export function finding(observation) {
  if (observation?.valueQuantity) return quantity(observation.valueQuantity);
  if (observation?.valueCodeableConcept) return concept(observation.valueCodeableConcept);
  if (typeof observation?.valueBoolean === "boolean") return observation.valueBoolean ? "Yes" : "No";
  for (const name of ["valueString", "valueInteger", "valueDateTime", "valueTime"]) {
    if (text(observation?.[name])) return text(observation[name]);
  }
  const parts = list(observation?.component).map((part) => `${concept(part.code)} ${finding(part)}`.trim());
  if (parts.length > 0) return parts.join(", ");
  return observation?.dataAbsentReason ? `No value: ${concept(observation.dataAbsentReason)}` : "";
}

/** The words that say what a resource is about. */
export function title(resource) {
  switch (resource?.resourceType) {
    case "Patient":
    case "Practitioner":
    case "RelatedPerson":
    case "Person":
      return humanName(resource.name);
    case "Encounter":
      return list(resource.type).length > 0 ? concept(list(resource.type)[0]) : text(resource.class?.display) || text(resource.class?.code) || "Encounter";
    case "MedicationRequest":
      return medication(resource);
    case "Immunization":
      return concept(resource.vaccineCode);
    case "CarePlan":
      return text(resource.title) || concept(list(resource.category)[0]);
    default: {
      const named = text(resource?.title) || text(resource?.name) || (resource?.code && concept(resource.code));
      return named || text(resource?.resourceType) || "Resource";
    }
  }
}

/** When a resource happened, as FHIR wrote it; empty where it doesn't say. */
export function happened(resource) {
  const places = [
    resource?.effectiveDateTime, resource?.effectiveInstant, resource?.effectivePeriod?.start,
    resource?.occurrenceDateTime, resource?.performedDateTime, resource?.performedPeriod?.start,
    resource?.onsetDateTime, resource?.onsetPeriod?.start, resource?.period?.start,
    resource?.authoredOn, resource?.recordedDate, resource?.birthDate, resource?.issued, resource?.date,
  ];
  return places.map(text).find(Boolean) ?? "";
}

/** The id of the patient that a resource is about, if it is of the same server. */
export function patientOf(resource) {
  if (resource?.resourceType === "Patient") return text(resource.id) || undefined;
  const reference = text(resource?.subject?.reference) || text(resource?.patient?.reference);
  return /(?:^|\/)Patient\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]+)?$/.exec(reference)?.[1];
}

/** Lines for reading: `12 High Street, Springfield MA 02101, US`. */
export function address(value) {
  if (text(value?.text)) return text(value.text);
  const town = [text(value?.city), text(value?.state), text(value?.postalCode)].filter(Boolean).join(" ");
  return [...strings(value?.line), town, text(value?.country)].filter(Boolean).join(", ");
}

/** What was ordered, whether coded in place, referred to, or contained. */
export function medication(resource) {
  if (resource.medicationCodeableConcept) return concept(resource.medicationCodeableConcept);
  if (resource.medication?.concept) return concept(resource.medication.concept);
  const reference = resource.medicationReference ?? resource.medication?.reference;
  const inside = list(resource.contained).find(({ id }) => text(reference?.reference) === `#${text(id)}`);
  return inside ? concept(inside.code) : text(reference?.display) || "Medication not named";
}

/** The strings of what should be a list of them. */
function strings(value) {
  return (Array.isArray(value) ? value : []).map(text).filter(Boolean);
}
