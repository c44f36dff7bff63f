// Programs that are there or come from Debian's packages.

import { existsSync } from "node:fs";
import { Failure, onPath } from "../run.mjs";
import { byHand, canInstall, install } from "./apt.mjs";

/**
 * The step that installs what is missing, if anything is.
 *
 * @param {Record<string, string>} packageOf The Debian package of each program, or of each file by its whole path.
 * @param {{ what: string, takes: string }} says
 */
export function missing(packageOf, { what, takes }) {
  const absent = Object.keys(packageOf).filter((name) => !(name.startsWith("/") ? existsSync(name) : onPath(name)));
  if (absent.length === 0) return [];
  const packages = [...new Set(absent.map((name) => packageOf[name]))];
  const advice = `Install ${byHand(packages)}, then try again.`;
  if (!canInstall()) throw new Failure(`${what}: ${absent.join(", ")} is missing. ${advice}`);
  return [{ what: `${what}: ${packages.join(" ")}`, takes, action: () => install(packages, advice) }];
}
