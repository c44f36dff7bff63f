// One page in WebKitGTK's MiniBrowser, over its WebDriver. It keeps what pages store for as long as it runs.

import { spawn } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";

const START_MILLISECONDS = 60_000;

/**
 * @param {{ driver: string, display: string, port: number, capabilities: object }} options The
 *   programs WebKitWebDriver and xvfb-run, and a free port.
 */
export async function openWebKit({ driver, display, port, capabilities }) {
  const child = spawn(display, ["-a", driver, `--port=${port}`], { stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const base = `http://127.0.0.1:${port}/session`;
  let session;
  try {
    session = await started(base, capabilities);
    return { textWhen, page, close };
  } catch (error) {
    await close();
    throw error;
  }

  /** Opens `url` and waits until the text of `#output` matches, or time is up; gives the text as it is then. */
  async function textWhen(url, pattern, milliseconds) {
    await post(`${base}/${session}/url`, { url });
    const script = `return document.getElementById("output").textContent`;
    const until = Date.now() + milliseconds;
    for (;;) {
      const text = await post(`${base}/${session}/execute/sync`, { script, args: [] });
      if (pattern.test(text) || Date.now() > until) return text;
      await wait(250);
    }
  }

  /** Shows `url`; `evaluate` calls a function with one argument there. What goes in and out is plain JSON. */
  async function page(url) {
    await post(`${base}/${session}/url`, { url });
    return {
      async evaluate(work, argument) {
        const script = `const [given, done] = arguments;
          (async () => (${work})(JSON.parse(given)))()
            .then((value) => done({ json: JSON.stringify(value) }), (error) => done({ thrown: String(error) }));`;
        const args = [JSON.stringify(argument ?? null)];
        const { json, thrown } = await post(`${base}/${session}/execute/async`, { script, args });
        if (thrown !== undefined) throw new Error(thrown);
        return json === undefined || json === null ? undefined : JSON.parse(json);
      },
    };
  }

  async function close() {
    if (session) await fetch(`${base}/${session}`, { method: "DELETE" }).catch(() => {});
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has ended already.
    }
    await ended;
  }
}

async function started(base, capabilities) {
  const until = Date.now() + START_MILLISECONDS;
  for (;;) {
    try {
      const { sessionId } = await post(base, { capabilities: { alwaysMatch: capabilities } });
      return sessionId;
    } catch (error) {
      // Refused until the driver listens.
      if (!error.cause || Date.now() > until) throw error;
      await wait(250);
    }
  }
}

async function post(url, body) {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebKitWebDriver: ${value?.error}: ${value?.message}`);
  return value;
}
