// The answers of the FHIR side, before they go over HTTP: a status, headers, a body.

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers
 * @property {string | Uint8Array} [body]
 */

export const FHIR_JSON = "application/fhir+json; charset=utf-8";

/** @returns {Answer} */
export function fhir(status, body, headers = {}) {
  return { status, headers: { "Content-Type": FHIR_JSON, ...headers }, body };
}

/** A refusal that says why, thrown from anywhere and answered as an OperationOutcome. */
export class Refusal extends Error {
  /**
   * @param {number} status HTTP status.
   * @param {string} code A code of http://hl7.org/fhir/issue-type.
   * @param {string} diagnostics One sentence for the developer of the client.
   */
  constructor(status, code, diagnostics, headers = {}) {
    super(diagnostics);
    Object.assign(this, { status, code, headers });
  }

  /** @returns {Answer} */
  answer() {
    const issue = { severity: "error", code: this.code, diagnostics: this.message };
    return fhir(this.status, JSON.stringify({ resourceType: "OperationOutcome", issue: [issue] }), this.headers);
  }
}

/** The headers that go with one version of a resource. */
export function versionHeaders(version) {
  return {
    ETag: `W/"${version.versionId}"`,
    "Last-Modified": new Date(version.lastUpdated).toUTCString(),
  };
}
