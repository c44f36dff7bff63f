// The Client of index.d.ts over an engine, inline or in a worker.

import { parse } from "./bytes.js";
import { FhirPullError, badInput } from "./errors.js";
import { checked, checkedReads, checkedText } from "./options.js";
import { pages } from "./pages.js";

/** The releases of FHIR by the beginning of what a CapabilityStatement calls them. */
const RELEASES = [
  [/^4\.0(\.\d+)?$/, "R4"],
  [/^4\.3(\.\d+)?$/, "R4B"],
  [/^5\.0(\.\d+)?$/, "R5"],
];

const referenceOf = ({ resourceType, id }) => `${resourceType}/${id}`;

/** Version and time of what is held; neither of what was cut down (SUBSETTED), which the whole must replace. */
function versionOf(held) {
  const { versionId, lastUpdated, tag } = held?.meta ?? {};
  const isPart = Array.isArray(tag) && tag.some((coding) => coding?.code === "SUBSETTED");
  return [versionId, lastUpdated].map((text) => (isPart || typeof text !== "string" ? undefined : text));
}

export class Client {
  #engine;
  #handle;
  #closed = false;

  /**
   * @param {{ call: Function, end: Function }} engine
   * @param {number} handle
   * @param {string} server
   */
  constructor(engine, handle, server) {
    this.#engine = engine;
    this.#handle = handle;
    this.server = server;
  }

  async capabilities(options) {
    const { signal } = checked("capabilities", options, { optional: ["signal"] });
    return parse(await this.#call("capabilities", [this.#handle], signal));
  }

  async fhirVersion(options) {
    const { fhirVersion } = await this.capabilities(options);
    const release = RELEASES.find(([pattern]) => pattern.test(fhirVersion));
    if (release) return release[1];
    const sentence = "The server's CapabilityStatement names a version of FHIR that is none of R4, R4B and R5.";
    throw new FhirPullError(sentence, { code: "unsupported" });
  }

  async read(reference, options) {
    checkedText("read", reference, "Patient/123");
    const { signal, held } = checked("read", options, { optional: ["signal", "held"] });
    if (held && referenceOf(held) !== reference) {
      throw badInput("read: held must be the resource of this reference, as it was read before.");
    }
    const bytes = await this.#call("clientRead", [this.#handle, reference, ...versionOf(held)], signal);
    return bytes === undefined ? held : parse(bytes);
  }

  async vread(reference, options) {
    checkedText("vread", reference, "Patient/123/_history/2");
    const { signal } = checked("vread", options, { optional: ["signal"] });
    return parse(await this.#call("clientVread", [this.#handle, reference], signal));
  }

  async batch(references, options) {
    checkedReads(references);
    const { signal } = checked("batch", options, { optional: ["signal"] });
    const names = references.map((one) => (typeof one === "string" ? one : referenceOf(one)));
    const versions = references.map((one) => versionOf(one)[0]);
    const answers = await this.#call("batch", [this.#handle, names, versions], signal);
    return names.map((reference, at) => {
      const [status, bytes] = answers.slice(2 * at, 2 * at + 2);
      const resource = status === 304 ? references[at] : bytes && parse(bytes);
      return resource ? { reference, status, resource } : { reference, status };
    });
  }

  async *search(query, options) {
    checkedText("search", query, "Observation?patient=123");
    const { signal, method, handling } = checked("search", options, { optional: ["signal", "method", "handling"] });
    yield* this.#pages("clientSearch", [this.#handle, query, method === "POST", handling], signal);
  }

  async *history(of, options) {
    checkedText("history", of, "Patient/123");
    const { signal, since } = checked("history", options, { optional: ["signal", "since"] });
    yield* this.#pages("clientHistory", [this.#handle, of, since], signal);
  }

  async operation(path, options) {
    checkedText("operation", path, "Patient/123/$everything");
    const names = { optional: ["signal", "method", "parameters"] };
    const { signal, parameters, method = parameters ? "POST" : "GET" } = checked("operation", options, names);
    if (parameters && method === "GET") {
      throw badInput('operation: with method "GET" the parameters are in the path, such as "Patient/123/$everything?_count=10".');
    }
    const input = method === "POST" ? JSON.stringify(parameters ?? { resourceType: "Parameters" }) : undefined;
    const bytes = await this.#call("operation", [this.#handle, path, input], signal);
    return bytes && parse(bytes);
  }

  async close() {
    this.#closed = true;
    this.#engine.end();
  }

  async *#pages(name, args, signal) {
    this.#open();
    for await (const bytes of pages(this.#engine, name, args, signal)) yield parse(bytes);
  }

  async #call(name, args, signal) {
    this.#open();
    return this.#engine.call(name, args, { signal });
  }

  #open() {
    if (this.#closed) throw badInput("This client was closed. Open another with openClient.");
  }
}
