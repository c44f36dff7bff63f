/** CPU profiles of workers: taken, kept for the browser's developer tools, and its hottest functions as text. */

import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

const SHOWN = 25;

/** Attaches the profiler to every worker of the page, before the worker runs. */
export async function hearProfiles(page, onProfile) {
  const session = await page.context().newCDPSession(page);
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

/** Writes target/bench/ingest-CONTENDER.cpuprofile and says where the time went. */
export async function saveProfile({ root, contender, profile }) {
  if (!profile) throw new Error(`The browser gave no CPU profile of ${contender}.`);
  const folder = path.join(root, "target", "bench");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `ingest-${contender}.cpuprofile`), JSON.stringify(profile));
  const hottest = selfTimes(profile).slice(0, SHOWN);
  return [`${contender}, ms in each function itself:`, ...hottest.map(([name, ms]) => `${ms.toFixed(0).padStart(7)} ${name}`)].join("\n");
}

/** Milliseconds spent in each function itself, most first. */
function selfTimes({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map();
  samples.forEach((id, n) => {
    const name = names.get(id);
    times.set(name, (times.get(name) ?? 0) + timeDeltas[n] / 1000);
  });
  return [...times].sort((a, b) => b[1] - a[1]);
}

function nameOf({ functionName, url }) {
  return `${functionName || "(anonymous)"} ${url && path.basename(url)}`.trim();
}
