// What machine a figure was measured on.

import { cpus, release, totalmem, type } from "node:os";
import { answerOf, onPath } from "./run.mjs";

/** The processor, memory, system and versions that a measurement depends on. */
export function machine() {
  const chromium = process.env.CHROMIUM ?? onPath("chromium");
  return {
    cpu: cpus()[0]?.model ?? process.arch,
    cores: cpus().length,
    memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    os: `${type()} ${release()}`,
    chromium: chromium && /[\d.]{5,}/.exec(answerOf(chromium, ["--version"]) ?? "")?.[0],
    node: process.versions.node,
    rustc: /\d[\d.]+/.exec(answerOf("rustc", ["--version"]) ?? "")?.[0],
  };
}
