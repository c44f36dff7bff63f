// The engines that the WebAssembly tests run in: what each needs, and how it runs one file.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFirefox } from "./firefox.mjs";
import { environment, ROOT } from "./run.mjs";
import { toolPath } from "./tools.mjs";

/** The last line of what the tests of one file print. */
export const RESULT = /test result: \w+\. (\d+) passed; (\d+) failed/;

// For all tests of one file.
const FILE_MILLISECONDS = 120_000;
const MODES = { page: "WASM_BINDGEN_USE_BROWSER", worker: "WASM_BINDGEN_USE_DEDICATED_WORKER" };

/**
 * `needs` lists the names that each program goes by; `open` starts what is kept for all files and
 * gives `run`, which answers with the text that a file's tests printed, and `close`.
 */
export const engines = {
  chromium: {
    needs: { browser: ["chromium", "google-chrome", "chromium-browser"], driver: ["chromedriver"] },
    modes: Object.keys(MODES),
    open: ({ browser, driver }) => byWebDriver({ CHROMEDRIVER: driver }, [], chromiumCapabilities(browser)),
  },
  firefox: {
    needs: { browser: ["firefox", "firefox-esr"] },
    modes: Object.keys(MODES),
    open: ({ browser }) => byOwnHand(browser),
  },
  webkit: {
    needs: { driver: ["WebKitWebDriver"], display: ["xvfb-run"] },
    modes: Object.keys(MODES),
    open: ({ driver, display }) => byWebDriver({ SAFARIDRIVER: driver }, [display, "-a"], webKitCapabilities()),
  },
  node: {
    needs: {},
    modes: ["node"],
    open: async () => ({ run: (file) => runner([file]), close: async () => {} }),
  },
};

/**
 * Runs wasm-bindgen's test runner to its end.
 *
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 * @param {string[]} [wrapper] A program with its arguments that runs the runner.
 * @returns {Promise<string>} All that it printed.
 */
export async function runner(args, env = {}, wrapper = []) {
  const child = start(args, env, wrapper);
  // The runner's own limit comes first and closes its browser; this one is for a runner that hangs.
  const timer = setTimeout(() => stop(child), FILE_MILLISECONDS + 60_000);
  await child.ended;
  clearTimeout(timer);
  return child.text;
}

/** By the browser's own WebDriver, which the runner looks after. */
async function byWebDriver(env, wrapper, capabilities) {
  const folder = await mkdtemp(join(tmpdir(), "fhir-pull-webdriver-"));
  const config = join(folder, "webdriver.json");
  await writeFile(config, JSON.stringify(capabilities));
  const all = { ...env, WASM_BINDGEN_TEST_WEBDRIVER_JSON: config };
  return {
    run: (file, mode) => runner([file], { ...all, [MODES[mode]]: "1" }, wrapper),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The runner only serves the page, and we open it. */
async function byOwnHand(executable) {
  const browser = await openFirefox(executable);
  return {
    async run(file, mode) {
      const address = `127.0.0.1:${await freePort()}`;
      const server = start([file], { NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: address, [MODES[mode]]: "1" }, []);
      try {
        await said(server, /now available at/);
        return await browser.textWhen(`http://${address}/`, RESULT, FILE_MILLISECONDS);
      } catch (error) {
        return `${error}\n${server.text}`;
      } finally {
        await stop(server);
      }
    },
    close: browser.close,
  };
}

function chromiumCapabilities(binary) {
  // Chromium's sandbox does not work for root, as whom containers run.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", ...sandbox];
  return { "goog:chromeOptions": { binary, args } };
}

/** What makes WebKitWebDriver start MiniBrowser. */
export function webKitCapabilities() {
  // MiniBrowser is not on the PATH: Debian keeps it in the library's folder.
  const within = (folder, pattern) =>
    readdirSync(folder)
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name));
  const binary = within("/usr/lib", /-linux-gnu$/)
    .flatMap((folder) => within(folder, /^webkit2?gtk-[\d.]+$/))
    .flatMap((folder) => within(folder, /^MiniBrowser$/))
    .at(-1);
  return { "webkitgtk:browserOptions": { ...(binary && { binary }), args: ["--automation"] } };
}

/** Starts the runner; `text` grows with what it prints, `ended` resolves when it and its output have ended. */
function start(args, env, wrapper) {
  const [program, ...rest] = [...wrapper, toolPath("wasm-bindgen-test-runner"), ...args];
  const limit = { WASM_BINDGEN_TEST_TIMEOUT: String(FILE_MILLISECONDS / 1000) };
  const child = spawn(program, rest, {
    cwd: ROOT,
    env: environment({ ...limit, ...env }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  child.text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (child.text += text));
  }
  child.ended = once(child, "close");
  return child;
}

/** Ends a child with all that it started. */
async function stop(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
  await child.ended;
}

function said(child, pattern) {
  return new Promise((resolve, reject) => {
    child.stdout.on("data", () => pattern.test(child.text) && resolve());
    child.ended.then(() => reject(new Error("The test server ended before it was ready.")), reject);
  });
}

/** A port of loopback that nothing listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
