/** A Chromium process of its own on a profile of its own, and one task for one contender in it. */

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/**
 * Starts Chromium on `profile`, runs `message` in the bench's worker, and ends Chromium.
 * @param {{ origin: string, profile: string, message: object }} run
 * @returns What the worker answered, and the version of the browser.
 */
export async function runIn({ origin, profile, message }) {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`There is no Chromium at ${EXECUTABLE}: install it, or set CHROMIUM to where it is.`);
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
    headless: true,
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(origin);
    return await page.evaluate(work, message);
  } finally {
    await context.close();
  }
}

/** Runs in the page: hands the message to a new worker and waits for its answer. */
function work(message) {
  return new Promise((resolve, reject) => {
    const worker = new Worker("/bench/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error) reject(new Error(data.error));
      else resolve(data.answer);
    };
    worker.onerror = (event) => reject(new Error(event.message ?? "the worker could not be loaded"));
    worker.postMessage(message);
  });
}
