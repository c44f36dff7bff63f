// The world that tests of the real server begin in: Helios HFS with patients and HL7's examples, and
// the package in Node and in Chromium to pull them.

import { exampleResources } from "../../scripts/demo/examples.mjs";
import { Browser } from "./chromium.mjs";
import { Hfs } from "./hfs.mjs";
import { FhirServer } from "./rest.mjs";
import { pageServer } from "./serve.mjs";
import { inChromium, inNode } from "./subjects.mjs";
import { patientData } from "./synthea.mjs";

export class World {
  /** @type {Hfs} */
  hfs;
  /** @type {FhirServer} */
  server;
  /** Node with its memory, Chromium with IndexedDB. @type {import("./subjects.mjs").Subject[]} */
  subjects;
  #browser;
  #pages;

  /** @param {{ patients: number, examples?: boolean }} data How many patients, and whether HL7's examples beside them. */
  static async start({ patients, examples = false }) {
    const world = new World();
    try {
      await world.#begin(patients, examples);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #begin(patients, examples) {
    this.hfs = await Hfs.start();
    this.server = new FhirServer(this.hfs.base);
    await this.server.putAll(patientData(patients).resources);
    if (examples) {
      // HFS keeps audit events for itself and refuses to be told of any.
      const texts = [...exampleResources()].filter(({ type }) => type !== "AuditEvent");
      await this.server.putAll(texts.map(({ text }) => JSON.parse(text)));
    }
    this.#pages = await pageServer();
    this.#browser = await Browser.launch();
    this.subjects = [inNode(), inChromium(await this.#browser.page(this.#pages.origin))];
  }

  /** What the browser complained about so far. */
  get complaints() {
    return this.#browser.complaints;
  }

  async stop() {
    await this.#browser?.remove();
    await this.#pages?.close();
    await this.hfs?.stop();
  }
}
