// The world that most tests in a browser begin in: the demo server with patients, what it holds, pages
// that load the package, and Chromium.

import { startDemo } from "../../scripts/demo/server.mjs";
import { Browser } from "./chromium.mjs";
import { assertReplicates } from "./compare.mjs";
import { FhirServer } from "./rest.mjs";
import { pageServer } from "./serve.mjs";
import { inChromium, Replica } from "./subjects.mjs";

export class DemoWorld {
  demo;
  /** @type {FhirServer} */
  server;
  pages;
  /** @type {Browser} */
  browser;
  #types;

  /**
   * @param {object} what
   * @param {string[]} what.types that are pulled and compared
   * @param {number} what.patients
   * @param {number} what.seed
   * @param {Function} [what.faults] see startDemo
   */
  static async start({ types, ...population }) {
    const world = new DemoWorld();
    world.#types = types;
    try {
      world.demo = await startDemo({ ...population, quiet: true });
      world.server = new FhirServer(world.demo.base);
      await world.server.learn(types);
      world.pages = await pageServer();
      world.browser = await Browser.launch();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async stop() {
    await this.browser?.remove();
    await this.pages?.close();
    await this.demo?.close();
  }

  /** A new tab that has the package at hand. */
  tab() {
    return this.browser.page(this.pages.origin);
  }

  /** A replica of the demo server in a tab. */
  open(page, name, options = {}) {
    return Replica.open(inChromium(page), { name, server: this.demo.base, ...options });
  }

  /** Asserts that a replica holds what the server holds. */
  same(replica) {
    return assertReplicates(replica, this.server, { types: this.#types, deletes: "known", readEach: 5 });
  }

  /** The names of all databases of the pages' origin. */
  async databases() {
    const page = await this.tab();
    return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  }
}
