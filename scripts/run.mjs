// Running other programs, and ending with a sentence instead of a stack trace.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The first whose test runner has a limit of time. */
const OLDEST_NODE = [20, 11];
const LAST_LINES = 60;

// rustup puts cargo where a shell that was open before does not look.
const CARGO_BIN = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "bin");

/** A failure that a person can act on. Its message is all that is printed. */
export class Failure extends Error {}

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {object} [options]
 * @param {Record<string, string>} [options.env] Added to this process's environment.
 * @param {string} [options.cwd] Default: the project's folder.
 * @param {boolean} [options.quiet] Keeps its output, and prints the end of it when it fails.
 * @param {string} [options.advice] What to do when it fails: a sentence.
 */
export async function run(program, args, { env, cwd = ROOT, quiet = false, advice = "" } = {}) {
  const kept = quiet ? "pipe" : "inherit";
  const child = spawn(program, args, { cwd, env: environment(env), stdio: ["ignore", kept, kept] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => (output += text));
  }
  const ended = await new Promise((done) => {
    child.once("error", (error) => done(error.code === "ENOENT" ? "is not installed" : `could not start: ${error.code}`));
    child.once("close", (code, signal) => done(code === 0 ? undefined : `ended with ${signal ?? `status ${code}`}`));
  });
  if (ended === undefined) return;
  if (output !== "") console.error(output.trimEnd().split("\n").slice(-LAST_LINES).join("\n"));
  throw new Failure(`\`${[program, ...args].join(" ")}\` ${ended}. ${advice}`.trim());
}

/** What a program prints, or `undefined` where it is missing or fails. */
export function answerOf(program, args, env) {
  const { status, stdout } = spawnSync(program, args, {
    cwd: ROOT,
    env: environment(env),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Where the PATH has a program, or `undefined`. */
export function onPath(program) {
  const endings = process.platform === "win32" ? [".exe", ".cmd"] : [""];
  const folders = environment().PATH.split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => endings.map((ending) => join(folder, program + ending))).find((file) => existsSync(file));
}

/** This process's environment, cargo's folder on the PATH, and `more`. */
export function environment(more = {}) {
  return { ...process.env, PATH: [process.env.PATH ?? "", CARGO_BIN].join(delimiter), ...more };
}

/** A PATH that looks into `folders` first. */
export function pathWith(...folders) {
  return [...folders, environment().PATH].join(delimiter);
}

/** How long something took, for a person. */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Runs `action` where the module is the program that Node was asked to run. */
export async function main(module, action) {
  const asked = process.argv[1];
  if (asked === undefined || realpathSync(asked) !== fileURLToPath(module)) return;
  try {
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
      throw new Failure(`Node ${OLDEST_NODE.join(".")} or newer is needed; this is ${process.versions.node}.`);
    }
    await action(process.argv.slice(2));
  } catch (error) {
    // parseArgs says in a sentence what is wrong with an option.
    const forPeople = error instanceof Failure || error.code?.startsWith("ERR_PARSE_ARGS");
    console.error(forPeople ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
