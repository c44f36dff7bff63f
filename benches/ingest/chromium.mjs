/** A Chromium process of its own on a profile of its own, and one task for one contender in it. */

import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"];

/**
 * Starts Chromium on `profile`, runs `message` in the bench's worker, and ends Chromium.
 * @param {{ origin: string, profile: string, message: object, onProfile?: (cpu: object) => void }} run
 *   `onProfile` hears of the CPU profile that the worker takes of itself by `console.profile()`.
 * @returns What the worker answered.
 */
export async function runIn({ origin, profile, message, onProfile }) {
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
    if (onProfile) await hearProfiles(await context.newCDPSession(page), onProfile);
    await page.goto(origin);
    return await page.evaluate(work, message);
  } finally {
    await context.close();
  }
}

/** Attaches the profiler to every worker of the page, before the worker runs. */
async function hearProfiles(session, onProfile) {
  const send = (sessionId, id, method) =>
    session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
  session.on("Target.attachedToTarget", async ({ sessionId }) => {
    await send(sessionId, 1, "Profiler.enable");
    await send(sessionId, 2, "Runtime.runIfWaitingForDebugger");
  });
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { method, params } = JSON.parse(message);
    if (method === "Profiler.consoleProfileFinished") onProfile(params.profile);
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: false });
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
