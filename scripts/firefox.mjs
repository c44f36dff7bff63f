// One page in a headless Firefox, over WebDriver BiDi: Firefox speaks it itself, so that no
// geckodriver is needed (npm's package of that name only downloads it).

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";

const START_MILLISECONDS = 60_000;

/**
 * Starts a Firefox with a fresh profile.
 * @param {string} executable
 * @param {Record<string, string | number | boolean>} [preferences] As in about:config.
 */
export async function openFirefox(executable, preferences = {}) {
  const profile = await mkdtemp(join(tmpdir(), "fhir-pull-firefox-"));
  const lines = Object.entries(preferences).map((one) => `user_pref(${one.map((part) => JSON.stringify(part)).join(", ")});`);
  await writeFile(join(profile, "user.js"), lines.join("\n"));
  const firefox = spawn(
    executable,
    ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0", "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  const ended = new Promise((resolve) => firefox.once("close", resolve));
  let session;
  try {
    session = await connect(`${await listeningAddress(firefox)}/session`);
    await session.send("session.new", { capabilities: {} });
    const { contexts } = await session.send("browsingContext.getTree", {});
    const { context } = contexts[0];
    return {
      textWhen: (...asked) => textWhen(session, context, ...asked),
      page: (url) => page(session, context, url),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }

  async function close() {
    session?.close();
    // The whole process group: Firefox has a process for each site.
    try {
      process.kill(-firefox.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Shows `url`; `evaluate` calls a function with one argument there. What goes in and out is plain JSON. */
async function page(session, context, url) {
  await session.send("browsingContext.navigate", { context, url, wait: "complete" });
  return {
    async evaluate(work, argument) {
      const { result, exceptionDetails } = await session.send("script.callFunction", {
        functionDeclaration: `async (given) => JSON.stringify(await (${work})(JSON.parse(given)))`,
        arguments: [{ type: "string", value: JSON.stringify(argument ?? null) }],
        target: { context },
        awaitPromise: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return result.value === undefined ? undefined : JSON.parse(result.value);
    },
  };
}

/** Opens `url` and waits until the text of `#output` matches, or time is up; gives the text as it is then. */
async function textWhen(session, context, url, pattern, milliseconds) {
  await session.send("browsingContext.navigate", { context, url, wait: "complete" });
  const until = Date.now() + milliseconds;
  for (;;) {
    const { result } = await session.send("script.evaluate", {
      expression: `document.getElementById("output").textContent`,
      target: { context },
      awaitPromise: false,
    });
    const text = result?.value ?? "";
    if (pattern.test(text) || Date.now() > until) return text;
    await wait(100);
  }
}

function listeningAddress(firefox) {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`Firefox did not start:\n${said}`)), START_MILLISECONDS);
    firefox.once("error", reject);
    firefox.once("exit", (code) => reject(new Error(`Firefox ended with ${code}:\n${said}`)));
    firefox.stderr.on("data", (chunk) => {
      said += chunk;
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (!address) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

async function connect(address) {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const waiting = new Map();
  socket.on("message", (text) => {
    const message = JSON.parse(text);
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === "error") call?.reject(new Error(`Firefox: ${message.error}: ${message.message}`));
    else call?.resolve(message.result);
  });
  socket.on("close", () => {
    for (const call of waiting.values()) call.reject(new Error("Firefox closed the connection."));
  });
  let last = 0;
  return {
    send: (method, params) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}
