// The one error of the package, and how a failure crosses between the engine and its caller.

const CODES = new Set([
  "aborted", "network", "busy", "denied", "not-found", "gone", "http", "not-fhir", "malformed",
  "refused-link", "link-cycle", "incomplete", "bad-input", "unsupported", "conflict", "quota",
  "store-lost", "store-failed", "damaged", "newer-format", "older-format", "wrong-key", "internal",
]);

/** Every rejection of this package. See index.d.ts. */
export class FhirPullError extends Error {
  #outcome;

  /**
   * @param {string} message the sentence, free of resource content and tokens
   * @param {{ code: string, status?: number, retryable?: boolean, retryAfter?: number, outcome?: Uint8Array,
   *   cause?: unknown }} what
   */
  constructor(message, { code, status, retryable = false, retryAfter, outcome, cause }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable;
    if (status !== undefined) this.status = status;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    this.#outcome = outcome;
  }

  /** The OperationOutcome that the server sent, parsed when it is first asked for. */
  get outcome() {
    if (this.#outcome instanceof Uint8Array) this.#outcome = parsed(this.#outcome);
    return this.#outcome;
  }

  /** What `from` takes on the other side of a port. */
  toFailure() {
    const { message, code, status, retryable, retryAfter, cause } = this;
    const outcome = this.#outcome instanceof Uint8Array ? this.#outcome : undefined;
    const why = cause === undefined ? undefined : String(cause);
    return { message, code, status, retryable, retryAfter, outcome, cause: why };
  }

  /** Whatever was thrown, as the package's error. */
  static from(thrown) {
    if (thrown instanceof FhirPullError) return thrown;
    if (CODES.has(thrown?.code)) return new FhirPullError(String(thrown.message), thrown);
    if (thrown?.name === "AbortError") return aborted(thrown);
    // The message of an unforeseen error may quote anything: it stays with the cause.
    const sentence = "The engine of fhir-pull failed in a way it should not; its cause says how. Open it again.";
    return new FhirPullError(sentence, { code: "internal", cause: thrown });
  }
}
Object.defineProperty(FhirPullError.prototype, "name", { value: "FhirPullError" });

/** The caller gave something that cannot be. */
export function badInput(sentence) {
  return new FhirPullError(sentence, { code: "bad-input" });
}

/** The call was stopped. */
export function aborted(cause, sentence = "The call was aborted.") {
  return new FhirPullError(sentence, { code: "aborted", cause });
}

// An outcome is a courtesy: a broken one must not hide the error that carries it.
function parsed(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
