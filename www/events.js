// What happened to a patient, in the order of time.

import { moment, yearOf } from "./dates.js";
import { happened, list, text, title } from "./fhir.js";

/** The types that a timeline shows, from top to bottom. */
export const LANES = {
  Encounter: "Encounters",
  Condition: "Conditions",
  MedicationRequest: "Medications",
  Procedure: "Procedures",
  Immunization: "Immunizations",
  DiagnosticReport: "Reports",
};

/**
 * @param {object[]} resources of the types in `LANES`
 * @returns {{ type: string, date: string, at: number, until?: number, words: string }[]} newest first;
 *   `until`: when it was over, `Infinity` while it goes on, nothing for what has no extent
 */
export function eventsOf(resources) {
  const events = [];
  for (const resource of resources) {
    const date = happened(resource);
    const at = moment(date);
    if (at === undefined || isError(resource) || !(resource.resourceType in LANES)) continue;
    events.push({ type: resource.resourceType, date, at, until: until(resource), words: title(resource) });
  }
  return events.sort((a, b) => b.at - a.at);
}

/** Events by year, the latest year first. */
export function byYear(events) {
  const years = new Map();
  for (const event of events) {
    const year = yearOf(event.date);
    if (!years.has(year)) years.set(year, []);
    years.get(year).push(event);
  }
  return [...years].map(([year, of]) => ({ year, events: of }));
}

/** Whether a resource was entered in error: then it tells nothing about the patient. */
export function isError({ status, verificationStatus }) {
  return status === "entered-in-error" || hasCode(verificationStatus, "entered-in-error");
}

function until(resource) {
  if (resource.resourceType === "Condition") {
    const end = moment(text(resource.abatementDateTime) || text(resource.abatementPeriod?.start));
    return end ?? (hasCode(resource.clinicalStatus, "active") ? Infinity : undefined);
  }
  if (resource.resourceType === "MedicationRequest") return resource.status === "active" ? Infinity : undefined;
  return undefined;
}

function hasCode(value, code) {
  return list(value?.coding).some((coding) => coding.code === code);
}
