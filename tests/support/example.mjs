// An example as a stranger has it: its own folder, its tools, and the package as `npm pack` makes it, installed by npm.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, link, mkdir, readdir, readlink, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../../scripts/engines.mjs";
import { npm, toolsOf, workFolder } from "../../scripts/setup/examples.mjs";

const PACKAGE = fileURLToPath(new URL("../../pkg", import.meta.url));
const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));

/** What a server may take until it answers, on a loaded machine. */
const START_MILLISECONDS = 120_000;

/** Where npm keeps what it has installed, and writes to that in place. */
const OF_NPM = ".package-lock.json";
const LOCK = "package-lock.json";

/** No example asks anybody but the FHIR server. */
const QUIET = { CI: "1", NEXT_TELEMETRY_DISABLED: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };

export class Example {
  /** Where it is. */
  folder;
  #work;
  #running = [];

  /** @param {string} name a folder of examples/ */
  static async installed(name) {
    const example = new Example();
    example.#work = workFolder();
    example.folder = join(example.#work, name);
    try {
      await cp(join(EXAMPLES, name), example.folder, { recursive: true });
      await linked(join(toolsOf(name), "node_modules"), join(example.folder, "node_modules"));
      // With it npm looks for nothing but the package.
      await copyFile(join(toolsOf(name), LOCK), join(example.folder, LOCK));
      const packing = ["pack", "--silent", "--pack-destination", example.#work];
      const { stdout } = await promisify(execFile)("npm", packing, { cwd: PACKAGE });
      await npm(["install", "--offline", join(example.#work, stdout.trim())], example.folder);
      return example;
    } catch (error) {
      await example.remove();
      throw error;
    }
  }

  /** Runs a program that the example's tools or the machine have, to its end. @returns what it printed */
  async run(program, args = [], env = {}) {
    const options = { cwd: this.folder, env: this.#environment(env), maxBuffer: 2 ** 26 };
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout;
  }

  /**
   * Starts a server and waits until it answers.
   * @param {(port: number) => { args: string[], env?: Record<string, string> }} asked what npm is given
   * @returns {Promise<number>} its port
   */
  async serve(asked) {
    const port = await freePort();
    const { args, env = {} } = asked(port);
    const child = spawn("npm", args, { cwd: this.folder, env: this.#environment(env), detached: true });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
    const ended = once(child, "close");
    this.#running.push({ child, ended });
    for (const until = Date.now() + START_MILLISECONDS; ; await sleep(100)) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`\`npm ${args.join(" ")}\` did not start:\n${said}`);
      try {
        await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
        return port;
      } catch {
        // It does not listen yet.
      }
    }
  }

  /** Ends what it serves, and removes it. */
  async remove() {
    for (const { child, ended } of this.#running) {
      try {
        // With all that it started.
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
      await ended;
    }
    await rm(this.#work, { recursive: true, force: true, maxRetries: 5 });
  }

  #environment(more) {
    const path = [join(this.folder, "node_modules", ".bin"), process.env.PATH].join(":");
    return { ...process.env, ...QUIET, PATH: path, ...more };
  }
}

/** The same files in another folder, without a copy of their bytes: tools have hundreds of megabytes. */
async function linked(from, to) {
  let entries = [];
  try {
    entries = await readdir(from, { withFileTypes: true });
  } catch (error) {
    // An example without tools.
    if (error.code === "ENOENT") return;
    throw error;
  }
  await mkdir(to);
  for (const entry of entries) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linked(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.name === OF_NPM) await copyFile(source, target);
    else await link(source, target);
  }
}
