// The world that tests of the service worker begin in: the demo server behind a front that can be closed, pages of an
// application with each of three FHIR clients, service workers bundled in each way, and Chromium.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { startDemo } from "../../scripts/demo/server.mjs";
import { Browser } from "./chromium.mjs";
import { frontOf } from "./front.mjs";
import { PACKAGE } from "./package-entry.mjs";
import { pageServer } from "./serve.mjs";

const CLIENTS = ["fhirclient", "fhir-kit-client", "medplum"];
const WASM = "/pkg/wasm/fhir_pull_bg.wasm";

/** How a service worker is made: its file, its type, and what its options must say besides. */
export const WORKERS = {
  unbundled: { file: "unbundled.js", type: "module", more: {} },
  bundled: { file: "bundled.js", type: "module", more: { wasm: WASM } },
  classic: { file: "classic.js", type: "classic", more: { wasm: WASM } },
};

const source = (name) => fileURLToPath(new URL(`clients/${name}.js`, import.meta.url));

export class OfflineWorld {
  demo;
  front;
  pages;
  /** @type {Browser} */
  browser;
  #folder;

  static async start(population) {
    const world = new OfflineWorld();
    try {
      await world.#begin(population);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async #begin(population) {
    this.#folder = await mkdtemp(join(tmpdir(), "fhir-pull-applications-"));
    await Promise.all([...CLIENTS.map((client) => this.#application(client)), this.#workers()]);
    await writeFile(join(this.#folder, "index.html"), "<!doctype html><html lang=en><title>An application</title><link rel=icon href='data:,'>");
    this.demo = await startDemo({ ...population, quiet: true });
    this.front = await frontOf(this.demo.port);
    this.pages = await pageServer({ directories: { "/application/": pathToFileURL(`${this.#folder}/`) } });
    this.browser = await Browser.launch();
  }

  async stop() {
    await this.browser?.remove();
    await this.pages?.close();
    await this.front?.close();
    await this.demo?.close();
    if (this.#folder) await rm(this.#folder, { recursive: true });
  }

  /** The server's base, as applications know it. */
  get server() {
    return `${this.front.origin}/fhir`;
  }

  /** A page of the application, without a client of its own. */
  page(name = "") {
    return this.browser.page(`${this.pages.origin}/application/${name}`);
  }

  async #application(client) {
    await build({
      entryPoints: [source("application")],
      outfile: join(this.#folder, `${client}.js`),
      bundle: true,
      format: "iife",
      alias: { client: source(client) },
      define: { global: "globalThis", "process.env.NODE_ENV": '"production"' },
      logLevel: "error",
    });
    const page = `<!doctype html><html lang=en><title>${client}</title><link rel=icon href='data:,'><script src="${client}.js"></script>`;
    await writeFile(join(this.#folder, `${client}.html`), page);
  }

  async #workers() {
    const text = await readFile(source("service-worker"), "utf8");
    await writeFile(join(this.#folder, WORKERS.unbundled.file), text.replace('"fhir-pull/service-worker"', '"/pkg/service-worker.js"'));
    for (const [format, { file }] of [["esm", WORKERS.bundled], ["iife", WORKERS.classic]]) {
      await build({
        entryPoints: [source("service-worker")],
        outfile: join(this.#folder, file),
        bundle: true,
        format,
        alias: { "fhir-pull": fileURLToPath(PACKAGE) },
        // A classic script has no import.meta: `wasm` says where it is.
        logOverride: { "empty-import-meta": "silent" },
        logLevel: "error",
      });
    }
  }

  /** Registers a service worker that serves as the options say, and waits until it controls the page. */
  async install(page, options, { file, type, more } = WORKERS.bundled) {
    const given = JSON.stringify({ server: this.server, ...more, ...options });
    await page.evaluate(
      async ([address, type]) => {
        const { serviceWorker } = navigator;
        // The worker of an earlier test may be there.
        const controls = () => serviceWorker.controller?.scriptURL === new URL(address, location.href).href;
        const controlled = new Promise((resolve) => (serviceWorker.oncontrollerchange = () => controls() && resolve()));
        await serviceWorker.register(address, { type, updateViaCache: "none" });
        if (!controls()) await controlled;
      },
      [`/application/${file}?options=${encodeURIComponent(given)}`, type],
    );
  }

  /** Ends all service workers, as the browser does when they have been idle; the next event starts them again. */
  async stopWorkers(page) {
    const session = await page.context().newCDPSession(page);
    await session.send("ServiceWorker.enable");
    await session.send("ServiceWorker.stopAllWorkers");
    await session.detach();
  }
}

/** Says something to the page's service worker, and what that answers. */
export function tell(page, message) {
  return page.evaluate(
    (message) =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        navigator.serviceWorker.controller.postMessage(message, [port2]);
      }),
    message,
  );
}

/**
 * What a page's `fetch` gives.
 *
 * @returns {Promise<{ status?: number, from?: string, asOf?: string, body?: any, failed?: string }>}
 */
export function ask(page, address, init) {
  return page.evaluate(
    async ([address, init]) => {
      try {
        const response = await fetch(address, init);
        const text = await response.text();
        const header = (name) => response.headers.get(name) ?? undefined;
        const body = text && /json/.test(header("content-type") ?? "") ? JSON.parse(text) : undefined;
        return { status: response.status, from: header("fhir-pull-from"), asOf: header("fhir-pull-as-of"), body };
      } catch (thrown) {
        return { failed: thrown.name };
      }
    },
    [address, init],
  );
}
