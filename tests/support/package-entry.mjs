// Where the built package's entry is, by the same export conditions that Node and a bundler read.

import { existsSync, readFileSync } from "node:fs";

/** The directory of the built package. */
export const PACKAGE = new URL("../../pkg/", import.meta.url);

/**
 * @param {string[]} conditions as in package.json's "exports", `default` included by itself
 * @returns {string} the file, relative to the package
 */
export function packageEntry(conditions) {
  const manifest = new URL("package.json", PACKAGE);
  if (!existsSync(manifest)) throw new Error("There is no built package in pkg/. Run `npm run build` first.");
  const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
  let target = exports["."];
  while (typeof target === "object") {
    const [, next] = Object.entries(target).find(([key]) => key === "default" || conditions.includes(key));
    target = next;
  }
  return target.replace(/^\.\//, "");
}
