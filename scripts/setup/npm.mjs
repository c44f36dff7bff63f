// The packages of package-lock.json, installed where node_modules is missing or older.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../run.mjs";

const INSTALLED = join(ROOT, "node_modules", ".package-lock.json");
const WANTED = join(ROOT, "package-lock.json");

export function npm() {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(WANTED).mtimeMs) return [];
  const command = process.platform === "win32" ? "npm.cmd" : "npm";
  const advice = "A network and npm's registry are needed.";
  return [
    {
      what: "npm packages",
      takes: "half a minute",
      action: () => run(command, ["ci"], { quiet: true, advice }),
    },
  ];
}
