/**
 * What every contender indexes of a resource, so that all do equal work: whose it is, its codes
 * and its date, by the FHIR search parameters `patient`, `code` and `date` of the type at hand.
 */

/** @returns {{ patient?: string, codes: string[], date?: number }} `date` in milliseconds since 1970. */
export function terms(resource) {
  const patient = (resource.subject ?? resource.patient)?.reference;
  const concept = resource.code ?? resource.medicationCodeableConcept ?? resource.vaccineCode;
  const codes = (concept?.coding ?? []).map(({ system, code }) => `${system ?? ""}|${code}`);
  const instant =
    resource.effectiveDateTime ??
    resource.performedPeriod?.start ??
    resource.period?.start ??
    resource.occurrenceDateTime ??
    resource.recordedDate ??
    resource.authoredOn ??
    resource.started;
  return { patient, codes, date: instant && Date.parse(instant) };
}
