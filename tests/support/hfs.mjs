// Helios HFS, a FHIR server that nobody on this project wrote, on a free port of the loopback
// interface, with its database in a directory of its own so that it survives being killed.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { toolPath } from "../../scripts/tools.mjs";

const DEFINITIONS = dirname(createRequire(import.meta.url).resolve("hl7.fhir.r4.examples/package.json"));
const START_MS = 30_000;

export class Hfs {
  #directory;
  #port;
  #process;
  #said = "";

  /** Starts a server with nothing in it. */
  static async start() {
    const server = new Hfs();
    server.#directory = mkdtempSync(join(tmpdir(), "fhir-pull-hfs-"));
    server.#port = await freePort();
    writeDefinitions(join(server.#directory, "definitions"));
    await server.restart();
    return server;
  }

  get base() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The server's process goes at once, as in a power cut. */
  async kill() {
    const killed = this.#process;
    this.#process = undefined;
    if (killed === undefined || killed.exitCode !== null) return;
    const gone = new Promise((resolve) => killed.once("exit", resolve));
    killed.kill("SIGKILL");
    await gone;
  }

  /** Starts it again with the data that it had. */
  async restart() {
    const database = join(this.#directory, "hfs.db");
    const definitions = join(this.#directory, "definitions");
    const options = ["--database-url", database, "--data-dir", definitions, "--port", `${this.#port}`];
    this.#process = spawn(await toolPath("hfs"), [...options, "--log-level", "error"], {
      cwd: this.#directory,
      env: { ...process.env, HFS_BASE_URL: this.base, HFS_SEED_CONFORMANCE: "false", HFS_UI_ENABLED: "false" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    // Should the tests end without stopping it.
    const child = this.#process;
    process.once("exit", () => child.kill("SIGKILL"));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on("data", (chunk) => (this.#said = (this.#said + chunk).slice(-4000)));
    }
    await this.#answering();
  }

  async stop() {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answering() {
    const until = Date.now() + START_MS;
    while (Date.now() < until) {
      if (this.#process.exitCode !== null) throw new Error(`HFS ended by itself: ${this.#said}`);
      try {
        const answer = await fetch(`${this.base}/Patient?_count=1`);
        await answer.arrayBuffer();
        if (answer.ok) return;
      } catch {
        // Not listening yet.
      }
      await sleep(50);
    }
    throw new Error(`HFS did not answer within ${START_MS / 1000} s: ${this.#said}`);
  }
}

/** The Bundles of definitions that HFS wants to find, from HL7's package. */
function writeDefinitions(directory) {
  mkdirSync(directory);
  for (const [type, name] of [
    ["SearchParameter", "search-parameters-r4.json"],
    ["CompartmentDefinition", "compartment-definitions-r4.json"],
  ]) {
    const entry = readdirSync(DEFINITIONS)
      .filter((file) => file.startsWith(`${type}-`))
      .map((file) => `{"resource":${readFileSync(join(DEFINITIONS, file), "utf8")}}`);
    writeFileSync(join(directory, name), `{"resourceType":"Bundle","type":"collection","entry":[${entry}]}`);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
