// A real Chromium with a profile in a temporary directory, which outlives the browser when a test
// closes it and opens it again. What the browser complains about is kept.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-sync",
  "--no-first-run",
  "--no-pings",
];

export class Browser {
  /** The directory of all that it stores. */
  profile = mkdtempSync(join(tmpdir(), "fhir-pull-chromium-"));
  #context;
  /** What pages said on the console as an error, threw, or were refused by their policy. */
  complaints = [];

  static async launch() {
    const browser = new Browser();
    await browser.open();
    return browser;
  }

  /** Starts the browser, with what it stored before. */
  async open() {
    this.#context = await chromium.launchPersistentContext(this.profile, {
      executablePath: EXECUTABLE,
      args: ARGUMENTS,
      headless: true,
      viewport: { width: 1280, height: 900 },
    });
    this.#context.on("page", (page) => this.#listen(page));
    this.#context.pages().forEach((page) => this.#listen(page));
  }

  /** @returns {Promise<import("playwright-core").Page>} */
  async page(address) {
    const page = await this.#context.newPage();
    await page.goto(address);
    return page;
  }

  /** Ends the browser's processes. What it stored stays. */
  async close() {
    await this.#context.close();
  }

  /** Ends it and removes what it stored. */
  async remove() {
    await this.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #listen(page) {
    page.on("pageerror", (error) => this.complaints.push(`thrown: ${error.message}`));
    page.on("crash", () => this.complaints.push("the page crashed"));
    page.on("console", (message) => {
      if (message.type() !== "error") return;
      this.complaints.push(`${message.text()} (${message.location().url})`);
    });
  }
}
