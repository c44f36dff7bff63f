/** A Chromium process of its own on a profile of its own. */

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

/**
 * Where every bench is, whatever port its server got: what a profile has stored belongs to its
 * origin, and is to be found again. Names below `localhost` are secure contexts.
 */
export const ORIGIN = "http://bench.localhost";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/**
 * Starts Chromium on `profile`, calls `use` with its context, and ends Chromium.
 * @template T
 * @param {{ profile: string, port: number, features?: string }} browser `port` is where the bench's
 *   server listens; `features` are Chromium's own, to be switched on.
 * @param {(context: import("playwright-core").BrowserContext) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function inChromium({ profile, port, features }, use) {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`There is no Chromium at ${EXECUTABLE}: install it, or set CHROMIUM to where it is.`);
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: [
      ...ARGUMENTS,
      `--host-resolver-rules=MAP bench.localhost:80 127.0.0.1:${port}`,
      ...(features ? [`--enable-features=${features}`] : []),
    ],
    headless: true,
  });
  context.setDefaultTimeout(0);
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

/**
 * Opens a page of the bench, calls the function `name` of the module at `module` in it with
 * `message`, and closes the page.
 * @param {import("playwright-core").BrowserContext} context
 * @param {{ module: string, name: string, message: object, onPage?: (page: object) => Promise<void> }} call
 */
export async function inPage(context, { module, name, message, onPage }) {
  const page = await context.newPage();
  try {
    await onPage?.(page);
    await page.goto(`${ORIGIN}/`);
    // The module that measures is no part of what is measured.
    await page.evaluate((module) => import(module), module);
    return await page.evaluate(async ({ module, name, message }) => (await import(module))[name](message), {
      module,
      name,
      message,
    });
  } finally {
    await page.close();
  }
}
