// What this side of a FHIR server says itself: a status and an OperationOutcome, as the engine's are.

/** What a request that may show what is of one person is answered with, whatever the answer. */
const ALWAYS = {
  "cache-control": "private, no-cache",
  "content-type": "application/fhir+json",
  vary: "accept, authorization, prefer",
};

/**
 * @param {number} status
 * @param {string} code of value set issue-type
 * @param {string} diagnostics free of what was asked for: it may name a person
 * @param {Record<string, string>} [headers]
 */
export function outcome(status, code, diagnostics, headers) {
  const body = { resourceType: "OperationOutcome", issue: [{ severity: "error", code, diagnostics }] };
  return new Response(JSON.stringify(body), { status, headers: { ...ALWAYS, ...headers } });
}
