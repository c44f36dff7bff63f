// A Chromium that can be killed: started here and not by Playwright, so that all its processes are one
// group, and one SIGKILL ends them as a power cut would. What it stored stays for the next start.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ARGUMENTS, EXECUTABLE } from "./chromium.mjs";

const START_MILLISECONDS = 60_000;

export class MortalBrowser {
  #profile = mkdtempSync(join(tmpdir(), "fhir-pull-mortal-"));
  #process;
  #ended;
  #connection;

  /** A page of a browser that is started for it, with what the one before left stored. */
  async page(address) {
    this.#process = spawn(
      EXECUTABLE,
      [...ARGUMENTS, "--headless=new", "--remote-debugging-port=0", `--user-data-dir=${this.#profile}`, "about:blank"],
      { stdio: ["ignore", "ignore", "pipe"], detached: true },
    );
    this.#ended = once(this.#process, "close");
    this.#connection = await chromium.connectOverCDP(await listeningAddress(this.#process));
    const page = await this.#connection.contexts()[0].newPage();
    await page.goto(address);
    return page;
  }

  /** Ends all its processes where they stand. */
  async kill() {
    if (!this.#process) return;
    process.kill(-this.#process.pid, "SIGKILL");
    this.#process = undefined;
    await this.#ended;
    await this.#connection?.close();
  }

  async remove() {
    await this.kill();
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function listeningAddress(browser) {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`Chromium did not start:\n${said}`)), START_MILLISECONDS);
    browser.once("error", reject);
    browser.once("exit", (code) => reject(new Error(`Chromium ended with ${code}:\n${said}`)));
    browser.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (!address) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}
