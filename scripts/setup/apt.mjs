// Debian's packages, installed where this is Debian or a relative and the user may.

import { existsSync } from "node:fs";
import { answerOf, onPath, run } from "../run.mjs";

let updated = false;

/** Whether packages can be installed without asking anybody. */
export function canInstall() {
  if (process.platform !== "linux" || !onPath("apt-get")) return false;
  return process.getuid() === 0 || answerOf("sudo", ["-n", "true"]) !== undefined;
}

/**
 * @param {string[]} packages
 * @param {string} advice What to do by hand when it fails.
 */
export async function install(packages, advice) {
  if (!updated) await aptGet(["update"], advice);
  updated = true;
  await aptGet(["install", "--yes", "--no-install-recommends", ...packages], advice);
}

/** The command that a person can give. */
export function byHand(packages) {
  return existsSync("/etc/debian_version")
    ? `\`sudo apt-get install ${packages.join(" ")}\``
    : `what Debian calls ${packages.join(", ")}, and have it on the PATH`;
}

async function aptGet(args, advice) {
  const command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", ...args];
  if (process.getuid() !== 0) command.unshift("sudo", "-n");
  await run(command[0], command.slice(1), { quiet: true, advice });
}
